"""The preflight says when `make ci-roles` is needed again, comparing the roles with the stack."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ops.deploy.caller import Caller
from ops.embedded.aws import EmbeddedAws
from ops.preflight import ci_roles
from ops.preflight.ci_roles import Role, wanted
from ops.preflight.verdict import Mark, Verdict
from settings.loading import load_environments
from settings.model import Settings
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.conftest import VARIANTS
from tests.ops import ops_support
from tests.ops.ops_support import run_ops
from tests.ops.preflight_support import ACCOUNT, HARMLESS, Account, use_account

import pytest

Stack = dict[str, Any]
NAME = "ci-roles"
CALLER = Caller(arn=f"arn:aws:iam::{ACCOUNT}:user/admin", account=ACCOUNT)
REVIEW, PLAN, DEPLOY = (f"secure-storage-{NAME}-{kind}" for kind in ("review", "plan", "deploy"))
DENIED = b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code></Error></ErrorResponse>"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for a command, as the preflight synthesizes to compare the roles."""
    monkeypatch.setattr(ops_support, "DONE_SECONDS", 120)


@pytest.fixture
def settings() -> Settings:
    (settings,) = load_environments(VARIANTS / "ci", {"ENVIRONMENT_SUFFIX": NAME})
    return settings


@pytest.fixture
def roles(stacks: dict[str, Stack]) -> dict[str, Role]:
    """The roles as a deploy creates them."""
    return wanted(stacks[f"secure-storage-{NAME}-ci"], CALLER)


