"""The manifest of a stored plan: what it was made of, and the SHA-256 of every file that belongs to it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ops.errors import OpsError
from ops.remote_state import Snapshot

PLAN, CONFIGURATION, LOCK, COMMENT, REVIEW = (
    "plan.tfplan",
    "cdk.tf.json",
    ".terraform.lock.hcl",
    "comment.md",
    "review.json",
)
FILES = (PLAN, CONFIGURATION, LOCK, COMMENT, REVIEW)
MANIFEST = "manifest.json"
FORMAT_VERSION = "1"
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
        """Say it in words."""
        return "no state" if self.serial is None else f"serial {self.serial} of {self.lineage}"


@dataclass(frozen=True)
class Manifest:
    """What a plan was made of.

    Attributes:
        environment, stack: what it is for.
        commit, tree: of the checkout that was planned, as in `ops.ci.git.Revision`.
        state: the version of the state that it starts from.
        terraform_version: of the Terraform that made it; another one may not read it.
        verdict: of its review.
        files: the SHA-256 of each of `FILES`, in hexadecimal.
    """

    environment: str
    stack: str
    commit: str
    tree: str
    state: StateVersion
    terraform_version: str
    verdict: str
    files: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """Return the file `manifest.json`; the same manifest always makes the same bytes."""
        document = {"format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"

    @classmethod
    def parse(cls, body: bytes) -> "Manifest":
        """Read what `to_bytes` wrote; raises OpsError where it is anything else."""
        try:
            document = json.loads(body)
            if document.pop("format_version") != FORMAT_VERSION:
                raise OpsError(f"{MANIFEST} is of another version of ops: plan again")
            manifest = cls(**document | {"state": StateVersion(**document["state"])})
            whole = set(manifest.files) == set(FILES) and manifest.to_bytes() == body
        except (AttributeError, KeyError, TypeError, ValueError):
            whole = False
        if not whole:
            raise OpsError(f"{MANIFEST} is not what `ops ci plan` writes: plan again")
        return manifest


def sha256(body: bytes) -> str:
    """Return the SHA-256 of `body` in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def require_unaltered(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    """Raise an OpsError unless `files`, by name, are those of the manifest."""
    for name in FILES:
        found, wanted = sha256(files.get(name, b"")), manifest.files[name]
        if found != wanted:
            raise OpsError(
                f"the stored plan was altered: the SHA-256 of {name} is {found}, in {MANIFEST} {wanted}"
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
            f"the plan is stale: it was made on {manifest.state}, and now there is {state}; plan again"
        )
    if manifest.terraform_version != terraform_version:
        raise OpsError(
            f"the plan was made by Terraform {manifest.terraform_version}, and this is {terraform_version}: "
            "use the same one, or plan again"
        )
