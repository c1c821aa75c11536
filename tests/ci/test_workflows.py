"""What the workflow files must keep to, beyond what their schema and zizmor say (`make lint`)."""

import re
from pathlib import Path

from tests.conftest import ROOT

import pytest

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, *(ROOT / ".github" / "actions").glob("*/action.yml")]
OWN = "$/.github/actions/"


def test_there_are_the_four_workflows() -> None:
    assert [path.stem for path in WORKFLOWS] == ["deploy", "drift", "plan", "test"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name + "/" + path.name)
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text())
    assert used
    for one in used:
        assert one.startswith(OWN) or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one), one


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_permissions_but_those_of_its_jobs(path: Path) -> None:
    text = path.read_text()
    assert "\npermissions: {}\n" in text
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")
    assert "upload-artifact" not in text
    assert "pull_request_target" not in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_is_put_into_a_shell(path: Path) -> None:
    for script in re.findall(r"run: (\|\n(?: {10}.*\n)+|.+)", path.read_text()):
        assert "${{" not in script


def test_a_fork_gets_no_credentials() -> None:
    text = (ROOT / ".github/workflows/plan.yml").read_text()
    assert "github.event.pull_request.head.repo.full_name == github.repository" in text
    # The job with the role comes after the one with the condition.
    assert "\n    needs: environments\n" in text[text.index("\n  plan:") :]
    assert "id-token" not in (ROOT / ".github/workflows/test.yml").read_text()
