"""Asks S3 for the very thing that a link is for, and says the answer in words.

A download is asked for one byte, so that what HEAD does not show is seen: a missing kms:Decrypt, an archived
object. An upload cannot be tried without uploading: the bucket is listed, and the rest is said to be unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from presign import duration, http, scan_tags
from presign.errors import CheckError
from presign.explain import answer, judge, link
from presign.explain.cause import Cause
from presign.prepare import Prepared

_EXPIRES = 60  # seconds
_SKEW = timedelta(seconds=30)  # less than this is a slow network, or does no harm
_EMPTY = 416  # the object has no first byte: it may be read

_UNKNOWN = "only an upload shows whether these credentials may upload (s3:PutObject, kms:GenerateDataKey)"


@dataclass(frozen=True)
class Answer:
    """What S3 said. ``problem`` is empty where it would serve the link; ``warnings`` are about the rest.

    ``denied`` is true where a policy is the problem, and not the credentials themselves. ``size`` is that of
    the object, in bytes. ``unscanned`` is true where the object may be read once it was scanned for malware.
    """

    problem: str
    warnings: list[str]
    denied: bool = False
    size: int = 0
    unscanned: bool = False

    def require(self) -> list[str]:
        """Return the warnings; raises CheckError where there is a problem, with the clock first."""
        if self.problem:
            raise CheckError("; ".join([*self.warnings, self.problem]))
        return self.warnings


def ask(prepared: Prepared, key: str | None = None, query: Mapping[str, str] | None = None) -> Answer:
    """Ask for the first byte of the object ``key``, with the link's ``query``, or list the bucket.

    Raises CheckError where S3 cannot be reached.
    """
    expires = min(_EXPIRES, prepared.stack.max_seconds, prepared.expires)
    if key is None:
        url = prepared.signer.plan("GET", expires, {}, {"list-type": "2", "max-keys": "1"}).bucket_url()
    else:
        url = prepared.signer.plan("GET", expires, {}, query).url(key)
    reply = http.send("GET", url, {} if key is None else {"Range": "bytes=0-0"}, prepared.profile)
    clock = _about_clock(reply.headers.get("Date"), datetime.now(UTC))
    if reply.status < 300 or (key is not None and reply.status == _EMPTY):
        size = reply.headers.get("Content-Range", "").rpartition("/")[2]
        return Answer("", clock, size=int(size) if size.isdigit() else 0)
    place = f"s3://{prepared.stack.bucket}{f'/{key}' if key is not None else ''}"
    refused = answer.read(reply.raw)
    if reply.status == 404 and refused.code in ("", "NoSuchKey", "NoSuchBucket"):
        return Answer(f"there is no {'bucket' if key is None else 'object'} {place}", clock)
    cause = _cause(prepared, url, refused)
    unscanned = False
    if cause.scan and key is not None:
        said = scan_tags.of(prepared, key, query)
        unscanned = said in ("", None)
        cause = _by_scan(prepared, cause, said, version=bool(query and "versionId" in query))
    problem = f"S3 refuses {place} ({reply.status}): {_words(cause)}"
    denied = refused.code == "AccessDenied" and not _about_time(refused)
    return Answer(problem, clock, denied=denied, unscanned=unscanned)


def ask_upload(prepared: Prepared) -> Answer:
    """Ask whether the bucket is there and the credentials work; whether they may upload is never known."""
    found = ask(prepared)
    if found.denied:
        return Answer("", [*found.warnings, f"{_UNKNOWN}; they may not list the bucket"])
    return Answer(found.problem, [*found.warnings, *([] if found.problem else [_UNKNOWN])])


def why(prepared: Prepared, url: str, refusal: http.Reply) -> str:
    """Say why S3 refused a link that was made a moment ago, and what to do."""
    return _words(_cause(prepared, url, answer.read(refusal.raw)))


def _words(cause: Cause) -> str:
    return f"{cause.text}: {cause.remedy[:1].lower()}{cause.remedy[1:]}"


def _cause(prepared: Prepared, url: str, refused: answer.Answer) -> Cause:
    if refused.code == "SignatureDoesNotMatch":  # nobody can have changed this link
        return Cause(
            "the secret key is not that of the access key, or a proxy changes the request",
            "Set both keys again, or leave the proxy out",
        )
    found = link.read(url, prepared.stack)
    verdict = judge.judge(found, refused, prepared.stack, None, datetime.now(UTC))
    return verdict.causes[0]


def _by_scan(prepared: Prepared, perhaps: Cause, said: str | None, *, version: bool) -> Cause:
    """Return the cause once the object's tags were asked for, which the bucket does not deny."""
    if said is None:
        lacking = scan_tags.lacking(prepared, version=version)
        return Cause(
            f"{perhaps.text}; which of these cannot be known, as the credentials lack {lacking}",
            "Ask the bucket's owner for the object's tags, or wait for the scan",
        )
    if said == prepared.stack.scan.clean:
        return Cause(
            "it was found clean, so another statement of the bucket's policy, or an IAM policy, denies it",
            "Use the link from inside the bucket's perimeter, and sign with credentials that may read it",
        )
    result = scan_tags.result(said)
    return Cause(result.text, result.remedy)


def _about_time(refused: answer.Answer) -> bool:
    return "expired" in refused.message or "not yet valid" in refused.message


def _about_clock(date: str | None, now: datetime) -> list[str]:
    try:
        theirs = parsedate_to_datetime(date) if date else None
    except ValueError:
        theirs = None
    if theirs is None:
        return []
    skew = now - theirs.astimezone(UTC)
    if abs(skew) < _SKEW:
        return []
    seconds = duration.words(round(abs(skew).total_seconds()))
    if skew > timedelta(0):
        return [f"this machine's clock is {seconds} ahead of S3's: links may not be valid yet"]
    return [f"this machine's clock is {seconds} behind S3's: links expire that much earlier"]
