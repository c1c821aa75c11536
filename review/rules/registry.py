"""What a rule is: it claims the values that it judges, and says what a change of them means."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from review.attributes import Attributes, Json
from review.model import Finding
from review.values import is_unknown


class Budget:
    """How many statements of policies may still be compared exactly: a second's work for a whole plan."""

    def __init__(self, statements: int = 80) -> None:
        self._left = statements

    def allows(self, statements: int) -> bool:
        """Return whether so many more may be compared, and count them."""
        self._left -= statements
        return self._left >= 0


@dataclass(frozen=True)
class Around:
    """What the judgement of one resource depends on beyond it.

    Attributes:
        own_accounts: the accounts that are ours; empty where the plan does not tell.
        new_buckets, gone_buckets: names of buckets that the plan makes or destroys.
        renamed: the new name of each bucket that is replaced by one of another name.
        configured: the attributes that the configuration gives to each resource, by its address without keys.
        budget: for comparing policies exactly; beyond it they are judged by their clauses alone.
    """

    own_accounts: Collection[str] = ()
    new_buckets: Collection[str] = ()
    gone_buckets: Collection[str] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    configured: Mapping[str, frozenset[str]] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def goes_with_its_bucket(self, setting: Attributes) -> bool:
        """Return whether the bucket that a setting is of is destroyed as well."""
        name = setting.get("bucket")
        return isinstance(name, str) and name in self.gone_buckets


@dataclass(frozen=True)
class Subject:
    """A resource as a rule sees it.

    Attributes:
        kind: its type, such as `aws_s3_bucket`.
        was, now: its attributes before and after; of one that is new or gone, what AWS does without it.
        new: whether there was none before.
        around: what it depends on beyond itself.
    """

    kind: str
    was: Attributes
    now: Attributes
    new: bool = False
    around: Around = field(default_factory=Around)


def is_new_bucket(name: Json, around: Around) -> bool:
    """Return whether a bucket's name is of one that the plan makes; such a name may not be known yet."""
    return is_unknown(name) or (isinstance(name, str) and name in around.new_buckets)


Judge = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule about resources of one type.

    Attributes:
        claims: the paths of the values that it judges, each with all below it.
        judge: says what their change means.
        new: whether it has anything to say of a new resource; what is new weakens nothing that was there.
    """

    claims: tuple[str, ...]
    judge: Judge
    new: bool = True

    @cached_property
    def _begun(self) -> tuple[str, ...]:
        return tuple(f"{claim}." for claim in self.claims)

    def claimed(self, paths: Collection[str]) -> set[str]:
        """Return which of `paths` it judges."""
        return {
            one for one in paths if any(one == claim or one.startswith(f"{claim}.") for claim in self.claims)
        }


RULES: dict[str, list[Rule]] = {}
"""By the type of the resource."""


def rule(kinds: str | Sequence[str], *claims: str, new: bool = True) -> Callable[[Judge], Judge]:
    """Register what judges the values at `claims` of resources of `kinds`."""

    def register(judge: Judge) -> Judge:
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            RULES.setdefault(kind, []).append(Rule(claims, judge, new))
        return judge

    return register
