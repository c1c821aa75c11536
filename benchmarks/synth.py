"""Time the synthesis of all stacks with and without the lazy bindings.

    python benchmarks/synth.py

Runs `main.py` as a whole process, in turns with and without, five times each;
prints both medians and their ratio, and checks that both wrote the same bytes.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5


def synthesize(outdir: Path, *, eager: bool) -> float:
    """Run `main.py` into `outdir`; return the seconds that the whole process took."""
    env = os.environ | {
        "CDKTF_OUTDIR": str(outdir),
        "EAGER_BINDINGS": "1" if eager else "0",
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    python = ROOT / ".venv" / "bin" / "python"
    start = time.perf_counter()
    subprocess.run([python, "-O", "main.py"], cwd=ROOT, env=env, check=True)
    return time.perf_counter() - start


def contents(outdir: Path) -> dict[str, bytes]:
    """Return every file below `outdir` by its relative path."""
    return {str(path.relative_to(outdir)): path.read_bytes() for path in outdir.rglob("*") if path.is_file()}


def main() -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        outdirs = {False: Path(folder, "lazy"), True: Path(folder, "eager")}
        seconds: dict[bool, list[float]] = {False: [], True: []}
        for eager, outdir in outdirs.items():
            synthesize(outdir, eager=eager)  # not counted: it fills the caches
        for run in range(RUNS):
            for eager, outdir in outdirs.items():
                seconds[eager].append(synthesize(outdir, eager=eager))
            print(
                f"run {run + 1}: lazy {seconds[False][-1]:.2f} s, eager {seconds[True][-1]:.2f} s", flush=True
            )
        if contents(outdirs[False]) != contents(outdirs[True]):
            sys.exit("Error: the two ways wrote different files")
    lazy, eager_ = statistics.median(seconds[False]), statistics.median(seconds[True])
    print(f"median: lazy {lazy:.2f} s, eager {eager_:.2f} s; lazy is {eager_ / lazy:.1f} times as fast")
    print("output: byte-identical")


if __name__ == "__main__":
    main()
