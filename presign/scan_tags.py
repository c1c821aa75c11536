"""Asks what the scan for malware said of an object: GuardDuty writes it into a tag.

https://docs.aws.amazon.com/guardduty/latest/ug/monitoring-malware-protection-s3-scans-gdu.html
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from presign import http, needs
from presign.errors import CheckError
from presign.prepare import Prepared

_TAG = re.compile(r"<Tag>\s*<Key>([^<]*)</Key>\s*<Value>([^<]*)</Value>\s*</Tag>")

MISSING = "missing"
"""What is said of an object that is not there."""

NOT_THERE = (404, 405)
"""What S3 answers then; the second one for a version that is a delete marker."""


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


def action(*, version: bool) -> str:
    """Return the permission that it takes to ask for the tags of an object, or of a version of it."""
    return "s3:GetObjectVersionTagging" if version else "s3:GetObjectTagging"


def lacking(prepared: Prepared, *, version: bool = False) -> str:
    """Say what the credentials lack that may not ask."""
    needed = action(version=version)
    return f"{needed}: {needs.allowed(needed, prepared.stack.policy_arn)}"


def of(prepared: Prepared, key: str, query: Mapping[str, str] | None = None) -> str | None:
    """Return what the scan said of an object, or of the version in ``query``; None where S3 denies it.

    Raises CheckError where S3 cannot be reached, or has no answer.
    """
    version = {name: value for name, value in (query or {}).items() if name == "versionId"}
    plan = prepared.signer.plan("GET", min(60, prepared.expires), {}, {"tagging": "", **version})
    reply = http.send("GET", plan.url(key), {}, prepared.profile)
    if reply.status in NOT_THERE:
        return MISSING
    if reply.status == 403:
        return None
    if reply.status >= 300:
        raise CheckError(f"S3 does not say which tags {key!r} has: it answers {reply.status}")
    tags = {html.unescape(name): html.unescape(value) for name, value in _TAG.findall(reply.body)}
    return tags.get(prepared.stack.scan.tag, "")
