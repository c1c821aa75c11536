"""In which element a Deny that is still there, by its Sid, refuses less or more than before."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from review.clauses import Clause, limit, test_of
from review.model import Finding, careful, dangerous, good
from review.patterns import glob_covers, resource_covers
from review.policies import Condition, Statement

LONGER_LINKS = "s3:signatureage"
"""How long a link may live is for the owner to say; any other gap in a Deny is a hole.

So is a limit of age that a Deny gets in addition: links that it refused at any age work again until then.
"""
_ADDED = "only with "


@dataclass(frozen=True)
class Shift:
    """One element by which a statement matches fewer (`narrower`) or more requests than before."""

    narrower: bool
    element: str
    values: str


def narrowed(old: Statement, new: Statement, gone: Sequence[Clause]) -> Iterator[Finding]:
    """Yield how the Deny `new` is narrower than `old` was; `gone` are the clauses that it lost."""
    shifts = [one for one in shifts_of(old, new) if one.narrower]
    for one in shifts:
        longer = one.element.lower().endswith(LONGER_LINKS) and not one.element.startswith(_ADDED)
        tell = careful if longer else dangerous
        yield tell(f"the Deny {{}} is narrower: {one.element} {{}}", new.sid, one.values)
    if not shifts:
        values = {value for one in gone if one.resource for value in one.resource[1]}
        yield dangerous("the Deny {} refuses less than before: {}", new.sid, said(values))


def widened(old: Statement, new: Statement) -> Iterator[Finding]:
    """Yield how the Deny `new` refuses more than `old` did."""
    for one in shifts_of(old, new):
        if not one.narrower:
            yield good(f"{{}} refuses more: {one.element} {{}}", new.sid, one.values)


def shifts_of(old: Statement, new: Statement) -> Iterator[Shift]:
    """Yield in which elements two statements differ, and which way."""
    for element in ("Principal", "Action", "Resource"):
        yield from _element(element, old, new)
    yield from _conditions(old, new)


def _element(element: str, old: Statement, new: Statement) -> Iterator[Shift]:
    negated, fold = f"Not{element}", element == "Action"
    was, now = old.elements.get(element), new.elements.get(element)
    was_not, now_not = old.elements.get(negated), new.elements.get(negated)
    if was is not None and now is not None:
        yield from _sets(element, was, now, fold=fold, narrower=True)
    elif was_not is not None and now_not is not None:
        yield from _sets(negated, was_not, now_not, fold=fold, narrower=False)
    elif (was, was_not) != (now, now_not):
        # From all but some to some, or the other way: fewer in one respect and more in another,
        # unless one side is everything.
        name = negated if now_not is not None else element
        if "*" not in (now or ()):
            yield Shift(True, name, said(now_not or now or ()))
        if "*" not in (was or ()):
            yield Shift(False, name, said(now_not or now or ()))


def _sets(
    element: str, was: Collection[str], now: Collection[str], *, fold: bool, narrower: bool
) -> Iterator[Shift]:
    """Yield what went and what came; `narrower` is what it means that something went."""
    for values, patterns, way in ((was, now, narrower), (now, was, not narrower)):
        if found := _uncovered(values, patterns, fold=fold):
            yield Shift(way, element, said(found))


def _uncovered(values: Collection[str], patterns: Collection[str], *, fold: bool) -> list[str]:
    def covered(value: str) -> bool:
        if fold:
            return any(glob_covers(one.lower(), value.lower()) for one in patterns)
        return any(resource_covers(one, value) for one in patterns)

    return sorted(value for value in values if not covered(value))


def _conditions(old: Statement, new: Statement) -> Iterator[Shift]:
    was, now = _by_place(old), _by_place(new)
    for place in sorted(was.keys() | now.keys(), key=str):
        (operator, key), values = now.get(place) or was[place]
        element = f"Condition {_word(operator)} {_word(key)}"
        if place not in now:
            yield Shift(False, f"without {element}", said(values))
        elif place not in was:
            yield Shift(True, f"{_ADDED}{element}", said(values))
        else:
            yield from _values(operator, element, was[place][1], values)


def _by_place(one: Statement) -> dict[tuple[object, ...], tuple[Condition, Collection[str]]]:
    """Return the conditions by what stays if one is spelled otherwise; a second such one by itself."""
    found: dict[tuple[object, ...], tuple[Condition, Collection[str]]] = {}
    for (operator, key), values in sorted(one.conditions.items()):
        test = test_of(operator, key, ["x"])
        place = test.operator, test.key, test.optional, test.set_of
        found[(*place, operator) if place in found else place] = (operator, key), values
    return found


def _values(operator: str, element: str, was: Collection[str], now: Collection[str]) -> Iterator[Shift]:
    old, new = test_of(operator, "", was), test_of(operator, "", now)
    limits = limit(old), limit(new)
    less = "less" in old.operator
    ordered = less or "greater" in old.operator
    if ordered and limits[0] is not None and limits[1] is not None:
        if limits[0] != limits[1]:
            texts = [
                _duration(element, one) or said(values)
                for one, values in zip(limits, (was, now), strict=True)
            ]
            yield Shift((limits[1] < limits[0]) == less, element, f"{texts[0]} becomes {texts[1]}")
        return
    for values, word, narrower in (
        (new.values - old.values, "", old.negated),
        (old.values - new.values, " without", not old.negated),
    ):
        # What is no number may be any limit, or none.
        if values and (narrower or not ordered):
            yield Shift(narrower, f"{element}{word}", said(values))


def _duration(element: str, milliseconds: float | None) -> str:
    """Return in people's units how long a link may live; empty for what is no such limit."""
    if milliseconds is None or not element.lower().endswith(LONGER_LINKS):
        return ""
    for unit, length in (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000)):
        if milliseconds >= length and milliseconds % length == 0:
            count = int(milliseconds // length)
            return f"{count} {unit}{'s' * (count != 1)}"
    return f"{milliseconds:g} milliseconds"


def said(values: Collection[str]) -> str:
    """Return the first of some values, and how many more there are."""
    listed = sorted(values)
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return (", ".join(listed[:5]) or "nothing") + more


def _word(text: str) -> str:
    """Return an operator or a key as part of our own words: only the characters that such a name has."""
    return "".join(c for c in text if (c.isascii() and c.isalnum()) or c in ":-/._")[:100]
