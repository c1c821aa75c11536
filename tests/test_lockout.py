"""Settings that would lock out somebody who must get in are refused at synth."""

from pathlib import Path

from constructs_lib.policies import Perimeter, document
from constructs_lib.policies.bucket_policy import bucket_policy
from constructs_lib.policies.key_policy import key_policy
from constructs_lib.policies.lockout import bucket_lockouts, key_lockouts
from tests.test_synthesis import contents, synthesize

import pytest

DEPLOY = "arn:aws:iam::111122223333:role/deploy"
ROOT_ARN = "arn:aws:iam::111122223333:root"
BUCKET = "arn:aws:s3:::bucket"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            f'[network]\nsource_ips = ["10.0.0.0/8", "fd00::/8"]\n[access]\ndeploy_role = "{DEPLOY}"\n',
            "DenyOutsidePerimeter: would refuse every upload",
        ),
        ('[network]\nvpc_endpoints = ["vpce-01234567"]\n', "DenyOutsidePerimeter: would hold for the role"),
        ('[network]\norganization_id = "o-a1b2c3d4e5"\n', "DenyOutsideOrganization: would hold for the role"),
        (
            f'account_id = "999988887777"\n[access]\ndeploy_role = "{DEPLOY}"\n',
            "EnableRootAccess: does not let access.deploy_role",
        ),
        (
            f'account_id = "999988887777"\naccess.deploy_role = "{DEPLOY}"\nencryption.mode = "sse-s3"\n',
            f"access.deploy_role: {DEPLOY} is not of account 999988887777",
        ),
    ],
)
def test_an_environment_that_locks_somebody_out_is_refused(
    tmp_path: Path, settings: str, message: str
) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "dev.toml").write_text(settings)
    done = synthesize(tmp_path / "out", folder=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: environment dev: {message}")
    assert not (tmp_path / "out").exists()


def test_what_was_synthesized_before_is_kept_when_an_environment_is_refused(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    assert synthesize(tmp_path / "out").returncode == 0
    before = contents(tmp_path / "out")
    (tmp_path / "environments" / "dev.toml").write_text('[network]\nvpc_endpoints = ["vpce-01234567"]\n')
    assert synthesize(tmp_path / "out", folder=tmp_path).returncode == 1
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize(
    "network",
    [
        'vpc_endpoints = ["vpce-01234567"]',
        'source_ips = ["10.0.0.0/8", "203.0.113.0/24"]',
        'source_ips = ["10.0.0.0/8"]\nvpc_endpoints = ["vpce-01234567"]',
        'organization_id = "o-a1b2c3d4e5"',
    ],
)
def test_a_perimeter_that_the_deploying_role_passes_is_let_through(tmp_path: Path, network: str) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "dev.toml").write_text(
        f'[network]\n{network}\n[access]\ndeploy_role = "{DEPLOY}"\n'
    )
    done = synthesize(tmp_path / "out", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


KEY_POLICY = key_policy(
    partition="aws",
    account_id="111122223333",
    region="us-east-1",
    bucket_arn=BUCKET,
    principals=["arn:aws:iam::111122223333:role/etl"],
    readers=[],
    writers=[],
)
BUCKET_POLICY = bucket_policy(
    bucket_arn=BUCKET,
    key_arn=None,
    require_headers=True,
    max_age_seconds=60,
    perimeter=Perimeter(),
    readers=[],
    writers=[],
)


def test_a_key_policy_without_its_root_statement_is_refused() -> None:
    without = document(*(one for one in KEY_POLICY["Statement"] if one["Sid"] != "EnableRootAccess"))
    assert list(key_lockouts(KEY_POLICY, key_arn="*", root_arn=ROOT_ARN, deploy_role=DEPLOY)) == []
    (problem,) = key_lockouts(without, key_arn="*", root_arn=ROOT_ARN, deploy_role=None)
    assert problem.startswith("EnableRootAccess: does not let the account's root")


def test_a_key_policy_that_denies_the_root_is_refused() -> None:
    deny = {
        "Sid": "DenyRoot",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:Put*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalArn": ROOT_ARN}},
    }
    policy = document(*KEY_POLICY["Statement"], deny)
    (problem,) = key_lockouts(policy, key_arn="*", root_arn=ROOT_ARN, deploy_role=DEPLOY)
    assert problem == f"DenyRoot: would keep the account's root ({ROOT_ARN}) from kms:PutKeyPolicy"


@pytest.mark.parametrize(
    ("condition", "refused"),
    [
        ({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/other"}}, True),
        ({"ArnNotEquals": {"aws:PrincipalArn": DEPLOY}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"NumericLessThan": {"s3:TlsVersion": "1.4"}}, True),
    ],
)
def test_a_bucket_policy_that_keeps_the_deploying_role_out_is_refused(
    condition: dict[str, dict[str, str]], *, refused: bool
) -> None:
    deny = {
        "Sid": "DenyMost",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:PutBucketPolicy"],
        "Resource": [BUCKET],
        "Condition": condition,
    }
    policy = document(*BUCKET_POLICY["Statement"], deny)
    problems = list(
        bucket_lockouts(
            policy,
            bucket_arn=BUCKET,
            deploy_role=DEPLOY,
            perimeter=Perimeter(),
            upload_headers={"x-amz-server-side-encryption": "AES256"},
        )
    )
    assert problems == (["DenyMost: would keep whoever deploys from s3:PutBucketPolicy"] if refused else [])


def test_headers_that_the_policy_refuses_make_every_upload_impossible() -> None:
    (problem,) = bucket_lockouts(
        BUCKET_POLICY, bucket_arn=BUCKET, deploy_role=DEPLOY, perimeter=Perimeter(), upload_headers={}
    )
    assert problem == "DenyUnencryptedUploads: would refuse every upload"


def test_policies_that_aws_finds_too_large_are_refused(tmp_path: Path) -> None:
    readers = ",".join(f'{{ principal = "arn:aws:iam::111122223333:role/r{n}" }}' for n in range(60))
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "dev.toml").write_text(f"access.readers = [{readers}]\n")
    done = synthesize(tmp_path / "out", folder=tmp_path)
    assert done.returncode == 1
    assert "Error: environment dev: the bucket policy would have " in done.stderr
    assert "AWS takes 20480: grant to fewer" in done.stderr


def test_an_output_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = synthesize(tmp_path / "file" / "out")
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: cannot write to {tmp_path}/file/out: Not a directory\n",
    )
