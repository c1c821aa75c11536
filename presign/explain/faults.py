"""What is wrong with a link as it is: with these faults S3 cannot accept it, whatever else is right.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import re

from presign import reserved
from presign.explain import hidden, unserved
from presign.explain.cause import Cause, listed
from presign.explain.link import Link
from presign.signer import MAX_EXPIRES

_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_AS_PRINTED = "Use the link as presign printed it"
_OTHERS = {"Key-Pair-Id": "CloudFront", "X-Goog-Signature": "Google Cloud Storage", "sig": "Azure Storage"}
_DIGITS = 64  # of a signature


def faults(link: Link) -> list[Cause]:
    """Say what makes it impossible for S3 to accept the link as it is, worst first."""
    if link.fields:
        return list(link.pasted)
    names = [name for name, _ in link.query]
    if "X-Amz-Algorithm" not in names and "X-Amz-Signature" not in names:
        return [*link.pasted, _no_signature(names)]
    found = [*link.pasted, *filter(None, (check(link) for check in _CHECKS))]
    if link.changed and not found:
        return [
            Cause(
                "the signature is not that of this link: the link was changed after it was signed, or signed "
                "with another secret key than the one in the environment",
                _AS_PRINTED,
            )
        ]
    return found


def _no_signature(names: list[str]) -> Cause:
    if "AWSAccessKeyId" in names:
        return Cause(
            "the link is signed with Signature Version 2: the bucket's policy denies it, SSE-KMS refuses it",
            "Make the link with presign, or have the SDK sign with Version 4 (signature_version='s3v4')",
        )
    other = next((service for name, service in _OTHERS.items() if name in names), None)
    if other:
        return Cause(f"the link is for {other}, not for S3", "Ask the person who made it")
    if any("x-amz-signature" in name.lower() for name in names):
        return Cause(
            "the names of the signature's parameters were changed: S3 wants X-Amz-Signature in this spelling",
            _AS_PRINTED,
        )
    return Cause(
        "the link has no signature: everything from the '?' on is missing, so S3 sees an anonymous request",
        "Copy the whole link, in quotes where a shell reads it: an & ends a command there",
    )


def _algorithm(link: Link) -> Cause | None:
    found = link.get("X-Amz-Algorithm")
    if found == "AWS4-ECDSA-P256-SHA256":
        return Cause(
            "the link is signed with SigV4A, for a Multi-Region Access Point",
            "Use it only at the access point's own host; for the bucket make a link with presign",
        )
    if found and found != "AWS4-HMAC-SHA256":
        return Cause(f"X-Amz-Algorithm is {found[:40]!r}: S3 knows AWS4-HMAC-SHA256", "Make a new link")
    return None


def _reserved(link: Link) -> Cause | None:
    remedy = "Make the link with presign, which escapes every character of the key"
    if link.parts.fragment and not link.place.key.startswith(reserved.FOLDER):
        return Cause("the link has a '#' that is not escaped: clients send nothing of what follows", remedy)
    if re.search(r"\?X-Amz-", link.parts.query):
        return Cause("the key has a '?' that is not escaped: the path ends there for S3", remedy)
    return None


def _complete(link: Link) -> Cause | None:
    wanted = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    missing = [name for name in (f"X-Amz-{name}" for name in wanted) if not link.get(name)]
    if "X-Amz-Signature" in missing:
        verb = "is" if len(missing) == 1 else "are"
        return Cause(
            f"the link was cut off: {listed(missing)} {verb} missing at its end",
            "Copy the whole link; it ends with X-Amz-Signature= and 64 characters",
        )
    if missing:
        return Cause(f"the link lacks {', '.join(missing)}", _AS_PRINTED)
    return None


def _signature(link: Link) -> Cause | None:
    found = link.get("X-Amz-Signature")
    digits = re.match(r"[0-9a-f]*", found)
    count = len(digits[0]) if digits else 0
    if found and count < len(found) and count >= 64:
        return Cause(
            f"the link has {found[64:][:20]!r} after the signature, which does not belong to it",
            "Remove what follows the signature's 64 characters",
        )
    if found and count == len(found) < 64:
        return Cause(
            f"the link was cut off: {count} of the signature's 64 characters are there", "Copy the whole link"
        )
    if found and (count != 64 or len(found) != 64):
        return Cause(
            "the signature was changed: it has other characters than 64 of 0-9 and a-f",
            _AS_PRINTED,
        )
    return None


def _credential(link: Link) -> Cause | None:
    remedy = "Make a new link"
    found = link.get("X-Amz-Credential")
    if not found:
        return None
    if "/" not in found and len(found) > len("/YYYYMMDD/s3/aws4_request"):
        return Cause(
            "the %2F in X-Amz-Credential were lost: in a .bat file %2 means the second argument",
            "Write each % as %% in a .bat file",
        )
    if link.access_key.startswith("not shown"):
        return Cause(
            "the credential has no access key id: perhaps the secret key is in its place",
            "If so, deactivate that key at once, because the link contains it; then set both keys again",
        )
    if len(link.scope) != 5 or link.scope[4] != "aws4_request":
        return Cause("X-Amz-Credential is not KEYID/DATE/REGION/s3/aws4_request", _AS_PRINTED)
    _, date, _, service, _ = link.scope
    if service != "s3" and link.place.kind != "unknown":  # Object Lambda and others have their own
        return Cause(f"the link is signed for the service {service[:40]!r}, not for s3", remedy)
    if date != link.get("X-Amz-Date")[:8]:
        return Cause(
            f"the credential is of {date[:20]!r}, and X-Amz-Date of {link.get('X-Amz-Date')[:8]!r}: "
            "one of them was changed",
            remedy,
        )
    return None


def _time(link: Link) -> Cause | None:
    date, expires = link.get("X-Amz-Date"), link.get("X-Amz-Expires")
    if date and (not _MOMENT.fullmatch(date) or link.signed_at is None):
        return Cause(f"X-Amz-Date is {date[:40]!r}, not a moment such as 20261126T100000Z", "Make a new link")
    if expires and (link.expires is None or not 1 <= link.expires <= MAX_EXPIRES):
        return Cause(f"X-Amz-Expires is {expires[:40]!r}: S3 allows 1 to 604800 seconds", "Make a new link")
    return None


def _headers(link: Link) -> Cause | None:
    found = link.get("X-Amz-SignedHeaders")
    if found and "host" not in found.split(";"):
        return Cause(f"X-Amz-SignedHeaders is {found[:80]!r}, without host", _AS_PRINTED)
    return None


def _token(link: Link) -> Cause | None:
    token = link.get("X-Amz-Security-Token")
    if link.scope[0].startswith("ASIA") and not token:
        return Cause(
            "the session token is missing: the access key id begins with ASIA, so a session signed",
            "Set AWS_SESSION_TOKEN with the keys and make a new link; if it was cut out, copy the whole link",
        )
    if link.scope[0].startswith("AKIA") and token:
        return Cause(
            "the link has a session token, and its access key id (AKIA…) is that of a user: they do not fit",
            "Unset AWS_SESSION_TOKEN and make a new link",
        )
    return None


def known(name: str) -> bool:
    """Whether a parameter is one of S3's."""
    return name in hidden.OPERATION_PARAMETERS or name.lower().startswith(("x-amz-", "response-"))


def _additions(link: Link) -> Cause | None:
    names = [name for name, _ in link.query]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return Cause(f"the parameter {twice[0][:20]} is there twice", _AS_PRINTED)
    added = [name for name in names if not known(name)]
    if added:
        return Cause(
            f"the parameter {added[0][:20]!r} was added, and S3 signs every parameter",
            "Remove it; switch off what adds it, such as click tracking",
        )
    return None


_CHECKS = (
    *(_algorithm, _reserved, _complete, _signature, _credential, _time, _headers, _token, _additions),
    *unserved.CHECKS,
)
