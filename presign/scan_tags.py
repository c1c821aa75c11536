"""Asks what the scan for malware said of an object: GuardDuty writes it into a tag.

https://docs.aws.amazon.com/guardduty/latest/ug/monitoring-malware-protection-s3-scans-gdu.html
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from presign import http, needs, scanned
from presign.errors import CheckError, RequestError
from presign.explain import answer as refusals
from presign.prepare import Prepared
from presign.scanned import Scan

_TAG = re.compile(r"<Tag>\s*<Key>([^<]*)</Key>\s*<Value>([^<]*)</Value>\s*</Tag>")

MISSING = "missing"
"""What is said of an object that is not there."""

_NOT_THERE = ("NoSuchKey", "NoSuchVersion", "MethodNotAllowed")
"""What S3 answers then; the last one for a version that is a delete marker."""


@dataclass(frozen=True)
class Result:
    """What a scan said: of one object, of several that are left out, and what to do."""

    text: str
    objects: str
    remedy: str


_WAIT = (
    "Wait until GuardDuty has scanned it; what was there before the scan was turned on is scanned by "
    "`make scan-existing`"
)
RESULTS: Mapping[str, Result] = {
    "": Result("it has no clean scan for malware yet", "objects that GuardDuty has not scanned yet", _WAIT),
    "THREATS_FOUND": Result(
        "GuardDuty found a threat in it",
        "objects in which GuardDuty found a threat",
        "Do not use the file; tell the bucket's owner",
    ),
    "UNSUPPORTED": Result(
        "GuardDuty cannot scan it, as it cannot a file with a password",
        "objects that GuardDuty cannot scan",
        "Upload it in a form that can be scanned, or ask the bucket's owner for a role in "
        "malware_scan.readers_of_unscanned",
    ),
    "ACCESS_DENIED": Result(
        "GuardDuty may not read it",
        "objects that GuardDuty may not read",
        "Have the bucket's owner compare the scan's role with the settings (`make drift`) and rescan it",
    ),
    "FAILED": Result(
        "its scan for malware failed",
        "objects whose scan failed",
        "Have the bucket's owner scan it again (`make scan-existing`)",
    ),
    MISSING: Result(
        "there is no such object", "objects that are not there", "Compare the key, letter by letter"
    ),
}
"""By the value of the tag, which is empty where there is no tag."""


def result(value: str) -> Result:
    """Return what a value of the tag means; one that no page of AWS lists is shown as it is."""
    known = RESULTS.get(value)
    return known or Result(
        f"its scan for malware says {value}", f"objects whose scan says {value}", "Ask the bucket's owner"
    )


def lacking(prepared: Prepared, *, version: bool = False) -> str:
    """Say what the credentials lack that may not ask."""
    needed = scanned.asks(version=version)
    return f"{needed}: {needs.allowed(needed, prepared.stack.policy_arn)}"


class Answer(NamedTuple):
    """S3's answer to a request for tags; ``code`` and ``message`` are empty where it does not refuse."""

    status: int | None
    code: str
    message: str
    tags: Mapping[str, str]


def verdict(scan: Scan, key: str, version: str | None, answer: Answer) -> str | None:
    """Return what the scan said, by S3's answer for ``key``; None where a policy denies the answer.

    Raises RequestError where no object can have this ``version``, and CheckError for every other answer.
    """
    if answer.status == 200 and not answer.code:
        return answer.tags.get(scan.tag, "")
    if answer.code == "AccessDenied":
        return None
    if answer.code in _NOT_THERE:
        return MISSING
    if answer.code == "InvalidArgument" and version:
        raise RequestError(f"S3 does not take the version id {version!r}: {answer.message}")
    said = " ".join(filter(None, (str(answer.status), answer.code, answer.message)))
    raise CheckError(f"S3 does not say which tags {key!r} has: it answers {said}")


def of(prepared: Prepared, key: str, query: Mapping[str, str] | None = None) -> str | None:
    """Return what the scan said of an object, or of the version in ``query``; see ``verdict``.

    Raises CheckError where S3 cannot be reached.
    """
    version = {name: value for name, value in (query or {}).items() if name == "versionId"}
    plan = prepared.signer.plan("GET", min(60, prepared.expires), {}, {"tagging": "", **version})
    reply = http.send("GET", plan.url(key), {}, prepared.profile)
    refusal = refusals.read(reply.raw)
    tags = {html.unescape(name): html.unescape(value) for name, value in _TAG.findall(reply.body)}
    answer = Answer(reply.status, refusal.code, refusal.message, tags)
    return verdict(prepared.stack.scan, key, version.get("versionId"), answer)
