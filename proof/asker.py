"""Asks the solver for a request, and says what follows if there is one, or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from proof.decide import Use
from proof.limits import LimitError, Limits
from proof.logic import Formula, Not, Var, evaluate, negate, replaced, variables
from proof.scene import Scene
from proof.solve import Solver
from proof.ties import ties
from proof.witness import Witness, ordinary, read

_MOST_LEFT_OUT = 64  # statements that are tried to be done without


@dataclass(frozen=True)
class Holds:
    """It holds for every request.

    Attributes:
        by: the statements without which it would not, as `policy/Sid`.
    """

    by: tuple[str, ...]


@dataclass(frozen=True)
class Fails:
    """It does not hold.

    Attributes:
        witness: a request that shows it.
        by: the statements that let the request through, or deny it, as `policy/Sid`.
        true: the variables that are true of the request.
    """

    witness: Witness
    by: tuple[str, ...]
    true: frozenset[str] = field(default=frozenset(), repr=False, compare=False)


@dataclass(frozen=True)
class Undecided:
    """Not decidable: it depends on a policy variable, is not documented, or takes too long.

    Attributes:
        reason: which of these.
        witness: a request for which it may not hold, if there is one.
    """

    reason: str
    witness: Witness | None = None


Verdict = Holds | Fails | Undecided


class Asker:
    """Asks whether there is a request for which a formula is true."""

    def __init__(self, scene: Scene, limits: Limits, owner: str | None, *, reasons: bool = True) -> None:
        """Ask about the requests of a scene; `reasons` as of `prove`."""
        self.scene, self._limits, self._reasons = scene, limits, reasons
        self.solver = Solver(limits)
        self.solver.add(ties(scene, owner))

    def possible(self, question: Formula) -> bool:
        """Say whether `question` may be true for a request; yes if it takes too long to decide."""
        try:
            return self.solver.check([question]) is not None
        except LimitError:
            return True

    def ask(self, question: Formula, uses: Sequence[Use], blamed: str | None) -> Verdict:
        """Return Holds where `question` is true of no request.

        Args:
            question: what would break the claim.
            uses: the statements that are there.
            blamed: the effect of the statements to blame for a request.
        """
        try:
            return self._ask(question, uses, blamed)
        except LimitError as error:
            return Undecided(str(error))

    def _ask(self, question: Formula, uses: Sequence[Use], blamed: str | None) -> Verdict:
        there = [use.there for use in uses if isinstance(use.there, Var)]
        true = self.solver.check([question, *there])
        if true is None:
            return Holds(self._needed(question, there) if self._reasons else ())
        unknown = frozenset(name for name in variables(question) if name.startswith("?"))
        true = self._most_ordinary([question, *there], true)
        if not unknown:
            return Fails(read(self.scene, true), blame(uses, blamed, true), true)
        return self._whatever_is_unknown(question, there, unknown, true, uses, blamed)

    def _whatever_is_unknown(
        self,
        question: Formula,
        there: Sequence[Var],
        unknown: frozenset[str],
        true: frozenset[str],
        uses: Sequence[Use],
        blamed: str | None,
    ) -> Verdict:
        """Look for a request that breaks the claim whatever is true of what nobody can know."""
        first, hangs_on = true, frozenset[str]()
        asked = [question]
        for _ in range(self._limits.rounds):
            request = [Var(name) if name in true else Not(Var(name)) for name in self._request_of(question)]
            other = self.solver.check([negate(question), *there, *request])
            if other is None:
                return Fails(read(self.scene, true), blame(uses, blamed, true), true)
            hangs_on = hangs_on or frozenset((true ^ other) & unknown)
            asked.append(replaced(question, {name: name in other for name in unknown}))
            again = self.solver.check([*asked, *there])
            if again is None:
                break
            true = again
        return Undecided(f"it depends on {_unknowns(hangs_on)}", read(self.scene, first))

    @staticmethod
    def _request_of(question: Formula) -> list[str]:
        return sorted(name for name in variables(question) if name[0] not in "?!")

    def _most_ordinary(self, asked: Sequence[Formula], true: frozenset[str]) -> frozenset[str]:
        """Return a request with as little that is odd as `asked` allows."""
        kept: list[Formula] = list(asked)
        for wish in ordinary(self.scene):
            if evaluate(wish, true):
                kept.append(wish)
                continue
            found = self.solver.check([*kept, wish])
            if found is not None:
                kept.append(wish)
                true = found
        return true

    def _needed(self, question: Formula, there: Sequence[Var]) -> tuple[str, ...]:
        """Return the names of the statements without which there would be a request."""
        core = self.solver.core(there)
        needed = [one for one in there if one.name in core]
        for one in needed[:_MOST_LEFT_OUT]:
            rest = [other for other in needed if other is not one]
            if self.solver.check([question, *rest]) is None:
                needed = rest
        return tuple(_said(one.name) for one in needed)


def _unknowns(names: Iterable[str]) -> str:
    return "; ".join(sorted({_said(name).partition("#")[0] for name in names}))


def _said(name: str) -> str:
    return name[1:]


def blame(uses: Iterable[Use], effect: str | None, true: frozenset[str]) -> tuple[str, ...]:
    """Return the statements of that effect that a request meets."""
    known: dict[int, bool] = {}
    return tuple(use.name for use in uses if use.effect == effect and evaluate(use.formula, true, known))
