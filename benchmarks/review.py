"""Time the review of a plan of 5,000 resources, in a process of its own as CI runs it.

    python benchmarks/review.py

The plan is made of the corpus in tests/review/plans/: every kind of change, each many times, some with
sensitive values. Prints the time of each run and their median, the size of the comment, and the share
that starting Python has in it.
"""

import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PLANS = ROOT / "tests" / "review" / "plans"
RESOURCES, RUNS = 5_000, 5


def large_plan() -> dict[str, Any]:
    """Return a plan in which 5,000 resources change."""
    plans = [
        json.loads(path.read_bytes()) for path in sorted(PLANS.glob("*.json")) if ".tf." not in path.name
    ]
    changes = [
        change
        for plan in plans
        if not plan["errored"]
        for change in plan["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    ]
    result: dict[str, Any] = copy.deepcopy(plans[0])
    result["resource_changes"] = [
        {
            **changes[number % len(changes)],
            "address": f"{changes[number % len(changes)]['address']}[{number}]",
        }
        for number in range(RESOURCES)
    ]
    return result


def review(path: Path) -> tuple[float, float, int]:
    """Review a plan; return the seconds that passed, those of processor time, and the comment's length."""
    command = [sys.executable, "-m", "ops", "review", str(path)]
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, used, len(done.stdout.decode())


def main() -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large.json"), PLANS / "no-changes.json"
        large.write_text(json.dumps(large_plan()), encoding="utf-8")
        print(f"plan: {RESOURCES} resources, {large.stat().st_size / 1e6:.1f} MB")
        runs = [review(large) for _ in range(RUNS)]
        for number, (passed, used, _) in enumerate(runs, start=1):
            print(f"run {number}: {passed:.2f} s, of them {used:.2f} s of processor time")
        start = statistics.median(review(small)[1] for _ in range(RUNS))
    print(
        f"median: {statistics.median(run[0] for run in runs):.2f} s, "
        f"{statistics.median(run[1] for run in runs):.2f} s of processor time, start-up {start:.2f} s"
    )
    print(f"comment: {runs[0][2]} characters")


if __name__ == "__main__":
    main()
