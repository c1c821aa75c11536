"""Whether the bucket, as its outputs describe it, allows a link. S3 itself is not asked."""

from presign import duration, endpoint
from presign.explain.cause import Cause, listed, shown
from presign.explain.link import Link
from presign.explain.operation import Operation
from presign.outputs import Outputs
from presign.scanned import READS, WHY_NO_TAGS
from presign.signer import host_header


def objections(link: Link, operation: Operation, outputs: Outputs, endpoint_url: str | None) -> list[Cause]:
    """Return what in the link does not fit the bucket, worst first."""
    place = link.place
    if place.kind == "accesspoint":
        name = place.bucket.rpartition("-")[0]
        missing = Cause(
            f"the access point {name} is not in the outputs", "Use an access point of this bucket"
        )
        found = [] if leads_to(link, outputs) else [missing]
    elif place.bucket != outputs.bucket:
        return [
            Cause(
                f"the link is for the bucket {place.bucket}, and the outputs are of {outputs.bucket}",
                "Give the outputs of the link's bucket (--outputs, --stack), or make a link for this one",
            )
        ]
    else:
        found = []
    return [
        *found,
        *_region(link, outputs),
        *_host(link, outputs, endpoint_url),
        *denied_by_policy(link, operation, outputs),
        *_life(link, outputs),
    ]


def _region(link: Link, outputs: Outputs) -> list[Cause]:
    if link.region in ("", outputs.region):
        return []
    return [
        Cause(
            f"the link is signed for the region {link.region}, and the bucket is in {outputs.region}",
            f"Sign for {outputs.region}: make the link with presign and these outputs",
        )
    ]


def _host(link: Link, outputs: Outputs, endpoint_url: str | None) -> list[Cause]:
    place = link.place
    if place.region not in ("", outputs.region):
        return [
            Cause(
                f"the link's host is in {place.region}, and the bucket in {outputs.region}",
                "Make the link with presign and these outputs",
            )
        ]
    if place.kind == "global" and outputs.region != "us-east-1":
        return [
            Cause(
                "the link's host has no region, so S3 may redirect, which breaks the signature",
                f"Use the host of {outputs.region}, as presign does",
            )
        ]
    if place.kind == "custom":
        styles = (endpoint.Variant(style=style) for style in ("path", "virtual"))
        wanted = [endpoint.bucket_url(outputs.bucket, outputs.region, endpoint_url, each) for each in styles]
        if not link.parts.geturl().startswith(tuple(wanted)):
            return [
                Cause(
                    f"the link leads to {host_header(link.parts)}, neither AWS nor the endpoint in use",
                    "Set --endpoint-url, or AWS_ENDPOINT_URL_S3, to the link's server; or make a new link",
                )
            ]
    return []


def leads_to(link: Link, outputs: Outputs) -> bool:
    """Return whether a link is for the bucket of the outputs, perhaps through one of its access points."""
    if link.place.kind == "accesspoint":
        names = {arn.rpartition("/")[2] for arn in outputs.access_points}
        return link.place.bucket.rpartition("-")[0] in names
    return link.place.bucket == outputs.bucket


def denied_by_policy(link: Link, operation: Operation, outputs: Outputs) -> list[Cause]:
    """Return what in the link the bucket's policy denies."""
    if link.parts.scheme == "http" and link.place.kind != "custom":
        return [Cause("the link uses http, which the bucket's policy denies", "Use https:// in the link")]
    if revoked := _revoked(link, outputs):
        return revoked
    if tagged := _tagged(link, outputs):
        return tagged
    if not operation.uploads or operation.methods != ("PUT",) or "partNumber" in link.parameters:
        return []
    wanted = {name.lower(): value for name, value in outputs.upload_headers.items()}
    missing = sorted(wanted.keys() - set(link.signed_headers))
    if missing:
        return [
            Cause(
                f"the bucket's policy denies uploads without {listed(missing)}, which the link lacks",
                "Make the link with `presign put`, which signs what the bucket demands",
            )
        ]
    return [
        Cause(
            f"the bucket's policy denies {name}: {shown(link.headers[name])}, it demands {shown(value)}",
            "Make the link with `presign put` and the present outputs",
        )
        for name, value in wanted.items()
        if link.headers.get(name, value) != value
    ]


def stopped_by_scan(link: Link, operation: Operation, outputs: Outputs, action: str) -> bool:
    """Return whether a link may not work because of what a scan for malware found, or did not scan yet.

    ``action`` is what S3 says that it denies; empty where it does not say.
    """
    asked = operation.reads and action in ("", *READS)
    return asked and leads_to(link, outputs) and outputs.scan.stops(link.place.key)


def _tagged(link: Link, outputs: Outputs) -> list[Cause]:
    key = link.place.key or link.fields.get("key", "")
    if not outputs.scan.tagged(key, (*link.signed_headers, *link.fields)):
        return []
    return [Cause(f"an upload to {shown(key)} cannot have tags: {WHY_NO_TAGS}", "Make it without --tag")]


def _revoked(link: Link, outputs: Outputs) -> list[Cause]:
    revoked = outputs.revoked
    if by := revoked.by(link.place.key or link.fields.get("key", "")):
        return [
            Cause(
                f"links for {shown(by)} are revoked, by [presign] revoked in the bucket's settings",
                "Use credentials instead of a link: a new link does not help",
            )
        ]
    # A session that began later may have signed only later. When it began, no link says.
    if revoked.before and link.temporary and link.signed_at and link.signed_at < revoked.before:
        return [
            Cause(
                f"links of sessions that began before {duration.iso(revoked.before)} are revoked",
                "Sign in again and make a new link",
            )
        ]
    return []


def _life(link: Link, outputs: Outputs) -> list[Cause]:
    if link.expires is None or link.expires <= outputs.max_seconds:
        return []
    limit = duration.words(outputs.max_seconds)
    return [
        Cause(
            f"the link lives {duration.words(link.expires)}; the bucket denies signatures older than {limit}",
            f"Use it within {limit} after it was signed",
        )
    ]
