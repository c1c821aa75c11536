"""Reads the Terraform state that a storage stack keeps in S3.

Its place is named, or is in what ``cdktf synth`` wrote to the checkout.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from presign.errors import OutputsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"

_STACKS = "stacks/*/cdk.tf.json"
_OUTPUT = "S3BucketName"  # what tells a storage stack from others
_REASONS = {
    "NoSuchBucket": "there is no such bucket: were the settings' state bucket and region changed, "
    "or was 'make bootstrap' not run?",
    "NoSuchKey": "there is no such object: deploy the stack first",
}


@dataclass(frozen=True)
class State:
    """Where a state is. ``region``, ``profile`` and ``endpoint_url`` are None where boto3 is to choose."""

    bucket: str
    key: str
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    def read(self, profile: str | None, endpoint_url: str | None) -> Mapping[str, object]:
        """Return the state's document; raises OutputsError.

        ``profile`` goes before the state's own, and the state's own endpoint before ``endpoint_url``.
        """
        # Every way to fail here (no credentials, no access, no object) is one to the user.
        try:
            client = self._client(profile or self.profile, self.endpoint_url or endpoint_url)
            body: bytes = client.get_object(Bucket=self.bucket, Key=self.key)["Body"].read()
        except Exception as error:
            raise OutputsError(f"cannot read the outputs in {self}: {_reason(error)}") from error
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise OutputsError(f"the outputs in {self} are not JSON: {error}") from error
        if not isinstance(document, Mapping) or "terraform_version" not in document:
            raise OutputsError(f"{self} is not a Terraform state")
        if not document.get("outputs"):
            raise OutputsError(f"the state {self} has no outputs: deploy the storage stack first")
        return document

    def _client(self, profile: str | None, endpoint_url: str | None) -> "S3Client":
        from boto3 import Session  # takes longer to load than all else here

        session = Session(profile_name=profile)
        # A region is needed to begin with; boto3 then follows the bucket's own.
        region = self.region or session.region_name or "us-east-1"
        return session.client("s3", region_name=region, endpoint_url=endpoint_url)


def synthesized(root: Path) -> Path:
    """Return the folder that cdktf writes to, which CDKTF_OUTPUT may name, for the checkout ``root``."""
    return root / (os.environ.get("CDKTF_OUTPUT") or "cdktf.out")


def named(source: str) -> State:
    """Return the state that ``s3://BUCKET/KEY`` names."""
    bucket, _, key = source.removeprefix(SCHEME).partition("/")
    if not bucket or not key:
        raise OutputsError(f"{source} names no Terraform state: give s3://BUCKET/KEY")
    return State(bucket, key)


def of_checkout(root: Path) -> dict[str, State]:
    """Return the states in S3 of the storage stacks that were synthesized for ``root``, by their stack."""
    return dict(_states(root))


def _states(root: Path) -> Iterator[tuple[str, State]]:
    for path in sorted(synthesized(root).glob(_STACKS)):
        try:
            stack = json.loads(path.read_bytes())
            backend = stack["terraform"]["backend"].get("s3") if _OUTPUT in stack.get("output", {}) else None
            if backend:
                yield path.parent.name, _of_backend(backend)
        # RecursionError: brackets without end.
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise OutputsError(
                f"cannot read where the state is in {path}: run 'cdktf synth' again, or name the outputs "
                f"with --outputs ({error!r})"
            ) from error


def _of_backend(backend: Mapping[str, object]) -> State:
    """Read the arguments of https://developer.hashicorp.com/terraform/language/backend/s3."""
    endpoints = backend.get("endpoints")
    endpoint_url = endpoints.get("s3") if isinstance(endpoints, Mapping) else backend.get("endpoint")
    wanted = {
        "bucket": backend["bucket"],
        "key": backend["key"],
        "region": backend.get("region"),
        "profile": backend.get("profile"),
        "endpoint_url": endpoint_url,
    }
    texts = {name: value for name, value in wanted.items() if isinstance(value, str) and value}
    return State(**texts)


def _reason(error: Exception) -> str:
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    if code == "AccessDenied":
        return f"the credentials need s3:GetObject on it, and kms:Decrypt on its key ({error})"
    return _REASONS.get(code, str(error))
