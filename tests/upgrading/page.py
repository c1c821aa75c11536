"""Writes the parts of docs/upgrading.md that follow from the changes since the last release."""

import textwrap
from collections.abc import Iterable, Iterator

from tests.conftest import ROOT
from tests.upgrading.changes import Change, listed, made, now
from tests.upgrading.release import Release, last_release

PAGE = ROOT / "docs" / "upgrading.md"
WIDTH = 110

COMMANDS = {
    "-state": "make bootstrap ENV=…",
    "-ci": "make ci-roles ENV=…",
    "": "make deploy ENV=…",
}
"""What brings a stack up to date, by the end of the stack's name, in the order in which to run it."""


def page(text: str) -> str:
    """Return the page's text with its generated parts renewed."""
    for part, lines in parts().items():
        begin, end = f"<!-- {part}: written by make docs -->\n", f"<!-- end of {part} -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{PAGE} must have a part that begins with {begin!r} and ends with {end!r}")
        text = "".join([before, begin, "\n", *(f"{line}\n" for line in lines), "\n", end, after])
    return text


def parts() -> dict[str, list[str]]:
    """Return the lines of each generated part."""
    release, changes = last_release(), listed()
    return {
        "release": [f"The release before is commit `{release.commit[:7]}`."],
        "run again": list(_commands(release)),
        "new denials": list(_list(change for change in changes if change.refuses)),
        "other changes": list(_list(change for change in changes if not change.refuses)),
    }


def _commands(release: Release) -> Iterator[str]:
    yield "| command | brings up to date | needed |"
    yield "|---|---|---|"
    for end, command in COMMANDS.items():
        changed = any(
            contract != now().get(name) for name, contract in release.contracts.items() if _end(name) == end
        )
        stack = f"`secure-storage-ENV{end}`"
        yield f"| `{command}` | {stack} | {'yes' if changed else 'no: nothing in it changed'} |"


def _end(stack: str) -> str:
    return next((end for end in COMMANDS if end and stack.endswith(end)), "")


def _list(changes: Iterable[Change]) -> Iterator[str]:
    none = True
    for change in changes:
        none = False
        stacks = {stack for line in change.lines for stack in made().get(line, ())}
        ends = {_end(stack) for stack in stacks}
        by = " and ".join(f"`{command}`" for end, command in COMMANDS.items() if end in ends)
        yield from textwrap.wrap(f"- {change.happens} With {by}:", WIDTH, subsequent_indent="  ")
        yield from (f"  - {line}" for line in change.lines)
    if none:
        yield "None."


def main() -> None:
    """Renew the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
