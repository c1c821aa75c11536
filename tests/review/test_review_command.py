"""The command line: every mistake is one line, and --fail-on an exit code."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from review.command import run_review
from review.plan import PlanError
from tests.conftest import ROOT
from tests.forked import run_module
from tests.review.review_support import PLANS

import pytest


def run(plan: Path, fail_on: str | None = None, kind: str = "markdown", marker: str = "") -> int:
    return run_review(
        str(plan), format_=kind, fail_on=fail_on, marker=marker, synthesized=None, deployed=None
    )


def run_ops(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_module(
        "ops", "review", *map(str, arguments), folder=ROOT, variables=dict(os.environ), seconds=60
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b'{"format_version": "1.2", "resource_changes": [', "it seems to be cut off"),
        (b'{"format_version": "1.2", "resource_chan', "it seems to be cut off"),
        (b"Terraform will perform the following actions:", "is not JSON: Expecting value at line 1, column 1"),
        (b"[]", "must be a JSON object"),
        (b"{}", "is not the JSON of a plan"),
        (b"PK\x03\x04rest", "is a plan file; give the JSON that `terraform show -json` prints of it"),
        (b'{"@level":"info"}\n{"@level":"info"}', "is the log of `terraform plan -json`"),
        (b'{"format_version": "1.0", "values": {}}', "is the JSON of a state, not of a plan"),
        (b'{"format_version": "2.0", "resource_changes": []}', 'has format_version "2.0"; only 1.x is understood'),
        (b'{"format_version": "1.2", "errored": true}', "is of a plan that failed"),
        (b'{"format_version": "1.2", "resource_changes": {}}', "resource_changes must be a list, not {}"),
        (b'{"format_version": "1.2", "resource_changes": [1]}', "resource_changes[0] must be an object, not 1"),
        (
            b'{"format_version": "1.2", "resource_changes": [{"address": "a", "type": "t", "change": {"actions": ["x"]}}]}',
            'resource_changes[0].change.actions must be actions that Terraform knows, not ["x"]',
        ),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "is nested more than 200 deep"),
        (b"\xff\xfe\x00", "is not text"),
        (b'{"a": ' + b"1" * 5000 + b"}", "is not JSON that can be read"),
    ],
)  # fmt: skip
def test_what_is_not_a_plan_is_reported_in_a_line(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(PlanError) as error:
        run(path)
    assert str(error.value).startswith(f"{path}: ")
    assert says in str(error.value)
    assert str(error.value).isprintable()


def test_an_error_goes_to_standard_error_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops", "review", "-"],
        cwd=ROOT,
        input=b'{"format_version": "1.2", "resource_chan',
        capture_output=True,
        check=False,
        timeout=60,
    )
    says = "Error: standard input: is not JSON: Unterminated string starting at"
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    assert done.stderr.decode().startswith(says)


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ([], 2, "Missing argument 'PLAN.json'"),
        (["no-such.json"], 1, "no-such.json: cannot be read: No such file or directory"),
        (["."], 1, ".: cannot be read: Is a directory"),
        ([PLANS / "create.json", "--format", "html"], 2, "'html' is not one of 'markdown', 'text', 'json'"),
        ([PLANS / "create.json", "--fail-on", "safe"], 2, "'safe' is not one of 'careful', 'dangerous'"),
        ([PLANS / "create.json", "--deployed", "x"], 2, "--synthesized and --deployed go together"),
        (["-", "--deployed", "-", "--synthesized", "x"], 2, "only one file can be standard input"),
        (
            [
                PLANS / "create.json",
                "--deployed",
                PLANS / "create.json",
                "--synthesized",
                PLANS / "create.json",
            ],
            1,
            "is not synthesized Terraform JSON",
        ),
    ],
)
def test_misuse_is_reported_in_a_line(arguments: list[str | Path], status: int, says: str) -> None:
    done = run_ops(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (status, "", 1)
    assert says in done.stderr


@pytest.mark.parametrize(
    ("name", "fail_on", "status"),
    [
        ("tags-only", "careful", 0),
        ("principal-added", "careful", 4),
        ("principal-added", "dangerous", 0),
        ("versioning-suspended", "careful", 4),
        ("versioning-suspended", "dangerous", 4),
        ("versioning-suspended", None, 0),
    ],
)
def test_a_bad_verdict_is_an_exit_code(name: str, fail_on: str | None, status: int) -> None:
    assert run(PLANS / f"{name}.json", fail_on) == status


def check_json(output: bytes) -> None:
    document = json.loads(output)
    assert document["format_version"] == "1.0"
    assert document["verdict"] == "dangerous"
    assert document["counts"]["update"] == 1
    (finding,) = document["findings"]
    assert finding["severity"] == "dangerous"


def check_text(output: bytes) -> None:
    assert output.startswith(b"Dangerous. Changes 1\n")


def check_markdown(output: bytes) -> None:
    assert output.decode().startswith("<!-- plan review - -: x -->\n## 🔴 Dangerous. Changes 1\n")


@pytest.mark.parametrize(
    ("kind", "check"), [("json", check_json), ("text", check_text), ("markdown", check_markdown)]
)
def test_the_formats_say_the_same(
    kind: str, check: Callable[[bytes], None], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run(PLANS / "key-rotation-off.json", kind=kind, marker="plan review -->: x")
    check(capfdbinary.readouterr().out)


def test_the_configurations_are_compared() -> None:
    plan = PLANS / "prevent-destroy-gone.json"
    files = [PLANS / f"prevent-destroy-gone.{kind}.tf.json" for kind in ("synthesized", "deployed")]
    without = run_ops(plan)
    assert without.stdout == "## ⚪ No changes\n"
    done = run_ops(plan, "--synthesized", files[0], "--deployed", files[1], "--fail-on", "dangerous")
    assert done.returncode == 4
    assert "`prevent_destroy` is gone" in done.stdout


def test_the_example_in_the_documentation_is_what_is_printed() -> None:
    documented = (ROOT / "docs" / "plan-review.md").read_text()
    done = run_ops("tests/review/plans/policy-tls-version-lowered.json", "--format", "text")
    # Which request shows it is for the proofs to choose.
    printed, documented = (re.sub("; for example, .*", "", one) for one in (done.stdout, documented))
    assert f"--format text\n{printed}```" in documented


def test_an_output_that_is_one_value_is_its_own_name(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    run(PLANS / "policy-links-live-longer.json", kind="text")
    assert b"update   output.PresignMaxSeconds\n    86400 -> 604800\n" in capfdbinary.readouterr().out
