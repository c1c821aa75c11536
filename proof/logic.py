"""Propositional formulas, simplified as they are built; a formula that is decided is a plain bool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Var:
    """A variable, identified by its name."""

    name: str


@dataclass(slots=True, eq=False)
class Not:
    """True where `part` is false."""

    part: Formula


@dataclass(slots=True, eq=False)
class And:
    """True where each of `parts` is."""

    parts: tuple[Formula, ...]


@dataclass(slots=True, eq=False)
class Or:
    """True where one of `parts` is."""

    parts: tuple[Formula, ...]


Formula = bool | Var | Not | And | Or


def negate(formula: Formula) -> Formula:
    """Return what is true where `formula` is false."""
    if isinstance(formula, bool):
        return not formula
    return formula.part if isinstance(formula, Not) else Not(formula)


def every(parts: Iterable[Formula]) -> Formula:
    """Return what is true where each of `parts` is; True for none."""
    kept: list[Formula] = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            kept.append(part)
    return kept[0] if len(kept) == 1 else And(tuple(kept)) if kept else True


def some(parts: Iterable[Formula]) -> Formula:
    """Return what is true where one of `parts` is; False for none."""
    kept: list[Formula] = []
    for part in parts:
        if part is True:
            return True
        if part is not False:
            kept.append(part)
    return kept[0] if len(kept) == 1 else Or(tuple(kept)) if kept else False


def implies(condition: Formula, result: Formula) -> Formula:
    """Return what is false only where `condition` is true and `result` is not."""
    return some((negate(condition), result))


def same(one: Formula, other: Formula) -> Formula:
    """Return what is true where both are or neither is."""
    return every((implies(one, other), implies(other, one)))


class Choice:
    """One of `size` values, in as few Booleans as it takes.

    Codes that are left over stand for the last value, so that every assignment is one value.
    """

    def __init__(self, name: str, size: int) -> None:
        """Choose among the values 0 to `size` - 1."""
        self.size = size
        self._bits = [Var(f"{name}#{bit}") for bit in range((size - 1).bit_length())]
        self._nots = [Not(bit) for bit in self._bits]
        self._known: dict[tuple[int, int], Formula] = {}

    def where(self, values: int) -> Formula:
        """Return the formula of the values in the bit set `values`."""
        codes = 1 << len(self._bits)
        if values >> (self.size - 1) & 1:
            values |= ((1 << codes) - 1) >> self.size << self.size
        return self._tree(values, len(self._bits))

    def _tree(self, values: int, level: int) -> Formula:
        if values == 0:
            return False
        if values == (1 << (1 << level)) - 1:
            return True
        if (level, values) not in self._known:
            below, half = level - 1, 1 << (level - 1)
            low, high = values & ((1 << half) - 1), values >> half
            self._known[level, values] = some(
                (
                    every((self._bits[below], self._tree(high, below))),
                    every((self._nots[below], self._tree(low, below))),
                )
            )
        return self._known[level, values]

    def chosen(self, true: frozenset[str]) -> int:
        """Return the value that is chosen where the variables named in `true` are true."""
        code = sum(1 << number for number, bit in enumerate(self._bits) if bit.name in true)
        return min(code, self.size - 1)


def evaluate(formula: Formula, true: frozenset[str], known: dict[int, bool] | None = None) -> bool:
    """Say whether `formula` holds where exactly the variables named in `true` are true."""
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, Var):
        return formula.name in true
    known = {} if known is None else known
    if id(formula) not in known:
        if isinstance(formula, Not):
            known[id(formula)] = not evaluate(formula.part, true, known)
        elif isinstance(formula, And):
            known[id(formula)] = all(evaluate(part, true, known) for part in formula.parts)
        else:
            known[id(formula)] = any(evaluate(part, true, known) for part in formula.parts)
    return known[id(formula)]


def variables(formula: Formula) -> frozenset[str]:
    """Return the names of the variables of `formula`."""
    found: set[str] = set()
    seen: set[int] = set()
    left = [formula]
    while left:
        one = left.pop()
        if isinstance(one, bool) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Var):
            found.add(one.name)
        else:
            left += [one.part] if isinstance(one, Not) else one.parts
    return frozenset(found)


def replaced(formula: Formula, values: dict[str, bool], known: dict[int, Formula] | None = None) -> Formula:
    """Return `formula` with the variables named in `values` replaced by these."""
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, Var):
        return values.get(formula.name, formula)
    known = {} if known is None else known
    if id(formula) not in known:
        if isinstance(formula, Not):
            known[id(formula)] = negate(replaced(formula.part, values, known))
        else:
            parts = [replaced(part, values, known) for part in formula.parts]
            known[id(formula)] = every(parts) if isinstance(formula, And) else some(parts)
    return known[id(formula)]
