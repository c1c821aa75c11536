"""The manifests of stored plans and reviews: what each was made of, and the SHA-256 of every file of it."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from ops.shared.errors import OpsError
from ops.state.snapshot import Snapshot

PLAN, CONFIGURATION, LOCK = "plan.tfplan", "cdk.tf.json", ".terraform.lock.hcl"
SUMMARY, COMMENT, REVIEW, PLAN_JSON = "summary.md", "comment.md", "review.json", "plan.json"
PLAN_FILES = (PLAN, CONFIGURATION, LOCK, SUMMARY, REVIEW)
"""The files of a plan of the main branch."""

REVIEW_FILES = (PLAN_JSON, CONFIGURATION, REVIEW, COMMENT)
"""The files of a pull request's review."""

MANIFEST = "manifest.json"
FORMAT_VERSION = "3"
DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class StateVersion:
    """Which version of the state it is; both are None before the first deploy."""

    lineage: str | None = None
    serial: int | None = None

    @classmethod
    def of(cls, snapshot: Snapshot | None) -> "StateVersion":
        """Return the version of a state that was read."""
        return cls() if snapshot is None else cls(snapshot.lineage, snapshot.serial)

    def __str__(self) -> str:
        """Describe it."""
        return "no state" if self.serial is None else f"serial {self.serial} of {self.lineage}"


@dataclass(frozen=True)
class _File:
    """What both manifests are as a file."""

    def to_bytes(self) -> bytes:
        """Return the file `manifest.json`; the same manifest always gives the same bytes."""
        document = {"format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"

    @property
    def digest(self) -> str:
        """Its SHA-256, which identifies all that belongs to it."""
        return sha256(self.to_bytes())


@dataclass(frozen=True)
class Manifest(_File):
    """What a plan of the main branch was made of.

    Attributes:
        environment, stack: what it is for.
        commit, tree: of the checkout that was planned, as in `ops.ci.git.Revision`.
        state: the version of the state that it starts from.
        terraform_version: of the Terraform that made it; another one may not read it.
        verdict: of its review.
        allowed_by: the pull requests whose label lets a dangerous plan through.
        files: the SHA-256 of each of `PLAN_FILES`, in hexadecimal.
    """

    environment: str
    stack: str
    commit: str
    tree: str
    state: StateVersion
    terraform_version: str
    verdict: str
    allowed_by: tuple[int, ...]
    files: Mapping[str, str]

    @classmethod
    def parse(cls, body: bytes) -> "Manifest":
        """Read what `to_bytes` wrote; raises OpsError where it is anything else."""

        def made(document: dict[str, Any]) -> Manifest:
            state = StateVersion(**document["state"])
            return cls(**document | {"state": state, "allowed_by": tuple(document["allowed_by"])})

        return _parsed(body, made, PLAN_FILES, "ops ci plan")


@dataclass(frozen=True)
class ReviewManifest(_File):
    """What a pull request's review is of.

    Neither commit nor time stand in it: the same changes by the same configuration, planned once more, have
    the same digest.

    Attributes:
        environment: what was planned.
        number: the pull request.
        verdict: of the review.
        files: the SHA-256 of each of `REVIEW_FILES`, in hexadecimal.
    """

    environment: str
    number: int
    verdict: str
    files: Mapping[str, str]

    @classmethod
    def parse(cls, body: bytes) -> "ReviewManifest":
        """Read what `to_bytes` wrote; raises OpsError where it is anything else."""
        return _parsed(body, lambda document: cls(**document), REVIEW_FILES, "ops ci review")


_Kind = TypeVar("_Kind", Manifest, ReviewManifest)


def _parsed(
    body: bytes, made: Callable[[dict[str, Any]], _Kind], files: tuple[str, ...], command: str
) -> _Kind:
    try:
        document = json.loads(body)
        if document.pop("format_version") != FORMAT_VERSION:
            raise OpsError(f"{MANIFEST} is of another version of ops: run `{command}` again")
        manifest = made(document)
        whole = set(manifest.files) == set(files) and manifest.to_bytes() == body
    except (AttributeError, KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise OpsError(f"{MANIFEST} is not what `{command}` writes: run it again")
    return manifest


def sha256(body: bytes) -> str:
    """Return the SHA-256 of `body` in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def digests_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file."""
    return {name: sha256(body) for name, body in files.items()}


def require_unaltered(manifest: Manifest | ReviewManifest, files: Mapping[str, bytes]) -> None:
    """Raise an OpsError unless `files`, by name, are those of the manifest."""
    what = "plan" if isinstance(manifest, Manifest) else "review"
    for name, wanted in manifest.files.items():
        found = sha256(files.get(name, b""))
        if found != wanted:
            raise OpsError(
                f"the stored {what} was altered: the SHA-256 of {name} is {found}, in {MANIFEST} {wanted}"
            )


def require_for(manifest: Manifest, *, environment: str, tree: str) -> None:
    """Raise an OpsError where the plan is for something else."""
    for what, found, wanted in (
        ("environment", manifest.environment, environment),
        ("tree", manifest.tree, tree),
    ):
        if found != wanted:
            raise OpsError(f"the stored plan is for the {what} {found}, not for {wanted}")


def require_fresh(manifest: Manifest, *, state: StateVersion, terraform_version: str) -> None:
    """Raise an OpsError where the state, or Terraform, is not the one that the plan was made with."""
    if manifest.state != state:
        raise OpsError(
            f"the plan is stale: it was made on {manifest.state}, and now there is {state}", "plan again"
        )
    if manifest.terraform_version != terraform_version:
        raise OpsError(
            f"the plan was made by Terraform {manifest.terraform_version}, and this is {terraform_version}",
            "use the same version, or plan again",
        )
