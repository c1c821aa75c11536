"""Compares two policy documents statement by statement; order and formatting never count.

Statements are paired by their Sid. A Deny that loses something refuses less and an
Allow that gains something allows more: both are weaker. With NotAction, NotPrincipal
and NotResource it is the other way round.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ops.findings import Finding, Severity

Statement = Mapping[str, Any]

REFUSES = {
    "DenyInsecureTransport": "requests over plain HTTP",
    "DenyOutdatedTLS": "TLS older than 1.2",
    "DenyUnencryptedUploads": "uploads that are not encrypted as they should be",
    "DenyIncorrectKMSKey": "uploads that name another key",
    "DenyCustomerProvidedKeys": "uploads under a key that the uploader brings along",
    "DenyLegacySignatures": "signatures of version 2",
    "DenyStalePresignedUrls": "links older than the owner allows",
    "DenyOutsidePerimeter": "requests for objects from outside the network",
    "DenyOutsideOrganization": "requests for objects from outside the organization",
    "DenyListingOutsidePerimeter": "listing from outside the network",
    "DenyListingOutsideOrganization": "listing from outside the organization",
}
"""What each of this project's Deny statements refuses, by its Sid."""

_PARTS = ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource")


def policy_findings(name: str, before: str | None, after: str | None, attribute: str) -> list[Finding]:
    """Say what changed from one policy to another.

    Args:
        name: what to call the policy, such as "the bucket policy".
        before: the policy as JSON; None or empty where there was none.
        after: likewise.
        attribute: the attribute that holds it.
    """
    try:
        old, new = _statements(before), _statements(after)
    except ValueError:
        words = f"{name} changed in a way that cannot be compared: it is not a policy in JSON"
        return [Finding(Severity.CHANGED, words, attribute)]
    found = [_gone(name, old[sid], sid) for sid in old if sid not in new]
    found += [_added(name, new[sid], sid) for sid in new if sid not in old]
    for sid in old:
        if sid in new and old[sid] != new[sid]:
            found += _changed(name, old[sid], new[sid], sid)
    return [
        Finding(severity, words, attribute)
        for severity, words in sorted(found, key=lambda one: one[0], reverse=True)
    ]


def _statements(text: str | None) -> dict[str, Statement]:
    """Return the statements of a policy by a name of each: its Sid, where it is the only one with it."""
    document = json.loads(text) if text else {}
    if not isinstance(document, dict):
        raise ValueError  # noqa: TRY004 - the same as text that is no JSON
    listed = [_normal(statement) for statement in _as_list(document.get("Statement", []))]
    sids = Counter(str(statement.get("Sid") or "") for statement in listed)
    named: dict[str, Statement] = {}
    for statement in listed:
        sid = str(statement.get("Sid") or "")
        if sid and sids[sid] == 1:
            named[sid] = statement
        else:
            # Without a Sid of its own a statement is paired only with one that says the same.
            named[json.dumps(statement, sort_keys=True)] = statement
    return named


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _normal(statement: object) -> Statement:
    """Return a statement in which everything that may be written in two ways is written in one."""
    if not isinstance(statement, dict):
        raise ValueError  # noqa: TRY004 - the same as text that is no JSON
    normal = dict(statement)
    for part in _PARTS:
        if part in normal:
            normal[part] = sorted(_members(part, normal[part]))
    conditions = normal.pop("Condition", None) or {}
    if not isinstance(conditions, dict) or not all(isinstance(block, dict) for block in conditions.values()):
        raise ValueError
    if conditions:
        normal["Condition"] = {
            f"{operator} {key}": sorted(
                str(value).lower() if isinstance(value, bool) else str(value) for value in _as_list(values)
            )
            for operator, block in conditions.items()
            for key, values in block.items()
        }
    return normal


def _members(part: str, value: object) -> set[str]:
    if part.endswith("Principal"):
        if isinstance(value, dict):
            return {_principal(kind, str(one)) for kind, names in value.items() for one in _as_list(names)}
        return {str(one) for one in _as_list(value)}
    return {str(one) for one in _as_list(value)}


def _principal(kind: str, name: str) -> str:
    # {"AWS": "*"} is "*", and an account's number is its root.
    if kind == "AWS":
        return f"arn:aws:iam::{name}:root" if re.fullmatch(r"[0-9]{12}", name) else name
    return f"{kind} {name}"


def _covered(part: str, name: str, patterns: list[str]) -> bool:
    """Tell whether a name, which may itself be a pattern, is among what `patterns` match."""
    if part.endswith("Principal"):
        return name in patterns or "*" in patterns
    # IAM compares actions without case, and nothing else.
    flags = re.IGNORECASE if part.endswith("Action") else re.NOFLAG
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), name, flags | re.DOTALL)
        for pattern in patterns
    )


def _label(sid: str) -> str:
    return sid if not sid.startswith("{") else "a statement without a Sid of its own"


