"""The signer: AWS Signature Version 4 in the query string, for S3.

It follows "Authenticating Requests: Using Query Parameters (AWS Signature
Version 4)", https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html,
and writes the same bytes as botocore. What does not depend on the key is done
once: per signer in ``Signer``, per method, expiry and moment in ``Plan``.
"""

import hmac
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit

from presign.errors import ExpiryError, ObjectKeyError

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

MAX_EXPIRES = 7 * 24 * 60 * 60  # seconds; what SigV4 itself allows
MAX_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html

_CHUNK = 1000  # keys
_LINE = "\n"
_SAFE = f"{string.ascii_letters}{string.digits}_.~/-".encode()
_DEFAULT_PORTS = {"http": 80, "https": 443}


def utc_now() -> datetime:
    """Return the present moment. A named function, so that a signer can be pickled."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about a set of links but the key. ``Signer.plan`` makes it.

    ``signed_at`` and ``expires_at`` are UTC, to the second. The links of one
    plan are signed at one moment, and expire together.
    """

    signed_at: datetime
    expires_at: datetime
    _url_head: str
    _url_tail: str
    _request_head: str
    _request_tail: str
    _string_to_sign_head: str
    _signing_key: bytes = field(repr=False)
    _parts: tuple[str, str, Mapping[str, str], Mapping[str, str]] = field(repr=False)

    def also(self, headers: Mapping[str, str], query: Mapping[str, str]) -> "Plan":
        """Return the plan for a link with these headers and parameters besides those of all links.

        It is fast where no more is signed than before, and only the values of headers are others.
        """
        common, token, signed, asked = self._parts
        own = _normalized(headers)
        if query or not own.keys() <= signed.keys():
            parts = common, token, {**signed, **own}, {**asked, **query}
            url_tail, request_tail = _tails(*parts)
            return replace(self, _url_tail=url_tail, _request_tail=request_tail, _parts=parts)
        request_tail = self._request_tail
        for name, value in own.items():
            start, header, rest = request_tail.partition(f"\n{name}:")
            request_tail = f"{start}{header}{value}{rest[rest.index(_LINE) :]}"
        return replace(self, _request_tail=request_tail, _parts=(common, token, {**signed, **own}, asked))

    def url(self, key: str) -> str:
        """Return the presigned URL of one key; raises ObjectKeyError where S3 has no such keys."""
        [path] = encode_keys((key,))
        return self._sign(path)

    def key_of(self, url: str) -> str:
        """Return the key of a URL of this plan."""
        return unquote(url.removeprefix(self._url_head).partition("?")[0])

    def bucket_url(self) -> str:
        """Return the presigned URL of the bucket itself, for HEAD and the like."""
        return self._sign("")

    def _sign(self, path: str) -> str:
        request = f"{self._request_head}{path}{self._request_tail}"
        string_to_sign = f"{self._string_to_sign_head}{sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._signing_key, string_to_sign.encode(), "sha256").hex()
        return f"{self._url_head}{path}{self._url_tail}{signature}"

    def urls(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield the presigned URL of every key, in order; the fast way for many.

        Keys are taken a chunk at a time, so that any number of them can be
        signed. Raises ObjectKeyError, like ``url``, before a bad key's chunk.
        """
        # All that comes before the key in its request, and before the request's hash in both
        # passes of HMAC, is hashed here. Hash objects cannot be pickled, so no plan keeps them.
        request_head = sha256(self._request_head.encode()).copy
        inner_head = _padded(self._signing_key, 0x36, self._string_to_sign_head).copy
        outer_head = _padded(self._signing_key, 0x5C).copy
        url_head, url_tail, request_tail = self._url_head, self._url_tail, self._request_tail
        rest = iter(keys)
        while chunk := list(islice(rest, _CHUNK)):
            for path in encode_keys(chunk):
                request = request_head()
                request.update(f"{path}{request_tail}".encode())
                inner = inner_head()
                inner.update(request.hexdigest().encode())
                outer = outer_head()
                outer.update(inner.digest())
                yield f"{url_head}{path}{url_tail}{outer.hexdigest()}"


class Signer:
    """Signs links to the objects of one bucket with one set of credentials."""

    def __init__(
        self,
        *,
        access_key: str,
        secret_key: str,
        session_token: str | None = None,
        region: str,
        bucket_url: str,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Prepare what no key and no moment changes.

        ``region`` is the bucket's region. ``bucket_url`` is the URL that keys are
        appended to, such as ``https://BUCKET.s3.REGION.amazonaws.com/`` or
        ``http://localhost:4566/BUCKET/``; ``presign.endpoint.bucket_url`` makes it.
        ``session_token`` belongs to temporary credentials. ``clock`` returns an
        aware datetime. A signer can be pickled if its clock can.
        """
        parts = urlsplit(bucket_url.rstrip("/") + "/")
        self._bucket_url = parts.geturl()
        self._path = parts.path
        self._host = host_header(parts)
        self._access_key = access_key
        self._secret = secret_key
        self._token = f"&X-Amz-Security-Token={quote(session_token, safe='')}" if session_token else ""
        self._region = region
        self._clock = clock

    def now(self) -> datetime:
        """Return the moment for which the signer signs: the clock's, in UTC."""
        return self._clock().astimezone(UTC)

    def plan(
        self,
        method: str,
        expires: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Plan:
        """Prepare links for one HTTP method that expire ``expires`` seconds from now.

        ``headers`` must then be sent with the request, exactly as given here.
        ``query`` has parameters of the operation, such as ``versionId``.
        Raises ExpiryError unless ``expires`` is from 1 second to 7 days.
        """
        if not 1 <= expires <= MAX_EXPIRES:
            raise ExpiryError(
                f"a link cannot expire after {expires} seconds: SigV4 allows 1 to {MAX_EXPIRES} (7 days)"
            )
        signed_at = self.now().replace(microsecond=0)
        moment = signed_at.strftime("%Y%m%dT%H%M%SZ")
        date = moment[:8]
        scope = f"{date}/{self._region}/s3/aws4_request"

        credential = quote(f"{self._access_key}/{scope}", safe="")
        common = (
            f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}"
            f"&X-Amz-Date={moment}&X-Amz-Expires={expires}"
        )
        signed = _normalized(headers or {}) | {"host": self._host}
        url_tail, request_tail = _tails(common, self._token, signed, query or {})
        return Plan(
            signed_at=signed_at,
            expires_at=signed_at + timedelta(seconds=expires),
            _url_head=self._bucket_url,
            _url_tail=url_tail,
            _request_head=f"{method}\n{self._path}",
            _request_tail=request_tail,
            _string_to_sign_head=f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n",
            _signing_key=signing_key(self._secret, date, self._region),
            _parts=(common, self._token, signed, dict(query or {})),
        )

    def url(self, method: str, key: str, expires: int, headers: Mapping[str, str] | None = None) -> str:
        """Return one presigned URL: a ``plan`` for a single key."""
        return self.plan(method, expires, headers).url(key)


def _normalized(headers: Mapping[str, str]) -> dict[str, str]:
    # Runs of blanks count as one, as "Create a signed AWS API request" says.
    return {name.lower(): " ".join(value.split()) for name, value in headers.items()}


def _tails(common: str, token: str, signed: Mapping[str, str], query: Mapping[str, str]) -> tuple[str, str]:
    """Return what comes after the key in the URL, but the signature, and in the canonical request."""
    names = sorted(signed)
    signed_names = ";".join(names)
    header_lines = "".join(f"{name}:{signed[name]}\n" for name in names)
    names_parameter = f"&X-Amz-SignedHeaders={quote(signed_names, safe='')}"
    # The signature is made over sorted parameters. The URL may have any order; this is botocore's.
    own = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items()]
    parameters = [*own, *f"{common}{token}{names_parameter}".split("&")]
    sorted_query = "&".join(sorted(parameters, key=lambda parameter: parameter.partition("=")))
    url_query = "&".join([*own, f"{common}{names_parameter}{token}"])
    return (
        f"?{url_query}&X-Amz-Signature=",
        f"\n{sorted_query}\n{header_lines}\n{signed_names}\nUNSIGNED-PAYLOAD",
    )


