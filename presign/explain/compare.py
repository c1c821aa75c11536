"""Compares the canonical request that S3 shows with the link: what differs was not signed so."""

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from presign.explain.answer import Answer, Request
from presign.explain.cause import SECRET_PARAMETERS, Cause, difference, listed, secret_difference, shown
from presign.explain.link import Link
from presign.explain.operation import Operation
from presign.outputs import Outputs
from presign.signer import host_header

_AS_PRINTED = "Use the link as presign printed it"
_SAME_HEADERS = "Send exactly the headers that presign printed with the link"

_PLUS = re.compile(r"%20|%2B|\+")


def differences(link: Link, answer: Answer, operation: Operation, outputs: Outputs | None) -> list[Cause]:
    """Return all differences, the one that explains most first."""
    request = answer.request
    if request is None:
        return list(_signature(link, answer))
    if _another(link, answer, request):
        return [
            Cause(
                "the answer is to another link: signature, date and path differ",
                "Give the answer that this very link got, or the link that was used",
            )
        ]
    return [
        *_path(link, request),
        *_host(link, request),
        *_query(link, request),
        *_signature(link, answer),
        *_method(operation, request),
        *_headers(link, request, known_headers(link, outputs)),
        *_payload(request),
    ]


def known_headers(link: Link, outputs: Outputs | None) -> Mapping[str, str]:
    """Return the values of signed headers that are known: from the link's JSON, else from the outputs."""
    if link.headers or outputs is None or outputs.bucket != link.place.bucket:
        return link.headers
    given = {name.lower(): value for name, value in outputs.upload_headers.items()}
    return {name: value for name, value in given.items() if name in link.signed_headers}


def _another(link: Link, answer: Answer, request: Request) -> bool:
    return (
        answer.elements.get("SignatureProvided", "") not in ("", link.get("X-Amz-Signature"))
        and request.query.get("X-Amz-Date") != link.get("X-Amz-Date")
        and unquote(request.path) != unquote(link.parts.path)
    )


def _path(link: Link, request: Request) -> Iterator[Cause]:
    # As S3 writes it: decoded and encoded once.
    signed = quote(unquote(link.parts.path or "/"), safe="/-._~")
    if request.path != signed:
        yield _about_path(request.path, signed)


def _about_path(sent: str, signed: str) -> Cause:
    plain_sent, plain = unquote(sent), unquote(signed)
    bare = plain.rstrip("/")
    if plain_sent == signed:
        return Cause(
            "the path was percent-encoded twice: S3 got %25 where % was signed",
            "Give the link to the client as it is; do not encode it once more",
        )
    if _PLUS.sub("+", sent) == _PLUS.sub("+", signed):
        if sent.count("%2B") > signed.count("%2B"):
            return Cause("the space in the key (%20) was sent as '+'", _AS_PRINTED)
        return Cause(
            "the '+' in the key (%2B) was sent without its escape, which S3 reads as a space", _AS_PRINTED
        )
    if plain_sent == unquote(plain):
        return Cause("the path was decoded: a % in the key must be sent as %25", _AS_PRINTED)
    if plain_sent in (posixpath.normpath(plain), f"{posixpath.normpath(plain)}/", re.sub("/+", "/", plain)):
        return Cause(
            "the path was rewritten: the client or a proxy removed '.', '..' or a doubled '/'",
            "Use curl with --path-as-is, as presign prints it; leave out the proxy",
        )
    if plain_sent.rstrip("/") == bare:
        return Cause("a '/' at the end of the path was added or removed", _AS_PRINTED)
    if plain_sent.lower() == plain.lower():
        return Cause(
            f"letters of the path changed between upper and lower case: {difference(plain_sent, plain)}",
            _AS_PRINTED,
        )
    if unicodedata.normalize("NFC", plain_sent) == unicodedata.normalize("NFC", plain):
        return Cause(
            "the key's accents were sent in another Unicode form, as file names of macOS have it",
            "Make the link for the key in the form in which it is stored",
        )
    if plain_sent.endswith(plain) or plain.endswith(plain_sent):
        return Cause(
            f"the path was rewritten: {difference(plain_sent, plain)}",
            "Configure the proxy or gateway so that it does not change the path",
        )
    return Cause(f"the path differs: {difference(plain_sent, plain)}", _AS_PRINTED)


