"""What stands behind ``AccessDenied``: S3 has one code for many causes, and tells them apart in the message.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
"""

import re
from datetime import datetime, timedelta

from presign import duration, needs
from presign.explain import allowed
from presign.explain.answer import Answer
from presign.explain.cause import Cause
from presign.explain.link import Link
from presign.explain.operation import Operation
from presign.outputs import Outputs
from presign.revoked import LONGEST_SESSION
from presign.scanned import asks

_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z*]+)")
_EXPLICIT = re.compile(r"explicit deny in an? ([a-z -]+?)(?: policy)?(?:$|[.,:;]| of)", re.IGNORECASE)
_MISSING = re.compile(r"because no ([a-z -]+?)(?: policy)? allows", re.IGNORECASE)
_WHO = re.compile(r"User: (arn:[^ ]+) is not")
_SAID = re.compile(r"expired|not yet valid|not signed|not authorized|customer master key")
_POLICIES = {
    "service control": "a service control policy of the organization",
    "resource control": "a resource control policy of the organization",
    "vpc endpoint": "the policy of the VPC endpoint on the way",
    "permissions boundary": "the permissions boundary of the signer",
    "session": "the policy of the session that signed",
    "identity-based": "an IAM policy of the signer",
    "resource-based": "the bucket's policy",
}


def is_said(answer: Answer) -> bool:
    """Whether the message says more than that access is denied."""
    return bool(_SAID.search(answer.message)) or "HeadersNotSigned" in answer.elements


def cause(link: Link, answer: Answer, operation: Operation, outputs: Outputs | None, now: datetime) -> Cause:
    """Return why S3 denies access."""
    message = answer.message
    unsigned = answer.elements.get("HeadersNotSigned", "")
    if unsigned or "headers present in the request which were not signed" in message:
        return Cause(
            f"the request sends a header that is not signed: {unsigned or 'one that begins with x-amz-'}",
            "Leave the header out, or make a link that has it",
        )
    if "not yet valid" in message:
        return not_yet(link, answer.server_time or now)
    if "expired" in message or answer.code == "RequestExpired":
        return expired(link.expires_at, now, theirs=answer.server_time)
    if "Query-string authentication" in message:
        return Cause("parameters of the signature are missing", "Copy the whole link")
    return _by_policy(link, message, operation, outputs, answer.server_time or now)


def expired(end: datetime | None, now: datetime, what: str = "link", theirs: datetime | None = None) -> Cause:
    """Say since when a link or form has expired; ``theirs`` is S3's time, where it is known."""
    remedy = f"Make a new {what}; `--expires` sets how long it works"
    if end is None:
        return Cause(f"the {what} has expired", remedy)
    if end <= now:
        ago = duration.roughly((now - end).total_seconds())
        return Cause(f"the {what} has expired: it worked until {duration.iso(end)}, {ago} ago", remedy)
    behind = "" if theirs is None or theirs < end else f": S3's clock said {duration.iso(theirs)}"
    return Cause(
        f"S3 says that the {what} has expired, and by this clock it works until {duration.iso(end)}: this "
        f"machine's clock is behind{behind}, or the {what} was changed",
        f"Set the clock; make a new {what}",
    )


def not_yet(link: Link, now: datetime) -> Cause:
    """Say from when on the link works, and whose clock is wrong."""
    start = link.signed_at
    remedy = "Set the clock of the machine that signs (NTP), and make a new link"
    if start is None or start <= now:
        return Cause("the link is not yet valid: the clock of the machine that signed is ahead", remedy)
    ahead = duration.roughly((start - now).total_seconds())
    return Cause(
        f"the link is not yet valid: it is signed for {duration.iso(start)}, so the clock of the machine "
        f"that signed is {ahead} ahead",
        remedy,
    )


def _by_policy(
    link: Link, message: str, operation: Operation, outputs: Outputs | None, now: datetime
) -> Cause:
    action = _ACTION.search(message)
    who = _WHO.search(message)
    signer = who[1] if who else link.access_key
    said = action[1] if action else ""
    what = said or "this"
    if what.startswith("kms:") or "customer master key" in message or "KMS key" in message:
        key = f" of the bucket ({outputs.kms_key_arn})" if outputs and outputs.kms_key_arn else ""
        needed = what if action else "kms:Decrypt" if "GET" in operation.methods else "kms:GenerateDataKey"
        return Cause(
            f"the credentials that signed may not use the KMS key{key}: {needed} is missing",
            f"Allow {signer} {needed} on the key: {_policy(outputs)}, and the key's own policy, must say so",
        )
    denied, missing = _EXPLICIT.search(message), _MISSING.search(message)
    if denied and denied[1].strip() == "resource-based":
        return _by_the_bucket(link, operation, outputs, said, now)
    found = denied or missing
    if found and found[1].strip().lower() in _POLICIES:
        policy = _POLICIES[found[1].strip().lower()]
        verb = "denies" if denied else "does not allow"
        if missing and policy == _POLICIES["identity-based"]:
            remedy = (
                _remedy(what, outputs) if action else f"Sign with credentials that have {_policy(outputs)}"
            )
            return Cause(f"no IAM policy allows {signer} {what}", remedy)
        return Cause(
            f"{policy} {verb} {signer} {what}", "Ask the owner of that policy; a new link does not help"
        )
    return _unsaid(link, operation, outputs, said, now)


