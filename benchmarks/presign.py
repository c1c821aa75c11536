"""Measure presign against other ways to make presigned URLs.

    make benchmark
    make benchmark ARGS="--plot docs/presign-benchmark.svg --markdown docs/presign-benchmark.md"

Three parts: from a file of keys to a file of links; one link, as a whole process; URLs per second
within a process. In each part all contestants take turns, round after round, and medians are
printed. Before it is timed, what each contestant makes is compared with what presign makes.
"""

import json
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.bar_chart import bar_chart
from benchmarks.presign_report import (
    AWS_LINK,
    BULK_PUT,
    ONE_LINK,
    PlaceError,
    Results,
    put_into,
    tables,
    targets,
)
from benchmarks.processes import CommandError, measure, output
from benchmarks.signers import (
    ACCESS_KEY,
    BUCKET,
    CASES,
    EXPIRES,
    GET,
    KEY_ARN,
    OURS,
    PEERS,
    PUT,
    REGION,
    SECRET_KEY,
    UPLOAD_HEADERS,
    Case,
    Contestant,
    Sign,
    differs,
    key,
)

import click

TURN_SECONDS = 0.05
MOST_KEYS = 100_000  # in one turn

# Without it, boto3 and the AWS CLI make links with Signature Version 2 and to the global host, which
# are refused for an object encrypted with KMS.
_AWS_CONFIG = f"""
[default]
region = {REGION}
s3 =
    signature_version = s3v4
    addressing_style = virtual
"""
_BOTO3_SCRIPT = f"""
import boto3
client = boto3.client("s3")
params = {{"Bucket": {BUCKET!r}, "Key": {key(1)!r}}}
print(client.generate_presigned_url("get_object", Params=params, ExpiresIn={EXPIRES}))
"""

T = TypeVar("T")
V = TypeVar("V")


class DifferentError(Exception):
    """A contestant does not make what presign makes."""


def interleave(turns: Mapping[T, Callable[[], V]], rounds: int) -> dict[T, list[V]]:
    """Let all take a turn in each round, so that what disturbs the machine disturbs all."""
    results: dict[T, list[V]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            results[name].append(turn())
    return results


def measure_files(count: int, rounds: int, folder: Path) -> dict[str, tuple[float, float]]:
    """Return links per second and peak bytes of ``presign bulk put``, in one process and in two.

    ``folder`` gets the file with ``count`` keys and the file of links.
    """
    manifest, links = folder / "keys.txt", folder / "links.csv"
    with manifest.open("w") as file:
        file.writelines(f"{key(number)}\n" for number in range(count))
    command: list[str | Path] = [sys.executable, "-m", "presign", "bulk", "put", manifest, "-o", links]
    command += ["--outputs", _outputs(folder)]
    env = _environment(folder)

    def turn() -> tuple[float, int]:
        links.unlink(missing_ok=True)
        run = measure(command, env)
        with links.open("rb") as file:
            made = sum(block.count(b"\n") for block in iter(partial(file.read, 1 << 20), b"")) - 1
        if made != count:
            raise DifferentError(f"presign bulk put made {made:,} links of {count:,} keys")
        return count / run.seconds, run.memory

    results = interleave({BULK_PUT: turn}, rounds)
    links.unlink()
    return {
        name: (median(rate for rate, _ in runs), max(memory for _, memory in runs))
        for name, runs in results.items()
    }


def measure_start_up(peers: Sequence[str], rounds: int, folder: Path) -> dict[str, float]:
    """Return the seconds that a whole process takes for one link, by command."""
    tools, env = Path(sys.executable).parent, _environment(folder)
    ours: list[str | Path] = ["get", "--outputs", _outputs(folder), "--expires", f"{EXPIRES}s"]
    ours += ["--format", "url", key(1)]
    commands: dict[str, list[str | Path]] = {
        # The executable is there where `make benchmark` runs this.
        ONE_LINK: [tools / "presign", *ours],
        f"python -m {ONE_LINK}": [sys.executable, "-m", "presign", *ours],
    }
    if not (tools / "presign").is_file():
        commands[ONE_LINK] = commands.pop(f"python -m {ONE_LINK}")
    if "boto3" in peers:
        commands["python -c 'import boto3; …'"] = [sys.executable, "-c", _BOTO3_SCRIPT]
    if "awscli" in peers:
        where = [f"s3://{BUCKET}/{key(1)}", "--expires-in", str(EXPIRES)]
        commands[AWS_LINK] = [tools / "aws", "s3", "presign", *where]

    def turn(command: Sequence[str | Path]) -> float:
        start = time.perf_counter()
        output(command, env)
        return time.perf_counter() - start

    for name, command in commands.items():  # not counted: it fills the caches
        compare(name, GET, [output(command, env).strip()], [key(1)])
    turns = {name: partial(turn, command) for name, command in commands.items()}
    return {name: median(seconds) for name, seconds in interleave(turns, rounds).items()}


def measure_rates(contestants: Sequence[Contestant], rounds: int) -> dict[tuple[str, str], float]:
    """Return URLs per second of one process, by the names of contestant and case."""
    keys = [key(number) for number in range(MOST_KEYS)]
    turns = {}
    for case in CASES:  # so that those that are compared take their turns one right after the other
        for contestant in contestants:
            signed = case if contestant.signs_headers else replace(case, headers={})
            sign = contestant.make(signed)
            compare(contestant.name, signed, sign(keys[:2]), keys[:2])
            turns[contestant.name, case.name] = partial(_rate, sign, keys[: _keys_in_a_turn(sign, keys)])
    return {name: median(rates) for name, rates in interleave(turns, rounds).items()}


def compare(name: str, case: Case, urls: Iterable[str], keys: Sequence[str]) -> None:
    """Raise DifferentError unless ``urls`` are those that presign makes of ``keys``."""
    for url, object_key in zip(urls, keys, strict=True):
        if ours := differs(case, url, object_key):
            raise DifferentError(f"{name} makes another URL for {case.name}: {url}; presign makes {ours}")


def _keys_in_a_turn(sign: Sign, keys: Sequence[str]) -> int:
    count = 100
    while count < len(keys) and count / _rate(sign, keys[:count]) < TURN_SECONDS:
        count *= 2
    return count


def _rate(sign: Sign, keys: Sequence[str]) -> float:
    start = time.perf_counter()
    deque(sign(keys), maxlen=0)
    return len(keys) / (time.perf_counter() - start)


def _outputs(folder: Path) -> Path:
    path = folder / "outputs.json"
    outputs = {
        "S3BucketName": BUCKET,
        "S3BucketRegion": REGION,
        "KMSKeyArn": KEY_ARN,
        "UploadHeaders": UPLOAD_HEADERS,
        "PresignMaxSeconds": 604_800,
    }
    path.write_text(json.dumps({"secure-storage-dev": outputs}))
    return path


def _environment(folder: Path) -> dict[str, str]:
    """Return variables with credentials, and with nothing of the user's own configuration."""
    config = folder / "aws-config"
    config.write_text(_AWS_CONFIG)
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_CONFIG_FILE": str(config),
    }


