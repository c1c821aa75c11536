"""How many random examples a test tries: all of them in CI, a fifth on a person's machine."""

import os


def examples(number: int) -> int:
    """Return how many of that many examples a test tries; `.ci/run` and the workflows set ALL_EXAMPLES."""
    return number if os.environ.get("ALL_EXAMPLES") else number // 5
