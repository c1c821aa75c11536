"""One condition key of a request: absent, or with a value for each way its conditions can turn out."""

from __future__ import annotations

from collections.abc import Sequence

from proof.facts import KeyFact
from proof.globs import literal
from proof.grammar import Condition
from proof.key_values import candidate, candidates
from proof.limits import LimitError, Limits
from proof.logic import Choice, Formula, Var, evaluate, every, implies, negate, some
from proof.matches import Candidate, Match
from proof.operators import Family
from proof.patterns import REFERENCE

_MOST_MATCHES = 600


def matches_of(condition: Condition, *, variables: bool) -> tuple[Match, ...]:
    """Return what a condition compares its key with."""
    compare = condition.operator
    if compare.family == "null":
        return ()
    return tuple(
        Match(compare.family, compare.relation, text, variables, compare.ignore_case)
        for text in condition.values
    )


def _family(fact: KeyFact, matches: Sequence[Match]) -> Family:
    """Return the sort of a key's values; the policies decide where AWS does not."""
    if fact.family is not None:
        return fact.family
    families: list[Family] = [match.family for match in matches]
    return "text" if "text" in families or not families else families[0]


class Key:
    """The values of one key in one request."""

    def __init__(
        self,
        name: str,
        fact: KeyFact,
        matches: Sequence[Match],
        also: Sequence[str] = (),
        *,
        unsure_presence: Formula = False,
        unsure_value: Formula = False,
        where: str,
        limits: Limits,
    ) -> None:
        """Find what `matches` tell apart.

        Args:
            name: the key in lower case.
            fact: what AWS documents about it.
            matches: what the policies compare it with.
            also: values that it must be able to have.
            unsure_presence: the requests for which AWS does not say whether the key is there.
            unsure_value: those for which it does not say what value it has.
            where: tells the keys of several requests apart.
            limits: of the work.

        Raises:
            LimitError: more than that.
        """
        if len(matches) > _MOST_MATCHES:
            raise LimitError(f"{name} is compared with {len(matches)} values")
        self.name, self.fact = name, fact
        self._matches = {match: at for at, match in enumerate(matches)}
        self._label = f"{where}{name}"
        self._family = _family(fact, matches)
        self.values = self._candidates(list(self._matches), also, limits)
        self._unknown: dict[tuple[Match, int | None], Var] = {}
        if fact.multi:
            self._held = [Var(f"{self._label}[{at}]") for at in range(len(self.values))]
            self.present: Formula = some(self._held)
        else:
            self._choice = Choice(self._label, len(self.values))
            self._guessed = Choice(f"?the value of {self._label}", len(self.values))
            self._unsure_value = unsure_value
            there = Var(f"{self._label} present")
            self.present = _either(unsure_presence, Var(f"?whether {self._label} is there"), there)

    def _where(self, chosen: int) -> Formula:
        """Return the formula of the key's one value being among those in a bit set."""
        if self._unsure_value is False:
            return self._choice.where(chosen)
        return _either(self._unsure_value, self._guessed.where(chosen), self._choice.where(chosen))

    def _candidates(self, matches: list[Match], also: Sequence[str], limits: Limits) -> list[Candidate]:
        forms = list(self.fact.forms)
        # A reference of Terraform's stands for a value of any form.
        forms += [literal(match.text) for match in matches if REFERENCE.search(match.text)]
        found: dict[tuple[int, int], Candidate] = {}
        for form in forms:
            for one in candidates(matches, self._family, form, limits):
                found.setdefault((one.sure, one.unknown), one)
        for text in also:
            one = candidate(matches, self._family, text)
            found.setdefault((one.sure, one.unknown), one)
        if self.fact.family == "text" and any(match.family != "text" for match in matches):
            everything = (1 << len(matches)) - 1
            found.setdefault((0, everything), Candidate("some-text", 0, everything))
        return [*found.values(), *([candidate(matches, self._family, "")] if self.fact.may_be_empty else [])]

    def _guess(self, match: Match, at: int | None) -> Var:
        """Return the variable of whether a value matches where nobody can know."""
        label = match.pattern.unknown if match.family == "text" else ""
        why = label or f"how AWS compares {self.name} with {match.text!r}"
        number = "" if at is None else f" [{at}]"
        return self._unknown.setdefault((match, at), Var(f"?{why} ({self._label}{number})"))

    def _sets(self, match: Match) -> tuple[int, int]:
        bit = 1 << self._matches[match]
        sure = sum(1 << at for at, one in enumerate(self.values) if one.sure & bit)
        return sure, sum(1 << at for at, one in enumerate(self.values) if one.unknown & bit)

    def _single(self, match: Match) -> Formula:
        """Return the formula of the key's one value matching."""
        sure, unknown = self._sets(match)
        parts = [self._where(sure)]
        if unknown:
            parts.append(every((self._guess(match, None), self._where(unknown))))
        return some(parts)

    def _of_element(self, match: Match, at: int) -> Formula:
        """Return the formula of a value that the key holds matching."""
        bit = 1 << self._matches[match]
        if self.values[at].sure & bit:
            return True
        return self._guess(match, at) if self.values[at].unknown & bit else False

    def holds(self, condition: Condition, *, variables: bool) -> Formula:
        """Return the formula of a condition on this key.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """
        compare = condition.operator
        if compare.family == "null":
            return self._null(condition)
        matches = matches_of(condition, variables=variables)
        if compare.quantifier is not None:
            return self._quantified(condition, matches)
        return some((every((self.present, self._plain(condition, matches))), self._absent(condition)))

    def _absent(self, condition: Condition) -> Formula:
        compare = condition.operator
        return negate(self.present) if compare.negated or compare.if_exists else False

    def _plain(self, condition: Condition, matches: Sequence[Match]) -> Formula:
        if self.fact.multi:  # AWS requires a set operator and does not say what happens without
            name = f"?how AWS compares {self.name}, which has several values, with {condition.operator.name}"
            return Var(f"{name} {list(condition.values)}")
        hit = some(self._single(match) for match in matches)
        return negate(hit) if condition.operator.negated else hit

    def _null(self, condition: Condition) -> Formula:
        wanted = {value.lower() for value in condition.values}
        there = self.present
        if self.fact.may_be_empty:  # "is not null", says AWS
            there = some((self._filled(), every((Var(f"?whether an empty {self.name} is null"), there))))
        parts: list[Formula] = []
        if "true" in wanted:
            parts.append(negate(there))
        if "false" in wanted:
            parts.append(there)
        if wanted - {"true", "false"}:
            parts.append(Var(f"?how AWS reads Null: {sorted(wanted)}"))
        return some(parts)

    def _quantified(self, condition: Condition, matches: Sequence[Match]) -> Formula:
        compare = condition.operator
        if compare.quantifier == "ForAllValues":
            return every(implies(held, one) for held, one in self._elements(condition, matches))
        found = some(every((held, one)) for held, one in self._elements(condition, matches))
        if not (compare.negated or compare.if_exists):
            return found
        # Two rules of AWS's contradict each other for an absent key.
        guess = Var(f"?whether {compare.name} holds where {self.name} is absent")
        return some((found, every((guess, negate(self._filled())))))

    def _elements(self, condition: Condition, matches: Sequence[Match]) -> list[tuple[Formula, Formula]]:
        """For each value that the key may hold: that it does, and that it compares."""

        def compares(hit: Formula) -> Formula:
            return negate(hit) if condition.operator.negated else hit

        if not self.fact.multi:
            return [(self._filled(), compares(some(self._single(match) for match in matches)))]
        return [
            (held, compares(some(self._of_element(match, at) for match in matches)))
            for at, held in enumerate(self._held)
        ]

    def _filled(self) -> Formula:
        """Return the formula of the key having a value that is no empty text."""
        if not self.fact.may_be_empty:
            return self.present
        return every((self.present, negate(self._where(1 << (len(self.values) - 1)))))

    def alike(self, text: str) -> int:
        """Return the values that no condition tells from `text`, as a bit set."""
        wanted = candidate(list(self._matches), self._family, text)
        return sum(
            1 << at
            for at, one in enumerate(self.values)
            if (one.sure, one.unknown) == (wanted.sure, wanted.unknown)
        )

    def lists(self, match: Match) -> Formula:
        """Return the formula of one of the key's several values matching."""
        return some(every((held, self._of_element(match, at))) for at, held in enumerate(self._held))

    def is_value(self, chosen: int) -> Formula:
        """Return the formula of the key having one of the values in a bit set, as its only one."""
        if not self.fact.multi:
            return every((self.present, self._where(chosen)))
        return every(held if chosen >> at & 1 else negate(held) for at, held in enumerate(self._held))

    def would_be(self, chosen: int) -> Formula:
        """Return the formula of the key having one of the values in a bit set, where it is there.

        Also where it is not: then a request that has it differs in nothing else.
        """
        return self.is_value(chosen) if self.fact.multi else self._where(chosen)

    def read(self, true: frozenset[str]) -> tuple[str, ...]:
        """Return the key's values where the variables named in `true` are true; none for an absent key."""
        if self.fact.multi:
            held = zip(self._held, self.values, strict=True)
            return tuple(value.text for var, value in held if var.name in true)
        if not evaluate(self.present, true):
            return ()
        choice = self._guessed if evaluate(self._unsure_value, true) else self._choice
        return (self.values[choice.chosen(true)].text,)


def _either(condition: Formula, one: Formula, other: Formula) -> Formula:
    """Return `one` where `condition` is true, and `other` elsewhere."""
    if condition is False:
        return other
    return some((every((condition, one)), every((negate(condition), other))))
