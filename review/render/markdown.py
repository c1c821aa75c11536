"""A review as Markdown, for one comment on a pull request."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from review.model import Finding, PolicyChange, ResourceChange, Review
from review.render.escape import code, sentence

LIMIT = 65_000
"""The most characters of a comment; GitHub takes 65,536."""

_SIGNS = {"no changes": "⚪", "safe": "🟢", "careful": "🟡", "dangerous": "🔴"}
_MOST_VALUES = 12
_SUMMARY_NAMES = 6


@dataclass(frozen=True)
class _Section:
    """A part of the comment that is cut between rows.

    Attributes:
        head, foot: what stands around the rows.
        rows: the rows; only as many as fit are ever written.
        count: how many rows there are.
        noun: what a row is, for the line that says how many were left out.
    """

    head: str
    rows: Iterable[str]
    count: int
    noun: str
    foot: str = ""
    omission: str = field(default="\n*… and {number} more {noun}: the comment is full.*\n")

    def left_out(self, number: int) -> str:
        return self.omission.format(number=number, noun=self.noun)


def markdown(review: Review, *, marker: str = "", limit: int = LIMIT) -> str:
    """Return `review` as Markdown of at most `limit` characters.

    Args:
        review: the review.
        marker: text for a hidden comment at the top, by which the comment is found again.
        limit: the most characters.
    """
    hidden = f"<!-- {_comment(marker)} -->\n" if marker else ""
    start = f"{hidden}## {_SIGNS[review.verdict]} {review.headline}\n"
    sections = [section for section in _sections(review) if section.count]
    left = limit - len(start)
    # What every section needs even when it is cut, so that the last one still says that it was.
    fixed = [
        len(section.head) + len(section.foot) + len(section.left_out(section.count)) for section in sections
    ]
    left -= sum(fixed)
    parts = [start]
    for section in sections:
        parts.append(section.head)
        kept = 0
        for row in section.rows:
            if len(row) > left:
                break
            left -= len(row)
            kept += 1
            parts.append(row)
        parts.append(section.foot)
        if kept < section.count:
            parts.append(section.left_out(section.count - kept))
    return "".join(parts)


def _comment(text: str) -> str:
    # A comment ends at `-->`, and must not begin with `>`.
    return "".join(c for c in text if c.isprintable()).replace("--", "- -").replace(">", "")


def _sections(review: Review) -> Iterator[_Section]:
    for title, findings in (
        ("Security findings", review.findings),
        ("Better than before", review.strengthenings),
    ):
        yield _Section(f"\n### {title}\n\n", map(_finding, findings), len(findings), "findings")
    yield _Section(
        "\n### Policy changes\n\n| statement | element | before | after |\n|---|---|---|---|\n",
        (row for policy in review.policies for row in _policy_rows(policy)),
        sum(1 + sum(len(one.parts) for one in policy.statements) for policy in review.policies),
        "rows",
    )
    yield _Section(
        "\n### Resources\n\n| action | resource | what changes |\n|---|---|---|\n",
        map(_resource_row, review.resources),
        len(review.resources),
        "resources",
    )
    yield _Section(
        "\n### Outputs\n\n| output | before | after |\n|---|---|---|\n",
        (row for one in review.outputs for row in _attribute_rows(one, with_path=False)),
        sum(len(one.attributes) for one in review.outputs),
        "rows",
    )
    yield _collapsed("Changed outside of Terraform", review.drift)
    yield _collapsed("Attribute changes", review.resources)


def _collapsed(title: str, changes: Sequence[ResourceChange]) -> _Section:
    count = sum(len(one.attributes) for one in changes)
    head = (
        f"\n<details><summary>{title} ({count})</summary>\n\n"
        "| resource | attribute | before | after |\n|---|---|---|---|\n"
    )
    rows = (row for one in changes for row in _attribute_rows(one, with_path=True))
    return _Section(head, rows, count, "rows", "\n</details>\n")


def _finding(finding: Finding) -> str:
    pieces = finding.words.split("{}")
    said = sentence(pieces[0])
    for place, piece in enumerate(pieces[1:]):
        said += _said(finding.values[place] if place < len(finding.values) else "{}") + sentence(piece)
    severity = "" if finding.severity == "good" else f"**{finding.severity}** "
    address = f"{code(finding.address)}: " if finding.address else ""
    return f"- {severity}{address}{said}\n"


def _said(value: str) -> str:
    return value if value.isascii() and value.isdigit() and len(value) < 10 else code(value, 600)


def _policy_rows(policy: PolicyChange) -> Iterator[str]:
    title = f"**{code(policy.address)}** {code(policy.attribute)}"
    if not policy.statements:
        yield f"| {title} | | {policy.note} | |\n"
        return
    yield f"| {title} | | | |\n"
    for statement in policy.statements:
        name = code(statement.sid) if statement.sid else "(no Sid)"
        for place, part in enumerate(statement.parts):
            cell = f"{name} {statement.change}" if place == 0 else ""
            yield f"| {cell} | {sentence(part.element)} | {_values(part.before)} | {_values(part.after)} |\n"


def _values(values: tuple[str, ...]) -> str:
    more = len(values) - _MOST_VALUES
    return "<br>".join([*map(code, values[:_MOST_VALUES]), *([f"… and {more} more"] if more > 0 else [])])


def _resource_row(change: ResourceChange) -> str:
    names = [*change.policies, *(attribute.path for attribute in change.attributes)]
    what = ", ".join(code(name, 60) for name in names[:_SUMMARY_NAMES])
    if len(names) > _SUMMARY_NAMES:
        what += f" and {len(names) - _SUMMARY_NAMES} more"
    if change.why:
        what = f"{sentence(change.why)}{'; ' if what else ''}{what}"
    return f"| {change.action} | {code(change.address)} | {what} |\n"


def _attribute_rows(change: ResourceChange, *, with_path: bool) -> Iterator[str]:
    for attribute in change.attributes:
        path = f"{code(attribute.path)} | " if with_path else ""
        address = code(change.address)
        yield f"| {address} | {path}{_value(attribute.before)} | {_value(attribute.after)} |\n"


def _value(value: str | None) -> str:
    return "" if value is None else code(value)
