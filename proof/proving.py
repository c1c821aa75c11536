"""Puts claims to the solver, and says what holds, what does not, and what nobody can know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from proof.asking import Where
from proof.decide import Decided, Decision, Unwritten, Use
from proof.limits import DEFAULT, LimitError, Limits
from proof.logic import Formula, Not, Var, evaluate, every, implies, negate, replaced, some, variables
from proof.material import Material, callers_of
from proof.operation import Call, Operation
from proof.scene import Scene
from proof.solve import Solver
from proof.witness import Witness, ordinary, read

_MOST_LEFT_OUT = 64  # statements that are tried to be done without
Promise = Literal["nobody", "always", "denied", "never denied"]


@dataclass(frozen=True)
class Claim:
    """What is said of all requests in `where`; make one with the functions below."""

    promise: Promise
    where: Where
    without_iam: bool = False

    @property
    def unwritten(self) -> Unwritten:
        """What IAM policies that nobody gave are taken to allow: the worst for the claim."""
        return "nothing" if self.promise == "always" or self.without_iam else "anything"


def nobody(where: Where, *, without_iam: bool = False) -> Claim:
    """Claim that no request in `where` is allowed, whatever IAM policies that are not given allow.

    With `without_iam` they allow nothing: the claim is then that no other policy lets anybody in.
    """
    return Claim("nobody", where, without_iam)


def always(where: Where) -> Claim:
    """Claim that every request in `where` is allowed, though IAM policies not given here allow nothing."""
    return Claim("always", where)


def denied(where: Where) -> Claim:
    """Claim that a statement denies every request in `where`, so that nothing else can allow it."""
    return Claim("denied", where)


def never_denied(where: Where) -> Claim:
    """Claim that no statement denies a request in `where`."""
    return Claim("never denied", where)


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
    """Nobody can say: what decides is a policy variable, is not documented, or takes too long.

    Attributes:
        reason: which of these.
        witness: a request for which it may not hold, if there is one.
    """

    reason: str
    witness: Witness | None = None


Verdict = Holds | Fails | Undecided


def prove(
    decision: Decision | Operation,
    claims: Mapping[str, Claim],
    limits: Limits = DEFAULT,
    *,
    reasons: bool = True,
) -> dict[str, Verdict]:
    """Return what is true of each of `claims`, by its name.

    Args:
        decision: the policies; of an operation, claims are about the request to S3.
        claims: what is said of them.
        limits: of the work; beyond them the answer is `Undecided`.
        reasons: whether `Holds` says by which statements, which takes as long again.
    """
    wheres = tuple(claim.where for claim in claims.values())
    try:
        bench = Bench(decision, wheres, limits, reasons=reasons)
    except LimitError as error:
        return dict.fromkeys(claims, Undecided(str(error)))
    return {name: bench.verdict(claim) for name, claim in claims.items()}


class Bench:
    """A scene with a decision in it, and a solver."""

    def __init__(
        self, decision: Decision | Operation, wheres: tuple[Where, ...], limits: Limits, *, reasons: bool
    ) -> None:
        """Set the scene."""
        self._operation = decision if isinstance(decision, Operation) else None
        self._decision = decision.objects if isinstance(decision, Operation) else decision
        of_both = (self._decision, self._operation.key) if self._operation else (self._decision,)
        accounts = frozenset(one.account for one in of_both if one.account is not None)
        named = tuple(named for one in of_both for identity in one.identities for named in identity.named)
        material = Material(self._decision.statements, wheres, accounts, named)
        materials = [material]
        if self._operation is not None:
            materials.append(self._operation.key_material(accounts, named))
            material = replace(
                material,
                resource_globs=self._operation.context_globs(materials[1]),
                of_callers=materials[1].matches(),
            )
        callers = callers_of(materials, limits)
        self._scene = Scene(material, callers, limits)
        self._asker = Asker(self._scene, limits, self._decision.account, reasons=reasons)
        self._call = None
        if self._operation is not None:
            self._call = Call(self._operation, materials[1], self._scene, callers, limits)
            self._asker.solver.add([self._call.ties])
        self._decided: dict[Unwritten, Outcome] = {}

    def _decide(self, unwritten: Unwritten) -> Outcome:
        if unwritten not in self._decided:
            found = Decided(self._scene, self._decision, unwritten)
            outcome = Outcome(found.allowed, found.denied, found.uses)
            self._asker.solver.add(found.ties)
            if self._operation is not None and self._call is not None:
                of_key = Decided(self._call.scene, self._operation.key, unwritten, "kms ")
                self._asker.solver.add(of_key.ties)
                needed, made = self._call.needed, self._call.made
                outcome = Outcome(
                    every((found.allowed, implies(needed, every((made, of_key.allowed))))),
                    some((found.denied, every((made, of_key.denied)))),
                    [*found.uses, *of_key.uses],
                )
            self._decided[unwritten] = outcome
        return self._decided[unwritten]

    def verdict(self, claim: Claim) -> Verdict:
        """Say what is true of a claim."""
        outcome = self._decide(claim.unwritten)
        broken: dict[Promise, Formula] = {
            "nobody": outcome.allowed,
            "always": negate(outcome.allowed),
            "denied": negate(outcome.denied),
            "never denied": outcome.denied,
        }
        question = every((self._scene.action_known(), self._scene.where(claim.where), broken[claim.promise]))
        return self._asker.ask(question, outcome.uses, _blamed(claim.promise))


@dataclass(frozen=True)
class Outcome:
    """What policies decide.

    Attributes:
        allowed: the requests that are allowed.
        denied: those that a statement denies.
        uses: every statement.
    """

    allowed: Formula
    denied: Formula
    uses: list[Use]


def _blamed(promise: Promise) -> str | None:
    """Return the effect of the statements to blame for a request; None where it is for want of one."""
    blamed: dict[Promise, str] = {"nobody": "Allow", "always": "Deny", "never denied": "Deny"}
    return blamed.get(promise)


class Asker:
    """Asks whether there is a request for which a formula is true."""

    def __init__(self, scene: Scene, limits: Limits, owner: str | None, *, reasons: bool = True) -> None:
        """Ask about the requests of a scene; `reasons` as of `prove`."""
        self.scene, self._limits, self._reasons = scene, limits, reasons
        self.solver = Solver(limits)
        self.solver.add(scene.ties(owner))

    def possible(self, question: Formula) -> bool:
        """Say whether `question` may be true of a request; also where that takes too long to know."""
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
        return Undecided(f"it hangs on {_unknowns(hangs_on)}", read(self.scene, first))

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
    return tuple(use.name for use in uses if use.effect == effect and evaluate(use.formula, true))
