"""What several policies decide together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
Organization policies (SCPs, RCPs) are left out: they only take away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from proof.caller import level
from proof.facts import AWS_KINDS, MANDATORY_SERVICES, ROOT_CAN_ALWAYS
from proof.grammar import Named, Policy, Statement
from proof.logic import Formula, Var, every, implies, negate, same, some
from proof.scene import Scene
from proof.witness import IAM_ALLOWS

Unwritten = Literal["anything", "of strangers", "nothing", "free"]
"""What IAM policies allow that nobody gave: anything; anything, but those of the account of the resource
nothing; nothing; or what nobody can know."""


@dataclass(frozen=True)
class Identity:
    """IAM identities whose policies are all known.

    Attributes:
        arns: of the roles and users.
        policies: what is attached to them.
        boundary: their permissions boundary.
        session: the policy that their sessions are made with.
    """

    arns: tuple[str, ...]
    policies: tuple[Policy, ...]
    boundary: Policy | None = None
    session: Policy | None = None

    @property
    def named(self) -> tuple[Named, ...]:
        """The identities as entries of a Principal element."""
        return tuple(Named("AWS", arn) for arn in self.arns)

    @property
    def documents(self) -> tuple[Policy, ...]:
        """All its policies."""
        return tuple(one for one in (*self.policies, self.boundary, self.session) if one is not None)


@dataclass(frozen=True)
class Decision:
    """The policies that decide a request.

    Attributes:
        resource: the policy of what the request is about; None for what has none.
        account: whose that is; without a resource, the callers'. None where it is not known: it may be the
            caller's or not.
        identities: those whose IAM policies are known.
        anybody: IAM policies that every other identity has (what one compares, say), if any.
    """

    resource: Policy | None = None
    account: str | None = None
    identities: tuple[Identity, ...] = ()
    anybody: tuple[Policy, ...] = ()

    @property
    def owner(self) -> str | None:
        """Whose a request's resource is, where that is known: an IAM policy may be about anybody's."""
        return None if self.resource is None else self.account

    @property
    def documents(self) -> tuple[Policy, ...]:
        """All policies."""
        of_identities = [policy for one in self.identities for policy in one.documents]
        return (*([self.resource] if self.resource else []), *of_identities, *self.anybody)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements."""
        return tuple(statement for policy in self.documents for statement in policy.statements)


@dataclass(frozen=True)
class Use:
    """A statement, and the variable of whether it is there at all.

    Attributes:
        name: `policy/Sid`.
        effect: what it does.
        formula: the requests that it is about.
        there: true unless one asks what would be without it; plain True where nobody will.
    """

    name: str
    effect: str
    formula: Formula
    there: Formula


