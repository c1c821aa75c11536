"""A form upload: the fields of a POST request, and the signed policy that holds them.

"Creating a POST policy" and "Calculating a signature" say how:
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from presign import keys, request
from presign.credentials import Credentials
from presign.duration import iso
from presign.errors import RequestError
from presign.request import MAX_UPLOAD, content_types
from presign.signer import encode_keys, signing_key

FILENAME = "${filename}"  # S3 puts the name of the uploaded file here
MAX_SIZE = MAX_UPLOAD  # bytes; the most that one POST may hold


@dataclass(frozen=True)
class Rules:
    """What a form lets its user upload: the key or its prefix, the size in bytes, the content type.

    ``content_type`` is the whole type, or its start where ``any_subtype`` is true.
    """

    prefix: str
    key: str | None = None
    min_size: int = 0
    max_size: int = MAX_SIZE
    content_type: str | None = None
    any_subtype: bool = False

    def __post_init__(self) -> None:
        """Refuse what S3 would refuse, or what contradicts itself."""
        # One byte more than the prefix, since the name of a file is never empty.
        key = self.key if self.key is not None else f"{self.prefix}x"
        encode_keys([key])
        keys.refuse(key, virtual=False)  # no key is in the URL
        if FILENAME in (self.key or self.prefix):
            raise RequestError(f"{FILENAME} needs not be given: it is added to the prefix")
        # S3 takes $ in a policy for the start of a variable, or of an escape that JSON does not know:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        for text in (self.key or self.prefix, self.content_type or ""):
            if "$" in text:
                raise RequestError(
                    f"{text!r} has a '$', which S3 refuses in a form: make a link with 'presign put'"
                )
        if self.key is not None and not self.key.startswith(self.prefix):
            raise RequestError(f"the key {self.key!r} does not start with the prefix {self.prefix!r}")
        if not 0 <= self.min_size <= self.max_size:
            raise RequestError(
                f"the sizes contradict each other: at least {self.min_size}, at most {self.max_size} bytes"
            )
        if self.max_size > MAX_SIZE:
            raise RequestError(
                f"{self.max_size} bytes is more than a form upload may have: at most {MAX_SIZE} (5 GiB)"
            )


def rules(prefix: str, key: str | None, min_size: int, max_size: int, content_type: str | None) -> Rules:
    """Return the rules for a content type such as ``text/csv`` or ``image/*``. Raises RequestError."""
    wanted, any_subtype = content_types(content_type) if content_type is not None else (None, False)
    return Rules(prefix, key, min_size, max_size, wanted, any_subtype)


def field_type(rules: Rules, wanted: str | None) -> str | None:
    """Return what the field Content-Type says, if it is ``wanted`` so. Raises RequestError."""
    if wanted is None:
        return None
    start = rules.content_type
    if start is None or not rules.any_subtype:
        given = "no content type" if start is None else f"the content type {start} alone"
        raise RequestError(
            f"the form takes {given}: a type for its field goes with a pattern such as image/*"
        )
    if not request.content_type(wanted).startswith(start):
        raise RequestError(f"{wanted!r} does not begin with {start!r}, as the form's content type must")
    return wanted


def fields(
    rules: Rules,
    *,
    bucket: str,
    region: str,
    credentials: Credentials,
    headers: Mapping[str, str],
    content_type: str | None,
    expires: int,
    now: datetime,
) -> dict[str, str]:
    """Return the fields to send before the file, in order.

    ``headers`` is what the bucket's policy demands of an upload. ``content_type``
    fills the field where the rules leave it open. ``expires`` is in seconds.
    """
    signed_at = now.astimezone(UTC).replace(microsecond=0)
    moment = signed_at.strftime("%Y%m%dT%H%M%SZ")
    date = moment[:8]
    exact = dict(headers)
    conditions: list[object] = [["content-length-range", rules.min_size, rules.max_size]]
    sent = dict(headers)
    if rules.content_type is not None:
        sent["Content-Type"] = rules.content_type
        if rules.any_subtype:
            sent["Content-Type"] = content_type or f"{rules.content_type}octet-stream"
            conditions.append(["starts-with", "$Content-Type", rules.content_type])
        else:
            exact["Content-Type"] = rules.content_type
    conditions += [{name: value} for name, value in exact.items()]
    conditions.append({"bucket": bucket})
    if rules.key is None:
        conditions.append(["starts-with", "$key", rules.prefix])
    else:
        conditions.append({"key": rules.key})
    signature = {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{credentials.access_key}/{date}/{region}/s3/aws4_request",
        "x-amz-date": moment,
    }
    if credentials.session_token:
        signature["x-amz-security-token"] = credentials.session_token
    conditions += [{name: value} for name, value in signature.items()]

    document = {"expiration": iso(signed_at + timedelta(seconds=expires)), "conditions": conditions}
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    key = signing_key(credentials.secret_key, date, region)
    return {
        "key": rules.key if rules.key is not None else f"{rules.prefix}{FILENAME}",
        **sent,
        **signature,
        "policy": policy,
        "x-amz-signature": hmac.digest(key, policy.encode(), "sha256").hex(),
    }
