"""What we read of a Terraform state: which one it is, how old, and what it knows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.errors import OpsError


@dataclass(frozen=True)
class State:
    """One version of a state.

    Attributes:
        lineage: the id that a state gets when it is first written, and keeps.
        serial: goes up with every write.
        resources: what it manages: for each address, such as `aws_s3_bucket.data`, the resource's attributes.
    """

    lineage: str
    serial: int
    resources: Mapping[str, Mapping[str, Any]]


def read_state(text: str | bytes, where: str) -> State | None:
    """Return the state that `text` holds; None where it is empty, as before Terraform's first write.

    Raises:
        OpsError: it is no state; `where` says whose it is.
    """
    if not text.strip():
        return None
    try:
        content = json.loads(text)
        resources = {
            f"{one['type']}.{one['name']}": one["instances"][0]["attributes"]
            for one in content["resources"]
            if one["mode"] == "managed" and one["instances"]
        }
        return State(str(content["lineage"]), int(content["serial"]), resources)
    except (ValueError, KeyError, TypeError) as error:
        raise OpsError(f"{where} is not a Terraform state") from error
