"""Terraform's messages about a plan: the log of `terraform plan -json`. They are not in the plan's JSON.

https://developer.hashicorp.com/terraform/internals/machine-readable-ui#diagnostic
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from review.model import Notice
from review.reading import object_at

Json = Any


def warnings_of(log: str) -> tuple[Notice, ...]:
    """Return the warnings in a log, each once, in a stable order."""
    return tuple(sorted(set(_diagnostics(log, "warning"))))


def errors_of(log: str) -> tuple[Notice, ...]:
    """Return the errors in a log, in its order."""
    return tuple(_diagnostics(log, "error"))


def _diagnostics(log: str, severity: str) -> Iterator[Notice]:
    # Only at "\n": a text may hold what Python takes for another end of a line.
    for line in log.split("\n"):
        found = _diagnostic(line)
        if found.get("severity") == severity:
            yield Notice(*(str(found.get(name) or "") for name in ("summary", "detail", "address")))


def _diagnostic(line: str) -> Mapping[str, Json]:
    """Return the diagnostic in a line; empty where it is another message, or what a plugin printed."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return object_at(message, "diagnostic")
