"""The stand-ins as services of MiniStack, whose requests it authorizes as those of its own services."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from ops.embedded.iam.request import Request
from ops.embedded.stand_ins import STAND_INS, answer, signed_for

from ministack.core import iam_actions, router

Headers = Mapping[str, str]


def install() -> None:
    """Let MiniStack know them: which requests are theirs, and what is asked for and about what."""
    detect = router.detect_service
    action_of, arn_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def detect_service(method: str, path: str, headers: Headers, query: object) -> str:
        _, service = signed_for(headers)
        return service if service in STAND_INS else str(detect(method, path, headers, query))

    def extract_iam_action(service: str, method: str, path: str, *rest: object) -> str | None:
        if service in STAND_INS:
            return f"{service}:{STAND_INS[service].action(method, path) or 'Unknown'}"
        action: str | None = action_of(service, method, path, *rest)
        return action

    def extract_resource_arn(service: str, method: str, path: str, *rest: object) -> str:
        if service in STAND_INS:
            *_, region, account = rest
            return STAND_INS[service].arn(path, f"{region}:{account}")
        return str(arn_of(service, method, path, *rest))

    router.detect_service = detect_service
    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn


def serve(handlers: dict[str, Any]) -> None:
    """Add them to MiniStack's handlers of requests."""
    handlers.update({name: _handler(name) for name in STAND_INS})


def _handler(service: str) -> Callable[..., Any]:
    async def handle(
        method: str, path: str, headers: Headers, body: bytes, query: Mapping[str, list[str]]
    ) -> tuple[int, dict[str, str], bytes]:
        from ministack.core.responses import get_account_id

        region, _ = signed_for(headers)  # as `detect_service` found the service there
        return answer(STAND_INS[service], method, path, query, body, f"{region}:{get_account_id()}")

    return handle


def keys(service: str, request: Request, arn: str) -> dict[str, Any]:
    """Return the condition keys about tags: of the request, and of what it is about."""
    given = json.loads(request.body or b"{}").get("tags", {})
    asked = {f"aws:RequestTag/{key}": value for key, value in given.items()}
    has = {f"aws:ResourceTag/{key}": value for key, value in STAND_INS[service].tags(unquote(arn)).items()}
    return {**asked, **has, **({"aws:TagKeys": list(given)} if given else {})}
