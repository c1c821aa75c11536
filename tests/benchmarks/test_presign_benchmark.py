"""The benchmark of presign runs, compares what it measures, and reports it. No test says how fast."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import presign as benchmark
from benchmarks.bar_chart import bar_chart
from benchmarks.presign_report import BEGIN, BULK_PUT, END, ONE_LINK, Results, put_into, targets
from benchmarks.processes import CommandError, measure, output, usage
from benchmarks.signers import CASES, GET, OURS, PEERS, PUT, PUT_WITH_TOKEN, Case, key, presign
from tests.conftest import ROOT
from tests.ops.ops_support import run_ops, stub

import pytest
from click.testing import CliRunner

pytestmark = pytest.mark.real

TIMES = "\N{MULTIPLICATION SIGN}"
REQUIREMENTS = ROOT / "benchmarks" / "presign-requirements.txt"


def test_it_measures_all_parts_and_writes_page_and_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "TURN_SECONDS", 0)
    monkeypatch.setattr(benchmark, "MOST_KEYS", 100)
    monkeypatch.setenv("BOTO_DISABLE_CRT", "true")  # the benchmark sets it
    page, chart = tmp_path / "page.md", tmp_path / "chart.svg"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    options = ["--keys", "30", "--rounds", "1", "--file-rounds", "1", "--peer", "boto3", "--peer", "botocore"]
    done = CliRunner().invoke(
        benchmark.main, [*options, "--plot", str(chart), "--markdown", str(page)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    tables = page.read_text().removeprefix(f"before\n{BEGIN}\n\n").removesuffix(f"\n{END}\nafter\n")
    assert done.stdout.startswith(tables)
    for row in ("presign", r"boto3 [\d.]+", r"botocore [\d.]+"):
        assert re.search(rf"^\| {row} (\| [\d,]+( \([\d.]+{TIMES}\))? ){{4}}\|$", tables, re.MULTILINE), row
    assert re.search(rf"^\| `{BULK_PUT}` \| [\d,]+ \| [1-9]\d* MB \|$", tables, re.MULTILINE)
    assert re.search(rf"^\| `{ONE_LINK}` \| \d+\.\d{{3}} s \|$", tables, re.MULTILINE)
    assert len(re.findall("^(met|MISSED) ", done.stdout, re.MULTILINE)) == 6
    assert "presign" in {element.text for element in ElementTree.parse(chart).iter()}  # noqa: S314


def test_a_page_without_the_place_for_the_tables_is_refused_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text("text\n")
    done = CliRunner().invoke(benchmark.main, ["--peer", "boto3", "--markdown", str(page)])
    assert (done.exit_code, done.stderr) == (
        1,
        f"Error: the page needs a line {BEGIN} and one {END} after it, and the tables go between them\n",
    )
    assert page.read_text() == "text\n"


def test_a_peer_that_is_not_installed_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.presign", "--peer", "minio"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: minio is not installed here: run `make benchmark`\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_equal_links_pass_the_comparison(case: Case) -> None:
    keys = [key(number) for number in range(11)]
    for peer in PEERS[-2:]:
        benchmark.compare(peer.name, case, peer.make(case)(keys), keys)


@pytest.mark.parametrize(
    "case", [GET, replace(PUT, headers={}), replace(PUT, headers={**PUT.headers, "x": "y"}), PUT_WITH_TOKEN]
)
def test_links_signed_otherwise_do_not_pass_the_comparison(case: Case) -> None:
    with pytest.raises(benchmark.DifferentError, match=r"^other makes another URL for PUT with SSE-KMS: "):
        benchmark.compare("other", PUT, presign(case)(["a"]), ["a"])


def test_a_link_with_signature_version_2_does_not_pass_the_comparison() -> None:
    with pytest.raises(benchmark.DifferentError):
        benchmark.compare("other", GET, ["https://b.s3.amazonaws.com/a?AWSAccessKeyId=A&Signature=b"], ["a"])


def test_too_few_links_do_not_pass_the_comparison() -> None:
    with pytest.raises(ValueError, match="longer"):
        benchmark.compare("other", GET, presign(GET)(["a"]), ["a", "b"])


def test_all_take_a_turn_in_every_round() -> None:
    order: list[str] = []

    def turn(name: str) -> int:
        order.append(name)
        return len(order)

    turns = {"a": lambda: turn("a"), "b": lambda: turn("b")}
    assert benchmark.interleave(turns, 3) == {"a": [1, 3, 5], "b": [2, 4, 6]}
    assert order == list("ababab")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells of other processes")
def test_memory_is_that_of_all_processes_together() -> None:
    hold = "import time; held = b'x' * (50 << 20)"
    inner = f"{hold}; time.sleep(1)"
    both = f"{hold}; import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    megabytes = measure([sys.executable, "-c", both], {}).memory / 2**20
    assert 100 < megabytes < 150


@pytest.mark.parametrize("run", [measure, output])
def test_a_command_that_fails_is_an_error_with_its_last_line(run: Callable[..., object]) -> None:
    with pytest.raises(CommandError, match=r"^`sh -c .* failed with exit status 3: second$"):
        run(["sh", "-c", "echo first >&2; echo second >&2; exit 3"], {"PATH": "/usr/bin:/bin"})


def test_processes_that_end_while_they_are_looked_at_are_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.processes.SAMPLE_SECONDS", 0)
    assert usage(["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do /bin/true & done; wait"], os.environ).memory > 0


def results(boto3: float, rate: float, memory: float) -> Results:
    boto3_peer = PEERS[-1]
    rates = {
        (name, case.name): rate for name, rate in (("presign", 8_000.0), ("boto3", boto3)) for case in CASES
    }
    return Results(
        [OURS, boto3_peer], rates, 10, {BULK_PUT: (rate, memory)}, {ONE_LINK: 0.1, "aws s3 presign": 0.4}
    )


def test_targets_are_met_or_missed() -> None:
    def met(boto3: float, rate: float, memory: float) -> list[bool]:
        return [met for met, _ in targets(results(boto3, rate, memory))]

    assert met(100, 100_000, 119e6) == [True] * 7
    assert met(101, 99_999, 120e6) == [False, True, False, True, False, False, True]
    assert met(9_000, 100_000, 50e6)[:4] == [False] * 4
    _, first = next(targets(results(100, 1, 1)))
    assert first == "PUT with SSE-KMS: at least 80 times as fast as boto3: 80.0 times"


def test_bars_are_as_long_as_their_values_and_names_are_escaped() -> None:
    root = ElementTree.fromstring(bar_chart("T & t", {"<a>": (50, "50"), "b": (100, "100")}, ours="b"))  # noqa: S314
    bars = [element.attrib for element in root if element.tag.endswith("rect")]
    assert [float(bar["width"]) * 2 for bar in bars] == [430, 860]
    assert bars[0]["fill"] != bars[1]["fill"]
    assert {"<a>", "T & t"} <= {element.text for element in root}


def test_the_page_has_a_place_for_the_tables_and_the_chart_is_there() -> None:
    page = (ROOT / "docs" / "presign-benchmark.md").read_text()
    assert f"{BEGIN}\n\nnew\n{END}" in put_into("new", page)
    [chart] = re.findall(r"\]\((\S+\.svg)\)", page)
    assert ElementTree.parse(ROOT / "docs" / chart).getroot().tag.endswith("svg")  # noqa: S314


def test_the_peers_are_exact_and_have_hashes() -> None:
    lines = REQUIREMENTS.read_text().splitlines()
    packages = [number for number, line in enumerate(lines) if re.match(r"[a-z]", line)]
    versions = {lines[number].split("==")[0]: lines[number].split("==")[1].split()[0] for number in packages}
    assert {peer.name for peer in PEERS} | {"awscli"} <= set(versions)
    for number in packages:
        assert lines[number + 1].startswith("    --hash=sha256:")
    locked = json.loads((ROOT / "Pipfile.lock").read_bytes())["default"]
    for name in ("boto3", "botocore", "click"):
        assert locked[name]["version"] == f"=={versions[name]}"


def test_ops_starts_it_with_its_arguments_where_the_peers_are(checkout: Path) -> None:
    (checkout / "pyproject.toml").symlink_to(ROOT / "pyproject.toml")
    (checkout / "benchmarks").mkdir()
    requirements = checkout / "benchmarks" / REQUIREMENTS.name
    requirements.write_text("peer==1\n")
    home = checkout / ".cache" / "benchmarks"
    stub(home / "bin" / "aws", "")
    stub(home / "bin" / "python", 'echo "$PWD: $@"')
    made_from = requirements.read_bytes() + f"{home} {sys.version}".encode()
    (home / ".made-from").write_text(hashlib.sha256(made_from).hexdigest())
    done = run_ops(checkout, "benchmark", "--keys", "5", "--plot", "a b.svg")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{checkout}: -m benchmarks.presign --keys 5 --plot a b.svg\n"
    assert "--no-deps" in (checkout / ".cache" / "benchmark.log").read_text()
