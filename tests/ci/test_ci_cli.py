"""`ops ci` on the command line."""

import os
import subprocess
from pathlib import Path

from ops.demo.ci_demo_site import GIT
from tests.ops.ops_support import run_ops

import pytest


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
        (["plan", "dev", "--merged", "0"], {}, "0 is not in the range"),
        (["review", "dev"], {}, "--pull-request"),
        (["deploy", "dev"], {}, "--sha256"),
        (["role", "dev"], {}, "--variable"),
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


@pytest.mark.parametrize(
    "command",
    [["plan", "dev"], ["review", "dev", "--pull-request", "1"], ["deploy", "dev", "--sha256", "a" * 64]],
    ids=lambda command: command[0],
)
def test_outside_of_git_nothing_is_planned_or_deployed(checkout: Path, command: list[str]) -> None:
    done = run_ops(checkout, "ci", *command, GIT_CEILING_DIRECTORIES=str(checkout.parent))
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith("Error: `git rev-parse` failed: not a git repository")


def test_without_a_review_there_is_nothing_to_show(checkout: Path) -> None:
    for command in (["comment", "dev", "--pull-request", "1"], ["gate", "dev"]):
        done = run_ops(checkout, "ci", *command)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "Error: there is no review of dev yet: make ci-review ENV=dev\n"


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


def test_the_role_of_a_variable_is_printed_and_a_missing_one_is_one_line(checkout: Path) -> None:
    arn = "arn:aws:iam::111122223333:role/secure-storage-dev-plan"
    command = ["ci", "role", "dev", "--variable", "AWS_PLAN_ROLES"]
    done = run_ops(checkout, *command, AWS_PLAN_ROLES=f'{{"dev": "{arn}"}}')
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{arn}\n", "")
    done = run_ops(checkout, *command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: the variable AWS_PLAN_ROLES is not set on GitHub; ")
    assert len(done.stderr.splitlines()) == 1
