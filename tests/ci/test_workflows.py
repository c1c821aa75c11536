"""What the workflow files do and keep to, beyond what their schema and zizmor say (`make lint`)."""

import itertools
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.ci.expressions import evaluate, filled_in
from tests.conftest import ROOT

import pytest
from ruamel.yaml import YAML  # check-jsonschema reads the files with it, too

Json = Any
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
FILES = [*WORKFLOWS, *ACTIONS]
OWN = "$/.github/actions/"


def read(path: Path) -> Json:
    return YAML(typ="safe").load(path)


def workflow(name: str) -> Json:
    return read(ROOT / ".github" / "workflows" / f"{name}.yml")


@cache
def jobs() -> list[tuple[str, Json]]:
    """Every job, with what it is called."""
    return [(f"{path.stem}/{name}", job) for path in WORKFLOWS for name, job in read(path)["jobs"].items()]


def steps(job: Json, action: str) -> list[Json]:
    return [step for step in job.get("steps", []) if step.get("uses") == f"{OWN}{action}"]


JOBS = pytest.mark.parametrize("job", [job for _, job in jobs()], ids=[name for name, _ in jobs()])


def test_there_are_these_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} == {
        "deploy",
        "deploy-environment",
        "drift",
        "nightly",
        "plan",
        "test",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name + "/" + path.name)
def test_every_action_is_pinned_by_its_commit_with_the_version_next_to_it(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text())
    assert used
    for one in used:
        own = one.startswith((OWN, "$/.github/workflows/"))
        assert own or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one), one


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_permissions_but_those_of_its_jobs(path: Path) -> None:
    text = path.read_text()
    assert "\npermissions: {}\n" in text
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")
    assert "upload-artifact" not in text
    assert "pull_request_target" not in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name + "/" + path.name)
def test_no_expression_is_put_into_a_shell(path: Path) -> None:
    for script in re.findall(r"run: (\|\n(?: {10}.*\n)+|\|\n(?: {8}.*\n)+|.+)", path.read_text()):
        assert "${{" not in script


@JOBS
def test_only_a_job_with_a_role_gets_a_token_for_it(job: Json) -> None:
    takes = bool(steps(job, "take-role")) or "uses" in job
    assert (job.get("permissions", {}).get("id-token") == "write") is takes


@JOBS
def test_nothing_is_cached_in_a_job_with_a_role(job: Json) -> None:
    caches = any(step.get("with", {}).get("cache") for step in steps(job, "set-up"))
    assert not (caches and "id-token" in job.get("permissions", {}))
    assert all("actions/cache" not in step.get("uses", "") for step in job.get("steps", []))


def test_caches_are_off_unless_a_job_asks_for_them() -> None:
    action = read(ROOT / ".github/actions/set-up/action.yml")
    assert action["inputs"]["cache"]["default"] == ""
    assert action["runs"]["steps"][0]["with"]["cache"] == "${{ inputs.cache }}"


@pytest.mark.parametrize(
    ("job", "variable", "environment"),
    [
        ("plan/plan", "AWS_REVIEW_ROLES", None),
        ("deploy-environment/plan", "AWS_PLAN_ROLES", None),
        ("drift/drift", "AWS_PLAN_ROLES", None),
        ("deploy-environment/deploy", "AWS_DEPLOY_ROLE", "${{ inputs.environment }}"),
    ],
)
def test_each_job_takes_the_role_that_is_meant_for_it(
    job: str, variable: str, environment: str | None
) -> None:
    found = dict(jobs())[job]
    (step,) = steps(found, "take-role")
    assert (step["with"]["variable"], step["with"]["value"]) == (variable, f"${{{{ vars.{variable} }}}}")
    # A job's `sub` is the environment's where it names one, and then no plan or review role is for it.
    assert found.get("environment") == environment


def test_no_expression_reads_json_of_a_variable_that_may_be_unset() -> None:
    for path in FILES:
        assert not re.findall(r"fromJSON\((?!needs\.environments\.outputs\.)", path.read_text())


def test_main_is_planned_before_the_environment_asks_and_its_digest_is_handed_on() -> None:
    plan, deploy = workflow("deploy-environment")["jobs"].values()
    assert plan["outputs"] == {"digest": "${{ steps.plan.outputs.digest }}"}
    assert [step["run"] for step in plan["steps"] if step.get("id") == "plan"] == ["make ci-plan"]
    assert deploy["needs"] == "plan"
    last = deploy["steps"][-1]
    assert last["run"] == 'make ci-deploy ARGS="--sha256 $DIGEST"'
    assert last["env"]["DIGEST"] == "${{ needs.plan.outputs.digest }}"
    for digest, runs in (("a" * 64, True), ("", False), (None, False)):
        assert evaluate(deploy["if"], {"needs": {"plan": {"outputs": {"digest": digest}}}}) is runs


def test_main_is_planned_with_all_of_its_history() -> None:
    for job in (workflow("deploy-environment")["jobs"]["plan"], workflow("deploy")["jobs"]["environments"]):
        assert job["steps"][0]["with"]["fetch-depth"] == 0


def test_an_environment_has_one_run_from_its_plan_to_its_deploy() -> None:
    job = workflow("deploy")["jobs"]["deploy"]
    assert job["concurrency"] == {"group": "deploy-${{ matrix.environment }}", "cancel-in-progress": False}
    assert job["uses"] == "$/.github/workflows/deploy-environment.yml"
    inner = workflow("deploy-environment")["jobs"].values()
    assert all("concurrency" not in one for one in inner)
    for one in inner:
        assert one["permissions"].items() <= job["permissions"].items()


