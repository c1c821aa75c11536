"""A line of the preflight: a check, its verdict and the remedy."""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from ops.shared.aws import one_line_errors, refused
from ops.shared.errors import OpsError


class Mark(enum.StrEnum):
    """A verdict."""

    GOOD = "✓"
    BAD = "✗"
    UNKNOWN = "?"
    """It could not be checked; the deploy may work anyway."""
    SKIPPED = "\u2013"
    """Not checked, for the reason in the line."""


@dataclass(frozen=True)
class Verdict:
    """One check and its verdict.

    Attributes:
        mark: the verdict.
        subject: what was checked, in a word or two.
        text: what was found.
        remedy: how to fix it, if that is bad.
    """

    mark: Mark
    subject: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        """Give it as one line, without colours."""
        remedy = f" → {self.remedy}" if self.remedy else ""
        return f"{self.mark} {self.subject + ':':21} {self.text}{remedy}"


def good(subject: str, text: str) -> Verdict:
    """Return a line with ✓."""
    return Verdict(Mark.GOOD, subject, text)


def bad(subject: str, text: str, remedy: str) -> Verdict:
    """Return a line with ✗."""
    return Verdict(Mark.BAD, subject, text, remedy)


def unknown(subject: str, reason: str) -> Verdict:
    """Return a line with ?."""
    return Verdict(Mark.UNKNOWN, subject, f"could not be checked: {reason}")


def skipped(subject: str, reason: str) -> Verdict:
    """Return a line with a dash."""
    return Verdict(Mark.SKIPPED, subject, f"not checked: {reason}")


def asked(subject: str, ask: Callable[[], Verdict]) -> Verdict:
    """Return the verdict of `ask`; if AWS refuses it, a verdict that says so."""
    try:
        with one_line_errors():
            return ask()
    except OpsError as error:
        if refused(error):
            return unknown(subject, f"these credentials may not: {error}")
        return bad(subject, error.problem, error.remedy or "fix the error and retry")
