"""Changes made by hand: a refresh-only plan, judged by the same rules and in the same words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from review.attributes import Json, differences
from review.judgement import in_order, judged, real_drift, shown, unjudged_kinds
from review.masking import Redactor, secrets_of
from review.model import Finding
from review.plan import Plan
from review.surroundings import around_of


@dataclass(frozen=True)
class Drift:
    """One resource that is not as the state says.

    Attributes:
        address: its address.
        gone: whether it does not exist any more.
        attributes: the attributes that differ, each with what it was and is; a sensitive one is masked.
        findings: what that means, the gravest first. No secret of the plan is in any of it.
    """

    address: str
    gone: bool
    attributes: Mapping[str, tuple[Json, Json]]
    findings: tuple[Finding, ...]


def drifts_of(plan: Plan) -> Iterator[Drift]:
    """Yield each resource that drifted, by a refresh-only plan."""
    around, redactor = around_of(plan), Redactor(secrets_of(plan.document))
    for change in real_drift(plan):
        found = [*judged(change, around), *unjudged_kinds([change])]
        was, now = (side if isinstance(side, dict) else {} for side in shown(change))
        gone = change.action == "destroy"
        yield Drift(
            redactor.text(change.address),
            gone,
            {} if gone else _attributes(was, now, redactor),
            tuple(one.redacted(redactor.text) for one in in_order(found)),
        )


def _attributes(
    before: Mapping[str, Json], after: Mapping[str, Json], redactor: Redactor
) -> dict[str, tuple[Json, Json]]:
    names = {path.partition(".")[0] for path in differences(before, after)}
    if "tags_all" in names:
        names -= {"tags"}  # are among the others
    return {
        name: (redactor.value(before.get(name)), redactor.value(after.get(name))) for name in sorted(names)
    }
