"""Findings by the resource that they are about, for people: its name first, and then its address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from review.model import NO_RULE, Finding, Review


@dataclass(frozen=True)
class Group:
    """A resource and what is found about it.

    Attributes:
        address: its address; empty where it is about the whole plan.
        what: what people call it; may be empty.
        name: its name; may be empty.
        findings: the findings, the gravest first.
    """

    address: str
    what: str
    name: str
    findings: tuple[Finding, ...]


def grouped(findings: Iterable[Finding], names: Mapping[str, tuple[str, str]]) -> list[Group]:
    """Return the findings by their resource; the resource with the gravest comes first."""
    found: dict[str, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.address, []).append(one)
    return [Group(address, *names.get(address, ("", "")), tuple(ones)) for address, ones in found.items()]


def without_rules(review: Review) -> list[Finding]:
    """Return the findings about types that there are no rules for, which are reported in one line."""
    return [one for one in review.findings if one.words.startswith(NO_RULE)]


def with_rules(review: Review) -> list[Finding]:
    """Return the other findings."""
    return [one for one in review.findings if not one.words.startswith(NO_RULE)]
