"""Properties, and how they are proven."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proof.asker import Fails, Holds, Undecided, Verdict
from proof.asking import Where
from proof.decide import Decision
from proof.limits import DEFAULT, Limits
from proof.properties.cache import ProofCache
from proof.proving import Claim, denied, prove
from proof.words import sentence

NOT_OURS = "IAM"
"""What a policy is called that only stands for what somebody else wrote."""


@dataclass(frozen=True)
class Ask:
    """One claim of a property.

    Attributes:
        of: what it is about, such as `data bucket`.
        decision: the policies that decide.
        claim: what is said of them.
        possible: the claim is that all such requests are denied, and must not hold; see `possible`.
    """

    of: str
    decision: Decision
    claim: Claim
    possible: bool = False


@dataclass(frozen=True)
class Property:
    """What is promised.

    Attributes:
        name: by which it is found again, such as `https-only`.
        says: the promise, a sentence.
        why: its reason.
        asks: what has to be true.
        otherwise: how to fix it where it does not hold; empty where only the request shows it.
    """

    name: str
    says: str
    why: str
    asks: tuple[Ask, ...]
    otherwise: str = ""


@dataclass(frozen=True)
class GivenUp:
    """What the settings of an environment do not promise, and why that is meant.

    Attributes:
        name: of the property that other settings would promise.
        says: what is given up, a sentence.
        why: which setting says so, and what it is good for.
    """

    name: str
    says: str
    why: str


@dataclass(frozen=True)
class Proven:
    """What is true of a property.

    Attributes:
        promised: it.
        verdicts: of each of its claims.
    """

    promised: Property
    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> tuple[tuple[Ask, Verdict], ...]:
        """The claims that are not proven, also those that nobody can decide."""
        pairs = zip(self.promised.asks, self.verdicts, strict=True)
        return tuple((ask, verdict) for ask, verdict in pairs if not _kept(ask, verdict))

    @property
    def holds(self) -> bool:
        """Whether every claim is proven."""
        return not self.broken

    @property
    def by(self) -> tuple[str, ...]:
        """The statements that make it true, as `policy/Sid`; none where no Allow would break it."""
        found = (sid for verdict in self.verdicts if isinstance(verdict, Holds) for sid in verdict.by)
        return tuple(dict.fromkeys(name for name in found if not name.startswith(f"{NOT_OURS}/")))

    def counter_examples(self) -> list[str]:
        """Return why it does not hold, a sentence for each claim that is not proven."""
        return [_counter_example(self.promised, ask, verdict) for ask, verdict in self.broken]


def possible(of: str, decision: Decision, where: Where) -> Ask:
    """Ask that some request in `where` is denied by no statement."""
    return Ask(of, decision, denied(where), possible=True)


def _kept(ask: Ask, verdict: Verdict) -> bool:
    return isinstance(verdict, Fails if ask.possible else Holds)


def _counter_example(promised: Property, ask: Ask, verdict: Verdict) -> str:
    hint = f"; {promised.otherwise}" if promised.otherwise else ""
    return f"{ask.of}: {_said(ask, verdict)}{hint}"


def _said(ask: Ask, verdict: Verdict) -> str:
    if isinstance(verdict, Undecided):
        return f"cannot be decided: {verdict.reason}"
    by = ", ".join(dict.fromkeys(name.partition("/")[2] for name in verdict.by))
    if isinstance(verdict, Holds):
        return f"{by} would deny every such request"
    could = "could not" if ask.claim.promise in ("always", "never denied") else "could"
    return f"{by}: {sentence(verdict.witness, could)}" if by else sentence(verdict.witness, could)


def check(
    properties: Iterable[Property],
    known: ProofCache | None = None,
    limits: Limits = DEFAULT,
    *,
    reasons: bool = True,
) -> list[Proven]:
    """Return what is true of each property.

    Args:
        properties: what is promised.
        known: what was proven before and is not proven again; what holds is added to it.
        limits: of the work.
        reasons: whether to find the statements by which a property holds, which takes as long again.
    """
    promised = list(properties)
    known = ProofCache() if known is None else known
    verdicts: dict[tuple[Decision, Claim], Verdict] = {}
    for decision, asks in _by_decision(promised).items():
        keys = {ask.claim: known.key(decision, ask.claim) for ask in asks}
        before = {claim: found for claim, key in keys.items() if (found := known.get(key)) is not None}
        verdicts |= {(decision, claim): verdict for claim, verdict in before.items()}
        new = [ask for ask in asks if ask.claim not in before]
        for ask, verdict in _prove(decision, new, limits, reasons=reasons):
            verdicts[decision, ask.claim] = verdict
            # What does not hold is reported with a request, which has names of its own.
            if _kept(ask, verdict):
                known.add(keys[ask.claim], verdict)
    return [Proven(one, tuple(verdicts[ask.decision, ask.claim] for ask in one.asks)) for one in promised]


def _prove(
    decision: Decision, asks: Sequence[Ask], limits: Limits, *, reasons: bool
) -> list[tuple[Ask, Verdict]]:
    if not asks:
        return []
    claims = {str(number): ask.claim for number, ask in enumerate(asks)}
    found = prove(decision, claims, limits, reasons=reasons)
    verdicts = [(ask, found[str(number)]) for number, ask in enumerate(asks)]
    if reasons and len(asks) == 1:
        return verdicts
    # The reader of an error has to know which statement it is. By itself, as the request in the error must
    # not depend on what was proven before.
    alone = {
        ask: _prove(decision, [ask], limits, reasons=True)[0][1]
        for ask, verdict in verdicts
        if not _kept(ask, verdict)
    }
    return [(ask, alone.get(ask, verdict)) for ask, verdict in verdicts]


def _by_decision(properties: Iterable[Property]) -> dict[Decision, list[Ask]]:
    """Return what is asked of each decision."""
    asked: dict[Decision, dict[Ask, None]] = {}
    for one in properties:
        for ask in one.asks:
            asked.setdefault(ask.decision, {})[ask] = None
    return {decision: list(asks) for decision, asks in asked.items()}
