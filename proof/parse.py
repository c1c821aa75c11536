"""Reads policy documents; what IAM would not take is one clear error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, cast

from proof.grammar import (
    Condition,
    DocumentError,
    Effect,
    Listed,
    Named,
    Policy,
    PrincipalKind,
    Principals,
    Statement,
)
from proof.operators import operator

_VERSIONS = ("2008-10-17", "2012-10-17")
_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")


def _refuse(where: str, wrong: str, fix: str) -> NoReturn:
    raise DocumentError(f"{where}: {wrong}; {fix}")


def policy_text(text: str, name: str = "policy") -> Policy:
    """Return the policy that `text` holds as JSON.

    Raises:
        DocumentError: it is no JSON, or no policy.
    """
    try:
        # Numbers stay the text that they are: 1.20 is a decimal and no float.
        document = json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=_once)
        json.dumps(document, ensure_ascii=False).encode()  # refuses half of a surrogate pair
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{name}: no valid JSON: {error}; give a policy document as JSON") from error
    return policy(document, name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise ValueError(f"{twice!r} stands there twice")
    return found


def policy(document: object, name: str = "policy") -> Policy:
    """Return the policy that a document as a dict means.

    Args:
        document: the dict that its JSON stands for.
        name: what messages call it.

    Raises:
        DocumentError: it is no policy.
    """
    if not isinstance(document, Mapping):
        _refuse(name, f"a policy is an object, not {type(document).__name__}", "give {'Statement': […]}")
    if unknown := sorted(set(document) - {"Version", "Id", "Statement"}):
        _refuse(name, f"unknown element {unknown[0]!r}", "allowed are Version, Id, Statement")
    version = document.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        _refuse(name, f"Version is {version!r}", f"allowed are {' and '.join(_VERSIONS)}")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        _refuse(name, "it has no list of statements", "give Statement: […]")
    return Policy(
        tuple(_statement(one, name, number, version) for number, one in enumerate(statements, start=1)), name
    )


def _statement(given: object, name: str, number: int, version: str) -> Statement:
    where = f"{name}, statement {number}"
    if not isinstance(given, Mapping):
        _refuse(where, f"a statement is an object, not {type(given).__name__}", "give {'Effect': …}")
    if given.get("Sid"):
        where = f"{name}, statement {given['Sid']}"
    if unknown := sorted(str(one) for one in set(given) - _ELEMENTS):
        _refuse(where, f"unknown element {unknown[0]!r}", f"allowed are {', '.join(sorted(_ELEMENTS))}")
    effect = given.get("Effect")
    if effect not in ("Allow", "Deny"):
        _refuse(where, f"Effect is {effect!r}", "allowed are 'Allow' and 'Deny', in that case")
    found = tuple(conditions(given.get("Condition") or {}, where))
    if empty := [one for one in found if not one.values]:
        _refuse(where, f"{empty[0].operator.name} {empty[0].key} has no value", "name at least one")
    return Statement(
        sid=str(given.get("Sid") or number),
        effect=cast("Effect", effect),
        principals=_principals(given, where, effect),
        actions=_listed(given, "Action", where)
        or _refuse(where, "it has no Action", "add Action or NotAction"),
        resources=_listed(given, "Resource", where),
        conditions=found,
        variables=version == "2012-10-17",
    )


def _texts(given: object, where: str) -> tuple[str, ...]:
    """Return a text, number or bool, or a list of them, as texts."""
    found = []
    for one in given if isinstance(given, list | tuple) else [given]:
        if isinstance(one, bool):
            found.append("true" if one else "false")
        elif isinstance(one, str | int | float):
            found.append(str(one))
        else:
            _refuse(where, f"{one!r} is no text", "give a text or a list of texts")
    return tuple(found)


def _listed(given: Mapping[str, Any], element: str, where: str) -> Listed | None:
    present = [name for name in (element, f"Not{element}") if name in given]
    if not present:
        return None
    if len(present) == 2:
        _refuse(where, f"it has both {present[0]} and {present[1]}", "keep one of them")
    texts = _texts(given[present[0]], f"{where}, {present[0]}")
    if not texts:
        _refuse(where, f"{present[0]} is empty", "name at least one")
    if element == "Action":
        for text in texts:
            if text != "*" and ":" not in text:
                _refuse(
                    where, f"action {text!r} names no service", "write service:Action, such as s3:GetObject"
                )
    return Listed(texts, negated=present[0].startswith("Not"))


def _principals(given: Mapping[str, Any], where: str, effect: str) -> Principals | None:
    present = [name for name in ("Principal", "NotPrincipal") if name in given]
    if not present:
        return None
    if len(present) == 2:
        _refuse(where, "it has both Principal and NotPrincipal", "keep one of them")
    if present == ["NotPrincipal"] and effect == "Allow":
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        _refuse(where, "NotPrincipal with Allow is not supported by AWS", "use Principal with a condition")
    element = present[0]
    return Principals(tuple(_named(given[element], f"{where}, {element}")), negated=element == "NotPrincipal")


def _named(given: object, where: str) -> Iterator[Named]:
    if given == "*":
        yield Named("*", "*")
        return
    if not isinstance(given, Mapping) or not given:
        _refuse(where, f"{given!r} names nobody", 'give "*" or an object such as {"AWS": …}')
    for kind, texts in given.items():
        if kind not in _PRINCIPALS:
            _refuse(where, f"unknown kind {kind!r}", f"allowed are {', '.join(_PRINCIPALS)}")
        if texts == []:
            _refuse(where, f"{kind} names nobody", "name at least one")
        for text in _texts(texts, where):
            if kind == "AWS" and text != "*" and "*" in text:
                _refuse(where, f"{text!r} has a wildcard", 'only "*" alone is allowed; use aws:PrincipalArn')
            yield Named(cast("PrincipalKind", kind), text)


def conditions(given: object, where: str = "condition") -> Iterator[Condition]:
    """Yield the conditions of a Condition element.

    Raises:
        DocumentError: it has an unknown operator, or is no such element.
    """
    if not isinstance(given, Mapping):
        _refuse(where, f"Condition is {type(given).__name__}", "give {operator: {key: values}}")
    for name, keys in given.items():
        found = operator(str(name))
        if found is None:
            _refuse(where, f"unknown condition operator {name!r}", "see IAM's list of condition operators")
        if not isinstance(keys, Mapping):
            _refuse(where, f"{name} holds {type(keys).__name__}", "give {key: values}")
        lower = [str(key).lower() for key in keys]
        if len(set(lower)) < len(lower):
            _refuse(where, f"{name} names a key twice, but for its case", "merge the two")
        for key, values in keys.items():
            yield Condition(found, str(key).lower(), _texts(values, f"{where}, {name} {key}"))
