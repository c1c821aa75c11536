"""Finds the cause: from the link alone, from the bucket's outputs, and from what S3 answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from presign.explain import allowed, compare, denied, faults, form, operation, uncoded, unserved
from presign.explain.answer import Answer
from presign.explain.cause import Cause
from presign.explain.codes import CODES, MESSAGES
from presign.explain.link import Link
from presign.explain.operation import Operation
from presign.outputs import Outputs

_EARLY = timedelta(minutes=15)  # S3 takes links from clocks that are ahead by less


@dataclass(frozen=True)
class Verdict:
    """``causes`` has the most likely one first, and is empty where nothing is wrong; ``fine`` then says so.

    ``objections`` are what in the link does not fit the outputs; None where it was not compared with any.
    """

    operation: Operation
    causes: list[Cause]
    objections: list[Cause] | None
    fine: str


def judge(
    found: Link, answer: Answer | None, outputs: Outputs | None, endpoint_url: str | None, now: datetime
) -> Verdict:
    """Return why the link does not work; ``now`` is this machine's time, in UTC."""
    for_what = operation.of(found, outputs)
    compared = outputs if found.place.names_bucket else None
    objections = None if compared is None else allowed.objections(found, for_what, compared, endpoint_url)
    own = faults.faults(found)
    if answer is None:
        causes = [*own, *unserved.untrusted(found), *(objections or []), *_by_time(found, now)]
    elif uncoded.worked(found, answer) and answer.of_s3:
        return Verdict(for_what, [], objections, f"S3 accepted the link: it answered {answer.status}")
    else:
        causes = _of_answer(found, answer, for_what, outputs, now, own, objections or [])
    return Verdict(for_what, list(dict.fromkeys(causes)), objections, _fine(found))


def _fine(found: Link) -> str:
    if found.place.kind == "unknown":
        return "nothing wrong is found, but the link leads to a kind of S3 host that presign does not know"
    return "nothing is wrong with the link, as far as it shows"


def _by_time(found: Link, now: datetime) -> list[Cause]:
    end = form.expires_at(found.fields) if found.fields else found.expires_at
    if end is not None and end <= now:
        return [denied.expired(end, now, "form" if found.fields else "link")]
    if found.signed_at is not None and found.signed_at > now + _EARLY:
        return [denied.not_yet(found, now)]
    return []


def _of_answer(
    found: Link,
    answer: Answer,
    for_what: Operation,
    outputs: Outputs | None,
    now: datetime,
    own: list[Cause],
    objections: list[Cause],
) -> list[Cause]:
    if uncoded.worked(found, answer) or not answer.code:
        if not answer.code and answer.region not in ("", found.region):
            return [_region(found, answer, None), *own]
        return [uncoded.cause(found, answer, for_what), *own]
    code = CODES.get(answer.code)
    meaning = code.meaning if code else f"S3 answers {answer.code}: {answer.message}"
    known = Cause(meaning, code.remedy if code else "Read S3's message")
    if code and code.signed:
        return [_named(found, answer, known)]
    if found.fields or "according to Policy" in answer.message:
        by_form = form.cause(found.fields, answer, now)
        if by_form:
            return [by_form]
    if answer.code == "SignatureDoesNotMatch":
        differing = [*own, *compare.differences(found, answer, for_what, outputs), *objections]
        known_headers = compare.known_headers(found, outputs)
        return differing or [compare.undetermined(found, answer.request, known_headers)]
    if answer.code in ("AccessDenied", "RequestExpired"):
        cause = denied.cause(found, answer, for_what, outputs, now)
        return [cause] if denied.is_said(answer) else [*own, cause]
    if answer.region and answer.region != found.region:
        return [*own, _region(found, answer, outputs)]
    by_message = next((code for pattern, code in MESSAGES if pattern in answer.message), None)
    return [Cause(by_message.meaning, by_message.remedy)] if by_message else [*own, known]


def _named(found: Link, answer: Answer, known: Cause) -> Cause:
    """Say of which object, and of which storage class, S3 speaks."""
    if answer.code == "InvalidObjectState" and answer.elements.get("StorageClass"):
        return Cause(f"{known.text} (it is in {answer.elements['StorageClass']})", known.remedy)
    if answer.code in ("NoSuchKey", "NoSuchVersion"):
        return Cause(f"{known.text}: {found.place}", known.remedy)
    return known


def _region(found: Link, answer: Answer, outputs: Outputs | None) -> Cause:
    stale = outputs is not None and outputs.region == found.region
    return Cause(
        f"the link is signed for the region {found.region}, and the bucket is in {answer.region}",
        f"Sign for {answer.region}: make the link with presign{' and newer outputs' if stale else ''}",
    )
