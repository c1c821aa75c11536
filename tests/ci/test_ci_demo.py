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
    assert "All 10 steps did what they should" in done.stdout
    for refusal in ("the plan is stale", "the stored plan was altered", "nobody reviewed a plan"):
        assert refusal in done.stdout
    assert done.stdout.count("no label allow-destroy") == 2
