"""What every command does first: reads the outputs, chooses an expiry and finds credentials."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from presign import access_points, duration, endpoint, endpoint_settings, find
from presign.credentials import Credentials, resolve
from presign.errors import CredentialsError
from presign.options import PlaceOptions
from presign.outputs import Outputs
from presign.signer import Signer, utc_now


@dataclass(frozen=True)
class Prepared:
    """A bucket, and who signs for it.

    ``expires`` is in seconds, ``warnings`` are for standard error. ``needs`` says which IAM policy who signs
    must have; it is empty where the outputs name none. ``profile`` is one that was asked for by name.
    """

    stack: Outputs
    credentials: Credentials
    bucket_url: str
    signer: Signer
    expires: int
    warnings: Sequence[str]
    needs: str
    profile: str | None

    @property
    def virtual(self) -> bool:
        """Whether the bucket is in the host's name, on AWS."""
        return endpoint.in_host(self.bucket_url)

    @property
    def signed_by(self) -> str:
        """Who signs, and what they need, in words."""
        return f"{self.credentials.access_key}{f', which needs {self.needs}' if self.needs else ''}"


def prepare(
    options: PlaceOptions,
    expires: int | datetime | None = None,
    access_point: str | None = None,
    signed_at: datetime | None = None,
    *,
    default: int = duration.DEFAULT_EXPIRES,
    stack: Outputs | None = None,
    credentials: Credentials | None = None,
) -> Prepared:
    """Read the outputs and find credentials; ``expires`` is what was asked for: seconds, or an end in UTC.

    ``access_point`` is the ARN of one, through which the bucket is then reached. ``signed_at`` (UTC) is the
    moment that the links name, if not now. ``default`` (seconds) is for where no expiry was asked for.
    ``stack`` and ``credentials`` are those that are known already.
    """
    stack = stack or find.locate(options)
    if isinstance(expires, datetime):
        # To the second, as links have it, and the very moment that they name, or the end would be missed.
        signed_at = signed_at or utc_now().replace(microsecond=0)
        chosen = duration.until(expires, signed_at, stack.max_seconds)
    else:
        chosen = duration.choose(expires, stack.max_seconds, default)
    place = endpoint_settings.configured(options["endpoint_url"], options["profile"], os.environ)
    if access_point is None:
        bucket_url = endpoint.bucket_url(stack.bucket, stack.region, *place)
    else:
        bucket_url = endpoint.access_point_url(access_point, stack.region, *place)
    credentials = credentials or resolve(options["profile"], os.environ, stack.region)
    signer = Signer(
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
        session_token=credentials.session_token,
        region=stack.region,
        bucket_url=bucket_url,
        clock=lambda: signed_at or utc_now(),
    )
    chosen, warnings = within_life(chosen, credentials, signed_at or utc_now())
    warnings += stack.revoked.warnings(credentials, utc_now())
    needs = f"the IAM policy {stack.policy_arn}" if stack.policy_arn else ""
    if access_point is not None and not access_points.named(access_point, stack):
        needs = access_points.needs(access_point)
        warnings.append(access_points.warning(access_point, stack))
    return Prepared(stack, credentials, bucket_url, signer, chosen, warnings, needs, options["profile"])


def within_life(expires: int, credentials: Credentials, now: datetime) -> tuple[int, list[str]]:
    """Cut ``expires`` (seconds) to the life of temporary credentials, and warn of what cannot be known."""
    if credentials.expires_at is None:
        if not credentials.session_token:
            return expires, []
        return expires, [
            "the temporary credentials do not say when they expire: links expire with them, even if earlier"
        ]
    left = int((credentials.expires_at - now).total_seconds())
    if left < 1:
        raise CredentialsError(
            f"the AWS credentials expired at {duration.iso(credentials.expires_at)}: get new ones"
        )
    if left >= expires:
        return expires, []
    return left, [
        f"links expire earlier than asked, at {duration.iso(credentials.expires_at)}, "
        "because the credentials expire then"
    ]