def _gone(name: str, statement: Statement, sid: str) -> tuple[Severity, str]:
    if statement.get("Effect") == "Deny":
        refuses = REFUSES.get(sid) or _spelled(statement)
        return Severity.WEAKER, f"{name} no longer has {_label(sid)}: it does not refuse {refuses} any more"
    return Severity.STRONGER, f"{name} no longer has {_label(sid)}, which allowed {_spelled(statement)}"


def _added(name: str, statement: Statement, sid: str) -> tuple[Severity, str]:
    if statement.get("Effect") == "Deny":
        return (
            Severity.STRONGER,
            f"{name} has {_label(sid)} now: it refuses {REFUSES.get(sid) or _spelled(statement)}",
        )
    severity = Severity.DANGEROUS if _is_open(statement) else Severity.WEAKER
    return severity, f"{name} has {_label(sid)} now, which allows {_spelled(statement)}"


def _is_open(statement: Statement) -> bool:
    """Tell whether an Allow is for anybody, or allows anything."""
    anybody = "*" in statement.get("Principal", []) or "NotPrincipal" in statement
    anything = "*" in statement.get("Action", []) or "NotAction" in statement
    return (anybody and "Condition" not in statement) or anything


def _spelled(statement: Statement) -> str:
    """Return what a statement is about, in words."""
    words = [_some(part, statement[part]) for part in ("Action", "NotAction") if part in statement]
    for part, preposition in (
        ("Principal", "for"),
        ("NotPrincipal", "for"),
        ("Resource", "on"),
        ("NotResource", "on"),
    ):
        if part in statement:
            words.append(f"{preposition} {_some(part, statement[part])}")
    if "Condition" in statement:
        words.append(f"where {_conditions(statement['Condition'])}")
    return " ".join(words)


def _some(part: str, members: list[str]) -> str:
    if "*" in members and part in {"Principal", "Action", "Resource"}:
        return {"Principal": "everybody", "Action": "every action", "Resource": "everything"}[part]
    listed = ", ".join(members)
    return f"all but {listed}" if part.startswith("Not") else listed


def _when(conditions: Mapping[str, list[str]]) -> str:
    return f"where {_conditions(conditions)}" if conditions else "always"


def _conditions(conditions: Mapping[str, list[str]]) -> str:
    return " and ".join(f"{test} {' or '.join(values)}" for test, values in sorted(conditions.items()))


def _changed(name: str, old: Statement, new: Statement, sid: str) -> Iterator[tuple[Severity, str]]:
    where = f"{name}: {_label(sid)}"
    deny = new.get("Effect") == "Deny"
    if old.get("Effect") != new.get("Effect"):
        severity = Severity.STRONGER if deny else Severity.DANGEROUS
        yield severity, f"{where} is {new.get('Effect')} now, and was {old.get('Effect')}"
        return
    for part in _PARTS:
        other = part.removeprefix("Not") if part.startswith("Not") else f"Not{part}"
        if part in new and other in old:
            severity = Severity.DANGEROUS if not deny and _is_open(new) else Severity.WEAKER
            yield (
                severity,
                f"{where} has {part} {', '.join(new[part])} now, and had {other}: check who it reaches",
            )
        if other in new or other in old:
            continue
        before, after = old.get(part, []), new.get(part, [])
        # An Allow is weaker when it reaches more, a Deny when it reaches less; Not… turns that round.
        reaches_more_is_weaker = deny == part.startswith("Not")
        gained = [one for one in after if not _covered(part, one, before)]
        lost = [one for one in before if not _covered(part, one, after)]
        for members, verb, more in ((gained, "gained", True), (lost, "lost", False)):
            if members:
                weaker = more == reaches_more_is_weaker
                severity = Severity.WEAKER if weaker else Severity.STRONGER
                if weaker and not deny and _is_open(new) and not _is_open(old):
                    severity = Severity.DANGEROUS
                yield severity, f"{where} {verb} {part} {', '.join(members)}"
    before, after = old.get("Condition", {}), new.get("Condition", {})
    if before != after:
        yield _condition_change(where, before, after, new, deny=deny)


def _condition_change(
    where: str,
    before: Mapping[str, list[str]],
    after: Mapping[str, list[str]],
    new: Statement,
    *,
    deny: bool,
) -> tuple[Severity, str]:
    """Say what a changed condition does: each test that goes lets a statement apply more often."""
    kept = {test for test in before if after.get(test) == before[test]}
    words = f"{where} applies {_when(after)} now, and did {_when(before)}"
    if len(kept) == len(after):  # tests were only taken away, so it applies more often
        severity = Severity.STRONGER if deny else Severity.WEAKER
        return (Severity.DANGEROUS if not deny and _is_open(new) else severity), words
    if len(kept) == len(before):  # tests were only added, so it applies less often
        return (Severity.WEAKER if deny else Severity.STRONGER), words
    return Severity.WEAKER, f"{words}: check which is stricter"