def _by_the_bucket(
    link: Link, operation: Operation, outputs: Outputs | None, action: str, now: datetime
) -> Cause:
    """Name the statement of the bucket's policy that denies, as far as the link shows it."""
    found = _against_the_bucket(link, operation, outputs, now)
    if found:
        return found
    outside = (
        "the request comes from outside its perimeter (network, VPC endpoint or organization), or the link "
        "was revoked"
    )
    if operation.uploads:
        return Cause(
            f"the bucket's policy denies it: the encryption headers are not the bucket's, or {outside}",
            "Make the link with the present outputs, and use it from inside the perimeter",
        )
    if outputs and allowed.stopped_by_scan(link, operation, outputs, action):
        return _unscanned(link, outputs, "the bucket's policy denies it", f"or {outside}")
    return Cause(
        f"the bucket's policy denies it: {outside}",
        "Use the link from inside the perimeter, or make a new link",
    )


def _against_the_bucket(
    link: Link, operation: Operation, outputs: Outputs | None, now: datetime
) -> Cause | None:
    if outputs is None or not allowed.leads_to(link, outputs):
        return None
    found = allowed.denied_by_policy(link, operation, outputs)
    if found:
        return found[0]
    if link.signed_at and now - link.signed_at > timedelta(seconds=outputs.max_seconds):
        limit = duration.words(outputs.max_seconds)
        return Cause(
            f"the bucket's policy denies signatures older than {limit}, and this one is "
            f"{duration.roughly((now - link.signed_at).total_seconds())} old",
            f"Make a new link, and use it within {limit}",
        )
    return None


def _unsaid(link: Link, operation: Operation, outputs: Outputs | None, action: str, now: datetime) -> Cause:
    """Say what is likely where the message says nothing: S3 shows it only within its own organization."""
    found = _against_the_bucket(link, operation, outputs, now)
    if found:
        return found
    session = _perhaps_revoked(link, outputs)
    if operation.uploads:
        tags = " or s3:PutObjectTagging for its tags" if "x-amz-tagging" in link.signed_headers else ""
        return Cause(
            "a policy denies the upload, S3 does not say which: the IAM policy of the signer lacks "
            f"it{tags}, the encryption headers are not those of the bucket, or it comes from outside the "
            f"bucket's perimeter{session}",
            f"Sign with credentials that have {_policy(outputs)}, and make the link with the present outputs",
        )
    remedy = f"sign with credentials that have {_policy(outputs)}"
    if outputs and allowed.stopped_by_scan(link, operation, outputs, action):
        others = f"there is no such object, or the credentials that signed may not read it{session}"
        return _unscanned(link, outputs, f"S3 denies access to {link.place}", others)
    if not operation.reads:
        return Cause(
            f"the credentials that signed may not do this: {operation.words}{session}", f"To do it, {remedy}"
        )
    other = "" if operation.sure else " (or change it, where the link is for that)"
    return Cause(
        f"there is no object {link.place}, or the credentials that signed may not read it{other}: S3 answers "
        f"403 for both, unless they may list the bucket{session}",
        f"Compare the key, letter by letter; else {remedy}",
    )


def _unscanned(link: Link, outputs: Outputs, what: str, others: str) -> Cause:
    """Say that S3 denies what was not found clean, also to HEAD, and what is not there."""
    version = "versionId" in link.parameters
    of_version = " --version-id …" if version else ""
    ask = f"`aws s3api get-object-tagging --bucket {outputs.bucket} --key …{of_version}`"
    return Cause(
        f"{what}: it was not scanned for malware yet, GuardDuty found a threat in it or could not scan it; "
        f"{others}",
        f"Wait for the scan; the object's tags say what it found ({ask}, "
        f"which needs {asks(version=version)})",
        scan=True,
    )


def _perhaps_revoked(link: Link, outputs: Outputs | None) -> str:
    """Say that links of older sessions are revoked, where that of the link may be one: no link tells it."""
    before = outputs.revoked.before if outputs and allowed.leads_to(link, outputs) else None
    if (
        before is None
        or not link.temporary
        or (link.signed_at and link.signed_at - LONGEST_SESSION >= before)
    ):
        return ""
    return f"; or its session began before {duration.iso(before)}, and its links are revoked"


def _remedy(action: str, outputs: Outputs | None) -> str:
    policy_arn = outputs.policy_arn if outputs else ""
    return f"Sign with credentials that are allowed {action}: {needs.allowed(action, policy_arn)}"


def _policy(outputs: Outputs | None) -> str:
    return (
        f"the IAM policy {outputs.policy_arn}"
        if outputs and outputs.policy_arn
        else "an IAM policy that allows it"
    )
