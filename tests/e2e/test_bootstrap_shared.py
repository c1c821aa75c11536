"""`ops bootstrap` of an environment that keeps its state in the bucket of another one, with real terraform.

The first test takes about four minutes: it kills the command at each of its steps. The others take one each.
"""

import json
from typing import Any

from tests.e2e.test_bootstrap import Account, account, running
from tests.handed_out import EVERYTHING

import pytest

__all__ = ["account", "running"]

OLD, HOME = "secure-dev-terraform-state", "secure-prod-terraform-state"
STATE, CI_STATE = "secure-storage-dev/terraform.tfstate", "secure-storage-dev-ci/terraform.tfstate"
OWN_STATE = "secure-storage-dev-state/terraform.tfstate"
COMMIT, COMMITS = b'{"commit": "1234"}', "ci-of-guests/deployed/dev/commit.json"

pytestmark = pytest.mark.slow


def describe(account: Account, environment: str, text: str) -> None:
    (account.checkout / "environments" / f"{environment}.toml").write_text(text)


def state(serial: int, lineage: str = "4f1c") -> bytes:
    resource = {"mode": "managed", "type": "terraform_data", "name": "it", "instances": [{"attributes": {}}]}
    content: dict[str, Any] = {"version": 4, "terraform_version": "1.11.4", "serial": serial}
    content |= {"lineage": lineage, "outputs": {}, "resources": [resource], "check_results": None}
    return json.dumps(content).encode()


def body(account: Account, bucket: str, key: str) -> bytes:
    content: bytes = account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def done(account: Account, environment: str, *arguments: str, command: str = "bootstrap") -> str:
    status, output = account.bootstrap("--auto-approve", *arguments, environment=environment, command=command)
    assert status == 0, output
    return output


def error(account: Account, environment: str, *arguments: str, command: str = "bootstrap") -> str:
    status, output = account.bootstrap("--auto-approve", *arguments, environment=environment, command=command)
    (line,) = [one for one in output.splitlines() if one.startswith("Error: ")]
    assert status == 1
    assert "Traceback" not in output
    return line


def versions(account: Account, bucket: str, key: str = "") -> list[tuple[str, str]]:
    listed = account.client("s3").list_object_versions(Bucket=bucket, Prefix=key)
    return [(one["Key"], one["VersionId"]) for one in listed.get("Versions", [])]


MOMENTS = (
    r"^   s3://.*storage-dev/",
    r"^   s3://.*-dev-ci/",
    r"^   s3://.*commit",
    r"^\d+\. Applying",
    r"^aws_iam_policy.*: Import",
    r"^\d+\. Moving the state",
    r"^\d+\. Reading",
    r"^\d+\. Removing",
)


