"""Requests that are broken by hand, really sent, and what AWS answers to them.

The servers here refuse them as AWS does, but do not all say why: where AWS's documented answer has more than
theirs, or another code, it is written here in AWS's form, from what was really sent.
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from presign import Signer
from presign.endpoint import bucket_url
from tests.enforcement.bucket import Deploy
from tests.enforcement.clients import document
from tests.enforcement.http_client import send
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

WHO = "User: arn:aws:iam::000000000000:user/team is not authorized to perform"
MISMATCH = "The request signature we calculated does not match the signature you provided."


@dataclass(frozen=True)
class Bench:
    """A bucket and the team's way to it, and how a request to it is broken.

    Attributes:
        place: the bucket.
        presign: runs the command line.
        key: of an object that exists.
        deploy: makes the bucket of a stack on the server that evaluates its policy.
    """

    place: Place
    presign: Presign
    key: str
    deploy: Deploy

    def made(self, command: str, *options: str, key: str | None = None) -> dict[str, Any]:
        """Return what `presign` prints for a link, or a form, to the key."""
        return document(self.presign, command, *options, self.key if key is None else key)

    def refused(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> str:
        """Send a request, which must be refused; return the answer as AWS writes it."""
        headers = headers or {}
        content = b"content" if body is None and method == "PUT" else body
        answer = send(method, url, headers=headers, body=content)
        assert answer.status >= 400, answer
        text = answer.body.decode()
        if "<Code>SignatureDoesNotMatch</Code>" in text:
            text = mismatch(method, url, headers)
        return f"HTTP/1.1 {answer.status}\r\n\r\n{text}"

    def mismatched(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> str:
        """Send a request, which must be refused; return what AWS answers, as it looks at the signature first.

        MiniStack asks the policies before, and may find there that it is denied.
        """
        self.refused(method, url, headers)
        return mismatch(method, url, headers or {})


def mismatch(method: str, url: str, headers: Mapping[str, str]) -> str:
    """Return AWS's answer to a wrong signature, which shows what was signed of the request that it got.

    MiniStack shows this for signed headers only, and SeaweedFS not at all. The canonical request is written
    here by AWS's description, not by the code that is tested.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    parts = urlsplit(url)
    pairs = [part.partition("=") for part in parts.query.split("&") if part]
    query = {unquote(name): unquote(value) for name, _, value in pairs}
    sent = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
    names = query["X-Amz-SignedHeaders"].split(";")
    canonical = "\n".join(
        [
            method,
            quote(unquote(parts.path), safe="/-._~"),
            "&".join(
                f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}"
                for name, value in sorted(query.items())
                if name != "X-Amz-Signature"
            ),
            *(f"{name}:{sent.get(name, '').strip()}" for name in names),
            "",
            ";".join(names),
            sent.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ]
    )
    scope = query["X-Amz-Credential"].partition("/")
    return error(
        "SignatureDoesNotMatch",
        MISMATCH,
        AWSAccessKeyId=scope[0],
        StringToSign=f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope[2]}\n{'0' * 64}",
        SignatureProvided=query["X-Amz-Signature"],
        CanonicalRequest=canonical,
        CanonicalRequestBytes=canonical.encode().hex(" "),
    )


def error(code: str, message: str, **elements: str) -> str:
    """Return an error document in AWS's form."""
    all_of_them = {"Code": code, "Message": message, **elements, "RequestId": "4442587FB7D0A2F9"}
    inner = "".join(f"<{name}>{html.escape(value)}</{name}>" for name, value in all_of_them.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'


@dataclass(frozen=True)
class Case:
    """What is explained: a link, or what `--format json` printed, the answer, and further options.

    `by_the_signer` is true where the environment has the keys that signed.
    """

    link: str
    answer: str | None
    options: tuple[str, ...] = ()
    by_the_signer: bool = False


CASES: list[tuple[Callable[[Bench], Case], str]] = []


def cause(words: str) -> Callable[[Callable[[Bench], Case]], Callable[[Bench], Case]]:
    """Add a case, and what the first line must say."""

    def add(case: Callable[[Bench], Case]) -> Callable[[Bench], Case]:
        CASES.append((case, words))
        return case

    return add


def signed(bench: Bench, **arguments: Any) -> Signer:
    """Return a signer with the team's keys, but for what is given."""
    variables = bench.place.variables
    usual = {
        "access_key": variables["AWS_ACCESS_KEY_ID"],
        "secret_key": variables["AWS_SECRET_ACCESS_KEY"],
        "region": "us-east-1",
        "bucket_url": bucket_url(bench.place.bucket, "us-east-1", variables["AWS_ENDPOINT_URL"]),
    }
    return Signer(**{**usual, **arguments})


def ago(age: timedelta) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) - age


def keys_of(bench: Bench) -> tuple[str, str]:
    variables = bench.place.variables
    return variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]
