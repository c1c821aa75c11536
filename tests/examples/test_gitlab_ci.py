"""The example for GitLab: its jobs' scripts run in bash, with a make that notes its calls.

`make lint` checks the file against GitLab's schema. GitLab itself cannot run on this machine:
https://docs.gitlab.com/ci/yaml/
"""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from ops.demo.ci_demo_site import GIT
from tests.conftest import ROOT
from tests.ops.ops_support import stub

import pytest
from ruamel.yaml import YAML

FILE = ROOT / "examples" / "gitlab-ci.yml"
CONTENT: dict[str, Any] = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
JOBS = {name: job for name, job in CONTENT.items() if isinstance(job, dict) and "stage" in job}
DIGEST = "0123456789abcdef" * 4
MAKE = """
echo "$AWS_ROLE_ARN: make $*" >>"$CALLS"
case "$*" in
  *ci-environments*) echo "$CHANGED" ;;
  *ci-review*) mkdir -p "ci-review/$ENV" && echo review >"ci-review/$ENV/comment.md" ;;
  *ci-plan*) echo "$OUTPUT" >>"$GITHUB_OUTPUT" ;;
esac
"""


class Site:
    """A checkout whose jobs can be run."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self._calls = folder / "calls"
        stub(folder / "bin" / "make", MAKE)
        stub(self.checkout / ".venv" / "bin" / "python", 'echo "$AWS_ROLE_ARN: python $*" >>"$CALLS"')
        self.environ = {
            **GIT,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(folder),
            "CALLS": str(self._calls),
            "CHANGED": '["dev", "prod"]',
            "OUTPUT": f"digest={DIGEST}",
        }

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.checkout,
            env=self.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, message: str, *arguments: str) -> str:
        """Make a commit; return its id."""
        self.git("commit", "--quiet", "--allow-empty", *arguments, "--message", message)
        return self.git("rev-parse", "HEAD")

    def run(self, name: str, **variables: str) -> list[str]:
        """Run a job; return what it called, each with the role that it has there, without `make setup`."""
        role, job = CONTENT[".role"], JOBS[name]
        assert job["extends"] == ".role"
        given = {**CONTENT["variables"], **job["variables"]}
        script = "\n".join([*role["before_script"], *job["script"]])
        self._calls.write_text("")
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.checkout,
            env={**self.environ, "AWS_TOKEN": "token", **given, **variables},
            check=True,
        )
        calls = self._calls.read_text().splitlines()
        assert calls.pop(0).endswith("make setup")
        return calls


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.git("init", "--quiet", "--initial-branch=main")
    return site


def test_every_make_target_of_it_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"\bmake (?:--silent )?([a-z][a-z-]+)", FILE.read_text()))
    assert used - {"setup"} >= {"ci-environments", "ci-review", "ci-plan", "ci-deploy", "drift"}
    assert used <= targets


def test_a_merge_request_is_planned_for_people_to_read(site: Site) -> None:
    variables = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "abc", "AWS_ROLE_ARN": "review"}
    assert site.run("review", **variables) == [
        "review: make --silent ci-environments ARGS=--changed-since abc",
        "review: make ci-review ARGS=--changed-since abc",
        "review: python -m ops ci gate prod",
    ]
    assert (site.checkout / "build" / "review.md").read_text() == "review\n"


@pytest.mark.parametrize("changed", ["[]", '["dev", "prod-eu"]'])
def test_a_change_of_another_environment_plans_nothing(site: Site, changed: str) -> None:
    for name in ("review", "plan"):
        (call,) = site.run(name, CHANGED=changed)
        assert "ci-environments" in call


def test_main_is_planned_with_the_requests_that_were_merged(site: Site) -> None:
    before = site.commit("Start\n\nSee merge request acme/storage!1")
    site.git("switch", "--quiet", "--create", "feature")
    site.commit("Work\n\nSee merge request acme/storage!2")
    site.git("switch", "--quiet", "main")
    for number in (7, 12):
        title = f"Merge branch 'feature' into 'main'\n\nSee merge request acme/storage!{number}"
        site.git("merge", "--quiet", "--no-ff", "feature", "--message", title)
        site.git("switch", "--quiet", "feature")
        after = site.commit("More")
        site.git("switch", "--quiet", "main")
    after = site.git("rev-parse", "HEAD")
    commits = {"CI_COMMIT_BEFORE_SHA": before, "CI_COMMIT_SHA": after, "AWS_ROLE_ARN": "plan"}
    environments, plan = site.run("plan", **commits)
    assert environments == f"plan: make --silent ci-environments ARGS=--changed-since {before}"
    assert plan.rstrip() == "plan: make ci-plan ARGS=--merged 12 --merged 7"
    assert (site.checkout / "build" / "plan.env").read_text() == f"digest={DIGEST}\n"
    variables = {"EARLIER": "--merged 3", "ALLOW_DESTROY": "--allow-destroy"}
    _, plan = site.run("plan", **commits, **variables)
    assert plan.endswith("ARGS=--merged 12 --merged 7 --merged 3 --allow-destroy")


def test_the_deploy_gets_the_digest_of_that_plan(site: Site) -> None:
    (call,) = site.run("deploy", digest=DIGEST, AWS_ROLE_ARN="deploy")
    assert call.rstrip() == f"deploy: make ci-deploy ARGS=--sha256 {DIGEST}"


def test_without_a_digest_nothing_is_deployed(site: Site) -> None:
    assert site.run("deploy") == []


def test_a_schedule_looks_for_drift(site: Site) -> None:
    assert site.run("drift", AWS_ROLE_ARN="plan") == ["plan: make drift ARGS=--storage-only"]


def test_the_token_is_its_owner_s_alone_and_no_part_of_the_checkout(site: Site, tmp_path: Path) -> None:
    site.run("drift")
    (file,) = (one for one in tmp_path.iterdir() if one.name.startswith("tmp."))
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("token", 0o600)


def test_each_job_has_the_role_meant_for_it_and_no_cache() -> None:
    roles = {name: job["variables"]["AWS_ROLE_ARN"] for name, job in JOBS.items()}
    assert roles == {
        "review": "$REVIEW_ROLE",
        "plan": "$PLAN_ROLE",
        "deploy": "$DEPLOY_ROLE",
        "drift": "$PLAN_ROLE",
    }
    assert "cache" not in FILE.read_text()


def test_only_main_is_planned_and_deployed_and_a_person_starts_the_deploy() -> None:
    main = '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'
    assert JOBS["plan"]["rules"] == [{"if": main}]
    assert JOBS["deploy"]["rules"] == [{"if": main, "when": "manual"}]
    assert JOBS["deploy"]["environment"] == {"name": "$ENV"}
    (rule,) = JOBS["review"]["rules"]
    own = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"
    assert rule == {"if": f'$CI_PIPELINE_SOURCE == "merge_request_event" && {own}'}


def test_no_artifact_holds_a_plan() -> None:
    artifacts = [job["artifacts"]["paths"] for job in JOBS.values() if "artifacts" in job]
    assert artifacts == [["build/review.md"], ["build/summary.md"]]
