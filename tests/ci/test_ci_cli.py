"""`ops ci` on the command line."""

import os
import subprocess
from pathlib import Path

from ops.ci_demo_site import GIT
from tests.ops.ops_support import checkout_of_ops, run_ops

import pytest


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that is no git repository."""
    return checkout_of_ops(tmp_path / "checkout")


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["comment", "dev"], {}, "--pull-request"),
        (["comment", "dev"], {"PULL_REQUEST": "0"}, "0 is not in the range"),
        (["gate", "dev", "--pull-request", "x"], {}, "not a valid integer"),
        (
            ["deploy", "dev", "--sha256", "abc"],
            {},
            '--sha256 must be 64 hexadecimal digits in lower case; it is "abc"',
        ),
        (["plan", ""], {}, "no environment was given"),
    ],
)
def test_wrong_usage_is_one_line(
    checkout: Path, arguments: list[str], variables: dict[str, str], words: str
) -> None:
    done = run_ops(checkout, "ci", *arguments, **variables)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert line.startswith("Error: ")
    assert words in line


@pytest.mark.parametrize("command", ["plan", "deploy"])
def test_outside_of_git_nothing_is_planned_or_deployed(checkout: Path, command: str) -> None:
    done = run_ops(checkout, "ci", command, "dev", GIT_CEILING_DIRECTORIES=str(checkout.parent))
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith("Error: `git rev-parse` failed: not a git repository")


def test_without_a_plan_there_is_nothing_to_show(checkout: Path) -> None:
    for command in (["comment", "dev", "--pull-request", "1"], ["gate", "dev"]):
        done = run_ops(checkout, "ci", *command)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "Error: there is no plan of dev yet: make ci-plan ENV=dev\n"


def test_all_environments_are_a_json_list(checkout: Path) -> None:
    done = run_ops(checkout, "ci", "environments")
    assert (done.returncode, done.stdout, done.stderr) == (0, '["dev", "prod", "staging"]\n', "")


def test_a_change_of_the_readme_alone_concerns_no_environment_and_a_hidden_file_is_none(
    checkout: Path,
) -> None:
    (checkout / "README.md").write_text("one")
    history = {**GIT, "GIT_CEILING_DIRECTORIES": str(checkout.parent)}
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "One"]):
        subprocess.run(["git", *command], cwd=checkout, env={**os.environ, **history}, check=True)
    (checkout / "README.md").write_text("two")
    command = ["git", "commit", "--all", "--quiet", "--message", "Two"]
    subprocess.run(command, cwd=checkout, env={**os.environ, **history}, check=True)
    done = run_ops(checkout, "ci", "environments", "--changed-since", "HEAD^1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_an_editor_s_lock_is_no_environment(checkout: Path) -> None:
    (checkout / "environments" / ".#prod.toml").write_text("")
    done = run_ops(checkout, "ci", "environments")
    assert (done.returncode, done.stdout, done.stderr) == (0, '["dev", "prod", "staging"]\n', "")
