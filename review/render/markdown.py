"""A review as Markdown, for one comment on a pull request."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from review.model import Finding, Notice, PolicyChange, ResourceChange, Review, StatementChange
from review.render.escape import code, cut, sentence, visible_text
from review.render.grouped import Group, grouped, with_rules, without_rules

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
    kept: int = 0
    """How many of its first rows have their room before any other section."""

    def left_out(self, number: int) -> str:
        return self.omission.format(number=number, noun=self.noun)


def markdown(review: Review, *, marker: str = "", limit: int = LIMIT, label: str = "") -> str:
    """Return `review` as Markdown of at most `limit` characters.

    Args:
        review: the review.
        marker: text for a hidden comment at the top, by which the comment is found.
        limit: the most characters.
        label: the label of a pull request that lets a dangerous plan be merged, if there is one.
    """
    hidden = f"<!-- {_comment(marker)} -->\n" if marker else ""
    start = f"{hidden}## {_SIGNS[review.verdict]} {_headline(review)}\n"
    sections = [section for section in _sections(review, label) if section.count]
    left = limit - len(start)
    # What every section needs even when it is cut, so that the last one still says that it was.
    left -= sum(
        len(section.head) + len(section.foot) + len(section.left_out(section.count)) for section in sections
    )
    shares = [_share(section, limit // 3) for section in sections]
    parts = [start]
    for place, section in enumerate(sections):
        parts.append(section.head)
        room = left - sum(shares[place + 1 :])
        rows = list(_fitting(section.rows, room))
        left -= sum(map(len, rows))
        parts += [*rows, section.foot]
        if len(rows) < section.count:
            parts.append(section.left_out(section.count - len(rows)))
    return "".join(parts)


def _share(section: _Section, most: int) -> int:
    """Return how much room a section has for itself, whatever comes before it."""
    return sum(map(len, _fitting(islice(section.rows, section.kept), most)))


def _fitting(rows: Iterable[str], room: int) -> Iterator[str]:
    for row in rows:
        room -= len(row)
        if room < 0:
            return
        yield row


def _headline(review: Review) -> str:
    before, colon, after = review.headline.partition(": ")
    return f"{sentence(f'{before}:')} {after}" if review.environment and colon else review.headline


def _comment(text: str) -> str:
    # A comment ends at `-->`, and must not begin with `>`.
    return "".join(c for c in text if c.isprintable()).replace("--", "- -").replace(">", "")


def _sections(review: Review, label: str) -> Iterator[_Section]:
    groups = grouped(with_rules(review), review.names)
    yield _Section(
        "\n### Look at this\n\n",
        [row for group in groups for row in _group_rows(group)],
        sum(1 + len(group.findings) for group in groups),
        "findings",
    )
    yield _unjudged(without_rules(review))
    yield _warnings(review.warnings)
    steps = list(_next_steps(review, label))
    yield _Section("\n### What to do next\n\n", steps, len(steps), "steps", kept=len(steps))
    yield _Section(
        "\n### Resources\n\n| action | resource | what changes |\n|---|---|---|\n",
        [_resource_row(one, review.names) for one in review.resources],
        len(review.resources),
        "resources",
        kept=sum(one.action in _GOES for one in review.resources),
    )
    lines = [row for policy in review.policies for row in _policy_lines(policy, review.names)]
    yield _Section("\n### Policy changes\n\n", lines, len(lines), "statements")
    better = grouped(review.strengthenings, review.names)
    yield _Section(
        "\n<details><summary>Better than before</summary>\n\n",
        [row for group in better for row in _group_rows(group)],
        sum(1 + len(group.findings) for group in better),
        "findings",
        "\n</details>\n",
    )
    tables = [row for policy in review.policies for row in _policy_rows(policy)]
    yield _Section(
        "\n<details><summary>Policies, element by element</summary>\n\n"
        "| statement | element | before | after |\n|---|---|---|---|\n",
        tables,
        len(tables),
        "rows",
        "\n</details>\n",
    )
    yield _Section(
        "\n### Outputs\n\n| output | before | after |\n|---|---|---|\n",
        [row for one in review.outputs for row in _attribute_rows(one, with_path=False)],
        sum(len(one.attributes) for one in review.outputs),
        "rows",
    )
    yield _collapsed("Changed outside of Terraform", review.drift)
    yield _collapsed("Attribute changes", review.resources)
    yield _raw(review.raw)


_GOES = ("destroy", "replace", "forget", "forget and create", "destroy (left over)")


def _unjudged(findings: Sequence[Finding]) -> _Section:
    # Within HTML nothing is a code span: only what is a type's name for certain.
    kinds = [one.values[0] for one in findings if re.fullmatch("[a-z0-9_]{1,80}", one.values[0])]
    what = f"{len(findings)} type{'s' * (len(findings) != 1)}: {', '.join(kinds[:_MOST_VALUES])}"
    rows = [f"- {_said(one.values[0])}: {code(one.address)}\n" for one in findings]
    head = f"\n<details><summary>No rules for {what}</summary>\n\n"
    return _Section(head, rows, len(rows), "types", "\n</details>\n")


def _warnings(warnings: Sequence[Notice]) -> _Section:
    rows = [
        f"- {sentence(one.summary)}{f' ({code(one.address)})' if one.address else ''}"
        f"{': ' if one.detail else ''}{sentence(cut(' '.join(one.detail.split()), 600))}\n"
        for one in warnings
    ]
    head = f"\n<details><summary>Warnings ({len(rows)})</summary>\n\n"
    return _Section(head, rows, len(rows), "warnings", "\n</details>\n")


def _raw(raw: str) -> _Section:
    # Nothing in it ends the block of code: that has more backticks.
    fence = "`" * (max([2, *map(len, re.findall("`+", raw))]) + 1)
    rows = [f"{visible_text(line)}\n" for line in raw.split("\n")] if raw else []
    head = f"\n<details><summary>The plan as Terraform prints it</summary>\n\n{fence}hcl\n"
    return _Section(head, rows, len(rows), "lines", f"{fence}\n\n</details>\n")


def _next_steps(review: Review, label: str) -> Iterator[str]:
    """Yield what to do about the findings."""
    if review.verdict == "dangerous":
        gone = any(one.action in _GOES for one in review.resources)
        kept = ", or keep the destroyed resources in the configuration (under a new name, with a moved block)"
        yield f"- Fix what is dangerous above{kept if gone else ''}, and plan again.\n"
        how = f"set the label {code(label)}" if label else "approve it in the review"
        yield f"- If it is intended: someone who may decide that must {how}.\n"
    elif review.verdict == "careful":
        yield "- Look at each line above: none of it is known to be dangerous, and none to be safe.\n"


def _title(what: str, name: str, address: str) -> str:
    """Return a resource by its name, and then its address."""
    called = f"**{sentence(what)}**" + (f" {code(name, 100)}" if name else "") if what else ""
    return " · ".join(filter(None, [called, code(address)]))


def _group_rows(group: Group) -> Iterator[str]:
    title = _title(group.what, group.name, group.address) if group.address else "**the plan**"
    yield f"- {title}\n"
    for one in group.findings:
        severity = "" if one.severity == "good" else f"**{one.severity}** "
        example = f"; for example, {code(one.example, 300)}" if one.example else ""
        yield f"  - {severity}{_words(one)}{example}\n"


def _words(finding: Finding) -> str:
    pieces = finding.words.split("{}")
    said = sentence(pieces[0])
    for place, piece in enumerate(pieces[1:]):
        said += _said(finding.values[place] if place < len(finding.values) else "{}") + sentence(piece)
    return said


def _said(value: str) -> str:
    return value if value.isascii() and value.isdigit() and len(value) < 10 else code(value, 600)


def _policy_lines(policy: PolicyChange, names: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    title = _title(*names.get(policy.address, ("", "")), policy.address)
    yield f"- {title}{f': {policy.note}' if policy.note else ''}\n"
    for one in policy.statements:
        yield f"  - {code(one.sid) if one.sid else '(no Sid)'} {one.change}{_in_short(one)}\n"


def _in_short(one: StatementChange) -> str:
    if one.change == "renamed":
        return ""
    if one.change != "changed":
        side = {part.element: part.after if one.change == "added" else part.before for part in one.parts}
        where = [f"{word}{_few(side[name])}" for name, word in _ABOUT if side.get(name)]
        return f": {' '.join([*side.get('Effect', ()), *where])}"
    shown = [f"{sentence(part.element)} {_few(part.before)} → {_few(part.after)}" for part in one.parts[:3]]
    more = f" and {len(one.parts) - 3} more" if len(one.parts) > 3 else ""
    return f": {'; '.join(shown)}{more}"


_ABOUT = (
    *(("Action", ""), ("NotAction", "all but "), ("Principal", "for "), ("NotPrincipal", "for all but ")),
    *(("Resource", "on "), ("NotResource", "on all but ")),
)


def _few(values: tuple[str, ...]) -> str:
    more = f" and {len(values) - 3} more" if len(values) > 3 else ""
    return ", ".join(code(value, 100) for value in values[:3]) + more or "nothing"


def _collapsed(title: str, changes: Sequence[ResourceChange]) -> _Section:
    count = sum(len(one.attributes) for one in changes)
    head = (
        f"\n<details><summary>{title} ({count})</summary>\n\n"
        "| resource | attribute | before | after |\n|---|---|---|---|\n"
    )
    rows = (row for one in changes for row in _attribute_rows(one, with_path=True))
    return _Section(head, rows, count, "rows", "\n</details>\n")


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


def _resource_row(change: ResourceChange, names: Mapping[str, tuple[str, str]]) -> str:
    changed = [*change.policies, *(attribute.path for attribute in change.attributes)]
    what = ", ".join(code(name, 60) for name in changed[:_SUMMARY_NAMES])
    if len(changed) > _SUMMARY_NAMES:
        what += f" and {len(changed) - _SUMMARY_NAMES} more"
    if change.why:
        what = f"{sentence(change.why)}{'; ' if what else ''}{what}"
    action = f"**{change.action}**" if change.action in _GOES else change.action
    title = _title(*names.get(change.address, ("", "")), change.address)
    return f"| {action} | {title} | {what} |\n"


def _attribute_rows(change: ResourceChange, *, with_path: bool) -> Iterator[str]:
    for attribute in change.attributes:
        path = f"{code(attribute.path)} | " if with_path else ""
        address = code(change.address)
        yield f"| {address} | {path}{_value(attribute.before)} | {_value(attribute.after)} |\n"


def _value(value: str | None) -> str:
    return "" if value is None else code(value)
