"""One policy and one request at a time, evaluated literally: what the engine is compared with.

Independent of proof/: nothing of it is imported. Three answers: True, False,
and None for what AWS's pages do not say.
"""

import functools
import ipaddress
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Answer = bool | None
SEVERAL = {"s3:requestobjecttagkeys", "aws:tagkeys", "kms:resourcealiases", "aws:principalorgpaths"}


@dataclass(frozen=True)
class Request:
    """One request; keys of the context in lower case."""

    kind: str
    action: str
    resource: str
    arn: str | None = None
    account: str | None = None
    session: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    boundary: bool = False


def both(answers: Iterable[Answer]) -> Answer:
    found: Answer = True
    for one in answers:
        if one is False:
            return False
        found = None if one is None else found
    return found


def either(answers: Iterable[Answer]) -> Answer:
    return opposite(both(map(opposite, answers)))


def opposite(answer: Answer) -> Answer:
    return None if answer is None else not answer


# What nobody knows

_assumed: dict[Hashable, bool] = {}
_open: dict[Hashable, None] = {}


def unknown(*what: Hashable) -> Answer:
    """What AWS does not say of `what`: None, unless it is assumed."""
    if what not in _assumed:
        _open[what] = None
    return _assumed.get(what)


def whatever_is_unknown(ask: Callable[[], Answer]) -> Answer:
    """What `ask` answers whatever is true of what nobody knows; None where it depends on that."""
    _open.clear()
    answer = ask()
    if answer is not None or not _open:
        return answer
    what = next(iter(_open))
    found = set()
    for guess in (True, False):
        _assumed[what] = guess
        found.add(whatever_is_unknown(ask))
        del _assumed[what]
        if None in found or len(found) > 1:
            return None
    return found.pop()


# Text


def _regex(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)


def _expanded(text: str, *, variables: bool) -> tuple[str, bool]:
    """The text with its escapes hidden, and whether a policy variable is left in it."""
    if not variables:
        return text, False
    text = text.replace("${*}", "\x01").replace("${?}", "\x02").replace("${$}", "\x03")
    return text, re.search(r"\$\{[\w.-]+:[^}]*\}", text) is not None


def _shown(regex: str) -> str:
    for hidden, shown in (("\x01", r"\*"), ("\x02", r"\?"), ("\x03", r"\$")):
        regex = regex.replace(re.escape(hidden), shown).replace(hidden, shown)
    return regex


@functools.cache
def _compiled(pattern: str, *, variables: bool, wildcards: bool) -> tuple[re.Pattern[str], bool]:
    """What a text must match, and whether a variable in it stands for any text or for none."""
    text, variable = _expanded(pattern, variables=variables)
    parts = re.split(r"\$\{[\w.-]+:[^}]*\}", text) if variable else [text]
    regex = ".*".join(_regex(part) if wildcards else re.escape(part) for part in parts)
    return re.compile(_shown(regex), re.DOTALL), variable


def like(value: str, pattern: str, *, variables: bool, wildcards: bool = True) -> Answer:
    regex, variable = _compiled(pattern, variables=variables, wildcards=wildcards)
    if not regex.fullmatch(value):
        return False
    return unknown("variable", value, pattern, wildcards) if variable else True


def arn_like(value: str, pattern: str, *, variables: bool) -> Answer:
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    if len(wanted) < 6:
        return unknown("arn", value, pattern)
    if len(given) < 6:
        return False
    return both(like(one, part, variables=variables) for one, part in zip(given, wanted, strict=True))


# Values


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _seconds(text: str) -> Decimal | None:
    number = _decimal(text)
    if number is not None:
        return number
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(str(moment.astimezone(UTC).timestamp()))


def _ordered(name: str, given: Decimal | None, wanted: Decimal | None) -> Answer:
    if given is None or wanted is None:
        return unknown(name, given, wanted)
    return {
        "Equals": given == wanted,
        "LessThan": given < wanted,
        "LessThanEquals": given <= wanted,
        "GreaterThan": given > wanted,
        "GreaterThanEquals": given >= wanted,
    }[name]


