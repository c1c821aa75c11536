"""A review as plain text, for a terminal or a log."""

from collections.abc import Iterable, Iterator

from review.model import Finding, ResourceChange, Review
from review.render.escape import cut, visible_text


def text(review: Review) -> str:
    """Return `review` as text without colours; what could move a terminal's cursor is written out."""
    return "\n".join(visible_text(line) for line in _lines(review)) + "\n"


def _lines(review: Review) -> Iterator[str]:
    yield review.headline
    for title, findings in (
        ("Security findings", review.findings),
        ("Better than before", review.strengthenings),
    ):
        yield from _titled(title, (_finding(one) for one in findings))
    yield from _titled("Policy changes", _policies(review))
    for title, changes in (
        ("Resources", review.resources),
        ("Outputs", review.outputs),
        ("Changed outside of Terraform", review.drift),
    ):
        yield from _titled(title, _changes(changes))


def _titled(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield ""
        yield title
        yield from (f"  {line}" for line in listed)


def _finding(finding: Finding) -> str:
    severity = "" if finding.severity == "good" else f"{finding.severity:9} "
    address = f"{finding.address}: " if finding.address else ""
    return f"{severity}{address}{finding.said}"


def _policies(review: Review) -> Iterator[str]:
    for policy in review.policies:
        yield f"{policy.address} {policy.attribute}{': ' if policy.note else ''}{policy.note}"
        for statement in policy.statements:
            yield f"  {statement.sid or '(no Sid)'} {statement.change}"
            for part in statement.parts:
                before, after = ", ".join(part.before) or "(none)", ", ".join(part.after) or "(none)"
                yield f"    {part.element}: {before} -> {after}"


def _changes(changes: Iterable[ResourceChange]) -> Iterator[str]:
    for change in changes:
        yield f"{change.action:8} {change.address}{' ' if change.why else ''}{change.why}"
        for name in change.policies:
            yield f"  {name}: see above"
        for attribute in change.attributes:
            before, after = (
                "(none)" if side is None else cut(side, 200) for side in (attribute.before, attribute.after)
            )
            yield f"  {attribute.path}: {before} -> {after}"
