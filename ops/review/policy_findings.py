"""What the changes of a policy mean: who may do more, and what is refused less.

A statement gets wider where it matches more requests. An Allow that gets wider lets more in; a Deny
that gets narrower refuses less. How conditions combine:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ops.review.model import CAREFUL, DANGEROUS, GOOD, Finding
from ops.review.policies import Policy, Statement, pairs

# Whoever these conditions let through is known, so a statement for "*" that has one is not public.
_NAMES_WHO = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "kms:calleraccount",
}


@dataclass(frozen=True)
class _Shift:
    """One element that matches more (`wider`) or fewer requests than before."""

    wider: bool
    element: str
    values: tuple[str, ...]
    severity: str = CAREFUL


def _covers(patterns: Collection[str], value: str) -> bool:
    # `*` and `?` are wildcards to IAM; `[` is not.
    folded = value.casefold()
    return any(fnmatchcase(folded, pattern.casefold().replace("[", "[[]")) for pattern in patterns)


def _uncovered(values: Collection[str], patterns: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(value for value in values if value not in patterns and not _covers(patterns, value)))


class PolicyJudge:
    """Judges the change of one policy."""

    def __init__(self, address: str, *, own_accounts: Collection[str]) -> None:
        """Judge a policy of the resource at `address`; whoever is of none of `own_accounts` is a stranger."""
        self._address = address
        self._own = own_accounts

    def judge(self, before: Policy | None, after: Policy | None) -> Iterator[Finding]:
        """Yield what the change means; `before` is None for a new policy, `after` for one that goes."""
        if before is not None and after is not None and before.version != after.version:
            words = "the policy's language changes from version {} to {}"
            yield self._finding(CAREFUL, words, before.version, after.version)
        for old, new in pairs(before, after):
            if old is None and new is not None:
                yield from self._added(new, whole=before is None)
            elif new is None and old is not None:
                yield from self._removed(old)
            elif old is not None and new is not None:
                yield from self._changed(old, new)

    def _finding(self, severity: str, words: str, *values: str) -> Finding:
        return Finding(severity, self._address, words, values)

    def _added(self, new: Statement, *, whole: bool) -> Iterator[Finding]:
        name = new.sid or "(no Sid)"
        if new.effect == "Deny":
            if not whole:
                yield self._finding(GOOD, "the Deny {} is added", name)
            if not new.conditions and "*" in new.elements.get("Principal", ()):
                yield self._finding(CAREFUL, "the Deny {} is for everybody, without a condition", name)
            return
        dangers = list(self._dangers(new))
        for severity, words, values in dangers:
            yield self._finding(severity, f"the new statement {{}} {words}", name, *values)
        if not whole and not dangers:
            yield self._finding(
                CAREFUL,
                "the Allow {} is added: {} for {}",
                name,
                _said(_actions(new)),
                _said(_principals(new)),
            )

    def _dangers(self, new: Statement) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for principal in sorted(new.elements.get("Principal", ())):
            severity, words = self._principal(principal, new)
            if severity == DANGEROUS or words != "lets in {}":
                yield severity, words, (principal,)
        for element in ("NotPrincipal", "NotAction", "NotResource"):
            if element in new.elements:
                yield DANGEROUS, f"allows all but what {element} names: {{}}", (_said(new.elements[element]),)
        broad = sorted(filter(_is_broad, new.elements.get("Action", ())))
        resources = new.elements.get("Resource", frozenset())
        # In a key policy "*" is the key, and who manages it may well do everything with it.
        if broad and "Principal" not in new.elements and "NotPrincipal" not in new.elements:
            yield DANGEROUS, "allows {} on {}", (_said(broad), _said(resources))
        elif "*" in resources and "Principal" not in new.elements and "NotPrincipal" not in new.elements:
            yield DANGEROUS, "allows {} on every resource", (_said(_actions(new)),)

    def _principal(self, principal: str, statement: Statement) -> tuple[str, str]:
        if principal == "*":
            keys = {
                key.lower()
                for operator, key in statement.conditions
                if "Not" not in operator and operator != "Null"
            }
            if keys & _NAMES_WHO:
                return CAREFUL, "lets in everybody ({}) whom its conditions let through"
            return DANGEROUS, "lets in everybody: {}"
        parts = principal.split(":")
        account = parts[4] if principal.startswith("arn:") and len(parts) > 5 else ""
        if account and self._own and account not in self._own:
            return DANGEROUS, "lets in another account: {}"
        if principal.startswith("Federated "):
            return DANGEROUS, "lets in an identity provider: {}"
        return CAREFUL, "lets in {}"

    def _removed(self, old: Statement) -> Iterator[Finding]:
        name = old.sid or "(no Sid)"
        if old.effect == "Deny":
            yield self._finding(DANGEROUS, "the Deny {} is removed", name)
        else:
            yield self._finding(GOOD, "the Allow {} is removed", name)

    def _changed(self, old: Statement, new: Statement) -> Iterator[Finding]:
        name = new.sid or "(no Sid)"
        if old.effect != new.effect:
            if new.effect == "Allow":
                yield self._finding(DANGEROUS, "{} was a Deny, and is now an Allow", name)
            else:
                yield self._finding(GOOD, "{} was an Allow, and is now a Deny", name)
            return
        for shift in _shifts(old, new):
            weaker = shift.wider == (new.effect == "Allow")
            yield self._shifted(new, name, shift, weaker=weaker)

    def _shifted(self, new: Statement, name: str, shift: _Shift, *, weaker: bool) -> Finding:
        values = _said(shift.values)
        if not weaker:
            words = "refuses more" if new.effect == "Deny" else "allows less"
            return self._finding(GOOD, f"{{}} {words}: {shift.element} {{}}", name, values)
        if new.effect == "Deny":
            # How long a link may live is for the owner to say; any other gap in a Deny is a hole.
            known = shift.element.lower().endswith("s3:signatureage")
            words = f"the Deny {{}} is narrower: {shift.element} {{}}"
            return self._finding(CAREFUL if known else DANGEROUS, words, name, values)
        if shift.element == "Principal":
            worst = min(
                (self._principal(one, new) for one in shift.values), key=lambda one: one[0] != DANGEROUS
            )
            return self._finding(worst[0], f"the Allow {{}} {worst[1]}", name, values)
        severity = (
            DANGEROUS if any(map(_is_broad, shift.values)) or "Not" in shift.element else shift.severity
        )
        return self._finding(severity, f"the Allow {{}} is wider: {shift.element} {{}}", name, values)


def _is_broad(pattern: str) -> bool:
    return pattern == "*" or pattern.endswith((":*", ":::*"))


def _said(values: Collection[str]) -> str:
    listed = sorted(values)
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return (", ".join(listed[:5]) or "nothing") + more


def _actions(statement: Statement) -> Collection[str]:
    return statement.elements.get("Action") or statement.elements.get("NotAction") or ()


def _principals(statement: Statement) -> Collection[str]:
    return statement.elements.get("Principal") or ["whoever has the policy"]


def _shifts(old: Statement, new: Statement) -> Iterator[_Shift]:
    for element in ("Principal", "Action", "Resource"):
        yield from _element_shifts(element, old, new)
    yield from _condition_shifts(old, new)


def _element_shifts(element: str, old: Statement, new: Statement) -> Iterator[_Shift]:
    negated = f"Not{element}"
    was, now = old.elements.get(element), new.elements.get(element)
    was_not, now_not = old.elements.get(negated), new.elements.get(negated)
    if was is not None and now is not None:
        if added := _uncovered(now, was):
            yield _Shift(True, element, added)
        if gone := _uncovered(was, now):
            yield _Shift(False, element, gone)
    elif was_not is not None and now_not is not None:
        if added := _uncovered(now_not, was_not):
            yield _Shift(False, negated, added)
        if gone := _uncovered(was_not, now_not):
            yield _Shift(True, negated, gone)
    elif (was, was_not) != (now, now_not):
        # From all but some to some, or the other way: more in one respect and less in another,
        # unless one side is everything.
        name = negated if now_not is not None else element
        values = tuple(sorted(now_not or now or ()))
        if "*" not in (was or ()):
            yield _Shift(True, name, values, DANGEROUS)
        if "*" not in (now or ()):
            yield _Shift(False, name, values)


def _condition_shifts(old: Statement, new: Statement) -> Iterator[_Shift]:
    was = {_canonical(*place): (place, values) for place, values in old.conditions.items()}
    now = {_canonical(*place): (place, values) for place, values in new.conditions.items()}
    for place in sorted(was.keys() | now.keys()):
        (operator, key), _ = now.get(place) or was[place]
        element = f"Condition {_word(operator)} {_word(key)}"
        if place not in now:
            yield _Shift(True, f"without {element}", tuple(sorted(was[place][1])), DANGEROUS)
        elif place not in was:
            yield _Shift(False, f"only with {element}", tuple(sorted(now[place][1])))
        else:
            yield from _value_shifts(operator, element, was[place][1], now[place][1])


def _canonical(operator: str, key: str) -> tuple[str, str]:
    folded = operator.lower()
    # A negated operator is true where the key is missing, with …IfExists and without.
    if "not" in folded:
        folded = folded.removesuffix("ifexists")
    return folded, key.lower()


def _word(text: str) -> str:
    """Return an operator or a key as part of our own words: only the characters that such a name has."""
    return "".join(c for c in text if (c.isascii() and c.isalnum()) or c in ":-/._")[:100]


def _value_shifts(operator: str, element: str, was: frozenset[str], now: frozenset[str]) -> Iterator[_Shift]:
    folded = operator.lower()
    if was == now:
        return
    for word, larger_is_wider in (("lessthan", True), ("greaterthan", False)):
        limits = _numbers(was), _numbers(now)
        if word in folded and limits[0] is not None and limits[1] is not None:
            wider = (limits[1] > limits[0]) == larger_is_wider
            yield _Shift(wider, element, (f"{_said(was)} becomes {_said(now)}",))
            return
    added, gone = tuple(sorted(now - was)), tuple(sorted(was - now))
    negated = "not" in folded
    if added:
        yield _Shift(not negated, element, added)
    if gone:
        yield _Shift(negated, f"{element} without", gone)


def _numbers(values: frozenset[str]) -> float | None:
    try:
        (value,) = values
        return float(value)
    except ValueError:
        return None


def locks_out(before: Policy | None, after: Policy) -> bool:
    """Return whether nobody of the account could change the key policy `after` any more.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """

    def lets_root_manage(policy: Policy) -> bool:
        return any(
            one.effect == "Allow"
            and any(who == "*" or who.endswith(":root") for who in one.elements.get("Principal", ()))
            and _covers(one.elements.get("Action", ()), "kms:PutKeyPolicy")
            for one in policy.statements
        )

    return not lets_root_manage(after) and (before is None or lets_root_manage(before))
