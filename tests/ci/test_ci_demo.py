"""A pull request's life, whole: what `make ci-demo` shows."""

import os
import subprocess
import sys

from tests.conftest import ROOT

import pytest


@pytest.mark.slow
def test_a_pull_request_lives_as_it_should() -> None:
    # As under make, which tells its children of itself.
    env = {**os.environ, "MAKELEVEL": "1", "MAKEFLAGS": "w", "ARGS": "--no-such-option"}
    done = subprocess.run(
        [sys.executable, "-m", "ops", "ci-demo"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 12 steps did what they should" in done.stdout
    for refusal in (
        "the stored plan was altered",
        "the plan is stale",
        "which is in no review",
        "tags_all.Owner changes, and not in the review of pull request 5",
        "AWS does not let it store a plan for main: AccessDenied",
        "AWS does not let it write over a stored review: AccessDenied",
    ):
        assert refusal in done.stdout
    assert done.stdout.count("no label allow-destroy") == 1
    assert done.stdout.count("was set by its author author") == 2