def test_a_new_environment_and_one_that_moves(account: Account) -> None:
    s3 = account.client("s3")
    # prod and dev have state buckets of their own; dev is deployed, and CI has recorded that.
    for environment in ("prod", "dev"):
        done(account, environment)
    written = {STATE: state(7), CI_STATE: state(3, "77aa"), "ci/dev/deployed/commit.json": COMMIT}
    for key, content in written.items():
        s3.put_object(Bucket=OLD, Key=key, Body=content)
    before = versions(account, OLD)

    # A bucket that its owner wants to share, and that is not yet as it has to be.
    describe(account, "prod", "state.shared = true\n")
    describe(account, "dev", 'state.of = "prod"\n')
    not_yet = f"the state bucket {HOME} of prod is not shared yet"
    assert error(account, "dev") == f"Error: {not_yet}; make bootstrap ENV=prod first"
    assert "Writing an empty state to" in done(account, "prod")
    (rule,) = s3.get_bucket_encryption(Bucket=HOME)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["BucketKeyEnabled"] is False
    assert "prod was bootstrapped already" in done(account, "prod")

    # An environment that has no state yet.
    describe(account, "acme", 'state.of = "prod"\n')
    output = done(account, "acme")
    assert f"   acme keeps its state in {HOME}, and has no state bucket of its own" in output
    assert "1 to add, 0 to change, 0 to destroy" in output
    assert json.loads(body(account, HOME, "secure-storage-acme/terraform.tfstate"))["resources"] == []
    assert "acme was bootstrapped already: nothing was changed" in done(account, "acme")

    # One that moves, killed at each step.
    for moment in MOMENTS:
        account.killed_at(moment, "bootstrap")
    done(account, "dev")
    assert "dev was bootstrapped already: nothing was changed" in done(account, "dev")
    moved = {STATE: STATE, CI_STATE: CI_STATE, "ci/dev/deployed/commit.json": COMMITS}
    for key, target in moved.items():
        assert body(account, HOME, target) == body(account, OLD, key) == written[key]
        assert len(versions(account, HOME, target)) == 1
    left = [one for one in versions(account, OLD) if not one[0].endswith(".tflock")]
    assert sorted(left) == sorted(before)
    for key in (STATE, CI_STATE, OWN_STATE):
        lock = json.loads(body(account, OLD, f"{key}.tflock"))
        assert lock["Operation"] == f"moved to s3://{HOME}/{key}"
    policy = json.loads(body(account, HOME, OWN_STATE))["resources"]
    assert [one["type"] for one in policy if one["mode"] == "managed"] == ["aws_iam_policy"]
    assert sorted(one["Name"] for one in s3.list_buckets()["Buckets"]) == [OLD, HOME]

    # An owner that does not want to share any more.
    for name in ("acme", "dev"):
        (account.checkout / "environments" / f"{name}.toml").unlink()
    describe(account, "prod", "")
    assert error(account, "prod") == (
        "Error: state.shared cannot be false: the state of acme, dev is in the state bucket "
        f"{HOME}; make teardown of each first, or move its state to another shared bucket"
    )


def test_a_guest_goes_and_begins_again_and_its_owner_stays(account: Account) -> None:
    describe(account, "prod", "protect = false\nstate.shared = true\n")
    done(account, "prod")
    describe(account, "acme", 'protect = false\nstate.of = "prod"\n')
    done(account, "acme")
    assert error(account, "prod", command="teardown") == (
        "Error: prod cannot be removed, and nothing of it was changed: the state of acme is in the state "
        f"bucket {HOME}; make teardown of each first, or move its state to another shared bucket"
    )
    assert "✓ nothing is left of acme" in done(account, "acme", command="teardown")
    for key in ("secure-storage-acme/terraform.tfstate", "secure-storage-acme-state/terraform.tfstate"):
        assert json.loads(body(account, HOME, key))["resources"] == []
    names = [one["PolicyName"] for one in account.client("iam").list_policies(Scope="Local")["Policies"]]
    assert names == ["SecureStorageState-prod"]
    assert "✓ acme is bootstrapped" in done(account, "acme")
    assert "the state of acme is in the state bucket" in error(account, "prod", command="teardown")


def test_an_environment_that_is_deployed_does_not_begin_again(account: Account) -> None:
    describe(account, "prod", "state.shared = true\n")
    done(account, "prod")
    describe(account, "dev", 'state.of = "prod"\n')
    account.client("iam").create_policy(
        PolicyName="SecureS3Access-dev", PolicyDocument=json.dumps(EVERYTHING)
    )
    problem = f"dev is deployed, as SecureS3Access-dev exists, but s3://{HOME}/{STATE} does not"
    assert error(account, "dev").startswith(f"Error: {problem}; --from-bucket")
    assert "bucket nobody-has-it does not exist in us-east-1" in error(
        account, "dev", "--from-bucket", "nobody-has-it"
    )
    assert f"{HOME} is the state bucket of prod" in error(account, "dev", "--from-bucket", HOME)
    local = account.checkout / "terraform.secure-storage-dev-state.tfstate"
    local.write_bytes(state(2).replace(b"terraform_data", b"aws_s3_bucket"))
    assert "has the state of a state bucket for dev that is not finished" in error(account, "dev")
    local.unlink()
    done(account, "dev", "--new-state")
    assert json.loads(body(account, HOME, STATE))["resources"] == []
