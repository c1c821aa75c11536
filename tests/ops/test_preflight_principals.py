"""What the preflight says of the roles and users that the key policies name."""

from collections.abc import Iterator
from pathlib import Path

from ops.deploy.caller import Caller
from ops.embedded.aws import EmbeddedAws
from ops.preflight import principals
from ops.preflight.verdict import Mark, Verdict
from settings.loading import load_environments
from tests.ops.preflight_support import ACCOUNT, HARMLESS, Account, use_account

import pytest

IAM = f"arn:aws:iam::{ACCOUNT}"
ADA = Caller(arn=f"{IAM}:user/ada", account=ACCOUNT)
DEPLOYING = Caller(arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session", account=ACCOUNT)


@pytest.fixture
def account(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    use_account(running, monkeypatch)
    account = Account(running.endpoint)
    yield account
    for role in account.iam.list_roles()["Roles"]:
        account.iam.delete_role(RoleName=role["RoleName"])


def lines(folder: Path, access: str, caller: Caller = ADA) -> list[Verdict]:
    (folder / "it.toml").write_text(f"[access]\n{access}\n")
    (settings,) = load_environments(folder, {})
    return principals.check(settings, caller)


def make(account: Account, name: str, path: str = "/") -> None:
    account.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=HARMLESS)


def test_roles_and_users_that_exist_are_good(account: Account, tmp_path: Path) -> None:
    make(account, "deploy")
    make(account, "etl", "/team/")
    account.iam.create_user(UserName="eve")
    access = f'deploy_role = "{IAM}:role/deploy"\nprincipals = ["{IAM}:role/team/etl", "{IAM}:user/eve"]'
    (line,) = lines(tmp_path, access)
    assert (line.mark, line.text) == (Mark.GOOD, "all 3 of this account exist")


def test_a_deploying_role_that_does_not_exist_is_reported_before_kms_refuses_its_key(
    account: Account, tmp_path: Path
) -> None:
    make(account, "etl")
    access = f'deploy_role = "{IAM}:role/deploy"\nprincipals = ["{IAM}:role/etl"]'
    (line,) = lines(tmp_path, access)
    assert line.mark is Mark.BAD
    assert line.text == (
        f"there is no {IAM}:role/deploy (access.deploy_role); KMS and S3 refuse a policy that names it"
    )
    assert line.remedy == "create it first, or correct the setting"


def test_a_role_of_that_name_but_another_path_is_another_role(account: Account, tmp_path: Path) -> None:
    make(account, "etl", "/team/")
    (line,) = lines(tmp_path, f'principals = ["{IAM}:role/etl"]')
    assert line.mark is Mark.BAD
    assert f"there is no {IAM}:role/etl (access.principals)" in line.text


def test_all_that_lack_are_named_at_once(account: Account, tmp_path: Path) -> None:
    reader = f'readers = [{{ principal = "{IAM}:role/analyst" }}]'
    (line,) = lines(tmp_path, f'{reader}\nprincipals = ["{IAM}:user/eva"]')
    assert f"there is no {IAM}:role/analyst (access.readers and writers), nor {IAM}:user/eva;" in line.text


def test_whose_credentials_these_are_exists_and_needs_no_permission_to_see_itself(
    account: Account, tmp_path: Path
) -> None:
    assert lines(tmp_path, f'deploy_role = "{IAM}:role/deploy"', DEPLOYING) == []
    assert lines(tmp_path, f'deploy_role = "{IAM}:role/ci/deploy"', DEPLOYING) == []


def test_other_accounts_and_roots_are_not_looked_at(account: Account, tmp_path: Path) -> None:
    grant = 'readers = [{ principal = "arn:aws:iam::444455556666:role/analyst" }]'
    assert lines(tmp_path, f'{grant}\nprincipals = ["{IAM}:root"]') == []
    assert lines(tmp_path, "principals = []") == []