def chart(results: Results) -> str:
    """Return the chart of how fast each contestant signs uploads, the fastest first."""
    bars = {}
    for contestant in sorted(results.contestants, key=lambda c: -results.rates[c.name, PUT.name]):
        rate = results.rates[contestant.name, PUT.name]
        star = "" if contestant.signs_headers else " *"
        bars[contestant.label + star] = (rate, f"{rate:,.0f}")
    title = "Presigned upload URLs with SSE-KMS per second, one process"
    starred = any(not contestant.signs_headers for contestant in results.contestants)
    note = "* without the encryption's headers, which it cannot sign" if starred else ""
    return bar_chart(title, bars, ours=OURS.label, note=note)


@click.command()
@click.option(
    "--keys", type=click.IntRange(1), default=1_000_000, show_default=True, help="Keys from file to file."
)
@click.option(
    "--rounds", type=click.IntRange(1), default=25, show_default=True, help="Turns of each contestant."
)
@click.option(
    "--file-rounds",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Turns of each, from file to file.",
)
@click.option(
    "--peer",
    "peers",
    multiple=True,
    type=click.Choice([*(peer.name for peer in PEERS), "awscli"]),
    help="Compare with this one, and others given so. Default: with all.",
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Write a chart (SVG).")
@click.option(
    "--markdown",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Put the tables between the comments in this page that begin and end the benchmark.",
)
def main(
    keys: int, rounds: int, file_rounds: int, peers: tuple[str, ...], plot: Path | None, markdown: Path | None
) -> None:
    """Measure presign against its peers: print tables, and which targets are met."""
    chosen = peers or [*(peer.name for peer in PEERS), "awscli"]
    contestants = [OURS, *(peer for peer in PEERS if peer.name in chosen)]
    try:
        for name in chosen:
            version(name)
        if markdown:
            put_into("", markdown.read_text())  # rather now than after all the work
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            # This part first: Linux counts the memory of the process that starts another towards its peak.
            files = measure_files(keys, file_rounds, Path(folder))
            start_up = measure_start_up(chosen, rounds, Path(folder))
        rates = measure_rates(contestants, rounds)
    except PackageNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed here: run `make benchmark`") from error
    except (CommandError, DifferentError, PlaceError, OSError) as error:
        raise click.ClickException(str(error)) from error
    results = Results(contestants, rates, keys, files, start_up)
    text = tables(results)
    print(text)
    for met, target in targets(results):
        print(f"{'met' if met else 'MISSED':8}{target}")
    if markdown:
        markdown.write_text(put_into(text, markdown.read_text()))
    if plot:
        plot.write_text(chart(results))


if __name__ == "__main__":
    main()
