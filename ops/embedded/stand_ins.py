"""What stands in for services that MiniStack lacks: each answers what it was told, and does nothing.

The launcher with authorization installs them (`ops.embedded.iam`); tests without it put them in front.
"""

import json
import re
from collections.abc import Mapping

from ops.embedded.guardduty import GuardDuty

STAND_INS: Mapping[str, GuardDuty] = {"guardduty": GuardDuty()}
"""Each by the name of the service in a signature's scope."""

_SCOPE = re.compile(r"Credential=[^/]+/[^/]+/([^/]+)/([^/]+)/")


def signed_for(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return region and service of a request, from its signature; empty where it has none."""
    found = _SCOPE.search(headers.get("authorization", ""))
    return (found[1], found[2]) if found else ("", "")


def answer(
    stand_in: GuardDuty, method: str, path: str, query: Mapping[str, list[str]], body: bytes, place: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the answer; the arguments are those of `GuardDuty.answer`."""
    status, found = stand_in.answer(method, path, query, body, place)
    kind = {"x-amzn-errortype": found["__type"]} if status >= 400 else {}
    return status, {"Content-Type": "application/json", **kind}, json.dumps(found).encode()
