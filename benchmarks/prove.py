"""Time what proving every promise adds, in processes of their own.

    python benchmarks/prove.py

Runs each of these in turns, three times; prints the medians, of processor time and of the time that
passed: the synthesis, in one process, of the shipped environments, of one, and of 200 that differ in their
names, with and without their first proof; and the proof of every shipped environment and every variant in
tests/variants.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "environments"
VARIANTS = ROOT / "tests" / "variants"
RUNS, ALIKE = 3, 200

Seconds = tuple[float, float]


def measured(*arguments: str | Path) -> Seconds:
    """Run this file with `arguments`; return the seconds of processor time, and those that passed."""
    before, start = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-O", __file__, *map(str, arguments)], cwd=ROOT, check=True)
    passed, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, passed


def synthesize(environments: Path, proof: str) -> None:
    """Synthesize the environments of a folder, with their first proof or without one."""
    from settings.loading import load_environments
    from stacks.app import build
    from stacks.promises import refuse_broken

    settings = load_environments(environments, {})
    with tempfile.TemporaryDirectory() as folder:
        build(settings, outdir=folder).synth()
        if proof == "proven":
            refuse_broken(settings, Path(folder, "stacks"), proven_before=Path(folder, "proven"))


def prove_everything() -> None:
    """Prove every environment and variant as `make prove` does."""
    from ops.deploy.prove import proven_of
    from proof.properties import ProofCache
    from settings.loading import load_environments

    known = ProofCache()
    for folder in (SHIPPED, VARIANTS, VARIANTS / "ci"):
        for settings in load_environments(folder, {}):
            proven_of(settings, known)


def alike(folder: Path, count: int) -> Path:
    """Write `count` environments that differ in their names."""
    folder.mkdir()
    template = (SHIPPED / "prod.toml").read_text(encoding="utf-8")
    for number in range(count):
        (folder / f"team-{number:03}.toml").write_text(template, encoding="utf-8")
    return folder


def report(runs: dict[str, list[Seconds]]) -> None:
    """Print the medians."""
    median = {
        what: tuple(statistics.median(one) for one in zip(*found, strict=True))
        for what, found in runs.items()
    }
    for what, (used, passed) in median.items():
        print(f"{what}: {used:.2f} s of processor time, {passed:.2f} s")
    for what in [one.removesuffix(", not proven") for one in median if one.endswith(", not proven")]:
        with_proof, without = median[f"{what}, proven"], median[f"{what}, not proven"]
        print(
            f"the first proof of {what}: {with_proof[0] - without[0]:.2f} s of processor time more, "
            f"{with_proof[0] / without[0]:.2f} times as long"
        )


def main() -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as temporary:
        several = f"{ALIKE} environments that differ in names"
        folders = {
            "the shipped environments": SHIPPED,
            "one environment": alike(Path(temporary, "one"), 1),
            several: alike(Path(temporary, "many"), ALIKE),
        }
        commands: dict[str, Sequence[str | Path]] = {
            f"{what}, {proof}": ("synthesize", folder, proof)
            for what, folder in folders.items()
            for proof in ("not proven", "proven")
        }
        commands["every environment and variant"] = ("everything",)
        runs: dict[str, list[Seconds]] = {what: [] for what in commands}
        for number in range(RUNS):
            for what, command in commands.items():
                runs[what].append(measured(*command))
            print(f"run {number + 1} of {RUNS} is done", flush=True)
    report(runs)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    match sys.argv[1:]:
        case ["synthesize", folder, proof]:
            synthesize(Path(folder), proof)
        case ["everything"]:
            prove_everything()
        case _:
            main()
