"""What `ops drift` says at once after a deploy."""

import subprocess
from collections.abc import Callable
from typing import Any

from review.drift_findings import drifts_of
from review.plan import read_plan

Terraform = Callable[..., subprocess.CompletedProcess[str]]


def drifted(terraform: Terraform) -> list[tuple[str, Any]]:
    """The address of each resource that drifted, with what differs; `terraform` runs it on the stack."""
    looked = terraform("plan", "-refresh-only", "-input=false", "-lock=false", "-out=drift.tfplan")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    shown = terraform("show", "-json", "drift.tfplan")
    assert shown.returncode == 0, shown.stderr
    plan = read_plan(shown.stdout.encode(), "drift.tfplan")
    return [(one.address, one.attributes) for one in drifts_of(plan)]
