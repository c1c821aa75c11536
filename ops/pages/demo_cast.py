"""Draws docs/demo.svg, an animation of `make demo`, from the recording docs/demo.cast.

`python -m ops.pages.demo_cast --record` runs the demo and records it first, in asciinema's format. The demo
only prints line after line, so there is no terminal to emulate. The one tool for that which is still
maintained, termtosvg-ng, would add four packages for one picture.
https://docs.asciinema.org/manual/asciicast/v2/
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from ops.shared.errors import OpsError
from ops.shared.toolchain import ROOT

CAST, PICTURE = ROOT / "docs" / "demo.cast", ROOT / "docs" / "demo.svg"
COLUMNS, ROWS = 104, 22
LINE, CHARACTER, MARGIN = 19, 7.83, 16
"""Pixels: the height of a line, the width of a character, and the margin of the picture."""
SHORTEST, STEP, LONGEST = 0.06, 0.8, 1.4
"""Seconds in the animation: the shortest wait for a line and for a step, and the longest for both."""
END = 6.0
"""Seconds for which the last line stays before the animation starts again."""
CLASSES = {
    r"\$ ": "command",
    r"\[\d+/\d+\] ": "step",
    r" +[\d.]+ s$": "time",
    r" +403 ": "refused",
    r"All \d+ steps did": "done",
}
"""How lines look, by what they begin with."""
STYLE = """
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
text{fill:#e6edf3;white-space:pre}
.command,.done{fill:#7ee787}.step{fill:#79c0ff;font-weight:bold}.time{fill:#8b949e}.refused{fill:#ffa657}
"""


class Line(NamedTuple):
    """A line of the animation: when it appears, in seconds, and its text."""

    at: float
    text: str


def record() -> str:
    """Run the demo, and return the recording.

    Raises:
        OpsError: the demo failed.
    """
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "make demo"}
    events: list[object] = [header]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    start = time.monotonic()
    with subprocess.Popen(["make", "demo"], cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE) as demo:
        for line in demo.stdout or ():
            print(line, end="", flush=True)
            events.append([round(time.monotonic() - start, 2), "o", f"{_cut(line.rstrip())}\r\n"])
    if demo.returncode:
        raise OpsError("make demo failed: see its messages above")
    return "".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in events)


def _cut(line: str) -> str:
    """Return the part of a line that is shown: the links in the demo are long."""
    return line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…"


def lines_of(cast: str) -> list[Line]:
    """Return the lines of a recording, after the command."""
    lines, before = [Line(0, "$ make demo")], 0.0
    for event in cast.splitlines()[1:]:
        at, _, text = json.loads(event)
        shortest = STEP if _class(text) == "step" else SHORTEST
        lines.append(Line(lines[-1].at + min(max(at - before, shortest), LONGEST), text.rstrip()))
        before = at
    return lines


def picture(cast: str) -> str:
    """Return the animation of a recording: an SVG without a script.

    It shows the end of the recording wherever nothing is animated.
    """
    lines = lines_of(cast)
    total = lines[-1].at + END
    width, height = round(COLUMNS * CHARACTER) + 2 * MARGIN, ROWS * LINE + 2 * MARGIN
    texts = [
        f'<text class="{_class(line.text)}" y="{LINE * (row + 1) - 5}" style="animation-name:l{row}">'
        f"{escape(line.text, quote=False)}</text>"
        for row, line in enumerate(lines)
        if line.text
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">',
            f"<title>make demo, with waits of at most {LONGEST} seconds</title>",
            f"<style>{STYLE}g,text{{animation:{total:.2f}s step-end infinite}}",
            *_keyframes(lines, total),
            "@media (prefers-reduced-motion:reduce){g,text{animation:none!important}}</style>",
            '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
            f'<svg x="{MARGIN}" y="{MARGIN}" width="{width - 2 * MARGIN}" height="{ROWS * LINE}">',
            f'<g style="animation-name:scroll;transform:translateY({_scrolled(len(lines))}px)">',
            *texts,
            "</g>\n</svg>\n</svg>\n",
        ]
    )


def _class(text: str) -> str:
    return next((name for begins, name in CLASSES.items() if re.match(begins, text)), "output")


def _scrolled(lines: int) -> int:
    """Return by how many pixels the first line is moved when there are so many."""
    return -LINE * max(lines - ROWS, 0)


def _keyframes(lines: Sequence[Line], total: float) -> Iterator[str]:
    scroll = ["0%{transform:none}"]
    for row, line in enumerate(lines):
        at = f"{100 * line.at / total:.2f}%"
        if row:
            yield f"@keyframes l{row}{{0%{{opacity:0}}{at}{{opacity:1}}}}"
        if row >= ROWS:
            scroll.append(f"{at}{{transform:translateY({_scrolled(row + 1)}px)}}")
    yield f"@keyframes scroll{{{''.join(scroll)}}}"


def main(arguments: Sequence[str]) -> None:
    """Draw the animation; with `--record`, record the demo first."""
    if "--record" in arguments:
        CAST.write_text(record(), encoding="utf-8")
    PICTURE.write_text(picture(CAST.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
