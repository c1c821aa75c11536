"""Makes one link or form: what the command line and Python share, with the bucket's limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from presign import active, form, keys, reserved, says
from presign.errors import RequestError
from presign.outputs import Outputs
from presign.prepare import Prepared


@dataclass(frozen=True, eq=False)  # nobody compares them, and it takes time to make
class Link:
    """A link. ``headers`` must be sent with an upload, exactly as they are; ``expires_at`` is UTC.

    ``str(link)`` is its URL. ``warnings`` say what is doubtful about it.
    """

    method: str
    key: str
    url: str
    headers: Mapping[str, str]
    expires_at: datetime
    warnings: Sequence[str] = field(default=(), repr=False)

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, eq=False)  # nobody compares them, and it takes time to make
class Form:
    """A form: ``fields`` are sent before the file, in their order; ``expires_at`` is UTC. Sizes are in bytes.

    ``warnings`` say what is doubtful about it.
    """

    url: str
    fields: Mapping[str, str]
    expires_at: datetime
    min_size: int
    max_size: int
    warnings: Sequence[str] = field(default=(), repr=False)


def link(
    method: str, prepared: Prepared, key: str, headers: Mapping[str, str], query: Mapping[str, str]
) -> Link:
    """Make a link for ``key``, which may be a URI of the bucket. ``headers`` is what the upload says."""
    stack = prepared.stack
    key = keys.in_bucket(key, stack.bucket)
    keys.refuse(key, virtual=prepared.virtual)
    reserved.refuse(key)
    active.refuse_shown(key, query)
    stack.revoked.refuse(key)
    if method == "PUT":
        require_checksum(stack, headers, "give --checksum sha256:DIGEST")
        stack.scan.refuse_tags(key, headers)
        headers = {**stack.upload_headers, **headers}
    plan = prepared.signer.plan(method, prepared.expires, headers, query)
    warnings = [*keys.doubts(key, method), *says.doubts(headers), *prepared.warnings]
    return Link(method, key, plan.url(key), headers, plan.expires_at, warnings)


def post(
    prepared: Prepared, rules: form.Rules, own: Mapping[str, str], content_type: str | None = None
) -> Form:
    """Make a form. ``own`` are its fields besides those of the bucket.

    ``content_type`` fills the field where the rules leave it open.
    """
    stack = prepared.stack
    reserved.refuse_form(rules.prefix, rules.key)
    revoked = stack.revoked.refuse_form(rules.prefix, rules.key)
    tags = stack.scan.refuse_form_tags(rules.prefix, rules.key, own)
    require_checksum(
        stack, own, "give --checksum sha256:DIGEST, or make a link for each file with 'presign put'"
    )
    now = prepared.signer.now()
    fields = form.fields(
        rules,
        bucket=stack.bucket,
        region=stack.region,
        credentials=prepared.credentials,
        headers={**stack.upload_headers, **own},
        content_type=content_type,
        expires=prepared.expires,
        now=now,
    )
    warnings = [*_about(rules.prefix, rules.key), *says.doubts(own), *revoked, *tags, *prepared.warnings]
    expires_at = now.replace(microsecond=0) + timedelta(seconds=prepared.expires)
    return Form(prepared.bucket_url, fields, expires_at, rules.min_size, rules.max_size, warnings)


def require_checksum(stack: Outputs, headers: Mapping[str, str], remedy: str) -> None:
    """Raise RequestError where the bucket has Object Lock and the upload no checksum.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    if stack.object_lock and not any(name.startswith(("x-amz-checksum-", "content-md5")) for name in headers):
        raise RequestError(f"the bucket has Object Lock, and takes no upload without a checksum: {remedy}")


def _about(prefix: str, key: str | None) -> list[str]:
    """Say what is doubtful about where a form uploads to."""
    warnings = keys.doubts(prefix if key is None else key, "POST")
    if key is None and prefix and not prefix.endswith("/"):
        warnings.append(
            f"the prefix does not end with /: a file NAME becomes {prefix}NAME, not {prefix}/NAME"
        )
    return warnings
