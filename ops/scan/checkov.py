"""Checkov: installed in a virtual environment of its own, and run offline."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.scan.controls import CheckResult
from ops.scan.processes import Job, run_together
from ops.shared.errors import OpsError
from ops.shared.separate_venv import install_in_venv
from ops.shared.toolchain import CACHE

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
HOME = CACHE / "checkov"


@dataclass(frozen=True)
class Source:
    """What Checkov judges in one run.

    Attributes:
        name: what the report calls it.
        framework: how Checkov reads it: terraform_json or terraform_plan.
        path: a folder with synthesized JSON, or the file of a plan.
        floor: the least number of checks that it makes.
    """

    name: str
    framework: str
    path: Path
    floor: int


def install_checkov(log: Path) -> Path:
    """Return Checkov's executable, installed first if it is not there as REQUIREMENTS says.

    Raises:
        OpsError: it could not be installed.
    """
    return install_in_venv("Checkov", requirements=REQUIREMENTS, home=HOME, executable="checkov", log=log)


def judge(sources: Sequence[Source], *, executable: Path, folder: Path, log: Path) -> list[CheckResult]:
    """Run Checkov on each of `sources`, as many at once as there are cores.

    Each has a run of its own, because the stacks' resources have the same addresses.

    Args:
        sources: what to judge.
        executable: Checkov.
        folder: is made, for what Checkov writes.
        log: the file that its other output goes to.

    Raises:
        OpsError: Checkov failed, or made fewer checks than expected.
    """
    folder.mkdir()
    env = _environment(folder)
    jobs = [Job(_command(executable, source, folder / source.name), folder, env) for source in sources]
    for source, status in zip(sources, run_together(jobs, log), strict=True):
        if status not in (0, 1):  # 1: some check failed
            raise OpsError(f"Checkov crashed on {source.name} with exit status {status}", f"see {log}")
    return [
        finding
        for source in sources
        for finding in read_results(folder / source.name / "results_json.json", source, log)
    ]


def _environment(folder: Path) -> Mapping[str, str]:
    # Nothing of the user's: neither a configuration in the home folder nor a platform's key.
    kept = {name: os.environ[name] for name in ("LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "NO_COLOR": "1"}


def _command(executable: Path, source: Source, output: Path) -> list[str | Path]:
    what = "-f" if source.path.is_file() else "-d"
    return [
        executable,
        "--skip-download",  # asks no platform for anything
        *("--framework", source.framework),
        *("--output", "json", "--output-file-path", output),
        *(what, source.path),
    ]


def read_results(path: Path, source: Source, log: Path) -> list[CheckResult]:
    """Return what Checkov wrote to `path` about `source`.

    Raises:
        OpsError: it cannot be read, or it has fewer checks than expected.
    """
    try:
        results = json.loads(path.read_bytes())
        unread = results.get("summary", results)["parsing_errors"]
        findings = [
            _result(record, source, passed=passed)
            for key, passed in (("passed_checks", True), ("failed_checks", False))
            for record in results.get("results", {}).get(key, [])
        ]
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        reason = type(error).__name__
        raise OpsError(
            f"what Checkov wrote about {source.name} is unreadable ({reason})", f"see {log}"
        ) from error
    if unread:
        raise OpsError(f"Checkov could not read {unread} file(s) of {source.name}", f"see {log}")
    if len(findings) < source.floor:
        raise OpsError(
            f"Checkov made only {len(findings)} checks on {source.name}, where at least {source.floor} are "
            "expected, so it did not read all of it",
            f"see {log}",
        )
    return findings


def _result(record: dict[str, Any], source: Source, *, passed: bool) -> CheckResult:
    return CheckResult(
        check=str(record["check_id"]),
        title=str(record["check_name"]),
        resource=str(record["resource"]),
        source=source.name,
        passed=passed,
    )
