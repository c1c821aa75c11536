"""What a scan makes of Checkov's results and of the control map; Checkov itself does not run here."""

import json
import os
import re
import sys
from pathlib import Path

from ops.scan import checkov as scan_checkov
from ops.scan.checkov import Source, install_checkov, judge, read_results
from ops.scan.controls import CheckResult, Control, problems, read_controls, report
from ops.scan.processes import Job, run_together
from ops.shared.errors import OpsError
from tests.ops.ops_support import stub

import pytest

RESULTS = Path(__file__).with_name("checkov_results.json")
VERSIONED = """
[[catalogue.control]]
id = "CKV_AWS_21"
asks_for = "Versioning"
status = "met"
how = "`protect`"
proof = ["make scan"]
"""
LOGGED = """
[[catalogue.control]]
id = "CKV_AWS_18"
asks_for = "Access logging"
status = "waived"
how = "Not built yet."
"""


def source(*, floor: int = 1, path: Path = RESULTS) -> Source:
    return Source("dev", "terraform_json", path, floor)


def recorded() -> list[CheckResult]:
    return read_results(RESULTS, source(floor=3), Path("scan.log"))


def controls(folder: Path, tables: str) -> dict[str, Control]:
    file = folder / "controls.toml"
    file.write_text(f'[[catalogue]]\ntitle = "Checkov"\nwords = "In short."\n{tables}')
    return read_controls(file)


def test_results_are_read() -> None:
    assert [(found.check, found.resource, found.source, found.passed) for found in recorded()] == [
        ("CKV_AWS_21", "aws_s3_bucket.data_0A", "dev", True),
        ("CKV_AWS_18", "aws_s3_bucket.logs_0B", "dev", True),
        ("CKV_AWS_18", "aws_s3_bucket.data_0A", "dev", False),
    ]


@pytest.mark.parametrize(
    ("results", "problem"),
    [
        # Checkov exits with 0 after each of these: there was nothing to read, or it could not be read.
        ('{"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0}', "made only 0 checks on dev"),
        ('{"results": {}, "summary": {"parsing_errors": 1}}', "could not read 1 file(s) of dev"),
        ("", "unreadable (JSONDecodeError)"),
        ("[]", "unreadable (AttributeError)"),
        ('{"summary": {}}', "unreadable (KeyError)"),
        ('{"summary": {"parsing_errors": 0}, "results": {"failed_checks": [{}]}}', "unreadable (KeyError)"),
    ],
)
def test_results_that_say_nothing_are_an_error_that_names_the_log(
    tmp_path: Path, results: str, problem: str
) -> None:
    file = tmp_path / "results.json"
    file.write_text(results)
    with pytest.raises(OpsError, match=rf"{re.escape(problem)}.*; see scan\.log$"):
        read_results(file, source(), Path("scan.log"))


def test_fewer_checks_than_expected_are_an_error() -> None:
    with pytest.raises(OpsError, match="only 3 checks on dev, where at least 4"):
        read_results(RESULTS, source(floor=4), Path("scan.log"))


def test_nothing_is_wrong_where_all_that_fails_is_waived(tmp_path: Path) -> None:
    assert list(problems(recorded(), controls(tmp_path, VERSIONED + LOGGED))) == []


@pytest.mark.parametrize("table", ["", LOGGED.replace("waived", "met"), LOGGED.replace("waived", "outside")])
def test_a_failure_that_is_not_waived_is_a_problem(tmp_path: Path, table: str) -> None:
    assert list(problems(recorded(), controls(tmp_path, VERSIONED + table))) == [
        "CKV_AWS_18 fails and is not waived: aws_s3_bucket.data_0A"
    ]


def test_a_waiver_that_nothing_needs_is_a_problem(tmp_path: Path) -> None:
    tables = VERSIONED + LOGGED + LOGGED.replace("CKV_AWS_18", "CKV2_AWS_61")
    (problem,) = problems(recorded(), controls(tmp_path, tables))
    assert problem.startswith("CKV2_AWS_61 is waived in ops/scan/controls.toml, but nothing fails it")


def test_a_waiver_of_another_catalogue_is_not_held_against_checkov(tmp_path: Path) -> None:
    tables = VERSIONED + LOGGED + LOGGED.replace("CKV_AWS_18", "S3.9")
    assert list(problems(recorded(), controls(tmp_path, tables))) == []


def test_a_check_that_passes_needs_a_control(tmp_path: Path) -> None:
    assert list(problems(recorded(), controls(tmp_path, LOGGED))) == [
        "CKV_AWS_21 passes, but is missing in ops/scan/controls.toml"
    ]


def test_what_is_said_to_be_met_must_have_been_checked(tmp_path: Path) -> None:
    tables = VERSIONED + LOGGED + VERSIONED.replace("CKV_AWS_21", "CKV_AWS_7")
    (problem,) = problems(recorded(), controls(tmp_path, tables))
    assert problem.startswith("CKV_AWS_7 is met in ops/scan/controls.toml")


def test_what_is_optional_need_not_have_been_checked_and_may_not_fail(tmp_path: Path) -> None:
    optional = VERSIONED.replace('"met"', '"optional"')
    unchecked = optional.replace("CKV_AWS_21", "CKV_AWS_7")
    assert list(problems(recorded(), controls(tmp_path, optional + LOGGED + unchecked))) == []
    failing = LOGGED.replace('"waived"', '"optional"')
    (problem,) = problems(recorded(), controls(tmp_path, VERSIONED + failing))
    assert problem.startswith("CKV_AWS_18 fails and is not waived")


