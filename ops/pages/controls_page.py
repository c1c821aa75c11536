"""Writes docs/controls.md from the control map, so that the page and the waivers of a scan cannot differ."""

from collections.abc import Iterator
from pathlib import Path

from ops.scan.controls import Catalogue, Control, read_catalogues
from ops.shared.toolchain import ROOT

PAGE = Path("docs", "controls.md")
REQUESTS = "tests/policy/requests/"
TEST_OF_REQUESTS = "tests/policy/test_simulated_requests.py::test_requests"

HEAD = """# Security controls

Which controls of the usual catalogues this project meets and what proves it, or which it does not meet and
why. `make scan` lets [Checkov](https://www.checkov.io) judge every environment, and holds what it finds
against this page; `tests/controls` checks that every test, setting, statement and argument named here exists.

- **met**: by what the row names; the tests under *proof* show it.
- **optional**: met in the same way, in environments that have the resource.
- **waived**: not met, for the reason that is given. Where the id is one of Checkov's, the row is the
  waiver that `make scan` reads: the check may fail, and must, or the waiver has to go.
- **outside**: about something that this project does not make.
- **retired**: withdrawn by its authors, or a number that was never given out.

In the rows, `encryption.mode` and the like are settings, `DenyInsecureTransport` and the like statements of a
policy, and `aws_kms_key.policy` and the like arguments of a Terraform resource."""


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
