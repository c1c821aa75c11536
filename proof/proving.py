"""Claims about policies, and whether they hold, do not, or nobody can know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from proof.asker import Asker, Undecided, Verdict
from proof.asking import Where
from proof.decide import Decided, Decision, Unwritten, Use
from proof.limits import DEFAULT, LimitError, Limits
from proof.logic import Formula, every, implies, negate, some
from proof.material import Material, callers_of
from proof.operation import Call, Operation
from proof.scene import Scene

Promise = Literal["nobody", "always", "denied", "never denied"]


@dataclass(frozen=True)
class Claim:
    """A statement about all requests in `where`; make it with the functions below."""

    promise: Promise
    where: Where
    without_iam: bool = False

    @property
    def unwritten(self) -> Unwritten:
        """What IAM policies that nobody gave are taken to allow: the worst for the claim."""
        if self.promise == "always":
            return "nothing"
        return "of strangers" if self.without_iam else "anything"


def nobody(where: Where, *, without_iam: bool = False) -> Claim:
    """Claim that no request in `where` is allowed, whatever IAM policies that are not given allow.

    With `without_iam` those of the account of what is asked for allow nothing: the claim is then that its own
    policy lets nobody in. Those of other accounts still allow anything, as others write them.
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
                of_callers=materials[1].matches,
            )
        callers = callers_of(materials, limits)
        self._scene = Scene(material, callers, limits)
        self._asker = Asker(self._scene, limits, self._decision.owner, reasons=reasons)
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
