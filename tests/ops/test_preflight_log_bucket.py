"""The preflight of the log bucket: its name is free or ours, or the one that exists can take the logs."""

# ruff: noqa: F811 - the fixtures are those of the other tests of names
from pathlib import Path

from ops.deploy.caller import Caller
from ops.embedded.aws import EmbeddedAws
from ops.preflight import log_bucket, names
from ops.preflight.verdict import Mark, Verdict
from settings.loading import load_environments
from tests.ops.preflight_support import ACCOUNT, NO_STACK, NO_STATE, OTHER_ACCOUNT, Account
from tests.ops.test_preflight_adoption import account  # noqa: F401 - fixtures

import pytest

BUCKET = "records"
CALLER = Caller(arn=f"arn:aws:iam::{ACCOUNT}:user/ada", account=ACCOUNT)


def line(tmp_path: Path, key: str = "bucket", region: str = "us-east-1") -> Verdict:
    text = f'region = "{region}"\n[logging]\n{key} = "{BUCKET}"\n[lifecycle]\nenabled = false\n'
    (tmp_path / "prod.toml").write_text(text)
    (settings,) = load_environments(tmp_path, {})
    found = names.check(settings, CALLER, NO_STATE, NO_STACK)
    (one,) = (one for one in found if one.subject == log_bucket.SUBJECT)
    return one


def encrypt(account: Account, algorithm: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    account.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_a_free_name_is_good(account: Account, tmp_path: Path) -> None:
    assert line(tmp_path) == Verdict(Mark.GOOD, log_bucket.SUBJECT, f"{BUCKET} is free")


def test_a_bucket_of_ours_that_the_state_misses_is_recovered(account: Account, tmp_path: Path) -> None:
    account.s3.create_bucket(Bucket=BUCKET)
    found = line(tmp_path)
    assert (found.mark, found.remedy) == (Mark.BAD, "make recover ENV=prod")


@pytest.mark.parametrize("key", ["bucket", "existing_bucket"])
def test_a_bucket_of_somebody_else_is_bad(
    key: str, running: EmbeddedAws, account: Account, tmp_path: Path
) -> None:
    Account(running.endpoint, OTHER_ACCOUNT).s3.create_bucket(Bucket=BUCKET)
    found = line(tmp_path, key)
    assert found.mark is Mark.BAD
    assert found.remedy == f"set logging.{key} to a name of your own in the environment's file"


def test_an_existing_bucket_has_to_exist(account: Account, tmp_path: Path) -> None:
    found = line(tmp_path, "existing_bucket")
    assert (found.mark, found.text) == (Mark.BAD, f"there is no bucket {BUCKET} in account {ACCOUNT}")


def test_an_existing_bucket_of_another_region_is_bad(account: Account, tmp_path: Path) -> None:
    account.s3.create_bucket(Bucket=BUCKET)
    found = line(tmp_path, "existing_bucket", "eu-west-1")
    assert found.mark is Mark.BAD
    assert "is ours, but in us-east-1, and the settings say eu-west-1" in found.text


@pytest.mark.parametrize(("algorithm", "mark"), [("AES256", Mark.GOOD), ("aws:kms", Mark.UNKNOWN)])
def test_an_existing_bucket_under_a_key_may_lose_the_logs(
    algorithm: str,
    mark: Mark,
    account: Account,
    tmp_path: Path,
) -> None:
    account.s3.create_bucket(Bucket=BUCKET)
    encrypt(account, algorithm)
    assert line(tmp_path, "existing_bucket").mark is mark