def _in_network(given: str, wanted: str) -> Answer:
    network = ipaddress.ip_network(wanted, strict=False)
    if network.version == 6 and "/" not in wanted:
        return unknown("network", given, wanted)
    address = ipaddress.ip_address(given)
    return address.version == network.version and address in network


def compares(operator: str, given: str, wanted: str, *, variables: bool) -> Answer:
    """One value of the request with one of the policy, before negation."""
    if operator in ("StringEquals", "StringEqualsIgnoreCase"):
        if operator == "StringEqualsIgnoreCase":
            given, wanted = given.lower(), wanted.lower()
        return like(given, wanted, variables=variables, wildcards=False)
    if operator == "StringLike":
        return like(given, wanted, variables=variables)
    if operator in ("ArnEquals", "ArnLike"):
        return arn_like(given, wanted, variables=variables)
    if operator == "Bool":
        return given == wanted if wanted in ("true", "false") else unknown("bool", given, wanted)
    if operator == "IpAddress":
        return _in_network(given, wanted)
    if operator == "BinaryEquals":
        return given == wanted
    if operator.startswith("Date"):
        return _ordered(operator.removeprefix("Date"), _seconds(given), _seconds(wanted))
    return _ordered(operator.removeprefix("Numeric"), _decimal(given), _decimal(wanted))


POSITIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def texts(given: Any) -> list[str]:
    found = given if isinstance(given, list) else [given]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in found]


def holds(name: str, key: str, wanted: list[str], request: Request, *, variables: bool) -> Answer:
    """One operator and key of a condition."""
    values = request.context.get(key.lower(), ())
    if name == "Null":
        absent = unknown("null", key) if values == ("",) else not values
        return absent if wanted == ["true"] else opposite(absent)
    quantifier, _, rest = name.rpartition(":")
    operator = rest.removesuffix("IfExists")
    if_exists, negated = rest != operator, operator in POSITIVE
    operator = POSITIVE.get(operator, operator)

    def hit(value: str) -> Answer:
        found = either(compares(operator, value, one, variables=variables) for one in wanted)
        return opposite(found) if negated else found

    if quantifier:
        # "or if the key value resolves to a null dataset, such as an empty string"
        values = tuple(value for value in values if value)
    if quantifier == "ForAllValues":
        return both(hit(value) for value in values)
    if quantifier == "ForAnyValue":
        if not values:
            return unknown(name, key) if negated or if_exists else False
        return either(hit(value) for value in values)
    if not values:
        return negated or if_exists
    if key.lower() in SEVERAL:
        return unknown(name, key, *wanted)
    return hit(values[0])


# Statements


def resource_matches(pattern: str, resource: str, *, variables: bool) -> Answer:
    whole = like(resource, pattern, variables=variables)
    if not whole or pattern == "*":
        return whole
    segments = re.sub(r"\$\{[^}]*\}", "", pattern).split(":", 5)
    if not any(mark in segment for segment in segments[:5] for mark in "*?"):
        return whole
    # Whether a wildcard runs past a colon, AWS's pages disagree.
    within = arn_like(resource, pattern, variables=variables)
    return within or unknown("resource", resource, pattern)


def names(kind: str, text: str, request: Request) -> Answer:
    aws = request.account is not None
    if kind in ("Service", "Federated"):
        wanted = {"Service": "service", "Federated": "web identity"}[kind]
        return request.kind == wanted and request.arn == text
    if kind == "CanonicalUser":
        return unknown("named", text) if aws else False
    if text == "*":
        return True if aws or request.kind == "anonymous" else unknown("named", kind, text)
    if text.isdigit() or text.endswith(":root"):
        return aws and request.account == (text if text.isdigit() else text.split(":")[4])
    return aws and text in (request.arn, session_arn(request))


def session_arn(request: Request) -> str | None:
    if request.session is None:
        return None
    name = str(request.arn).rpartition("/")[2]
    return f"arn:aws:sts::{request.account}:assumed-role/{name}/{request.session}"


def entries(principal: Any) -> list[tuple[str, str]]:
    return [(kind, text) for kind, found in principal.items() for text in texts(found)]


