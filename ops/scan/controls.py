"""The control map, docs/controls.md: read, and compared with what a scan found."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.shared.errors import OpsError

STATUSES = ("met", "optional", "waived", "outside", "retired")
"""What a row may say: docs/controls.md explains each."""

_ID = re.compile(r"(?:S3|KMS|IAM|CloudTrail|SNS)\.\d+|CIS \d+(?:\.\d+)+|CKV2?_AWS_\d+|AVD-AWS-\d{4}")
_HEADER = ["control", "asks for", "status", "met by, or why not", "proof"]


@dataclass(frozen=True)
class Control:
    """A row of the map.

    Attributes:
        id: the control's id, as its authors write it.
        asks_for: what it wants.
        status: one of STATUSES.
        how: what meets it, or the reason why it is not met here.
        proof: the tests that show it; empty where it is not met here.
    """

    id: str
    asks_for: str
    status: str
    how: str
    proof: str

    @property
    def of_checkov(self) -> bool:
        """Whether a scan with Checkov judges it."""
        return self.id.startswith("CKV")


@dataclass(frozen=True)
class Finding:
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


def read_controls(path: Path) -> dict[str, Control]:
    """Return the map's rows by their id.

    Raises:
        OpsError: a row is not of the form that the map has, or an id has two rows.
    """
    controls: dict[str, Control] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells == _HEADER or set("".join(cells)) <= set("-: "):
            continue
        where = f"{path.name}, line {number}"
        if len(cells) != len(_HEADER):
            raise OpsError(f"{where}: a row has the {len(_HEADER)} cells {', '.join(_HEADER)}")
        control = Control(*cells)
        if not _ID.fullmatch(control.id):
            raise OpsError(f'{where}: "{control.id}" is no id of a control, such as S3.1 or CKV_AWS_18')
        if control.status not in STATUSES:
            raise OpsError(f'{where}: status must be one of {", ".join(STATUSES)}, not "{control.status}"')
        if control.id in controls:
            raise OpsError(f"{where}: {control.id} has a row already")
        controls[control.id] = control
    return controls


def problems(findings: Iterable[Finding], controls: dict[str, Control]) -> Iterator[str]:
    """Yield what keeps a scan from being good: where what it found and the map disagree."""
    failing: dict[str, set[str]] = {}
    passing: set[str] = set()
    for finding in findings:
        if finding.passed:
            passing.add(finding.check)
        else:
            failing.setdefault(finding.check, set()).add(finding.resource)
    for check, resources in sorted(failing.items()):
        if check not in controls or controls[check].status != "waived":
            yield f"{check} fails and is not waived: {', '.join(sorted(resources))}"
    for check in sorted(passing - failing.keys() - controls.keys()):
        yield f"{check} passes, but has no row in docs/controls.md"
    for control in controls.values():
        if not control.of_checkov:
            continue
        if control.status == "waived" and control.id not in failing:
            yield f"{control.id} is waived in docs/controls.md, but nothing fails it; take the waiver away"
        if control.status == "met" and control.id not in passing | failing.keys():
            yield f"{control.id} is said to be met in docs/controls.md, but Checkov did not check it"


def report(findings: Iterable[Finding], controls: dict[str, Control]) -> Iterator[str]:
    """Yield a table of what fails: check, verdict and resource; title; the inputs; and why it may fail."""
    failures: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings:
        if not finding.passed:
            sources = failures.setdefault((finding.check, finding.resource, finding.title), [])
            if finding.source not in sources:
                sources.append(finding.source)
    for (check, resource, title), sources in sorted(failures.items()):
        control = controls.get(check)
        waived = control is not None and control.status == "waived"
        yield f"{check:<13} {'waived' if waived else 'FAILS':<7} {resource}"
        yield f"{'':<13} {'title':<7} {title}"
        yield f"{'':<13} {'in':<7} {', '.join(sources)}"
        if control is not None and waived:
            yield f"{'':<13} {'why':<7} {control.how}"