def test_the_report_shows_each_failure_once_with_the_reason_for_its_waiver(tmp_path: Path) -> None:
    twice = [*recorded(), *(CheckResult(f.check, f.title, f.resource, "prod", f.passed) for f in recorded())]
    assert list(report(twice, controls(tmp_path, VERSIONED + LOGGED))) == [
        "CKV_AWS_18    waived  aws_s3_bucket.data_0A",
        "              title   Access is logged",
        "              in      dev, prod",
        "              why     Not built yet.",
    ]
    assert next(iter(report(recorded(), {}))) == "CKV_AWS_18    FAILS   aws_s3_bucket.data_0A"


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        (LOGGED.replace("CKV_AWS_18", "S3-1"), '"S3-1" is no id of a control'),
        (LOGGED.replace("waived", "Waived"), "CKV_AWS_18: status must be one of met, optional, "),
        (LOGGED.replace("how", "why"), "CKV_AWS_18: unknown key why; allowed: id, asks_for, status, how"),
        (LOGGED.replace("asks_for", "#"), "CKV_AWS_18: asks_for is missing"),
        (LOGGED.replace("how", "like"), "CKV_AWS_18: like must be the id of a control above, not "),
        (VERSIONED + VERSIONED, "CKV_AWS_21: the file has this control already"),
        ("", "a catalogue has title, words and control; 'control' is missing"),
        ("[[catalogue", "Expected"),
    ],
)
def test_a_mistake_in_the_file_is_an_error_that_names_it(tmp_path: Path, tables: str, problem: str) -> None:
    with pytest.raises(OpsError, match=rf"^controls\.toml(, |: ){re.escape(problem)}"):
        controls(tmp_path, tables)


def test_a_control_like_another_has_its_reason_and_proof_and_may_give_its_own(tmp_path: Path) -> None:
    like = VERSIONED.replace("CKV_AWS_21", "S3.14").replace('how = "`protect`"', 'like = "CKV_AWS_21"')
    found = controls(tmp_path, VERSIONED + like)["S3.14"]
    assert (found.how, found.proof) == ("`protect`", ("make scan",))
    own = like.replace("make scan", "tests/x.py::test_x").replace("S3.14", "S3.15")
    assert controls(tmp_path, VERSIONED + own)["S3.15"].proof == ("tests/x.py::test_x",)


def test_a_crash_of_checkov_is_an_error_that_names_the_log(tmp_path: Path) -> None:
    checkov, log = stub(tmp_path / "checkov", "echo Traceback; exit 2"), tmp_path / "scan.log"
    with pytest.raises(OpsError, match=rf"^Checkov crashed on dev with exit status 2; see {log}$"):
        judge([source()], executable=checkov, folder=tmp_path / "results", log=log)
    assert "Traceback" in log.read_text()


def test_checkov_gets_nothing_of_the_users_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BC_API_KEY", "secret")
    script = 'env > "$HOME/env"; mkdir "$HOME/dev"; cp {} "$HOME/dev/results_json.json"; exit 1'
    checkov = stub(tmp_path / "checkov", script.format(RESULTS))
    findings = judge([source()], executable=checkov, folder=tmp_path / "results", log=tmp_path / "scan.log")
    assert findings == recorded()
    assert "BC_API_KEY" not in (tmp_path / "results" / "env").read_text()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Checkov is installed, with a Python whose venv and pip are stubs."""
    home = tmp_path / "checkov"
    python = f'echo "$@" >> {tmp_path}/calls; [ "$2" != pip ] || touch {home}/bin/checkov; exit ${{FAIL:-0}}'
    monkeypatch.setattr(sys, "executable", str(stub(tmp_path / "python", python)))
    stub(home / "bin" / "python", python)
    monkeypatch.setattr(scan_checkov, "HOME", home)
    return home


def test_checkov_is_installed_once_and_again_when_its_requirements_change(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log, calls = tmp_path / "scan.log", tmp_path / "calls"
    assert install_checkov(log) == home / "bin" / "checkov"
    assert capsys.readouterr().err.count("\n") == 1
    assert "--require-hashes" in calls.read_text()
    install_checkov(log)
    assert (len(calls.read_text().splitlines()), capsys.readouterr().err) == (2, "")
    changed = tmp_path / "requirements.txt"
    changed.write_text("checkov==1\n")
    monkeypatch.setattr(scan_checkov, "REQUIREMENTS", changed)
    install_checkov(log)
    assert len(calls.read_text().splitlines()) == 4


def test_a_failed_installation_is_an_error_that_names_the_log_and_is_tried_again(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "scan.log"
    monkeypatch.setenv("FAIL", "1")
    for _ in range(2):
        with pytest.raises(OpsError, match=rf"^Checkov could not be set up: .*; its output is in {log}$"):
            install_checkov(log)


def test_jobs_run_together_return_their_statuses_in_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    jobs = [
        Job(["sh", "-c", f"echo {n}; exit {n}"], tmp_path, {"PATH": os.environ["PATH"]}) for n in range(5)
    ]
    assert run_together(jobs, log) == [0, 1, 2, 3, 4]
    assert {"0", "1", "2", "3", "4"} <= set(log.read_text().splitlines())


def test_the_requirements_are_exact_and_have_hashes() -> None:
    lines = scan_checkov.REQUIREMENTS.read_text().splitlines()
    packages = [number for number, line in enumerate(lines) if re.match(r"[a-z]", line)]
    assert len(packages) > 50
    for number in packages:
        assert re.match(r"[a-z0-9.-]+==[^ ]+ .*\\$", lines[number]), lines[number]
        assert lines[number + 1].startswith("    --hash=sha256:")
    assert json.loads(RESULTS.read_bytes())["summary"]["checkov_version"] in {
        line.split("==")[1].split()[0] for line in lines if line.startswith("checkov==")
    }
