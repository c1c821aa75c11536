"""docs/guarantees.md: what the shipped environments guarantee, written from what is proven of them."""

from collections.abc import Iterator
from pathlib import Path

from ops.deploy.prove import Results, proven, summary
from ops.shared.toolchain import ROOT
from proof.properties import GivenUp, Proven

PAGE = Path("docs", "guarantees.md")
BEGIN, END = "<!-- guarantees: written by make docs -->", "<!-- end of guarantees -->"


def page(text: str) -> str:
    """Return the page with its generated part renewed.

    Args:
        text: the page as it is.
    """
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    results = proven(reasons=True)
    tables = "\n".join(line for name, found in results.items() for line in _table(name, found))
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def _table(environment: str, results: Results) -> Iterator[str]:
    yield f"### {environment}\n"
    yield f"{summary(results)}.\n"
    yield "| | promise | why | statements |\n|---|---|---|---|"
    yield from (_row(one) for one in results)
    yield ""


def _row(one: Proven | GivenUp) -> str:
    if isinstance(one, GivenUp):
        return f"| given up | {one.says} | {one.why} | |"
    statements = ", ".join(f"`{sid}`" for sid in sorted({name.partition("/")[2] for name in one.by}))
    mark = "✓" if one.holds else "✗"
    return f"| {mark} | {one.promised.says} | {one.promised.why} | {statements or 'none is needed'} |"


if __name__ == "__main__":
    file = ROOT / PAGE
    file.write_text(page(file.read_text(encoding="utf-8")), encoding="utf-8")