def test_the_review_names_what_it_changes_and_comes_before_comment_and_gate() -> None:
    job = workflow("plan")["jobs"]["plan"]
    assert job["steps"][0]["with"]["fetch-depth"] == 2
    assert [step["run"] for step in job["steps"] if "run" in step] == [
        'make ci-review ARGS="--changed-since HEAD^1"',
        "make ci-comment",
        "make ci-gate",
    ]


# What GitHub says of an event, as far as the workflow asks:
# https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
def pull_request(label: str | None = None, *, state: str = "open", fork: bool = False) -> Json:
    head = {"repo": {"full_name": "mallory/storage" if fork else "acme/storage"}}
    event: Json = {"pull_request": {"number": 7, "state": state, "head": head}}
    return _event("pull_request", event | ({} if label is None else {"label": {"name": label}}))


def _event(name: str, event: Json) -> Json:
    github = {"event_name": name, "event": event, "repository": "acme/storage", "run_id": 99}
    return {"github": github, "needs": {}}


MERGE_GROUP = _event("merge_group", {"merge_group": {"head_sha": "a" * 40}})
DELETED_FORK = pull_request()
DELETED_FORK["github"]["event"]["pull_request"]["head"]["repo"] = None


@pytest.mark.parametrize(
    ("event", "finds", "name", "group"),
    [
        (pull_request(), True, "planned", "plan-7"),
        (pull_request("allow-destroy"), True, "planned", "plan-7"),
        (pull_request("bug"), False, "not planned again", "plan-99"),
        (pull_request("allow-destroy", state="closed"), False, "not planned again", "plan-7"),
        (pull_request("bug", state="closed"), False, "not planned again", "plan-99"),
        (pull_request(fork=True), True, "planned", "plan-7"),
        (pull_request("bug", fork=True), False, "not planned again", "plan-99"),
        (DELETED_FORK, True, "planned", "plan-7"),
        (MERGE_GROUP, False, "planned", "plan-99"),
    ],
    ids=["push", "allow-destroy", "bug", "merged", "merged bug", "fork", "fork bug", "deleted fork", "queue"],
)
def test_what_an_event_plans_reports_and_cancels(event: Json, *, finds: bool, name: str, group: str) -> None:
    plan = workflow("plan")
    assert bool(evaluate(plan["jobs"]["environments"]["if"], event)) is finds
    assert filled_in(plan["jobs"]["planned"]["name"], event) == name
    # Of one group only the last run goes on: a number of its own cancels no other run.
    assert filled_in(plan["concurrency"]["group"], event) == group


@pytest.mark.parametrize(
    ("event", "changed", "plans"),
    [
        (pull_request(), '["dev"]', True),
        (pull_request(), "[]", False),
        (pull_request(fork=True), '["dev"]', False),
        (DELETED_FORK, '["dev"]', False),
    ],
    ids=["push", "nothing", "fork", "deleted fork"],
)
def test_only_what_is_no_fork_and_changes_a_plan_is_planned(
    event: Json, changed: str, *, plans: bool
) -> None:
    context = event | {"needs": {"environments": {"outputs": {"changed": changed}}}}
    assert bool(evaluate(workflow("plan")["jobs"]["plan"]["if"], context)) is plans


RESULTS = ("success", "failure", "cancelled", "skipped")


def passes(event: str, environments: str, changed: str, fork: str, plan: str) -> bool:
    """Return whether the job `planned` is green, by its real script."""
    (step,) = workflow("plan")["jobs"]["planned"]["steps"]
    values = {
        "EVENT": event,
        "ENVIRONMENTS": environments,
        "CHANGED": changed,
        "FORK": fork,
        "PLAN": plan,
    }
    assert step["env"].keys() == values.keys()
    # As GitHub's runner starts it.
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout
    assert (done.returncode, done.stderr) in ((0, ""), (1, ""))
    assert ("::error::" in done.stdout) is (done.returncode == 1)
    return done.returncode == 0


def test_planned_passes_on_a_merge_group_as_no_role_can_be_taken_there() -> None:
    assert passes("merge_group", "skipped", "", "true", "skipped")


def test_planned_passes_where_nothing_had_to_be_planned() -> None:
    for fork in ("true", "false"):
        assert passes("pull_request", "success", "[]", fork, "skipped")


@pytest.mark.parametrize("plan", RESULTS)
def test_planned_is_red_where_a_plan_had_to_be_made_and_was_not(plan: str) -> None:
    assert passes("pull_request", "success", '["dev"]', "false", plan) is (plan == "success")


@pytest.mark.parametrize("plan", RESULTS)
def test_planned_is_red_for_a_fork_that_changes_a_plan(plan: str) -> None:
    assert not passes("pull_request", "success", '["dev", "prod"]', "true", plan)


@pytest.mark.parametrize("environments", ["failure", "cancelled"])
def test_planned_is_red_where_it_is_not_known_what_had_to_be_planned(environments: str) -> None:
    for changed, plan in itertools.product(("", "[]", '["dev"]'), RESULTS):
        assert not passes("pull_request", environments, changed, "false", plan)


def test_planned_always_runs_as_a_skipped_job_would_pass() -> None:
    job = workflow("plan")["jobs"]["planned"]
    assert job["if"] == "always()"
    assert job["needs"] == ["environments", "plan"]