class Decided:
    """The formulas of a decision in a scene.

    Attributes:
        allowed: the requests that are allowed.
        denied: those that a statement denies.
        uses: every statement.
        ties: what holds for every request, in addition to the scene.
    """

    def __init__(
        self,
        scene: Scene,
        decision: Decision,
        unwritten: Unwritten,
        label: str = "",
        *,
        removable: bool = True,
    ) -> None:
        """Put policies together.

        Args:
            scene: the request.
            decision: the policies.
            unwritten: what IAM policies that are not given are taken to allow.
            label: tells several decisions of a scene apart.
            removable: whether one will ask which statements are needed.
        """
        self._removable = removable
        self._scene, self._decision, self._unwritten, self._label = scene, decision, unwritten, label
        self.uses: list[Use] = []
        self._names: dict[str, int] = {}
        self._same = self._same_account()
        self._resource = [(one, self._use(one, decision.resource)) for one in _statements(decision.resource)]
        self.ties: list[Formula] = []
        self._identity_allow, self._limits_allow, identity_denied = self._identity_side()
        of_resource = some(self._there(use) for one, use in self._resource if one.effect == "Deny")
        own_root = every((scene.callers.of_kind("root"), self._same, self._root_can_always()))
        self.denied = some((every((of_resource, negate(own_root))), identity_denied))
        self.allowed = some((own_root, every((negate(self.denied), self._granted()))))

    # Statements

    def _use(self, statement: Statement, policy: Policy | None, by: Formula = True) -> Use:
        name = f"{policy.name if policy else ''}/{statement.sid}"
        self._names[name] = self._names.get(name, 0) + 1
        again = "" if self._names[name] == 1 else f"#{self._names[name]}"
        use = Use(
            name + again,
            statement.effect,
            every((by, self._scene.matches(statement))),
            Var(f"!{self._label}{name}{again}") if self._removable else True,
        )
        self.uses.append(use)
        return use

    @staticmethod
    def _there(use: Use) -> Formula:
        return every((use.there, use.formula))

    def _sides(self, policies: Iterable[Policy], by: Formula) -> tuple[Formula, Formula]:
        """Return what the policies of the callers in `by` allow, and what they deny."""
        uses = [self._use(one, policy, by) for policy in policies for one in policy.statements]
        return (
            some(self._there(use) for use in uses if use.effect == "Allow"),
            some(self._there(use) for use in uses if use.effect == "Deny"),
        )

    # The identity's side

    def _identity_side(self) -> tuple[Formula, Formula, Formula]:
        """Return what IAM policies allow, what boundaries and session policies let pass, what all deny."""
        callers = self._scene.callers
        allow: list[Formula] = [callers.of_kind("root")]
        limits: list[Formula] = []
        deny: list[Formula] = []
        known: list[Formula] = []
        for identity in self._decision.identities:
            by = some(callers.named(named) for named in identity.named)
            known.append(by)
            allowed, denied = self._sides(identity.policies, by)
            allow.append(allowed)
            deny.append(denied)
            for limit in (identity.boundary, identity.session):
                if limit is not None:
                    allowed, denied = self._sides([limit], by)
                    limits.append(implies(by, allowed))
                    deny.append(denied)
            self.ties.append(implies(by, same(callers.boundary, identity.boundary is not None)))
        others = negate(some((*known, callers.of_kind("root"))))
        allowed, denied = self._sides(self._decision.anybody, others)
        allow += [allowed, every((others, self._unwritten_allows()))]
        deny.append(denied)
        self.ties.append(implies(callers.boundary, callers.of_kind("user", "role")))
        if self._unwritten == "free":
            limits.append(implies(others, Var("limits of IAM allow")))
        return some(allow), every(limits), some(deny)

    def _unwritten_allows(self) -> Formula:
        # One variable for all decisions of a scene: what IAM allows is no difference between them.
        if self._unwritten == "free":
            return IAM_ALLOWS
        if self._unwritten == "of strangers":
            return negate(self._same)
        return self._unwritten == "anything"

    # Together

    def _same_account(self) -> Formula:
        callers = self._scene.callers
        if self._decision.account is not None:
            return callers.of_account(self._decision.account)
        return every((Var("of the same account"), callers.of_kind(*AWS_KINDS)))

    def _root_can_always(self) -> Formula:
        if self._decision.resource is None:
            return False
        return self._scene.actions.where(
            kind.name.lower() in ROOT_CAN_ALWAYS for kind in self._scene.actions.all
        )

    def _mandatory(self) -> Formula:
        return self._scene.actions.where(
            kind.service in MANDATORY_SERVICES for kind in self._scene.actions.all
        )

    def _resource_allows(self, *levels: str) -> Formula:
        """Return what the resource's policy allows by naming its callers in one of these ways."""
        parts = []
        for statement, use in self._resource:
            if statement.effect == "Allow" and statement.principals is not None:
                by = some(
                    self._scene.callers.named(one)
                    for one in statement.principals.named
                    if level(one) in levels
                )
                parts.append(every((by, self._there(use))))
        return some(parts)

    def _granted(self) -> Formula:
        """Return what somebody allows, before any Deny."""
        identity = every((self._identity_allow, self._limits_allow))
        if self._decision.resource is None:
            return every((self._scene.callers.of_kind(*AWS_KINDS), identity))
        anyhow = self._resource_allows("everybody", "user", "session", "federated user", "unknown")
        as_role = self._resource_allows("role")
        to_account = self._resource_allows("account")
        to_all = some((anyhow, as_role, to_account, self._resource_allows("other")))
        own = some(
            (
                anyhow,
                every((as_role, self._limits_allow)),
                every((identity, implies(self._mandatory(), to_account))),
            )
        )
        foreign = every((identity, to_all))
        identities = self._scene.callers.of_kind(*AWS_KINDS)
        return some(
            (
                every((self._same, own)),
                every((identities, negate(self._same), foreign)),
                every((negate(identities), to_all)),
            )
        )


def _statements(policy: Policy | None) -> Iterator[Statement]:
    if policy is not None:
        yield from policy.statements
