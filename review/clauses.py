"""Splits a policy into its smallest clauses, and finds those that another policy does not cover.

A clause is one principal, one action and one resource of a statement, with all its conditions. However
statements are split, merged, renamed or ordered, the clauses stay. That one clause covers another is only
said where it surely does: whatever this does not see is reported as a difference.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import ipaddress
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product, starmap

from review.patterns import arn_covers, disjoint, glob_covers, resource_covers
from review.policies import Policy, Statement

MOST = 4096
"""How many clauses a statement may have; of one that has more each element stays whole."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Element = tuple[bool, frozenset[str]]
"""Whether it is Not…, and its values: one, but for Not…."""


@dataclass(frozen=True)
class Test:
    """One condition, in one spelling for all equal conditions.

    Attributes:
        operator: in small letters, without `…IfExists` and without its set.
        key: in small letters.
        values: what is compared with.
        optional: whether it is true where the key is missing.
        set_of: `forallvalues`, `foranyvalue` or nothing.
    """

    operator: str
    key: str
    values: frozenset[str]
    optional: bool = False
    set_of: str = ""

    @property
    def negated(self) -> bool:
        """Whether its values are what it does not allow."""
        return "not" in self.operator


@dataclass(frozen=True)
class Clause:
    """One principal, action and resource of a statement; an element that it does not have is None.

    Attributes:
        sid, effect: of its statement.
        principal, action, resource: its elements.
        tests: its conditions.
        language: the version of its policy where a variable makes that matter.
    """

    sid: str
    effect: str
    principal: Element | None
    action: Element | None
    resource: Element | None
    tests: frozenset[Test]
    language: str = ""

    def covers(self, other: "Clause") -> bool:
        """Return whether each request that `other` matches is one that this matches."""
        return (
            (not self.language or other.language in ("", self.language))
            and _covers_principal(self.principal, other.principal, deny=self.effect == "Deny")
            and _covers(self.action, other.action, fold=True)
            and _covers(self.resource, other.resource, fold=False)
            and all(any(_implies(one, test) for one in other.tests) for test in self.tests)
        )


def clauses(policy: Policy | None, effect: str) -> list[Clause]:
    """Return the clauses of all statements of `policy` that are `Allow` or `Deny`."""
    statements = policy.statements if policy else ()
    version = policy.version if policy else ""
    return [clause for one in statements if one.effect == effect for clause in _clauses(one, version)]


def uncovered(ones: Collection[Clause], others: Collection[Clause]) -> list[Clause]:
    """Return those of `ones` that none of `others` covers."""
    same = {replace(one, sid="") for one in others}
    return [
        one
        for one in ones
        if replace(one, sid="") not in same and not any(other.covers(one) for other in others)
    ]


def _clauses(statement: Statement, version: str) -> Iterator[Clause]:
    tests = frozenset(test_of(*place, values) for place, values in statement.conditions.items())
    language = version if statement.has_variables else ""
    elements = [_elements(statement, name) for name in ("Principal", "Action", "Resource")]
    for principal, action, resource in product(*elements):
        yield Clause(statement.sid, statement.effect, principal, action, resource, tests, language)


def _elements(statement: Statement, name: str) -> list[Element | None]:
    if f"Not{name}" in statement.elements:
        return [(True, statement.elements[f"Not{name}"])]
    values = statement.elements.get(name)
    if values is None:
        return [None]
    return [(False, frozenset([value])) for value in sorted(values)[:MOST]]


def test_of(operator: str, key: str, values: Collection[str]) -> Test:
    """Return a condition in its one spelling."""
    set_of, colon, name = operator.lower().rpartition(":")
    optional = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    # A negated operator is true where the key is missing, with …IfExists and without.
    optional = (optional or ("not" in name and not colon)) and name != "null"
    literal = not any(set(value) & set("*?$") for value in values)
    if name in ("bool", "null"):
        values = [value.lower() for value in values]
    elif name.startswith("arn") or (name in ("stringequals", "stringnotequals") and literal):
        name = name.replace("equals", "like")
    return Test(name, key.lower(), frozenset(values), optional, set_of)


def _covers(one: Element | None, other: Element | None, *, fold: bool) -> bool:
    if one is None or other is None:
        return one == other
    left, right = (
        frozenset(value.lower() for value in element[1]) if fold else element[1] for element in (one, other)
    )
    covers = glob_covers if fold else resource_covers
    if one[0] and other[0]:
        return all(any(covers(wide, narrow) for wide in right) for narrow in left)
    if other[0]:
        return any(set(pattern) == {"*"} for pattern in left)
    if one[0]:
        return all(starmap(disjoint, product(left, right)))
    return all(any(covers(wide, narrow) for wide in left) for narrow in right)


def _covers_principal(one: Element | None, other: Element | None, *, deny: bool) -> bool:
    if one is None or other is None or one == other:
        return one == other
    if one[0] or other[0]:
        if one[0] and other[0]:
            return one[1] <= other[1]
        return not one[0] and "*" in one[1]
    (wide,), (narrow,) = one[1], other[1]
    # A Deny for an account applies to all of it; an Allow lets the account decide.
    root = deny and wide.endswith(":root") and narrow.startswith(wide.removesuffix("root"))
    return wide in ("*", narrow) or root


def _implies(one: Test, other: Test) -> bool:
    """Return whether each request that meets `one` meets `other`."""
    if one == other:
        return True
    if (one.key, one.operator, one.set_of) != (other.key, other.operator, other.set_of):
        return False
    if one.optional and not other.optional:
        return False
    if one.operator == "null" or one.operator == "bool":
        return one.values <= other.values
    if "ipaddress" in one.operator:
        within = _networks_within(one.values, other.values)
        return _networks_within(other.values, one.values) if one.negated else within
    if one.operator.startswith(("numeric", "date")):
        return _limit_implies(one, other)
    small, large = (other.values, one.values) if one.negated else (one.values, other.values)
    if one.operator.endswith("like"):
        covers = arn_covers if one.operator.startswith("arn") else glob_covers
        return all(any(covers(wide, narrow) for wide in large) for narrow in small)
    return small <= large


def _networks_within(small: Collection[str], large: Collection[str]) -> bool:
    outer = [network(text) for text in large]
    return all(any(_is_within(network(text), wide) for wide in outer) for text in small)


def _is_within(narrow: Network | None, wide: Network | None) -> bool:
    if isinstance(narrow, ipaddress.IPv4Network) and isinstance(wide, ipaddress.IPv4Network):
        return narrow.subnet_of(wide)
    if isinstance(narrow, ipaddress.IPv6Network) and isinstance(wide, ipaddress.IPv6Network):
        return narrow.subnet_of(wide)
    return False


def network(text: str) -> Network | None:
    """Return a text as a network; None if it is not one."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _limit_implies(one: Test, other: Test) -> bool:
    if one.values == other.values:
        return True
    limits = limit(one), limit(other)
    if None in limits or limits[0] is None or limits[1] is None:
        return False
    if "lessthan" in one.operator:
        return limits[0] <= limits[1]
    return "greaterthan" in one.operator and limits[0] >= limits[1]


def limit(test: Test) -> float | None:
    """Return the one number, or moment in seconds since 1970, that a test compares with, or None."""
    value = next(iter(test.values)) if len(test.values) == 1 else ""
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return float(value)
    try:
        return _moment(value) if test.operator.startswith("date") else None
    except ValueError:
        return None


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