@pytest.fixture
def account(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account without roles; what a test makes there is gone after it."""
    use_account(running, monkeypatch)
    account = Account(running.endpoint)
    yield account
    for role in account.iam.list_roles()["Roles"]:
        for one in account.iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]:
            account.iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=one["PolicyArn"])
        account.iam.delete_role(RoleName=role["RoleName"])
    for policy in account.iam.list_policies(Scope="Local")["Policies"]:
        account.iam.delete_policy(PolicyArn=policy["Arn"])


def make(account: Account, roles: dict[str, Role]) -> None:
    """Make the roles, as Terraform does."""
    for name, role in roles.items():
        account.iam.create_role(RoleName=name, AssumeRolePolicyDocument=role.trust)
        for policy, document in role.policies.items():
            arn = account.iam.create_policy(PolicyName=policy, PolicyDocument=document)["Policy"]["Arn"]
            account.iam.attach_role_policy(RoleName=name, PolicyArn=arn)


def arn_of(policy: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{policy}"


def checked(settings: Settings, stacks: dict[str, Stack]) -> Verdict:
    return ci_roles.check(settings, CALLER, stacks[f"secure-storage-{NAME}-ci"])


def test_roles_that_are_as_the_stack_makes_them_are_good(
    account: Account, settings: Settings, stacks: dict[str, Stack], roles: dict[str, Role]
) -> None:
    assert set(roles) == {REVIEW, PLAN, DEPLOY}
    assert "${" not in json.dumps([[role.trust, *role.policies.values()] for role in roles.values()])
    make(account, roles)
    line = checked(settings, stacks)
    assert (line.mark, line.text) == (
        Mark.GOOD,
        f"{REVIEW}, {PLAN}, {DEPLOY}: as make ci-roles ENV={NAME} creates them",
    )


def test_where_there_are_none_yet_nothing_is_bad(
    account: Account, settings: Settings, stacks: dict[str, Stack]
) -> None:
    line = checked(settings, stacks)
    assert line.mark is Mark.SKIPPED
    assert line.text == f"not checked: there are none yet; make ci-roles ENV={NAME} creates them"


def test_a_role_of_a_new_release_is_missed(
    account: Account, settings: Settings, stacks: dict[str, Stack], roles: dict[str, Role]
) -> None:
    make(account, {name: role for name, role in roles.items() if name != REVIEW})
    line = checked(settings, stacks)
    assert (line.mark, line.text) == (Mark.BAD, f"{REVIEW} does not exist")
    assert line.remedy == f"as an administrator, make ci-roles ENV={NAME}"


def test_a_policy_that_needs_more_now_is_named(
    account: Account, settings: Settings, stacks: dict[str, Stack], roles: dict[str, Role]
) -> None:
    make(account, roles)
    policy = f"SecureStorageDeploy-{NAME}"
    document = json.loads(roles[DEPLOY].policies[policy])
    document["Statement"][0]["Action"].pop()
    account.iam.create_policy_version(
        PolicyArn=arn_of(policy), PolicyDocument=json.dumps(document), SetAsDefault=True
    )
    line = checked(settings, stacks)
    assert (line.mark, line.text) == (Mark.BAD, f"{policy} is not what {DEPLOY} needs now")


def test_only_the_version_of_a_policy_that_counts_is_compared(
    account: Account, settings: Settings, stacks: dict[str, Stack], roles: dict[str, Role]
) -> None:
    make(account, roles)
    account.iam.create_policy_version(
        PolicyArn=arn_of(f"SecureStoragePlan-{NAME}"), PolicyDocument=HARMLESS, SetAsDefault=False
    )
    assert checked(settings, stacks).mark is Mark.GOOD


def test_a_trust_that_lets_in_pull_requests_is_named(
    account: Account, settings: Settings, stacks: dict[str, Stack], roles: dict[str, Role]
) -> None:
    make(account, roles)
    trust = roles[PLAN].trust.replace("ref:refs/heads/main", "pull_request")
    assert trust != roles[PLAN].trust
    account.iam.update_assume_role_policy(RoleName=PLAN, PolicyDocument=trust)
    line = checked(settings, stacks)
    assert (line.mark, line.text) == (Mark.BAD, f"{PLAN} trusts others than it should")


def test_a_policy_that_is_not_attached_and_one_that_should_not_be_are_named(
    account: Account, settings: Settings, stacks: dict[str, Stack], roles: dict[str, Role]
) -> None:
    make(account, roles)
    account.iam.detach_role_policy(RoleName=PLAN, PolicyArn=arn_of(f"SecureStoragePlanFiles-{NAME}"))
    other = account.iam.create_policy(PolicyName="other", PolicyDocument=HARMLESS)["Policy"]["Arn"]
    account.iam.attach_role_policy(RoleName=REVIEW, PolicyArn=other)
    line = checked(settings, stacks)
    assert line.mark is Mark.BAD
    assert line.text == (
        f"{REVIEW} has other, which its stack does not know: detach it; "
        f"{PLAN} lacks SecureStoragePlanFiles-{NAME}"
    )


def test_of_many_differences_three_are_shown(
    account: Account, settings: Settings, stacks: dict[str, Stack], roles: dict[str, Role]
) -> None:
    make(account, {name: Role(HARMLESS, {}) for name in roles})
    line = checked(settings, stacks)
    assert line.mark is Mark.BAD
    assert line.text.count(";") == 3
    assert line.text.endswith("; and 6 more")


@pytest.mark.parametrize("action", ["GetRole", "ListAttachedRolePolicies", "GetPolicy", "GetPolicyVersion"])
def test_policies_that_may_not_be_read_are_reported_as_not_checked(
    action: str,
    account: Account,
    settings: Settings,
    stacks: dict[str, Stack],
    roles: dict[str, Role],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(account, roles)

    def fault(call: Call) -> Answer | None:
        return Answer(403, DENIED) if parse_qs(call.body.decode()).get("Action") == [action] else None

    with AwsProxy(account.endpoint, fault) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        line = checked(settings, stacks)
    assert line.mark is Mark.UNKNOWN
    assert line.text.startswith("could not be checked: these credentials may not: ")


def test_the_command_has_the_line_where_the_settings_name_a_repository(
    account: Account, running: EmbeddedAws, checkout: Path
) -> None:
    account.iam.create_role(RoleName="secure-storage-dev-plan", AssumeRolePolicyDocument=HARMLESS)
    (checkout / "environments" / "dev.toml").write_text('[ci]\nrepository = "acme/storage"\n')
    variables = {name: value for name, value in running.environment({}).items() if "PATH" not in name}
    done = run_ops(checkout, "preflight", "dev", **variables)
    (line,) = (line for line in done.stdout.splitlines() if "CI roles:" in line)
    assert line.startswith("✗ CI roles:             secure-storage-dev-review does not exist; ")
    assert line.endswith("→ as an administrator, make ci-roles ENV=dev")


def test_without_credentials_the_line_says_so(account: Account, checkout: Path) -> None:
    (checkout / "environments" / "dev.toml").write_text('[ci]\nrepository = "acme/storage"\n')
    done = run_ops(checkout, "preflight", "dev", AWS_EC2_METADATA_DISABLED="true")
    assert (
        f"{Mark.SKIPPED} CI roles:             not checked: no credentials for the right account\n"
        in done.stdout
    )
