"""Explains the answer to a form: which condition of its policy was not met.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from presign.explain import denied
from presign.explain.answer import Answer
from presign.explain.cause import Cause, shown

_CONDITION = re.compile(r"Policy Condition failed: (\[.*\])")
_EXTRA = re.compile(r"Extra input fields: *(.+)")


def cause(fields: Mapping[str, str], answer: Answer, now: datetime) -> Cause | None:
    """Return why S3 refuses a form, or None where that has nothing to do with its policy."""
    if "Policy expired" in answer.message:
        return denied.expired(expires_at(fields), now, "form")
    extra = _EXTRA.search(answer.message)
    if extra:
        return Cause(
            f"the form sends a field that its policy does not name: {extra[1][:80]}",
            "Send the fields that presign printed, and no other",
        )
    failed = _CONDITION.search(answer.message)
    if failed:
        return _condition(failed[1])
    if answer.code == "SignatureDoesNotMatch":
        return Cause(
            "the form's policy or signature was changed, or the secret key is not that of the access key",
            "Send the fields exactly as presign printed them",
        )
    return None


def expires_at(fields: Mapping[str, str]) -> datetime | None:
    """Return until when the form works."""
    try:
        document = json.loads(base64.b64decode(fields.get("policy", "")))
        return datetime.fromisoformat(document["expiration"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _condition(text: str) -> Cause:
    remedy = "Send the fields exactly as presign printed them, before the file"
    try:
        operator, name, value = (str(part) for part in json.loads(text))
    except (ValueError, RecursionError):
        return Cause(f"the form does not meet the condition {text[:80]} of its policy", remedy)
    name = name.removeprefix("$")
    if name == "key":
        remedy = "Upload under the form's prefix, or make a form for another"
    must = {"starts-with": "begin with", "eq": "be"}.get(operator, operator)
    return Cause(f"the form's field {name} must {must} {shown(value)}, and does not", remedy)
