"""What the benchmark of presign says: tables in Markdown, and which targets are met."""

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.signers import CASES, PUT, PUT_WITH_TOKEN, Case, Contestant

BEGIN, END = "<!-- benchmark: written by make benchmark -->", "<!-- end of benchmark -->"

BULK_PUT = "presign bulk put"
ONE_LINK, AWS_LINK = "presign get", "aws s3 presign"


class PlaceError(Exception):
    """A page has no place for the tables."""


@dataclass(frozen=True)
class Results:
    """All medians. ``rates``: URLs per second by contestant's name and case's.

    ``files``: links per second and peak bytes, by command; ``keys`` is how many links they made.
    ``start_up``: seconds for one link, by command.
    """

    contestants: Sequence[Contestant]
    rates: dict[tuple[str, str], float]
    keys: int
    files: dict[str, tuple[float, float]]
    start_up: dict[str, float]

    def ratio(self, peer: str, case: Case) -> float:
        """Return how many times as fast as a peer presign signs."""
        return self.rates["presign", case.name] / self.rates[peer, case.name]


def tables(results: Results) -> str:
    """Return everything that was measured, in Markdown."""
    parts = [_rates(results), _files(results), _start_up(results)]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    parts.append(
        f"Medians of turns taken in rounds, on {day} ({machine}, Python {platform.python_version()}). "
        "In brackets: how many times as fast `presign` is."
    )
    return "\n\n".join(parts) + "\n"


def _rates(results: Results) -> str:
    rows = []
    for contestant in results.contestants:
        cells = [contestant.label + ("" if contestant.signs_headers else " \\*")]
        for case in CASES:
            rate = results.rates[contestant.name, case.name]
            ratio = _times(results.ratio(contestant.name, case))
            cells.append(f"{rate:,.0f}" + ("" if contestant.name == "presign" else f" ({ratio})"))
        rows.append(cells)
    table = _table(["URLs per second, one process", *(case.name for case in CASES)], rows)
    if all(contestant.signs_headers for contestant in results.contestants):
        return table
    return (
        f"{table}\n\n\\* It cannot sign the headers of an upload, so it is timed without them: the bucket "
        "would refuse these links. All others make the same URLs as `presign`, signature included."
    )


def _files(results: Results) -> str:
    rows = [
        [f"`{command}`", f"{rate:,.0f}", f"{memory / 1e6:.0f} MB"]
        for command, (rate, memory) in results.files.items()
    ]
    title = f"{results.keys:,} uploads with SSE-KMS, from file to file"
    return _table([title, "links per second", "peak memory"], rows)


def _start_up(results: Results) -> str:
    ours = results.start_up[ONE_LINK]
    rows = [
        [f"`{command}`", f"{seconds:.3f} s" + ("" if command == ONE_LINK else f" ({_times(seconds / ours)})")]
        for command, seconds in results.start_up.items()
    ]
    return _table(["One link, from start to end of the process", "time"], rows)


def _times(ratio: float) -> str:
    return f"{ratio:.{0 if ratio >= 20 else 1}f}\N{MULTIPLICATION SIGN}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    line = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, line, *rows])


def targets(results: Results) -> Iterator[tuple[bool, str]]:
    """Yield for each target whether it is met, and what it is; none for contestants that were left out."""
    names = [contestant.name for contestant in results.contestants]
    for case in (PUT, PUT_WITH_TOKEN):
        if "boto3" in names:
            ratio = results.ratio("boto3", case)
            yield ratio >= 80, f"{case.name}: at least 80 times as fast as boto3: {ratio:.1f} times"
        if names[1:]:
            ratio, name = min((results.ratio(name, case), name) for name in names[1:])
            yield ratio > 1, f"{case.name}: faster than every peer: {ratio:.1f} times {name}"
    rate, memory = results.files[BULK_PUT]
    yield rate >= 100_000, f"at least 100,000 links per second from file to file: {rate:,.0f}"
    yield memory < 120e6, f"peak memory below 120 MB: {memory / 1e6:.0f} MB"
    if AWS_LINK in results.start_up:
        part = results.start_up[ONE_LINK] / results.start_up[AWS_LINK]
        yield part <= 1 / 4, f"one link in at most a quarter of the time of aws s3 presign: {part:.2f}"


def put_into(text: str, page: str) -> str:
    """Return a page with ``text`` in the place of what stands between BEGIN and END.

    Raises:
        PlaceError: the page has no such place.
    """
    before, begin, rest = page.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise PlaceError(
            f"the page needs a line {BEGIN} and one {END} after it, and the tables go between them"
        )
    return f"{before}{begin}\n{text}\n{end}{after}"
