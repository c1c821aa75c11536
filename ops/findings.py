"""What a change does to security: how grave it is, and in words."""

import enum
from dataclasses import dataclass


class Severity(enum.IntEnum):
    """How grave a finding is; the higher, the graver."""

    STRONGER = 0
    """Better than before."""
    CHANGED = 1
    """Neither better nor worse, or not to be told from what is known."""
    WEAKER = 2
    """One protection less."""
    DANGEROUS = 3
    """Data is lost, cannot be used any more, or is open to others."""


@dataclass(frozen=True)
class Finding:
    """One thing that a change does.

    Attributes:
        severity: how grave it is.
        words: what it means, as a clause without a full stop.
        attribute: the attribute of the resource that changed; empty where all of it did.
        remedy: what to do where a deploy does not simply put it back.
    """

    severity: Severity
    words: str
    attribute: str = ""
    remedy: str = ""
