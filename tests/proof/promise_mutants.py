"""Every policy of an environment with one part of one statement changed, to see that some promise notices."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

POLICIES = {
    "aws_s3_bucket_policy": "policy",
    "aws_kms_key": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_iam_policy": "policy",
    "aws_iam_role": "assume_role_policy",
}
"""Where policies stand, by the type of the resource."""


@dataclass(frozen=True)
class Mutant:
    """The stacks of an environment with one change.

    Attributes:
        policy: what is changed, such as `secure-bucket/policy`.
        sid: the statement.
        change: in words.
        stacks: the synthesized JSON with it.
    """

    policy: str
    sid: str
    change: str
    stacks: Mapping[str, Json]

    def __str__(self) -> str:
        return f"{self.policy} {self.sid}: {self.change}"


def mutants(stacks: Mapping[str, Json]) -> Iterator[Mutant]:
    """Yield each change of each policy."""
    for stack, content in stacks.items():
        for kind, attribute in POLICIES.items():
            for identifier, resource in content.get("resource", {}).get(kind, {}).items():
                name = resource["//"]["metadata"]["path"].partition("/")[2]
                text = resource[attribute]
                for sid, change, document in _changes(json.loads(text)):
                    changed = copy.copy(resource) | {attribute: json.dumps(document)}
                    yield Mutant(name, sid, change, _with(stacks, stack, kind, identifier, changed))


def _with(
    stacks: Mapping[str, Json], stack: str, kind: str, identifier: str, resource: Json
) -> Mapping[str, Json]:
    content = stacks[stack]
    of_kind = content["resource"][kind] | {identifier: resource}
    return {**stacks, stack: content | {"resource": content["resource"] | {kind: of_kind}}}


def _changes(document: Json) -> Iterator[tuple[str, str, Json]]:
    for number, statement in enumerate(document["Statement"]):
        left = [one for place, one in enumerate(document["Statement"]) if place != number]
        if left:
            yield statement["Sid"], "is gone", {**document, "Statement": left}
        for change, changed in _of_statement(statement):
            statements = list(document["Statement"])
            statements[number] = changed
            yield statement["Sid"], change, {**document, "Statement": statements}


def _of_statement(statement: Json) -> Iterator[tuple[str, Json]]:
    yield from _lists(statement)
    yield from _wider(statement)
    yield from _narrower(statement)
    yield from _conditions(statement)


def _lists(statement: Json) -> Iterator[tuple[str, Json]]:
    """Leave out one value of a list."""
    for element in ("Action", "Resource"):
        values = statement.get(element)
        if isinstance(values, list) and len(values) > 1:
            for value in values:
                yield f"{element} without {value}", statement | {element: [x for x in values if x != value]}
    named = statement.get("Principal", {})
    values = named.get("AWS") if isinstance(named, dict) else None
    if isinstance(values, list) and len(values) > 1:
        for value in values:
            kept = {"AWS": [x for x in values if x != value]}
            yield f"Principal without {value}", statement | {"Principal": kept}


def _wider(statement: Json) -> Iterator[tuple[str, Json]]:
    first = statement["Action"] if isinstance(statement["Action"], str) else statement["Action"][0]
    every = f"{first.partition(':')[0]}:*"
    if statement["Action"] != every:
        yield f"Action {every}", statement | {"Action": every}
    if statement.get("Resource", "*") != "*":
        yield "Resource *", statement | {"Resource": "*"}
    if statement.get("Principal", "*") != "*":
        yield "Principal *", statement | {"Principal": "*"}
        stranger = {"AWS": "arn:aws:iam::999988887777:root"}
        yield "Principal of another account", statement | {"Principal": stranger}


def _narrower(statement: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(statement["Action"], str):
        service = statement["Action"].partition(":")[0]
        yield "Action narrowed", statement | {"Action": f"{service}:GetBucketLocation"}
    if isinstance(statement.get("Resource"), str) and statement["Resource"] != "*":
        yield "Resource narrowed", statement | {"Resource": statement["Resource"].replace("*", "") + "x*"}
    if statement.get("Principal") == "*":
        narrowed = {"AWS": "arn:aws:iam::999988887777:root"}
        yield "Principal narrowed", statement | {"Principal": narrowed}


def _conditions(statement: Json) -> Iterator[tuple[str, Json]]:
    for operator, block in statement.get("Condition", {}).items():
        for key, values in block.items():
            rest = {name: value for name, value in block.items() if name != key}
            yield f"{operator} {key} is gone", _with_block(statement, operator, rest)
            if operator == "Null":
                turned = block | {key: "true" if values == "false" else "false"}
                yield f"Null {key} turned round", _with_block(statement, operator, turned)
                continue
            if isinstance(values, list) and len(values) > 1:
                for value in values:
                    kept = block | {key: [x for x in values if x != value]}
                    yield f"{operator} {key} without {value}", _with_block(statement, operator, kept)
            yield (
                f"{operator} {key} otherwise",
                _with_block(statement, operator, block | {key: _other(values)}),
            )


def _other(values: Any) -> str:
    first = values[0] if isinstance(values, list) else values
    if first in ("true", "false"):
        return "true" if first == "false" else "false"
    if first.replace(".", "", 1).isdigit() and len(first) != 12:
        return str(float(first) * 2)
    if "/" in first and first[0].isdigit():
        return "198.18.0.0/15"
    return f"{first.rstrip('*')}x"


def _with_block(statement: Json, operator: str, block: Json) -> Json:
    condition = {name: keys for name, keys in statement["Condition"].items() if name != operator}
    if block:
        condition[operator] = block
    changed = {name: value for name, value in statement.items() if name != "Condition"}
    return changed | ({"Condition": condition} if condition else {})
