"""What a new policy allows that the old one did not, and the reverse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proof.asker import Asker, Fails, Holds, Undecided, blame
from proof.decide import Decided, Decision, Unwritten, Use
from proof.facts import AWS_KINDS
from proof.grammar import DocumentError, Policy
from proof.limits import DEFAULT, LimitError, Limits
from proof.logic import Formula, every, negate
from proof.material import Material, callers_of
from proof.scene import Scene
from proof.witness import Witness


@dataclass(frozen=True)
class Example:
    """A request that one policy allows and the other does not.

    Attributes:
        who: who makes it; `an account` where --account says not whose it is.
        witness: the request.
        allowed_by: the statements that allow it in the one policy.
        denied_by: the statements that deny it in the other.
    """

    who: str
    witness: Witness
    allowed_by: tuple[str, ...]
    denied_by: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """What one policy allows and the other does not.

    Attributes:
        examples: one request for each type of caller, if there is one.
        undecided: why it is not known whether there are more; empty if it is known.
        only_unreal: a request for a nonexistent action, if the policies differ in no other.
    """

    examples: tuple[Example, ...] = ()
    undecided: tuple[str, ...] = ()
    only_unreal: Witness | None = None

    @property
    def nothing(self) -> bool:
        """Whether it is certain that there is none."""
        return not self.examples and not self.undecided


@dataclass(frozen=True)
class Comparison:
    """How two policies differ.

    Attributes:
        more: what the new one allows and the old one did not.
        less: what the old one allowed and the new one does not.
        denies_less: what the old one denied and the new one does not, so that another policy may allow it.
    """

    more: Difference
    less: Difference
    denies_less: Difference


def compare(
    old: Policy, new: Policy, *, account: str | None = None, limits: Limits = DEFAULT, only_more: bool = False
) -> Comparison:
    """Return how `new` differs from `old`.

    Args:
        old: a policy of an identity, or of a resource.
        new: another of the same sort.
        account: whose the resource is, where known.
        limits: of the work.
        only_more: whether it is enough to know what is allowed more.

    Raises:
        DocumentError: only one of them names principals.
    """
    try:
        pair = _Pair(old, new, account, limits)
    except LimitError as error:
        unknown = Difference(undecided=(str(error),))
        return Comparison(unknown, unknown, unknown)
    more = pair.difference(pair.new, pair.old)
    if only_more:
        return Comparison(more, Difference(), Difference())
    return Comparison(more, pair.difference(pair.old, pair.new), pair.denied_less())


def _names_principals(policy: Policy) -> bool:
    return any(statement.principals is not None for statement in policy.statements)


class _Pair:
    """Two policies in one scene."""

    def __init__(self, old: Policy, new: Policy, account: str | None, limits: Limits) -> None:
        named = [one for one in (old, new) if _names_principals(one)]
        if len(named) == 1 and old.statements and new.statements:
            raise DocumentError("only one of the policies names principals; compare two of the same sort")
        accounts = frozenset({account} if account else ())
        material = Material((*old.statements, *new.statements), (), accounts)
        self._account = account
        self._scene = Scene(material, callers_of([material], limits), limits)
        self._asker = Asker(self._scene, limits, account if named else None)
        self.old = self._decided(old, "old", of_resource=bool(named))
        self.new = self._decided(new, "new", of_resource=bool(named))

    def _decided(self, policy: Policy, label: str, *, of_resource: bool) -> Decided:
        policy = Policy(policy.statements, label)
        decision = (
            Decision(policy, self._account) if of_resource else Decision(None, self._account, (), (policy,))
        )
        # The policy of a resource is one side; that of an identity is all that there is.
        unwritten: Unwritten = "free" if of_resource else "nothing"
        decided = Decided(self._scene, decision, unwritten, label, removable=False)
        self._asker.solver.add(decided.ties)
        return decided

    def _whose(self) -> Iterator[tuple[str, Formula]]:
        callers = self._scene.callers
        yield "anybody", callers.of_kind("anonymous")
        if self._account is None:
            yield "an account", callers.of_kind(*AWS_KINDS)
        else:
            own = callers.of_account(self._account)
            yield "another account", every((callers.of_kind(*AWS_KINDS), negate(own)))
            yield "this account", own
        yield "an AWS service", callers.of_kind("service")
        yield "an identity provider", callers.of_kind("web identity")

    def difference(self, here: Decided, there: Decided) -> Difference:
        """Return what `here` allows and `there` does not."""
        return self._find(every((here.allowed, negate(there.allowed))), here, there)

    def denied_less(self) -> Difference:
        """Return what the old one denies and the new one does not."""
        return self._find(every((self.old.denied, negate(self.new.denied))), self.new, self.old)

    def _find(self, question: Formula, here: Decided, there: Decided) -> Difference:
        uses = [*here.uses, *there.uses]
        real = self._scene.action_known()
        if not self._asker.possible(every((question, real))):
            return Difference(only_unreal=self._unreal(question, uses))
        examples, undecided = [], []
        for who, callers in self._whose():
            verdict = self._asker.ask(every((question, real, callers)), uses, "Allow")
            if isinstance(verdict, Fails):
                examples.append(self._example(who, verdict, here, there))
            elif isinstance(verdict, Undecided):
                undecided.append(f"{who}: {verdict.reason}")
        return Difference(tuple(examples), tuple(undecided))

    def _example(self, who: str, verdict: Fails, here: Decided, there: Decided) -> Example:
        met = verdict.true
        return Example(who, verdict.witness, blame(here.uses, "Allow", met), blame(there.uses, "Deny", met))

    def _unreal(self, question: Formula, uses: list[Use]) -> Witness | None:
        verdict = self._asker.ask(question, uses, "Allow")
        return None if isinstance(verdict, Holds) else verdict.witness
