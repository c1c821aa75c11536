"""The objects of an environment's state bucket: states, lock files, and CI's plans and reviews."""

import contextlib
import time
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from ops.shared import aws
from ops.shared.errors import OpsError
from settings.model import Settings

CONFLICT_WAITS = (0.2, 0.4, 0.8, 1.6)
"""Seconds before each retry of a write that conflicted with another request."""


class BucketObjects:
    """The objects of one state bucket. Every method raises OpsError where S3 refuses or does not answer.

    Attributes:
        bucket: its name.
    """

    def __init__(self, settings: Settings, *, owner: str | None = None) -> None:
        """Name the bucket; nothing is asked of S3 yet.

        Args:
            settings: the environment whose state bucket it is.
            owner: the account that must own it; what the settings say where None.
        """
        self.bucket = settings.state.bucket
        self._bootstrapped_by = settings.state.of or settings.environment
        self._shared, self._region = settings.state.shared, settings.state.region
        self._where = {"Bucket": self.bucket}
        if owner := owner or settings.account_id:
            self._where["ExpectedBucketOwner"] = owner

    def url(self, key: str) -> str:
        """Return the address of an object, as people write it."""
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str, version: str | None = None) -> bytes | None:
        """Return an object, or one version of it; None where there is none.

        S3 answers 403, not 404, for a missing object where the caller may not list the bucket: an error
        that `aws.refused` recognizes. In a shared bucket, nobody may list all of it; each may list the
        versions below its own prefixes.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        which = {} if version is None else {"VersionId": version}
        with self._errors("read", key):
            try:
                body: bytes = self._s3.get_object(**self._where, Key=key, **which)["Body"].read()
            except self._s3.exceptions.NoSuchKey:
                return None
            except self._s3.exceptions.ClientError as error:
                if self._shared and version is None and aws.refused(error) and self._seen_missing(key):
                    return None
                raise
            return body

    def _seen_missing(self, key: str) -> bool:
        """Return whether a list shows that an object is missing; False where the caller may not list it."""
        try:
            return not any(one["Key"] == key and one["IsLatest"] for one in self.versions(key))
        except OpsError:
            return False

    def put(self, key: str, body: bytes, **options: str) -> None:
        """Write a new version of an object; `options` are further arguments of PutObject."""
        with self._errors("write", key):
            self._s3.put_object(**self._where, Key=key, Body=body, **options)

    def put_new(self, key: str, body: bytes, **options: str) -> bool:
        """Write an object where there is none; return whether it was written.

        While another request for the same key is under way, S3 answers 409, which does not say whether an
        object will exist: AWS says to retry, and boto3 retries no 409. It does retry where an answer was
        lost: the object that exists may then be the one that was to be written, which `put_own` finds out.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        waits = iter(CONFLICT_WAITS)
        with self._errors("write", key):
            while True:
                try:
                    self._s3.put_object(**self._where, Key=key, Body=body, IfNoneMatch="*", **options)
                except self._s3.exceptions.ClientError as error:
                    if aws.error_code(error) == "PreconditionFailed":
                        return False
                    conflict = aws.error_code(error) == "ConditionalRequestConflict"
                    wait = next(waits, None) if conflict else None
                    if wait is None:
                        raise
                    time.sleep(wait)
                else:
                    return True

    def put_own(self, key: str, body: bytes, **options: str) -> bool:
        """Write an object where there is none; return whether what exists now is `body`."""
        return self.put_new(key, body, **options) or self.get(key) == body

    def delete(self, key: str) -> None:
        """Delete an object; its versions stay."""
        with self._errors("delete", key):
            self._s3.delete_object(**self._where, Key=key)

    def newest_version(self, key: str) -> str | None:
        """Return the id of an object's newest version; None where the bucket keeps no versions.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        """
        with self._errors("look at", key):
            version: str | None = self._s3.head_object(**self._where, Key=key).get("VersionId")
            return version

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of the objects below a prefix."""
        with self._errors("list", prefix):
            for page in self._s3.get_paginator("list_objects_v2").paginate(**self._where, Prefix=prefix):
                yield from (one["Key"] for one in page.get("Contents", []))

    def versions(self, prefix: str, *, markers: bool = False) -> Iterator[dict[str, Any]]:
        """Yield what S3 lists of each version below a prefix, with its delete markers where `markers`."""
        with self._errors("list", prefix):
            pages = self._s3.get_paginator("list_object_versions").paginate(**self._where, Prefix=prefix)
            for page in pages:
                yield from page.get("Versions", [])
                yield from page.get("DeleteMarkers", []) if markers else ()

    @cached_property
    def _s3(self) -> aws.Client:
        return aws.client("s3", self._region)

    @contextlib.contextmanager
    def _errors(self, doing: str, key: str) -> Iterator[None]:
        with aws.one_line_errors(f"cannot {doing} {self.url(key)}"):
            try:
                yield
            except self._s3.exceptions.NoSuchBucket as error:
                raise OpsError(
                    f"the state bucket {self.bucket} does not exist",
                    f"make bootstrap ENV={self._bootstrapped_by} makes it",
                ) from error
