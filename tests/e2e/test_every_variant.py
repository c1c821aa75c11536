"""Every environment and every variant of the settings deploys, nothing drifts, and no second plan changes it.

Those that test_deploy_policy_calls.py deploys, plans again, changes and destroys are left to it.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.toolchain import tool_environment
from settings.loading import load_environments
from settings.model import Settings
from tests.aws_proxy import AwsProxy
from tests.conftest import ROOT, VARIANTS
from tests.conftest import STACKS as NAMES
from tests.e2e.drifting import drifted
from tests.e2e.gaps import Gaps
from tests.e2e.overrides import providers
from tests.e2e.test_deploy_policy_calls import SETTINGS as LIVED

import boto3
import pytest

LEFT_OUT = {
    "dev": "test_deploy_policy_calls.py, and the demo bootstraps it, without a lifecycle, which prod's has",
    "staging": "the same as prod, as test_staging_is_prod_with_another_name says",
    "logging": "test_access_logs.py",
    "logging-existing": "test_access_logs.py, which makes what has to exist",
}
"""What is deployed elsewhere, and where."""
ALL = [
    settings
    for folder in (ROOT / "environments", VARIANTS)
    for settings in load_environments(folder, {})
    if not settings.import_.bucket  # what it takes over has to exist: test_adoption.py
    and settings.environment not in LEFT_OUT
]

# Where state lies is tested elsewhere.
OVERRIDE: dict[str, Any] = {"terraform": {"backend": {"local": {}}}}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    log = tmp_path_factory.mktemp("aws") / "log"
    with embedded_aws(log) as running, AwsProxy(running.endpoint, Gaps()) as proxy:
        yield EmbeddedAws(proxy.endpoint)


def make_roles(names: tuple[str, ...], env: dict[str, str]) -> None:
    """Make the roles that the settings take for granted."""
    iam = boto3.client(
        "iam",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    trust = {"Version": "2012-10-17", "Statement": []}
    for name in names:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))


STACKS = [
    *(
        (settings, suffix)
        for settings in ALL
        for suffix in ("", "-state")
        if f"secure-storage-{settings.environment}{suffix}" in NAMES
        and (suffix or settings.environment not in LIVED)
    ),
    *((settings, "-ci") for settings in load_environments(VARIANTS / "ci", {})),
]


@pytest.mark.parametrize(
    ("settings", "suffix"), STACKS, ids=[f"{settings.environment}{suffix}" for settings, suffix in STACKS]
)
def test_it_deploys_and_a_second_plan_changes_nothing(
    settings: Settings, suffix: str, aws: EmbeddedAws, stack_folders: dict[str, Path], tmp_path: Path
) -> None:
    stack = f"secure-storage-{settings.environment}{suffix}"
    folder = tmp_path / "a" / "b" / "c" / stack
    shutil.copytree(stack_folders[stack], folder)
    described = json.loads((folder / "cdk.tf.json").read_bytes())
    (folder / "test_override.tf.json").write_text(json.dumps(OVERRIDE | providers(described)))
    env = aws.environment(tool_environment())
    if settings.account_id is not None:
        env["AWS_ACCESS_KEY_ID"] = settings.account_id  # MiniStack takes 12 digits for the account
    if not suffix:
        make_roles(settings.access.attach_to_roles, env)

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
        )

    for arguments in (["init", "-input=false"], ["apply", "-input=false", "-auto-approve"]):
        done = terraform(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert drifted(terraform) == []
    second = terraform("plan", "-detailed-exitcode", "-input=false", "-no-color")
    assert second.returncode == 0, second.stdout + second.stderr
    destroyed = terraform("destroy", "-auto-approve", "-input=false", "-no-color")
    # The roles of CI can be made again; their provider, which others may need, is protected where it is made.
    kept = "aws_iam_openid_connect_provider" if suffix == "-ci" else "aws_s3_bucket.secure-bucket"
    if settings.protect and (suffix != "-ci" or settings.ci.create_provider):
        assert destroyed.returncode == 1
        assert "prevent_destroy" in destroyed.stderr
        assert kept in terraform("state", "list").stdout
    else:
        assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
        assert terraform("state", "list").stdout == ""


def test_staging_is_prod_with_another_name(stack_folders: dict[str, Path]) -> None:
    for suffix in ("", "-state"):
        prod, staging = (
            (stack_folders[f"secure-storage-{name}{suffix}"] / "cdk.tf.json").read_text()
            for name in ("prod", "staging")
        )
        assert prod.replace("prod", "staging") == staging