def is_for(statement: Mapping[str, Any], request: Request) -> Answer:
    if "NotPrincipal" in statement:
        return opposite(spared(statement["NotPrincipal"], request))
    principal = statement.get("Principal", "*")
    if principal == "*":
        return True
    return either(names(kind, text, request) for kind, text in entries(principal))


def spared(principal: Any, request: Request) -> Answer:
    if principal == "*" or ("AWS", "*") in entries(principal):
        return unknown("spared")
    if request.boundary:
        return False
    if request.account is None:
        return either(names(kind, text, request) for kind, text in entries(principal))
    listed = {text for kind, text in entries(principal) if kind == "AWS"}
    account = {request.account, f"arn:aws:iam::{request.account}:root"} & listed
    if request.kind == "root":
        return bool(account)
    wanted = {str(one) for one in (request.arn, session_arn(request)) if one is not None}
    return bool(account) and wanted <= listed


def applies(statement: Mapping[str, Any], request: Request, *, variables: bool) -> Answer:
    def listed(element: str, matches: Callable[[str], Answer]) -> Answer:
        if f"Not{element}" in statement:
            return opposite(either(matches(one) for one in texts(statement[f"Not{element}"])))
        return either(matches(one) for one in texts(statement[element]))

    def parts() -> Iterator[Answer]:
        yield is_for(statement, request)
        yield listed("Action", lambda one: like(request.action.lower(), one.lower(), variables=False))
        yield listed("Resource", lambda one: resource_matches(one, request.resource, variables=variables))
        for name, keys in statement.get("Condition", {}).items():
            for key, wanted in keys.items():
                yield holds(name, key, texts(wanted), request, variables=variables)

    return both(parts())


# Decisions


def _any(policy: Mapping[str, Any], effect: str, request: Request) -> Answer:
    variables = policy.get("Version") == "2012-10-17"
    return either(
        applies(one, request, variables=variables) for one in policy["Statement"] if one["Effect"] == effect
    )


def _how(kind: str, text: str) -> str:
    if text == "*":
        return "past limits"
    if kind != "AWS":
        return "other"
    if text.isdigit() or text.endswith(":root"):
        return "account"
    return "within limits" if ":role/" in text else "past limits"


def _resource_allows(policy: Mapping[str, Any], request: Request, ways: set[str]) -> Answer:
    variables = policy.get("Version") == "2012-10-17"
    found = []
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow":
            principal = statement["Principal"]
            named = [("*", "*")] if principal == "*" else entries(principal)
            by = either(
                True if kind == "*" else names(kind, text, request)
                for kind, text in named
                if _how(kind, text) in ways
            )
            found.append(both([by, applies(statement, request, variables=variables)]))
    return either(found)


ROOT_CAN = {"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"}


def allowed(
    request: Request, resource: Mapping[str, Any], account: str, *, iam: bool, limits: bool
) -> Answer:
    """Whether a resource's policy, together with what IAM allows, lets a request through.

    Args:
        request: the request.
        resource: the policy of what it is about.
        account: whose that is.
        iam: whether IAM policies allow it.
        limits: whether boundary and session policy let it pass.
    """
    own = request.account == account
    if request.kind == "root":
        iam = limits = True
        if own and request.action.lower() in ROOT_CAN:
            return True
    every_way = {"past limits", "within limits", "account", "other"}
    if request.account is None:
        granted = _resource_allows(resource, request, every_way)
    elif not own:
        granted = both([iam, limits, _resource_allows(resource, request, every_way)])
    else:
        mandatory = request.action.lower().partition(":")[0] in ("kms", "sts")
        delegated = _resource_allows(resource, request, {"account"}) if mandatory else True
        granted = either(
            [
                _resource_allows(resource, request, {"past limits"}),
                both([limits, _resource_allows(resource, request, {"within limits"})]),
                both([iam, limits, delegated]),
            ]
        )
    return both([granted, opposite(_any(resource, "Deny", request))])


def identity_allows(request: Request, policy: Mapping[str, Any]) -> Answer:
    """Whether an identity's policy alone lets a request through."""
    return both([_any(policy, "Allow", request), opposite(_any(policy, "Deny", request))])
