"""Writes docs/controls.md from the control map, so that the page and the waivers of a scan cannot differ."""

from collections.abc import Iterator
from pathlib import Path

from ops.scan.controls import Catalogue, Control, read_catalogues
from ops.shared.toolchain import ROOT

PAGE = Path("docs", "controls.md")
REQUESTS = "tests/policy/requests/"
TEST_OF_REQUESTS = "tests/policy/test_simulated_requests.py::test_requests"

HEAD = """# Security controls

Which controls of the usual catalogues this project meets, with proof, and which it does not meet, with the
reason. `make docs` writes this page from `ops/scan/controls.toml`. `make scan` runs
[Checkov](https://www.checkov.io) on every environment and compares the results with that file;
`tests/controls` checks that every test, setting, statement and argument named here exists.

- **met**: by what the row names; the tests under *proof* prove it.
- **optional**: met in the same way in environments that have the resource.
- **waived**: not met, for the given reason. If it is a check of Checkov, it is the waiver that `make scan`
  reads: the check may fail. If it does not fail, remove the waiver.
- **outside**: about something that this project does not make.
- **retired**: withdrawn by its authors, or a number that was never used.

In the rows, names like `encryption.mode` are settings, names like `DenyInsecureTransport` are policy
statements, and names like `aws_kms_key.policy` are arguments of a Terraform resource.

No control in these tables asks for a scan of uploads for malware: [malware_scan](malware-scan.md) has its own
properties in [guarantees.md](guarantees.md)."""


def page() -> str:
    """Return the page's text."""
    return "\n\n".join([HEAD, *map(_section, read_catalogues())]) + "\n"


def _section(catalogue: Catalogue) -> str:
    rows = "\n".join(map(_row, catalogue.controls))
    return f"""## {catalogue.title}

{catalogue.words}

| control | asks for | status | met by, or why not | proof |
|---|---|---|---|---|
{rows}"""


def _row(control: Control) -> str:
    proof = ", ".join(_proof(control)) or "-"
    return f"| {control.id} | {control.asks_for} | {control.status} | {control.how} | {proof} |"


def _proof(control: Control) -> Iterator[str]:
    for proof in control.proof:
        yield f"`{TEST_OF_REQUESTS}` with `{proof}`" if proof.startswith(REQUESTS) else f"`{proof}`"


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