def signing_key(secret_key: str, date: str, region: str) -> bytes:
    """Return the key that signs for S3 in ``region`` on ``date`` (YYYYMMDD)."""
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def encode_keys(keys: Sequence[str]) -> list[str]:
    """Percent-encode keys once, and leave ``/`` and the unreserved characters as they are.

    S3 does not normalize paths: ``a//../b`` is a key of its own. Raises
    ObjectKeyError unless every key is UTF-8 text of 1 to 1024 bytes.
    """
    try:
        encoded = [key.encode() for key in keys]
    except UnicodeEncodeError as error:
        raise ObjectKeyError(
            f"the key {error.object[:60]!r} is not valid UTF-8, as S3 keys must be"
        ) from error
    if not all(encoded):
        raise ObjectKeyError(f"the key is empty: S3 keys have 1 to {MAX_KEY_BYTES} bytes")
    longest = max(encoded, key=len, default=b"")
    if len(longest) > MAX_KEY_BYTES:
        raise ObjectKeyError(
            f"the key {longest.decode()[:40]!r}… has {len(longest)} bytes in UTF-8: "
            f"S3 keys have 1 to {MAX_KEY_BYTES} bytes"
        )
    # All keys at once, and one pass for each byte that occurs, is the fastest. UTF-8 never has the
    # byte FF, which joins the keys; "%" comes first, since every escape has one.
    joined = b"\xff".join(encoded)
    for byte in (b"%"[0], *set(joined.translate(None, _SAFE + b"%\xff"))):
        joined = joined.replace(bytes([byte]), b"%%%02X" % byte)
    return joined.decode("latin-1").split("\xff") if encoded else []


def _padded(key: bytes, pad: int, text: str = "") -> "Hash":
    """Begin one pass of HMAC-SHA-256 (RFC 2104), for a key no longer than the hash's block."""
    return sha256(bytes(byte ^ pad for byte in key.ljust(64, b"\0")) + text.encode())


def host_header(parts: SplitResult) -> str:
    """Return the Host header that HTTP clients send: lower case, and no port where it is the default."""
    host = parts.hostname or ""
    if ":" in host:  # an IPv6 address
        host = f"[{host}]"
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"
