"""The control map, controls.toml: read, and compared with what a scan found."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.shared.errors import OpsError

CONTROLS = Path(__file__).with_name("controls.toml")

STATUSES = ("met", "optional", "waived", "outside", "retired")
"""What a control's status may be: docs/controls.md explains each."""

_ID = re.compile(r"(?:S3|KMS|IAM|CloudTrail|SNS)\.\d+|CIS \d+(?:\.\d+)+|CKV2?_AWS_\d+|AVD-AWS-\d{4}")
_KEYS = ("id", "asks_for", "status", "how", "proof", "like")


@dataclass(frozen=True)
class Control:
    """One control of the map.

    Attributes:
        id: the control's id, as its authors write it.
        asks_for: what it wants.
        status: one of STATUSES.
        how: what meets it, or the reason why it is not met here.
        proof: the tests and tables of requests that show it; empty where it is not met here.
    """

    id: str
    asks_for: str
    status: str
    how: str
    proof: tuple[str, ...] = ()

    @property
    def of_checkov(self) -> bool:
        """Whether a scan with Checkov judges it."""
        return self.id.startswith("CKV")


@dataclass(frozen=True)
class Catalogue:
    """The controls of one author, with a title and an introduction."""

    title: str
    words: str
    controls: tuple[Control, ...]


@dataclass(frozen=True)
class CheckResult:
    """What one check said of one resource in one input.

    Attributes:
        check: the check's id.
        title: what it wants, in Checkov's words.
        resource: the resource's address in Terraform.
        source: the name of the input.
        passed: whether the resource has what is wanted.
    """

    check: str
    title: str
    resource: str
    source: str
    passed: bool


def read_catalogues(path: Path = CONTROLS) -> list[Catalogue]:
    """Return the map.

    Raises:
        OpsError: the file is not TOML, or a control is not of the form that the map has.
    """
    controls: dict[str, Control] = {}
    try:
        return [
            Catalogue(
                table["title"],
                table["words"],
                tuple(_control(path.name, row, controls) for row in table["control"]),
            )
            for table in tomllib.loads(path.read_text(encoding="utf-8"))["catalogue"]
        ]
    except tomllib.TOMLDecodeError as error:
        raise OpsError(f"{path.name}: {error}") from error
    except KeyError as error:
        raise OpsError(
            f"{path.name}: a catalogue has title, words and control; {error} is missing"
        ) from error


def _control(file: str, row: Mapping[str, Any], controls: dict[str, Control]) -> Control:
    """Return the control in one table of the file, and add it to `controls`, those before it."""
    given = str(row.get("id"))
    where = f"{file}, {given}"
    if not _ID.fullmatch(given):
        raise OpsError(f'{file}: "{given}" is no id of a control, such as S3.1 or CKV_AWS_18')
    if given in controls:
        raise OpsError(f"{where}: the file has this control already")
    if unknown := row.keys() - set(_KEYS):
        raise OpsError(f"{where}: unknown key {', '.join(sorted(unknown))}; allowed: {', '.join(_KEYS)}")
    if "like" in row and row["like"] not in controls:
        raise OpsError(f'{where}: like must be the id of a control above, not "{row["like"]}"')
    like = controls.get(row.get("like", ""))
    values: dict[str, Any] = {**({"how": like.how, "proof": like.proof} if like else {}), **row}
    if missing := {"asks_for", "status", "how"} - values.keys():
        raise OpsError(f"{where}: {', '.join(sorted(missing))} is missing")
    if values["status"] not in STATUSES:
        raise OpsError(f'{where}: status must be one of {", ".join(STATUSES)}, not "{values["status"]}"')
    controls[given] = Control(
        given, values["asks_for"], values["status"], values["how"], tuple(values.get("proof", ()))
    )
    return controls[given]


def read_controls(path: Path = CONTROLS) -> dict[str, Control]:
    """Return the map's controls by their id; raises as `read_catalogues` does."""
    return {control.id: control for catalogue in read_catalogues(path) for control in catalogue.controls}


def problems(results: Iterable[CheckResult], controls: dict[str, Control]) -> Iterator[str]:
    """Yield what keeps a scan from being good: where what it found and the map disagree."""
    failing: dict[str, set[str]] = {}
    passing: set[str] = set()
    for result in results:
        if result.passed:
            passing.add(result.check)
        else:
            failing.setdefault(result.check, set()).add(result.resource)
    for check, resources in sorted(failing.items()):
        if check not in controls or controls[check].status != "waived":
            yield f"{check} fails and is not waived: {', '.join(sorted(resources))}"
    for check in sorted(passing - failing.keys() - controls.keys()):
        yield f"{check} passes, but is missing in ops/scan/controls.toml"
    for control in controls.values():
        if not control.of_checkov:
            continue
        if control.status == "waived" and control.id not in failing:
            yield f"{control.id} is waived in ops/scan/controls.toml, but nothing fails it; remove the waiver"
        if control.status == "met" and control.id not in passing | failing.keys():
            yield f"{control.id} is met in ops/scan/controls.toml, but Checkov did not check it"


def report(results: Iterable[CheckResult], controls: dict[str, Control]) -> Iterator[str]:
    """Yield a table of what fails: check, verdict and resource; title; the inputs; and why it may fail."""
    failures: dict[tuple[str, str, str], list[str]] = {}
    for result in results:
        if not result.passed:
            sources = failures.setdefault((result.check, result.resource, result.title), [])
            if result.source not in sources:
                sources.append(result.source)
    for (check, resource, title), sources in sorted(failures.items()):
        control = controls.get(check)
        waived = control is not None and control.status == "waived"
        yield f"{check:<13} {'waived' if waived else 'FAILS':<7} {resource}"
        yield f"{'':<13} {'title':<7} {title}"
        yield f"{'':<13} {'in':<7} {', '.join(sources)}"
        if control is not None and waived:
            yield f"{'':<13} {'why':<7} {control.how}"
