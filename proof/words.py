"""Requests in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proof.comparing import Difference, Example
from proof.witness import Witness

_S3_ARN = re.compile(r"arn:[\w-]+:s3:::(.+)", re.DOTALL)
_VERBS = {
    "s3:getobject": "read",
    "s3:putobject": "write",
    "s3:deleteobject": "delete",
    "s3:listbucket": "list",
    "kms:decrypt": "decrypt with",
    "kms:encrypt": "encrypt with",
    "sns:publish": "publish to",
}
_SAID_BY_CALLER = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:username",
    "aws:userid",
    "kms:calleraccount",
)


_ORDINARY = (
    ("aws:viaawsservice", ("false",)),
    ("s3:authtype", ("REST-HEADER",)),
    ("s3:signatureversion", ("AWS4-HMAC-SHA256",)),
    ("s3:tlsversion", ("1.2",)),
)
"""What every request of an up-to-date client has, so that it is not worth a word."""


def resource(text: str) -> str:
    """Return a resource as people write it: `s3://bucket/key`, or its ARN."""
    found = _S3_ARN.fullmatch(text)
    return f"s3://{found[1]}" if found else text


def caller(witness: Witness) -> str:
    """Say who makes a request."""
    if witness.kind == "anonymous":
        return "anybody"
    if witness.kind == "root":
        return f"the root of account {witness.account}"
    name = witness.arn or ""
    if witness.kind in ("user", "role") and ":" in name:
        return f"the {witness.kind} {name.partition('/')[2]} of account {witness.account}"
    named = {"service": "the service", "web identity": "the identity provider"}.get(witness.kind)
    return f"{named or f'the {witness.kind}'} {name}"


def what(witness: Witness) -> str:
    """Say what a request does."""
    verb = _VERBS.get(witness.action.lower(), f"do {witness.action} on")
    return f"{verb} {resource(witness.resource)}" if witness.resource != "*" else f"do {witness.action}"


def circumstances(witness: Witness) -> Iterator[str]:
    """Yield what is particular about a request."""
    for name, values in witness.context.items():
        if name in _SAID_BY_CALLER:
            continue
        if name == "aws:securetransport":
            if values == ("false",):
                yield "over plain HTTP"
        elif (name, values) not in _ORDINARY:
            yield f"with {name} = {', '.join(values)}" if any(values) else f"with an empty {name}"
    if witness.forwarded:
        yield "through an AWS service"


def sentence(witness: Witness, verb: str = "could") -> str:
    """Return a request as a sentence, such as `anybody could read s3://acme/x over plain HTTP`."""
    parts = [caller(witness), verb, what(witness), *circumstances(witness)]
    return " ".join(parts)


def _example(example: Example) -> str:
    because = [f"{', '.join(_sids(example.denied_by))} denied it"] if example.denied_by else []
    if example.allowed_by:
        because.append(f"{', '.join(_sids(example.allowed_by))} allows it")
    return sentence(example.witness, "could now") + (f" ({'; '.join(because)})" if because else "")


def _sids(names: tuple[str, ...]) -> list[str]:
    return [name.partition("/")[2] for name in names]


def difference_lines(difference: Difference) -> Iterator[str]:
    """Yield what a new policy allows more, a line for each sort of caller."""
    for example in difference.examples:
        yield _example(example)
    for reason in difference.undecided:
        yield f"undecided for {reason}"
    if difference.nothing:
        yield "The new policy allows nothing more."
    if difference.only_unreal is not None:
        action = difference.only_unreal.action
        yield f"The two differ only in actions that AWS does not have, such as {action}."
