"""Writes what was found, for people and for programs, without a signature or a session token."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from presign import duration, report
from presign.explain import faults, form, hidden
from presign.explain.answer import Answer
from presign.explain.cause import Cause
from presign.explain.codes import CODES
from presign.explain.judge import Verdict
from presign.explain.link import Link
from presign.explain.operation import Operation
from presign.outputs import Outputs
from presign.signer import host_header


def write(
    link: Link,
    verdict: Verdict,
    *,
    known: Mapping[str, str],
    answer: Answer | None,
    outputs: Outputs | None,
    now: datetime,
    as_json: bool,
) -> str:
    """Return the report; ``known`` has the values of signed headers that are known."""
    secrets = [*link.secrets, *_secrets_of(answer)]
    if as_json:
        text = json.dumps(_document(link, verdict, known, answer, outputs), indent=2)
    else:
        text = _text(link, verdict, known, answer, outputs, now)
    return hidden.without(text, secrets, link.pieces)


def _secrets_of(answer: Answer | None) -> list[str]:
    if answer is None:
        return []
    names = ("Token", "SignatureProvided")
    found = [value for name, value in answer.elements.items() if name.startswith(names)]
    lines = answer.elements.get("CanonicalRequest", "").split("\n")
    queries = ["&".join(answer.request.query.values())] if answer.request else lines
    return [*found, *(secret for query in queries for secret in hidden.secrets_in(query))]


def _text(
    link: Link,
    verdict: Verdict,
    known: Mapping[str, str],
    answer: Answer | None,
    outputs: Outputs | None,
    now: datetime,
) -> str:
    first, *others = verdict.causes or [Cause(verdict.fine, "")]
    text = report.printable(f"{first.text[:1].upper()}{first.text[1:]}.")
    rows = [("To do", f"{first.remedy}.")] if first.remedy else []
    rows += report.listed("Also", [f"{cause.text}. {cause.remedy}." for cause in others])
    detail = [
        ("For", _for(verdict.operation)),
        ("Place", str(link.place)),
        *report.listed(
            "With", [f"{name}={value}" if value else name for name, value in _parameters(link).items()]
        ),
        ("Host", f"{link.parts.scheme}://{host_header(link.parts)}"),
        ("Region", link.region or "unknown"),
        (
            "Signed by",
            f"{link.access_key} ({'a session: the link ends with it' if link.temporary else 'no session'})",
        ),
        ("Since", duration.iso(link.signed_at) if link.signed_at else "unknown"),
        ("Until", _until(link, now)),
        *report.listed("Headers", _headers(link, known) or ["none needed"]),
        *report.listed("Bucket", _bucket(verdict, outputs)),
    ]
    if answer is not None:
        code = CODES.get(answer.code)
        said = ": ".join(filter(None, (answer.code, answer.message)))
        detail += [("S3 says", said)] if said else []
        if code:
            detail.append(("It means", code.meaning))
    return "\n".join([text, *([report.table(rows)] if rows else []), "", report.table(detail)])


def _for(operation: Operation) -> str:
    likely = "" if operation.sure else ": only the signature knows which"
    return f"{operation.words} ({' or '.join(operation.methods)}){likely}"


def _parameters(link: Link) -> dict[str, str]:
    """Return the parameters; without the values of those that are not S3's, which may be secret."""
    # A value under a broken name may be a part of a signature or a token, and so may the name.
    return {
        name if faults.known(name) else name[:20]: value
        if faults.known(name) and not name.lower().startswith(("x-amz-s", "x-amz-t"))
        else ""
        for name, value in link.parameters.items()
    }


def _until(link: Link, now: datetime) -> str:
    end = form.expires_at(link.fields) if link.fields else link.expires_at
    if end is None:
        return "unknown"
    words = duration.roughly((now - end).total_seconds())
    return f"{duration.iso(end)} ({f'{words} ago' if end <= now else f'{words} left'})"


def _headers(link: Link, known: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: {known[name]}" if name in known else f"{name}, as it was signed"
        for name in link.signed_headers
    ]


def _bucket(verdict: Verdict, outputs: Outputs | None) -> Sequence[str]:
    if outputs is None:
        return ["not compared: no outputs (--outputs)"]
    if verdict.objections is None:
        return ["not compared: the link does not name its bucket"]
    if verdict.objections:
        return [f"does not allow it: {cause.text}" for cause in verdict.objections]
    longest = duration.words(outputs.max_seconds)
    return [f"{outputs.bucket} allows such links, for at most {longest}"]


def _document(
    link: Link, verdict: Verdict, known: Mapping[str, str], answer: Answer | None, outputs: Outputs | None
) -> dict[str, object]:
    end = form.expires_at(link.fields) if link.fields else link.expires_at
    return {
        "cause": verdict.causes[0].text if verdict.causes else None,
        "remedy": verdict.causes[0].remedy if verdict.causes else None,
        "causes": [{"cause": cause.text, "remedy": cause.remedy} for cause in verdict.causes],
        "operation": verdict.operation.words,
        "methods": list(verdict.operation.methods),
        "bucket": link.place.bucket if link.place.names_bucket else None,
        "key": link.place.key,
        "parameters": _parameters(link),
        "host": host_header(link.parts),
        "region": link.region or None,
        "access_key": link.access_key,
        "temporary": link.temporary,
        "signed_at": duration.iso(link.signed_at) if link.signed_at else None,
        "expires_at": duration.iso(end) if end else None,
        "signed_headers": {name: known.get(name) for name in link.signed_headers},
        "outputs": None
        if outputs is None or verdict.objections is None
        else {"bucket": outputs.bucket, "objections": [cause.text for cause in verdict.objections]},
        "answer": None
        if answer is None
        else {"status": answer.status, "code": answer.code or None, "message": answer.message},
    }
