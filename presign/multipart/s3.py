"""Begins, lists and ends uploads in parts, with the credentials themselves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from presign import needs
from presign.errors import MultipartError, PresignError
from presign.options import PlaceOptions
from presign.prepare import Prepared

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from mypy_boto3_s3 import S3Client

_ON_KEY = ", with kms:GenerateDataKey and kms:Decrypt on the bucket's key"
_MEANINGS = {
    "NoSuchBucket": "there is no such bucket",
    "NoSuchUpload": "there is no such upload: it was completed, aborted or removed",
}


@dataclass(frozen=True)
class Begun:
    """An upload that was begun and not completed. ``begun_at`` is UTC."""

    key: str
    upload_id: str
    begun_at: datetime


class Uploads:
    """The bucket's uploads in parts, through ``access_point`` (an ARN) where that is not None."""

    def __init__(self, prepared: Prepared, options: PlaceOptions, access_point: str | None = None) -> None:
        self._client = _client(prepared, options["endpoint_url"])
        self._bucket = access_point or prepared.stack.bucket
        self._policy_arn = prepared.stack.policy_arn

    @contextmanager
    def begun(self, key: str, headers: Mapping[str, str]) -> Iterator[tuple[str, datetime | None]]:
        """Begin an upload with ``headers``, and abort it where the block fails.

        Yields its id, and when a lifecycle rule removes it (UTC).
        """
        made = self._begin(key, headers)
        try:
            yield made
        except BaseException:
            with suppress(PresignError):
                self.abort(key, made[0])
            raise

    def _begin(self, key: str, headers: Mapping[str, str]) -> tuple[str, datetime | None]:
        def add(request: "AWSRequest", **_: object) -> None:
            for name, value in headers.items():
                del request.headers[name]
                request.headers[name] = value

        event = "before-sign.s3.CreateMultipartUpload"
        self._client.meta.events.register(event, add)
        with self._explained("s3:PutObject", f"begin an upload in parts to {key!r}"):
            answer = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)
        ends = answer.get("AbortDate")
        return answer["UploadId"], ends.astimezone(UTC) if ends else None

    def left(self, prefix: str) -> Iterator[Begun]:
        """Yield the uploads whose keys start with ``prefix`` and that were not completed."""
        pages = self._client.get_paginator("list_multipart_uploads")
        with self._explained("s3:ListBucketMultipartUploads", "list uploads in parts"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for one in page.get("Uploads", []):
                    yield Begun(one["Key"], one["UploadId"], one["Initiated"].astimezone(UTC))

    def abort(self, key: str, upload_id: str) -> None:
        """End an upload, and remove its parts."""
        with self._explained("s3:AbortMultipartUpload", f"abort the upload in parts to {key!r}"):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)

    @contextmanager
    def _explained(self, action: str, what: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            reason = _MEANINGS.get(code, str(error))
            if code == "AccessDenied":
                needed = f"{action}{_ON_KEY if action == 's3:PutObject' else ''}"
                reason = f"the credentials need {needed}: {needs.allowed(action, self._policy_arn)} ({error})"
            raise MultipartError(f"cannot {what}: {reason}") from error
        except BotoCoreError as error:
            raise MultipartError(f"cannot {what}: {error}") from error


def _client(prepared: Prepared, endpoint_url: str | None) -> "S3Client":
    from boto3 import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    found = prepared.credentials
    # Else boto3 asks for an algorithm that every part would then have to name.
    config = Config(signature_version="s3v4", request_checksum_calculation="when_required")
    try:
        return Session(profile_name=prepared.profile).client(
            "s3",
            region_name=prepared.stack.region,
            endpoint_url=endpoint_url,
            aws_access_key_id=found.access_key,
            aws_secret_access_key=found.secret_key,
            aws_session_token=found.session_token,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise MultipartError(f"cannot reach S3: {error}") from error