def _host(link: Link, request: Request) -> Iterator[Cause]:
    signed, sent = host_header(link.parts), request.headers.get("host", "")
    if sent != signed:
        yield Cause(
            f"the Host header differs: S3 got {shown(sent)}, and {shown(signed)} was signed",
            "Use the link's own host; configure the proxy or gateway so that it keeps the Host header",
        )


def _query(link: Link, request: Request) -> Iterator[Cause]:
    signed = {name: value for name, value in link.query if name != "X-Amz-Signature"}
    for name in sorted(request.query.keys() - signed.keys()):
        yield Cause(f"the parameter {name[:30]!r} was added after the link was signed", "Remove it")
    for name in sorted(signed.keys() - request.query.keys()):
        what = "the session token" if name == "X-Amz-Security-Token" else f"the parameter {name[:30]}"
        yield Cause(
            f"{what} is missing in what S3 got", "Copy the whole link, in quotes where a shell reads it"
        )
    for name in sorted(signed.keys() & request.query.keys()):
        sent, value = request.query[name], signed[name]
        if sent != value:
            tell = secret_difference if name in SECRET_PARAMETERS else difference
            yield Cause(f"the parameter {name[:30]} was changed: {tell(sent, value)}", _AS_PRINTED)


def _signature(link: Link, answer: Answer) -> Iterator[Cause]:
    sent, ours = answer.elements.get("SignatureProvided", ""), link.get("X-Amz-Signature")
    if sent and ours and sent != ours:
        yield Cause(f"the signature was changed: {secret_difference(sent, ours)}", "Copy the whole link")


def _method(operation: Operation, request: Request) -> Iterator[Cause]:
    if request.method not in operation.methods:
        wanted = listed(operation.methods, "or")
        yield Cause(
            f"the request's method is {request.method}, and the link is "
            f"{'' if operation.sure else 'most likely '}for {wanted}",
            f"Use the link with {wanted}, or make one for {request.method}",
        )


def _headers(link: Link, request: Request, known: Mapping[str, str]) -> Iterator[Cause]:
    missing = [name for name in link.signed_headers if not request.headers.get(name)]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        values = [f"{name}: {known[name]}" for name in missing if name in known]
        yield Cause(
            f"the request lacks {'the header' if len(missing) == 1 else 'the headers'} {listed(missing)}, "
            f"which {verb} signed",
            f"Send {'; '.join(values)}" if len(values) == len(missing) else _SAME_HEADERS,
        )
    for name in link.signed_headers:
        sent = request.headers.get(name)
        if sent and name in known and sent != " ".join(known[name].split()):
            yield Cause(f"the header {name} differs: {difference(sent, known[name])}", _SAME_HEADERS)


def _payload(request: Request) -> Iterator[Cause]:
    if request.payload not in ("", "UNSIGNED-PAYLOAD"):
        yield Cause(
            "the client sent the header x-amz-content-sha256, which no link has",
            "Send the link with a plain HTTP client, not with one that signs",
        )


def undetermined(link: Link, request: Request | None, known: Mapping[str, str]) -> Cause:
    """Say what is left where nothing differs from the link itself."""
    if request is None:
        return Cause(
            "the request is not the one that was signed; this answer does not show what S3 got",
            "Compare method, headers and every character of the link with what presign printed",
        )
    unknown = [name for name in link.signed_headers if name not in known]
    if unknown:
        values = [f"{name} was {shown(request.headers.get(name, ''))}" for name in unknown]
        return Cause(
            f"most likely the value of the header {listed(unknown, 'or')} is not the one that was signed: "
            f"{'; '.join(values)}",
            _SAME_HEADERS,
        )
    method = "" if link.method else "is for another method, or "
    return Cause(
        f"S3 got this very link, with {request.method}: it {method}was changed before, or the secret key "
        "that signed is not that of the access key",
        "Make a new link, with credentials for which `presign show --check` succeeds",
    )
