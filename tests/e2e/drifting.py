"""What `ops drift` says at once after a deploy."""

import subprocess
from collections.abc import Callable
from typing import Any

from review.drift_findings import Drift, drifts_of
from review.plan import read_plan

Terraform = Callable[..., subprocess.CompletedProcess[str]]


def drifts(terraform: Terraform) -> list[Drift]:
    """Each resource that drifted; `terraform` runs it on the stack."""
    looked = terraform("plan", "-refresh-only", "-input=false", "-lock=false", "-out=drift.tfplan")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    shown = terraform("show", "-json", "drift.tfplan")
    assert shown.returncode == 0, shown.stderr
    return list(drifts_of(read_plan(shown.stdout.encode(), "drift.tfplan")))


def drifted(terraform: Terraform) -> list[tuple[str, Any]]:
    """The address of each resource that drifted, with what differs."""
    return [(one.address, one.attributes) for one in drifts(terraform)]
