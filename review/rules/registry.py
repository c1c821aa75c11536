"""Rules: a rule claims the values that it judges, and says what a change of them means."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from review.around import Around
from review.attributes import Attributes
from review.model import Finding


@dataclass(frozen=True)
class Subject:
    """A resource as a rule sees it.

    Attributes:
        kind: its type, such as `aws_s3_bucket`.
        was, now: its attributes before and after; of one that is new or gone, what AWS does without it.
        new: whether there was none before.
        around: what it depends on outside of it.
        begins: whether it is made with its bucket, and takes nothing from what was there.
    """

    kind: str
    was: Attributes
    now: Attributes
    new: bool = False
    around: Around = field(default_factory=Around)
    begins: bool = False


Judge = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule about resources of one type.

    Attributes:
        claims: the paths of the values that it judges, each with all below it.
        judge: says what their change means.
        new: whether it applies to a new resource, which weakens nothing that existed.
    """

    claims: tuple[str, ...]
    judge: Judge
    new: bool = True

    @cached_property
    def _begun(self) -> tuple[str, ...]:
        return tuple(f"{claim}." for claim in self.claims)

    def claimed(self, paths: Collection[str]) -> set[str]:
        """Return which of `paths` it judges."""
        return {one for one in paths if f"{one}.".startswith(self._begun)}


RULES: dict[str, list[Rule]] = {}
"""By the type of the resource."""


def rule(kinds: str | Sequence[str], *claims: str, new: bool = True) -> Callable[[Judge], Judge]:
    """Register what judges the values at `claims` of resources of `kinds`."""

    def register(judge: Judge) -> Judge:
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            RULES.setdefault(kind, []).append(Rule(claims, judge, new))
        return judge

    return register
