"""What the commands for several environments print: one table, a row for each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.deploy.drift_report import DRIFTED
from ops.several.side_by_side import Done
from review.command import AT_LEAST_THAT_BAD
from review.render.escape import visible_text

SKIPPED = "\u2013"
RESULTS = {
    None: f"{SKIPPED} not started",
    0: "✓ ok",
    DRIFTED: "✗ drifted",
    AT_LEAST_THAT_BAD: "✗ verdict",
}
MOST = 120
"""How long the last cell may be; the log has everything."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ABOVE = "what it says above is why"
_SUMMARIES = {
    "preflight": r"\d+ of \d+ checks could not be made",
    "plan": r"Plan: |No changes\.",
    "review": "^{environment}: ",
    "drift": "nothing drifted|drifted; ",
    "deploy": "✓ deployed",
}


@dataclass(frozen=True)
class Row:
    """A row of the table: an environment, how its command ended, and a line that says why."""

    environment: str
    result: str
    seconds: float
    line: str


def row(command: str, done: Done) -> Row:
    """Return the row of a command that ended; its line comes from its log."""
    result = RESULTS.get(done.status, "✗ interrupted" if (done.status or 0) > 128 else "✗ failed")
    line = "" if done.status is None else summary(command, done)
    return Row(done.job.environment, result, done.seconds, line)


def summary(command: str, done: Done) -> str:
    """Return the line of a log that says most: why a command failed, or what it found."""
    text = _COLOURS.sub("", done.job.log.read_text(encoding="utf-8", errors="replace"))
    lines = [line.strip("│╷╵ ").strip() for line in text.splitlines()]
    if done.status in (0, DRIFTED, AT_LEAST_THAT_BAD):
        wanted = _SUMMARIES[command].format(environment=re.escape(done.job.environment))
        found = [line for line in lines if re.search(wanted, line)]
        return _cut(found[0].removeprefix(f"{done.job.environment}: ")) if found else ""
    bad = [line for line in lines if line.startswith("✗ ")]
    if bad:
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        return _cut(" ".join(bad[0].removeprefix("✗ ").split()), more)
    errors = [line.partition("Error: ")[2] for line in lines if "Error: " in line]
    if not errors:
        return f"exit status {done.status}"
    # cdktf prints Terraform's error first, and we say last where to look.
    return _cut(errors[0] if _ABOVE in errors[-1] else errors[-1])


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the table."""
    cells = [("environment", "result", "time", "")]
    cells += [(one.environment, one.result, f"{one.seconds:.1f} s", one.line) for one in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    for environment, result, seconds, line in cells:
        yield (
            f"{environment.ljust(widths[0])}  {result.ljust(widths[1])}  {seconds.rjust(widths[2])}  {line}"
        ).rstrip()


def _cut(line: str, more: str = "") -> str:
    shown = visible_text(line)
    return (shown if len(shown) + len(more) <= MOST else f"{shown[: MOST - len(more) - 1]}…") + more
