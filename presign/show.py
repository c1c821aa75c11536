"""``presign show``: the bucket, its limits, and who would sign."""

import json
from typing import Unpack

from presign import duration, keys, report
from presign.options import PlaceOptions, check_option, format_option, place_options
from presign.prepare import prepare
from presign.signer import MAX_EXPIRES

import click


class ShowOptions(PlaceOptions):
    """What ``show`` is given."""

    key: str | None
    check: bool
    format: str


@click.command(
    epilog="\b\nExample:\n  presign show --outputs outputs.json --check reports/november.csv",
    short_help="Show the bucket, its limits and the credentials.",
)
@click.argument("key", required=False)
@place_options
@check_option("may these credentials see the bucket, or read the object KEY, and is the clock right")
@format_option("text", "json")
def show(**options: Unpack[ShowOptions]) -> None:
    """Show the bucket, its limits, and whose credentials sign and until when."""
    prepared = prepare(options)
    stack, credentials = prepared.stack, prepared.credentials
    temporary = credentials.session_token is not None
    until = (
        duration.iso(credentials.expires_at) if credentials.expires_at else "unknown" if temporary else None
    )
    answer = None
    if options["check"]:
        from presign import check

        key = options["key"]
        answer = check.ask(prepared, key if key is None else keys.in_bucket(key, stack.bucket))
    longest = min(stack.max_seconds, MAX_EXPIRES)
    if options["format"] == "json":
        document = {
            "bucket": stack.bucket,
            "region": stack.region,
            "url": prepared.bucket_url,
            "kms_key_arn": stack.kms_key_arn or None,
            "upload_headers": dict(stack.upload_headers),
            "max_seconds": longest,
            "iam_policy_arn": stack.policy_arn or None,
            "access_points": list(stack.access_points),
            "revoked": list(stack.revoked.keys),
            "scanned": list(stack.scan.prefixes),
            "scan_enforced": stack.scan.enforced,
            "revoked_before": duration.iso(stack.revoked.before) if stack.revoked.before else None,
            "access_key": credentials.access_key,
            "temporary": temporary,
            "credentials_expire_at": until,
        }
        if answer:
            document["allowed"] = not answer.problem
        report.write(json.dumps(document, indent=2))
    else:
        headers = [f"{name}: {value}" for name, value in stack.upload_headers.items()] or ["none needed"]
        rows = [
            ("Bucket", stack.bucket),
            ("Region", stack.region),
            ("URL", prepared.bucket_url),
            ("KMS key", stack.kms_key_arn or "none: SSE-S3"),
            *report.listed("Uploads", headers),
            *report.listed("Through", stack.access_points),
            ("Links", f"live at most {duration.words(longest)}"),
            *report.listed("Revoked", stack.revoked.words()),
            *report.listed("Scanned", stack.scan.words()),
            ("Signed by", prepared.signed_by),
            (
                "Until",
                f"{until} (temporary credentials)" if temporary else "revoked (not temporary)",
            ),
        ]
        if answer and not answer.problem:
            allowed = "read this object" if options["key"] else "see this bucket"
            rows.append(("Checked", f"the credentials may {allowed}"))
        report.write(report.table(rows))
    if answer:
        report.warn(answer.require())
