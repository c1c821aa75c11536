"""The request that is being answered, and the condition keys that every request carries.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
"""

import contextvars
import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import parse_qs

from hypercorn.asyncio.tcp_server import TCPServer
from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext


@dataclass(frozen=True)
class Request:
    """A request as it arrived.

    Attributes:
        method: such as `PUT`.
        query: the first value of each parameter, by its name in lower case.
        headers: by name in lower case.
        tls: the version, such as `1.3`; None over HTTP.
        body: as it was sent.
    """

    method: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: str | None = None
    body: bytes = b""

    def sent(self, name: str) -> str | None:
        """Return a header; a link may carry it in its query instead, and a form in a field."""
        return self.headers.get(name) or self.query.get(name) or self.fields.get(name) or None

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The fields of an upload by a form, by name in lower case."""
        from ministack.services.s3 import _parse_multipart_form

        content_type = self.headers.get("content-type", "")
        if self.method != "POST" or not content_type.startswith("multipart/form-data"):
            return {}
        parts = _parse_multipart_form(content_type, self.body)
        return {
            name.lower(): value.decode("utf-8", "replace") for name, _, _, value in parts if name != "file"
        }

    @property
    def version(self) -> str | None:
        """The version of the object that is read, which may be the source of a copy."""
        of_source = parse_qs(self.headers.get("x-amz-copy-source", "").partition("?")[2])
        return of_source.get("versionId", [None])[0] or self.query.get("versionid")

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters of IAM's and STS's protocol."""
        return {name: values[0] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}

    @property
    def auth_type(self) -> str | None:
        """How it is signed, in the words of `s3:authType`; None if it is not."""
        if self.fields:
            return "POST"
        if "x-amz-signature" in self.query or "signature" in self.query:
            return "REST-QUERY-STRING"
        return "REST-HEADER" if "authorization" in self.headers else None

    @property
    def region(self) -> str | None:
        """The region that it is signed for, with SigV4: `AKID/DATE/REGION/SERVICE/aws4_request`."""
        in_header = re.search(r"Credential=([^,\s]+)", self.headers.get("authorization", ""))
        scope = (in_header[1] if in_header else self.sent("x-amz-credential") or "").split("/")
        return scope[-3] if len(scope) >= 5 else None

    @property
    def signature_version(self) -> str | None:
        """The signature's version in the words of `s3:signatureversion`."""
        if self.auth_type is None:
            return None
        old = self.headers.get("authorization", "").startswith("AWS ")
        old = old or "awsaccesskeyid" in {**self.query, **self.fields}
        return "AWS" if old else "AWS4-HMAC-SHA256"

    @property
    def signature_age(self) -> str | None:
        """The milliseconds since it was signed, in whole seconds, as that time is signed.

        It is 0 with SigV2, and None where no time was signed.
        """
        if self.signature_version == "AWS":
            return "0"
        signed = self.sent("x-amz-date")
        if signed is None:
            return None
        at = datetime.datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
        return str(1000 * max(0, int((datetime.datetime.now(datetime.UTC) - at).total_seconds())))


_current: contextvars.ContextVar[Request] = contextvars.ContextVar("request")
_tls: contextvars.ContextVar[str | None] = contextvars.ContextVar("tls", default=None)


def current() -> Request:
    """Return the request that is being answered."""
    return _current.get(Request())


def role_arn(session_arn: str) -> str:
    """Return the ARN of a session's role, with its path; of anybody else, the ARN itself."""
    parts = session_arn.split(":", 5)
    if len(parts) < 6 or not parts[5].startswith("assumed-role/"):
        return session_arn
    from ministack.services import iam

    name = parts[5].split("/")[1]
    role = iam._roles.get_scoped(parts[4], None, name) or {}
    return str(role.get("Arn") or f"arn:{parts[1]}:iam::{parts[4]}:role/{name}")


def always(key: str, principal_type: str) -> str | None:
    """Return the value of a key, in lower case, that AWS takes from any request; None where there is none."""
    request = current()
    match key:
        case "aws:viaawsservice":
            return "false"
        case "aws:principalisawsservice":
            return None if principal_type == "Anonymous" else "false"
        case "s3:authtype":
            return request.auth_type
        case "s3:signatureversion":
            return request.signature_version
        case "s3:signatureage":
            return request.signature_age
        case "s3:tlsversion":
            # Over HTTP, a Deny of less than 1.2 holds, too; no page says by which value.
            # https://repost.aws/knowledge-center/s3-enforce-modern-tls
            return request.tls or "0"
    return None


def install() -> None:
    """Let MiniStack's evaluator know the request."""
    _remember_connections()
    _remember_requests()
    _answer_more_keys()


def _remember_connections() -> None:
    serve = TCPServer.run

    async def run(self: TCPServer) -> None:
        connection = self.writer.get_extra_info("ssl_object")
        _tls.set(connection.version().removeprefix("TLSv") if connection else None)
        await serve(self)

    TCPServer.run = run  # type: ignore[method-assign]


def _remember_requests() -> None:
    pin_request, pin_body = iam_evaluator.pin_signed_request, iam_evaluator.pin_signed_body

    def pin_signed_request(
        method: str,
        raw_path: str,
        query: Mapping[str, list[str]],
        raw_headers: list[tuple[bytes, bytes]],
        handshake: bool = False,
    ) -> None:
        _current.set(
            Request(
                method,
                {name.lower(): values[0] for name, values in query.items()},
                {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw_headers},
                _tls.get(),
            )
        )
        pin_request(method, raw_path, query, raw_headers, handshake)

    def pin_signed_body(body: bytes) -> None:
        _current.set(replace(current(), body=body))
        pin_body(body)

    iam_evaluator.pin_signed_request = pin_signed_request
    iam_evaluator.pin_signed_body = pin_signed_body


def _answer_more_keys() -> None:
    known = iam_evaluator._resolve_condition_key

    def resolve(key: str, context: EvalContext) -> object:
        if key.lower() == "aws:principalarn":
            return None if context.principal_type == "Anonymous" else role_arn(context.principal_arn)
        value = known(key, context)
        return always(key.lower(), context.principal_type) if value is None else value

    iam_evaluator._resolve_condition_key = resolve
