"""`ops teardown`, killed at ten moments of one removal and run again each time: nothing is left in the end.

One set-up is shared by all kills, as each run continues the one before.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from constructs_lib.policies.trust_policy import ISSUER
from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws
from ops.shared.toolchain import tool_environment
from tests import handed_out
from tests.conftest import ROOT
from tests.ops.administrator import Administrator
from tests.ops.ops_support import checkout_of_ops

import pytest

SETTINGS = """\
protect = true

[logging]
enabled = true

[audit]
enabled = true
notify = ["ops@example.com"]

[ci]
repository = "acme/storage"
"""

# The provider waits for a lifecycle for about a minute.
NO_LIFECYCLE = """

class Lifecycle(Construct):
    def __init__(self, scope, construct_id, *, depends_on, **_):
        super().__init__(scope, construct_id)
        self.setting = depends_on[-1]
"""

MOMENTS = (
    r"^1\. Looking for dev",
    r"^   What goes, for good",
    r"^2\. Destroying secure-storage-dev-ci",
    r"^aws_iam_role\..*: Destruction complete",
    r"^\d\. Destroying secure-storage-dev$",
    r"^aws_s3_bucket_policy\..*: Destruction complete",
    r"^aws_s3_bucket\..*: Destruction complete",
    r"^\d\. Keeping the state of secure-storage-dev-state here",
    r"^aws_s3_bucket\..*: Destroying",
    r"^aws_s3_bucket\..*: Destruction complete",
    r"^\d\. Removing what is on this machine",
)


class Place(Administrator):
    """An account with the environment dev, and a checkout to remove it from, as an administrator."""

    def describe(self, settings: str) -> None:
        (self.checkout / "environments" / "dev.toml").write_text(settings)

    def deploy(self, *stacks: str) -> None:
        """Apply stacks as cdktf does."""
        out = self.checkout / "cdktf.out"
        main = [sys.executable, "main.py"]
        env = self.env | {"CDKTF_OUTDIR": str(out), "ENVIRONMENT_SUFFIX": "dev"}
        subprocess.run(main, cwd=self.checkout, env=env, check=True, capture_output=True)
        for stack in stacks:
            for arguments in (["init", "-input=false"], ["apply", "-input=false", "-auto-approve"]):
                done = subprocess.run(
                    ["terraform", *arguments],
                    cwd=out / "stacks" / stack,
                    env=self.env,
                    capture_output=True,
                    text=True,
                )
                assert done.returncode == 0, done.stdout + done.stderr

    def names(self) -> dict[str, list[str]]:
        """What has a name in the account, without what AWS and the tests made."""
        iam, kms = self.root.client("iam"), self.root.client("kms")
        aliases = [one["AliasName"] for one in kms.list_aliases()["Aliases"]]
        providers = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        found = {
            "buckets": [one["Name"] for one in self.root.client("s3").list_buckets()["Buckets"]],
            "aliases": [one for one in aliases if not one.startswith("alias/aws/")],
            "policies": [one["PolicyName"] for one in iam.list_policies(Scope="Local")["Policies"]],
            "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
            "topics": [one["TopicArn"] for one in self.root.client("sns").list_topics()["Topics"]],
            "trails": [one["Name"] for one in self.root.client("cloudtrail").describe_trails()["trailList"]],
            "rules": [one["Name"] for one in self.root.client("events").list_rules()["Rules"]],
            "providers": [one["Arn"] for one in providers],
            "keys": [one["KeyState"] for one in self._keys(kms)],
        }
        return {kind: sorted(names) for kind, names in found.items()}

    @staticmethod
    def _keys(kms: Any) -> list[dict[str, Any]]:
        return [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]


@pytest.fixture
def place(aws: EmbeddedAws, tmp_path: Path) -> Place:
    handed_out.empty(aws)
    administrator = handed_out.administrator(aws)
    checkout = checkout_of_ops(tmp_path / "checkout")
    (checkout / "main.py").unlink()
    shutil.copy(ROOT / "main.py", checkout)
    for name in (".venv", "node_modules"):
        (checkout / name).symlink_to(ROOT / name)
    (checkout / "constructs_lib").unlink()
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "constructs_lib", checkout / "constructs_lib", ignore=ignored)
    with (checkout / "constructs_lib" / "lifecycle.py").open("a") as file:
        file.write(NO_LIFECYCLE)
    env = administrator.environment(tool_environment()) | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return Place(aws, checkout, {name: value for name, value in env.items() if name != "CDKTF_OUTPUT"})


def test_a_teardown_that_is_killed_again_and_again_leaves_nothing(
    place: Place, round_of: Callable[[str], Any]
) -> None:
    before = place.names()
    place.describe(SETTINGS)
    status, output = place.run("bootstrap", "--auto-approve")
    assert status == 0, output
    place.deploy("secure-storage-dev", "secure-storage-dev-ci")
    s3, iam = place.root.client("s3"), place.root.client("iam")
    for body in (b"first", b"second"):
        s3.put_object(Bucket="secure-dev-access-logs", Key="report", Body=body)
    (provider,) = place.names()["providers"]
    assert provider.endswith(ISSUER)
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
        },
    }
    iam.create_role(RoleName="another", AssumeRolePolicyDocument=json.dumps(trust))
    state_policy = f"arn:aws:iam::{ACCOUNT_ID}:policy/SecureStorageState-dev"
    iam.attach_role_policy(RoleName="another", PolicyArn=state_policy)
    (place.checkout / "outputs.dev.json").write_text("{}")

    status, output = place.run("teardown", "--auto-approve")
    assert status == 1
    assert output.startswith("Error: environment dev is protected: nothing of it was changed; if")

    place.describe(SETTINGS.replace("true", "false", 1))
    for moment in MOMENTS:
        with round_of("teardown killed"):
            place.killed_at(moment, "teardown")
    status, output = place.run("teardown", "--auto-approve")
    assert status == 0, output

    after = place.names()
    keys = after.pop("keys")
    assert keys.count("PendingDeletion") == 3
    assert sorted(keys) == sorted([*before.pop("keys"), *["PendingDeletion"] * 3])
    assert after == before | {"roles": sorted([*before["roles"], "another"]), "providers": [provider]}
    assert len(re.findall(r"on \d{4}-\d\d-\d\d; until then, `aws kms cancel-key-deletion", output)) == 3
    assert not list(place.checkout.glob("*.tfstate*"))
    assert not (place.checkout / "outputs.dev.json").exists()
