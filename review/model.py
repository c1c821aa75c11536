"""What a review says, before it is written as Markdown, text or JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

DANGEROUS, CAREFUL, GOOD = "dangerous", "careful", "good"
SEVERITIES = (DANGEROUS, CAREFUL, GOOD)

VERDICTS = {
    "no changes": "No changes",
    "safe": "Safe",
    CAREFUL: "Needs a careful look",
    DANGEROUS: "Dangerous",
}
"""The verdicts, from the best to the worst, and how they are said."""

NO_RULE = "there is no rule about a change of {}"
"""How a finding begins that is about a type of resource without rules."""

COUNTED: Mapping[str, str] = {
    "destroy": "destroys",
    "replace": "replaces",
    "forget": "forgets",
    "create": "creates",
    "update": "changes",
    "import": "imports",
    "move": "moves",
    "drift": "changed outside of Terraform",
}
"""What is counted, and how it is said; what is destroyed comes first."""


@dataclass(frozen=True)
class Finding:
    """What a change means for the safety of the data.

    Attributes:
        severity: `dangerous`, `careful` or `good`.
        address: the resource; empty where it is about the whole plan.
        words: what it means, as a clause without a full stop, with `{}` for each of `values`.
        values: what comes from the plan; the words are ours.
        remedy: what to do where a deploy does not simply put it back.
        example: a request that shows it, as a sentence; which of many is not always the same.
    """

    severity: str
    address: str
    words: str
    values: tuple[str, ...] = ()
    remedy: str = ""
    example: str = ""

    @property
    def said(self) -> str:
        """The words with the values in them."""
        pieces = self.words.split("{}")
        values = [*self.values, *["{}"] * len(pieces)]
        return pieces[0] + "".join(value + piece for value, piece in zip(values, pieces[1:], strict=False))

    def at(self, address: str) -> "Finding":
        """Return the finding as one about the resource at `address`."""
        return replace(self, address=address)

    def with_example(self, example: str) -> "Finding":
        """Return the finding with a request that shows it."""
        return replace(self, example=example)

    def redacted(self, text: Callable[[str], str]) -> "Finding":
        """Return the finding with `text` made of each of its texts."""
        return replace(
            self,
            address=text(self.address),
            words=text(self.words),
            values=tuple(map(text, self.values)),
            remedy=text(self.remedy),
            example=text(self.example),
        )


def dangerous(words: str, *values: object, remedy: str = "") -> Finding:
    """Return a finding that data is lost, cannot be used any more, is open to others, or less protected."""
    return Finding(DANGEROUS, "", words, tuple(map(written, values)), remedy)


def careful(words: str, *values: object) -> Finding:
    """Return a finding that somebody has to look at: neither known to be good nor known to be bad."""
    return Finding(CAREFUL, "", words, tuple(map(written, values)))


def good(words: str, *values: object) -> Finding:
    """Return a finding that something is better than before."""
    return Finding(GOOD, "", words, tuple(map(written, values)))


def written(value: object) -> str:
    """Return how a value of an attribute is said where it should be a text or a number."""
    if isinstance(value, str):
        return value
    return "(none)" if value is None else str(value) if isinstance(value, int) else "…"


@dataclass(frozen=True, order=True)
class Notice:
    """What Terraform says itself of a plan; `address` is the resource that it is about, if any."""

    summary: str
    detail: str = ""
    address: str = ""


@dataclass(frozen=True)
class Part:
    """One element of a policy statement, such as its actions, on both sides."""

    element: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class StatementChange:
    """A statement that is added, removed, changed or renamed; `parts` are the elements that differ."""

    sid: str
    change: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class PolicyChange:
    """The changes of one policy; `note` says why there are no statements to show, if so."""

    address: str
    attribute: str
    statements: tuple[StatementChange, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class AttributeChange:
    """One attribute, before and after, each written as JSON or as a placeholder; None where it is not set."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ResourceChange:
    """What happens to a resource or an output.

    Attributes:
        address: its address.
        action: what happens, such as `create`, or `move and update`.
        why: what forces its replacement, or where it was before; may be empty.
        policies: the attributes that hold policies, and differ; `PolicyChange` says how.
        attributes: the other attributes that differ.
    """

    address: str
    action: str
    why: str = ""
    policies: tuple[str, ...] = ()
    attributes: tuple[AttributeChange, ...] = ()


def _counted(what: str, number: int) -> str:
    words = COUNTED[what]
    return f"{number} {words}" if what == "drift" else f"{words} {number}"


@dataclass(frozen=True)
class Review:
    """A review of one plan.

    Attributes:
        verdict: one of `VERDICTS`.
        counts: how many resources there are of each of `COUNTED`.
        findings: what is dangerous or has to be looked at, the gravest first.
        strengthenings: what is better than before.
        policies, resources, outputs, drift: what changes; what is destroyed comes first.
        environment: its name; may be empty.
        names: by its address, what people call a resource, and its name, which may be empty.
        warnings: what Terraform warns of.
        raw: the plan as Terraform prints it, masked; may be empty.
    """

    verdict: str
    counts: Mapping[str, int]
    findings: tuple[Finding, ...] = ()
    strengthenings: tuple[Finding, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    resources: tuple[ResourceChange, ...] = ()
    outputs: tuple[ResourceChange, ...] = ()
    drift: tuple[ResourceChange, ...] = ()
    environment: str = ""
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()
    raw: str = ""

    @property
    def headline(self) -> str:
        """The environment and the verdict, and what happens to how many resources, the worst first."""
        verdict = VERDICTS[self.verdict]
        if self.environment:
            verdict = f"{self.environment}: {verdict[0].lower()}{verdict[1:]}"
        if self.verdict == "no changes":
            return verdict
        said = ", ".join(_counted(what, self.counts[what]) for what in COUNTED if self.counts.get(what))
        return f"{verdict}. {said[0].upper()}{said[1:]}" if said else f"{verdict}. No resource changes"


def at_least(verdict: str, limit: str) -> bool:
    """Return whether `verdict` is as bad as `limit` or worse."""
    order = list(VERDICTS)
    return order.index(verdict) >= order.index(limit)
