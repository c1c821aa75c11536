"""`ops bootstrap`, killed at any point and run again, with real terraform and an embedded AWS.

An administrator runs it, with authorization on: what the bucket and the key refuse, they refuse here too.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.toolchain import tool_environment
from tests import handed_out
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.conftest import ROOT
from tests.ops.administrator import Administrator

import pytest

BUCKET = "secure-dev-terraform-state"
KEY = "secure-storage-dev-state/terraform.tfstate"

# The provider waits for a lifecycle for about a minute; test_every_variant.py applies that of prod's state.
NO_LIFECYCLE = "\n[state]\nlifecycle = false\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log", auth=True, tls=True) as aws:
        yield aws


class Account(Administrator):
    """An empty account, and a checkout to bootstrap it from."""

    def client(self, service: str) -> Any:
        return self.root.client(service)

    def bootstrap(
        self, *arguments: str, environment: str = "dev", command: str = "bootstrap"
    ) -> tuple[int, str]:
        """Run it, or another command, to its end; return its status and what it printed."""
        return self.run(command, *arguments, environment=environment)

    def local_files(self) -> list[str]:
        return sorted(path.name for path in self.checkout.glob("*terraform*state*"))

    def remote_state(self) -> dict[str, Any]:
        content: dict[str, Any] = json.load(self.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"])
        return content

    def versions(self) -> list[tuple[str, str]]:
        answer = self.client("s3").list_object_versions(Bucket=BUCKET)
        return [
            (one["Key"], one["VersionId"])
            for kind in ("Versions", "DeleteMarkers")
            for one in answer.get(kind, [])
        ]

    def assert_bootstrapped(self) -> None:
        assert self.local_files() == []
        managed = {
            one["type"]: one["instances"][0]["attributes"]
            for one in self.remote_state()["resources"]
            if one["mode"] == "managed"
        }
        assert sorted(managed) == [
            "aws_iam_policy",
            "aws_kms_alias",
            "aws_kms_key",
            "aws_s3_bucket",
            "aws_s3_bucket_ownership_controls",
            "aws_s3_bucket_policy",
            "aws_s3_bucket_public_access_block",
            "aws_s3_bucket_server_side_encryption_configuration",
            "aws_s3_bucket_versioning",
        ]
        kms = self.client("kms")
        keys = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
        assert [key["KeyId"] for key in keys if key["Description"] == f"Encrypts {BUCKET}"] == [
            managed["aws_kms_key"]["key_id"]
        ]
        assert managed["aws_kms_alias"]["target_key_id"] == managed["aws_kms_key"]["key_id"]
        head = self.client("s3").head_object(Bucket=BUCKET, Key=KEY)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == (
            "aws:kms",
            managed["aws_kms_key"]["arn"],
        )

    def assert_another_run_changes_nothing(self) -> None:
        before = self.versions(), self.remote_state()
        status, output = self.bootstrap()  # without --auto-approve, as there is nothing to approve
        assert status == 0, output
        assert "dev was bootstrapped already: nothing was changed" in output
        assert (self.versions(), self.remote_state()) == before
        self.assert_bootstrapped()


@pytest.fixture
def account(running: EmbeddedAws, checkout: Path, main_once: Path) -> Account:
    handed_out.empty(running)
    administrator = handed_out.administrator(running)
    (checkout / "main.py").unlink(missing_ok=True)
    shutil.copy(main_once, checkout)
    for name in (".venv", "node_modules"):
        (checkout / name).symlink_to(ROOT / name)
    with (checkout / "environments" / "dev.toml").open("a") as file:
        file.write(NO_LIFECYCLE)
    env = administrator.environment(tool_environment()) | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return Account(running, checkout, {name: value for name, value in env.items() if name != "CDKTF_OUTPUT"})


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        r"^1\. Looking",
        r"^2\. Initializing",
        r"^3\. Planning",
        r"^4\. Applying",
        r"^aws_s3_bucket\..*: Creating\.\.\.",
        r"^aws_s3_bucket\..*: Creation complete",
        r"^aws_kms_key\..*: Still creating",  # the key is there, and no state knows it
        r"^aws_kms_key\..*: Creation complete",
        r"^aws_(kms_alias|iam_policy)\..*: Creating\.\.\.",
        r"^aws_s3_bucket_versioning\..*: Creation complete",
        r"^5\. Moving",
        r"^6\. Initializing",
        r"^7\. Reading",
        r"^8\. Planning",
        r"^9\. Removing",
        r"^✓",
    ],
)
def test_a_run_that_is_killed_is_finished_by_the_next(account: Account, moment: str) -> None:
    account.killed_at(moment, "bootstrap")
    status, output = account.bootstrap("--auto-approve")
    assert status == 0, output
    account.assert_bootstrapped()
    account.assert_another_run_changes_nothing()


@pytest.mark.slow
def test_a_lost_state_is_made_again_by_importing_what_exists(account: Account) -> None:
    assert account.bootstrap("--auto-approve")[0] == 0
    account.client("s3").delete_object(Bucket=BUCKET, Key=KEY)
    status, output = account.bootstrap("--auto-approve")
    assert status == 0, output
    assert "4 to import" in output
    account.assert_bootstrapped()
    account.assert_another_run_changes_nothing()


@pytest.mark.slow
def test_a_change_is_shown_and_applied_with_the_remote_state(account: Account) -> None:
    assert account.bootstrap("--auto-approve")[0] == 0
    account.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    status, output = account.bootstrap()
    assert status == 1
    assert "Error: aborted: nobody answered, nothing was changed" in output
    assert account.client("s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Suspended"
    status, output = account.bootstrap("--auto-approve")
    assert status == 0, output
    assert account.client("s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    account.assert_another_run_changes_nothing()


def error_of(account: Account, *arguments: str) -> str:
    """Run it, expect it to fail, and return the one line that says why."""
    status, output = account.bootstrap(*arguments)
    errors = [line for line in output.splitlines() if line.startswith("Error: ")]
    assert (status, len(errors)) == (1, 1), output
    assert "Traceback" not in output
    return errors[0]


def state(lineage: str, serial: int) -> bytes:
    content = {"version": 4, "serial": serial, "lineage": lineage, "outputs": {}, "resources": []}
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("local", "remote", "problem"),
    [
        (state("one", 3), state("two", 3), "are two different states; nothing was changed"),
        (state("one", 4), state("one", 3), "the local one is newer (serial 4, not 3); nothing was changed"),
        (
            b"{",
            None,
            "terraform.secure-storage-dev-state.tfstate, which must be moved away, is not JSON",
        ),
        (None, b"{}", f"s3://{BUCKET}/{KEY} is JSON, but not a Terraform state"),
    ],
)
def test_states_that_do_not_fit_together_are_left_alone(
    account: Account, local: bytes | None, remote: bytes | None, problem: str
) -> None:
    file = account.checkout / "terraform.secure-storage-dev-state.tfstate"
    if local is not None:
        file.write_bytes(local)
    if remote is not None:
        account.client("s3").create_bucket(Bucket=BUCKET)
        account.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=remote)
    assert problem in error_of(account, "--auto-approve")
    assert (file.read_bytes() if file.exists() else None) == local
    if remote is not None:
        assert account.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == remote


@pytest.mark.parametrize("foreign", ["object", "tag"])
def test_a_bucket_with_something_foreign_is_not_taken_over_unasked(account: Account, foreign: str) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    if foreign == "object":
        s3.put_object(Bucket=BUCKET, Key="holiday.jpg", Body=b"")
        what = "object holiday.jpg"
    else:
        s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "Team", "Value": "web"}]})
        what = "tag Team = web"
    line = error_of(account, "--auto-approve")
    assert f"bucket {BUCKET} exists without a state and contains what is not ours: {what}" in line
    assert "[state] bucket of environments/dev.toml" in line


def test_a_bucket_of_another_account_is_named_with_its_setting(account: Account) -> None:
    def forbid(call: Call) -> Answer | None:
        return Answer(403) if call.method == "HEAD" else None

    root = account.root
    with AwsProxy(root.endpoint, fault=forbid, certificate=root.certificate) as proxy:
        account.env["AWS_ENDPOINT_URL"] = proxy.endpoint
        line = error_of(account, "--auto-approve")
        (head,) = (call for call in proxy.calls if call.method == "HEAD")
        assert head.headers["x-amz-expected-bucket-owner"] == "000000000000"
    assert f"bucket {BUCKET} belongs to another account than 000000000000" in line
    assert line.endswith("; see [state] bucket and region of environments/dev.toml")


def test_an_alias_of_another_key_is_named(account: Account) -> None:
    kms = account.client("kms")
    key = kms.create_key(Description="for the web team")["KeyMetadata"]
    kms.create_alias(AliasName="alias/secure-dev-terraform-state", TargetKeyId=key["KeyId"])
    line = error_of(account, "--auto-approve")
    assert (
        f"alias/secure-dev-terraform-state belongs to key {key['KeyId']}, which is not this stack's" in line
    )
    assert "for the web team" in line


def test_credentials_for_another_account_are_named(account: Account) -> None:
    (account.checkout / "environments" / "dev.toml").write_text('account_id = "111122223333"\n')
    assert error_of(account, "--auto-approve") == (
        "Error: the credentials are for account 000000000000, "
        "but account_id of environments/dev.toml is 111122223333"
    )


def test_without_an_aws_it_is_one_line(account: Account) -> None:
    account.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    assert "cannot ask AWS whose the credentials are" in error_of(account)
