"""`ops plan --review`: a plan and its review here, as a pull request would show it; nothing is stored."""

import sys

from ops.ci.reviewed_plan import plan_folder
from review.command import show


def run_local_review(environment: str, *, format_: str, fail_on: str | None) -> int:
    """Plan what is in the folder and print its review; return the exit status.

    Args:
        environment: its name.
        format_: `text`, `markdown` or `json`.
        fail_on: the verdict from which on the exit status is 4, if any.

    Raises:
        OpsError: the environment is not bootstrapped, or Terraform failed.
    """
    print(f"Planning {environment}; this changes nothing", file=sys.stderr)
    return show(plan_folder(environment).review, format_=format_, fail_on=fail_on)
