"""`ops new`: the file of a new environment, from options and from answers."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from ops.deploy import new_environment
from ops.deploy.new_command import run_new
from ops.deploy.new_environment import Wanted, default_names, write_new
from ops.shared.errors import OpsError
from settings.loading import load_environments
from settings.model import Settings
from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, ops_environment, run_ops

import click
import pytest

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}:role"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    directory = tmp_path / "environments"
    directory.mkdir()
    for file in (ROOT / "environments").glob("*.toml"):
        (directory / file.name).write_bytes(file.read_bytes())
    return directory


def wanted(environment: str = "acme", *roles: str, account: str | None = ACCOUNT) -> Wanted:
    return Wanted(environment, "eu-central-1", account, roles)


def written(folder: Path, one: Wanted) -> Settings:
    assert write_new(one, folder) == folder / f"{one.environment}.toml"
    (settings,) = load_environments(folder, {"ENVIRONMENT_SUFFIX": one.environment})
    return settings


def names_of(settings: Settings) -> list[str]:
    return [settings.bucket_name, settings.state.bucket, settings.logging.bucket]


def test_the_names_have_the_accounts_id_in_them(folder: Path) -> None:
    settings = written(folder, wanted())
    assert names_of(settings) == [
        f"secure-acme-{kind}-{ACCOUNT}" for kind in ("data-bucket", "terraform-state", "access-logs")
    ]
    assert (settings.account_id, settings.region, settings.protect) == (ACCOUNT, "eu-central-1", True)
    assert default_names(wanted()) == []


def test_a_name_that_does_not_fit_is_the_default_and_named(folder: Path) -> None:
    one = wanted("a" * 30)
    assert [len(name) for name in names_of(written(folder, one))] == [62, 53, 62]
    assert default_names(one) == [f"secure-{'a' * 30}-terraform-state"]


def test_without_an_account_the_names_are_the_defaults(folder: Path) -> None:
    one = wanted("acme", "etl", account=None)
    settings = written(folder, one)
    assert settings.account_id is None
    assert (settings.access.principals, settings.access.attach_to_roles) == ((), ("etl",))
    assert default_names(one) == names_of(settings)


@pytest.mark.parametrize(
    ("role", "principal", "attached"),
    [
        ("etl", f"{ARN}/etl", ("etl",)),
        (f"{ARN}/team/etl", f"{ARN}/team/etl", ("etl",)),
        (f"arn:aws:iam::{ACCOUNT}:user/ada", f"arn:aws:iam::{ACCOUNT}:user/ada", ()),
    ],
)
def test_who_uses_the_bucket_is_named_and_gets_the_policy(
    folder: Path, role: str, principal: str, attached: tuple[str, ...]
) -> None:
    access = written(folder, wanted("acme", role)).access
    assert (access.principals, access.attach_to_roles) == ((principal,), attached)


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (wanted("prod"), "prod.toml exists already, and was not changed; edit it, or remove it first"),
        (wanted("Acme"), "ENV: must be an environment's name: "),
        (wanted("all"), "ENV: must be the name of one environment"),
        (Wanted("acme", "eu-central", None), "/environments/acme.toml: region: must be an AWS region"),
        (wanted("acme", "arn:aws:iam::444455556666:root"), "access.principals[0]: must be of account_id"),
    ],
)
def test_what_is_wrong_writes_nothing(folder: Path, one: Wanted, problem: str) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(OpsError) as raised:
        write_new(one, folder)
    assert problem in str(raised.value)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def somebody_else(environment: str, *_: object) -> None:
        (folder / f"{environment}.toml").write_text("# theirs")

    monkeypatch.setattr(new_environment, "_refuse_invalid", somebody_else)
    with pytest.raises(OpsError, match="written by somebody else just now"):
        write_new(wanted(), folder)
    assert (folder / "acme.toml").read_text() == "# theirs"


def test_ctrl_c_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", interrupt)
    before = sorted(folder.iterdir())
    with pytest.raises(KeyboardInterrupt):
        write_new(wanted(), folder)
    assert sorted(folder.iterdir()) == before


def test_ctrl_c_at_a_question_says_that_nothing_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise click.Abort

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(click, "prompt", interrupt)
    with pytest.raises(OpsError, match=r"^aborted: nothing was written$") as raised:
        run_new("acme", account=None, region=None, roles=())
    assert raised.value.status == 130


def test_with_options_nothing_is_asked(checkout: Path) -> None:
    options = ("--account", ACCOUNT, "--region", "eu-central-1", "--role", "etl")
    done = run_ops(checkout, "new", "acme", *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("✓ environments/acme.toml is written, and valid:\n")
    assert "make bootstrap ENV=acme" in done.stdout
    assert "It is protected (protect = true, the default): no plan can destroy" in done.stdout
    assert (checkout / "environments" / "acme.toml").read_text().splitlines()[2:6] == [
        'region = "eu-central-1"',
        f'account_id = "{ACCOUNT}" # nothing deploys into another account',
        f'bucket_name = "secure-acme-data-bucket-{ACCOUNT}"',
        "",
    ]
    again = run_ops(checkout, "new", "acme", *options)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("Error: environments/acme.toml exists already, and was not changed;")
    wrong = run_ops(checkout, "new", "beta", "--account", "12")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith('Error: --account: must be 12 digits, not "12"; like "111122223333" (see ')


def test_on_a_terminal_it_asks_until_the_answer_is_valid(checkout: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ops", "new", "acme"],
        cwd=checkout,
        env=ops_environment(checkout),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as asked:
        os.write(ours, f"eu-central\neu-central-1\n{ACCOUNT}\netl\n".encode())
        output, _ = asked.communicate(timeout=DONE_SECONDS)
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 0, output
    assert 'Error: must be an AWS region; did you mean "eu-central-' in output
    assert f'principals = ["{ARN}/etl"]' in (checkout / "environments" / "acme.toml").read_text()
