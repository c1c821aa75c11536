"""Terraform's state as a value: read, written, and one of nothing."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Snapshot:
    """One version of a state.

    Attributes:
        body: its bytes.
        serial: which write it was, counted by Terraform.
        lineage: the id that all versions of a state share.
        outputs: the stack's outputs by name, as {"value": …, "type": …, "sensitive": …}.
        resources: the attributes of what Terraform manages, by address.
        buckets: the attributes of every bucket among them, of each instance and in modules too.
        tainted: addresses that were not created completely, which the next deploy would replace.
    """

    body: bytes
    serial: int
    lineage: str
    outputs: Mapping[str, Mapping[str, Any]]
    resources: Mapping[str, Mapping[str, Any]]
    tainted: tuple[str, ...]
    buckets: tuple[Mapping[str, Any], ...]

    @classmethod
    def parse(cls, body: bytes) -> "Snapshot":
        """Read a state file; raises ValueError with what it is instead, such as "is empty"."""
        if not body.strip():
            raise ValueError("is empty")
        try:
            content = json.loads(body)
        except ValueError:
            raise ValueError("is not JSON") from None
        try:
            managed = {
                f"{resource['type']}.{resource['name']}": resource["instances"][0]
                for resource in content["resources"]
                if resource["mode"] == "managed" and resource["instances"]
            }
            return cls(
                body=body,
                serial=int(content["serial"]),
                lineage=str(content["lineage"]),
                outputs=dict(content["outputs"]),
                resources={address: dict(one["attributes"]) for address, one in managed.items()},
                tainted=tuple(address for address, one in managed.items() if one.get("status") == "tainted"),
                buckets=tuple(_buckets(content)),
            )
        except (KeyError, TypeError, ValueError):
            raise ValueError("is JSON, but not a Terraform state") from None

    def __str__(self) -> str:
        """Describe it."""
        return f"serial {self.serial}, {len(self.resources)} resources"

    def buckets_in(self, region: str) -> Iterator[tuple[str, str]]:
        """Yield the name and the region of every bucket; `region` where the state does not know it.

        A bucket that was not created completely may have none in the state.
        """
        for one in self.buckets:
            yield str(one["bucket"]), str(one.get("region") or region)

    def with_serial(self, serial: int) -> bytes:
        """Return the state file with another serial, as Terraform writes it."""
        return _written(json.loads(self.body) | {"serial": serial})

    def with_buckets_emptied(self) -> bytes | None:
        """Return the state file in which each bucket may be emptied when it is destroyed; None if it is so.

        The provider reads `force_destroy` from the state: a bucket that was protected would need a deploy
        before its destroy.
        """
        content = json.loads(self.body) | {"serial": self.serial + 1}
        buckets = _buckets(content)
        if all(one.get("force_destroy") for one in buckets):
            return None
        for one in buckets:
            one["force_destroy"] = True
        return _written(content)


def empty_state() -> bytes:
    """Return a state of nothing, with a new lineage, as Terraform writes it after a destroy.

    Terraform takes an object without content for a missing state, and so do we, as one that was emptied.
    """
    content = {
        "version": 4,
        "terraform_version": "1.11.0",  # the oldest that has lock files in S3
        "serial": 1,
        "lineage": str(uuid.uuid4()),
        "outputs": {},
        "resources": [],
        "check_results": None,
    }
    return _written(content)


def _buckets(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the attributes of every bucket that a state manages."""
    return [
        instance["attributes"]
        for resource in content["resources"]
        if (resource["mode"], resource["type"]) == ("managed", "aws_s3_bucket")
        for instance in resource["instances"]
    ]


def _written(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"
