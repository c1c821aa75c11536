"""Tags by which policies decide: a change of one gives or takes permission, and no policy changes.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from review.around import Around
from review.attributes import Attributes
from review.facts.kinds import KEYS
from review.masking import is_unknown
from review.model import Finding, careful
from review.policies import Statement, parse_policy

Json = Any
LABELS = ("environment", "project")
"""By these tags, a role that deploys an environment is kept off the keys of others."""
TAGS = ("tags_all", "tags")
PRINCIPALS = ("aws_iam_role", "aws_iam_user")
_KEY = re.compile(r"[^:]+:([a-z-]*tag)/(.+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{[^:}]+:([a-z-]*tag)/([^,}]+)", re.IGNORECASE)
OF_A_REQUEST = ("requesttag", "requestobjecttag", "existingobjecttag")
"""Tags that a request sets, and those of objects, of which each change is reported."""


def asked_tags(resources: Iterable[Json]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of tags, in small letters, by which policies decide: of principals, and of resources.

    Args:
        resources: the attributes of each resource and data source, with policies among them.
    """
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for attributes in resources:
        for statement in _statements(attributes):
            for kind, key in _tags(statement):
                if kind not in OF_A_REQUEST:
                    found[kind == "principaltag"].add(key.strip())
    return frozenset(found[True]), frozenset(found[False])


def _statements(attributes: Json) -> Iterator[Statement]:
    for value in attributes.values() if isinstance(attributes, dict) else ():
        if isinstance(value, str):
            policy = parse_policy(value)
            yield from policy.statements if policy else ()
        elif isinstance(value, list):  # blocks, such as a role's inline policies
            for one in value:
                yield from _statements(one)


def _tags(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield the kind, such as `principaltag`, and the key of each tag that a statement asks for."""
    named = [match.groups() for _, key in statement.conditions if (match := _KEY.fullmatch(key))]
    texts = (
        one for values in (*statement.conditions.values(), *statement.elements.values()) for one in values
    )
    for kind, key in (*named, *(found for text in texts for found in _VARIABLE.findall(text))):
        yield kind.lower(), key.lower()


def tag_findings(
    kind: str, was: Attributes | None, now: Attributes, around: Around, judged: Collection[str]
) -> Iterator[Finding]:
    """Yield each tag that changes, and by which a policy decides.

    Args:
        kind: the type of the resource that has the tags.
        was: its attributes before; None if it is new: then only a principal's tags give permission.
        now: its attributes after, with placeholders for unknown values.
        around: which tags policies ask for.
        judged: the paths that rules of its own judge.
    """
    asked = {*around.principal_tags} if kind in PRINCIPALS else set()
    if was is not None:
        asked |= {*around.resource_tags, *(LABELS if kind in KEYS else ())}
    old, new = _of(was or {}), _of(now)
    unknown = any(is_unknown(now.get(one)) for one in TAGS)
    for name in sorted(new if unknown else old | new):
        changes = name.lower() in asked and old.get(name) != new.get(name)
        if changes and not {f"tags.{name}", f"tags_all.{name}"} & {*judged}:
            words = f"its tag {{}} is {{}} now, and was {{}}: {_why(kind, name, new.get(name))}"
            yield careful(words, name, new.get(name), old.get(name))
    rest = sorted(asked - {name.lower() for name in new})
    if rest and unknown:
        yield careful("its tags are known only after apply, and policies decide by {}", ", ".join(rest))


def _why(kind: str, name: str, value: Json) -> str:
    if kind not in KEYS or name.lower() not in LABELS:
        return "a policy decides by it"
    if value:
        return "a role that deploys resources with this tag may delete the key"
    return "roles of other environments and projects are no longer kept off the key"


def _of(side: Attributes) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for one in TAGS:
        found |= value if isinstance(value := side.get(one), dict) else {}
    return found
