"""A review as plain text, for a terminal or a log."""

from collections.abc import Iterable, Iterator

from review.model import Notice, ResourceChange, Review
from review.render.escape import cut, visible_text
from review.render.grouped import Group, grouped


def text(review: Review) -> str:
    """Return `review` as text without colours; what could move a terminal's cursor is written out."""
    return "\n".join(visible_text(line) for line in _lines(review)) + "\n"


def _lines(review: Review) -> Iterator[str]:
    yield review.headline
    for title, findings in (
        ("Look at this", review.findings),
        ("Better than before", review.strengthenings),
    ):
        groups = grouped(findings, review.names)
        yield from _titled(title, (line for group in groups for line in _group(group)))
    yield from _titled("Warnings", map(_warning, review.warnings))
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


def _group(group: Group) -> Iterator[str]:
    called = f"{group.what} {group.name}".strip()
    if group.address:
        yield f"{called} ({group.address})" if called else group.address
    else:
        yield "the plan"
    for one in group.findings:
        severity = "" if one.severity == "good" else f"{one.severity}: "
        yield f"  {severity}{one.said}" + (f"; for example, {one.example}" if one.example else "")


def _warning(one: Notice) -> str:
    where = f" ({one.address})" if one.address else ""
    return f"{one.summary}{where}{': ' if one.detail else ''}{' '.join(one.detail.split())}"


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
            where = f"{attribute.path}: " if attribute.path else ""  # an output that is one value has none
            yield f"  {where}{before} -> {after}"
