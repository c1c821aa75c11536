"""Stand-ins for what the embedded AWS lacks; they go in front of it, and all the rest is the real thing."""

import json
from typing import Any

from ops.embedded.guardduty import GuardDuty
from ops.embedded.stand_ins import answer, signed_for
from tests.aws_proxy import Answer, Call

XML = {"Content-Type": "application/xml"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}


def _by_key(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


class Gaps:
    """Stands in for what MiniStack lacks, so that terraform and its provider can be run on all the rest."""

    def __init__(self) -> None:
        self._inventories: dict[str, bytes] = {}
        self.guardduty = GuardDuty()
        self._trail_tags: dict[str, dict[str, str]] = {}

    def __call__(self, call: Call) -> Answer | None:
        region, name = signed_for(call.headers)
        if name == "guardduty":
            status, headers, body = answer(
                self.guardduty, call.method, call.url.path, call.query, call.body, f"{region}:000000000000"
            )
            return Answer(status, body, headers)
        if {"inventory", "id"} <= call.query.keys():
            return self._inventory(call)
        service, _, operation = call.headers.get("x-amz-target", "").rpartition(".")
        return self._trail(operation, json.loads(call.body)) if "CloudTrail" in service else None

    def _trail(self, operation: str, asked: dict[str, Any]) -> Answer | None:
        """Keep and tell the tags of trails: MiniStack forgets those that a trail is made with."""
        if operation == "CreateTrail":
            self._trail_tags[asked["Name"]] = _by_key(asked["TagsList"])
        elif operation == "AddTags":
            self._trail_tags[_name(asked["ResourceId"])] |= _by_key(asked["TagsList"])
        elif operation == "RemoveTags":
            for key in _by_key(asked["TagsList"]):
                self._trail_tags[_name(asked["ResourceId"])].pop(key, None)
        elif operation == "ListTags":
            found = [
                {
                    "ResourceId": arn,
                    "TagsList": [{"Key": k, "Value": v} for k, v in self._trail_tags[_name(arn)].items()],
                }
                for arn in asked["ResourceIdList"]
            ]
            return Answer(200, json.dumps({"ResourceTagList": found}).encode(), JSON)
        return None

    def _inventory(self, call: Call) -> Answer:
        """Keep and give back configurations: at MiniStack's answer to them the provider panics."""
        name = f"{call.url.path}?{call.query['id'][0]}"
        if call.method == "PUT":
            self._inventories[name] = call.body
            return Answer(200)
        if call.method == "DELETE":
            self._inventories.pop(name, None)
            return Answer(204)
        if name in self._inventories:
            return Answer(200, self._inventories[name], XML)
        error = b"<Error><Code>NoSuchConfiguration</Code><Message>There is none.</Message></Error>"
        return Answer(404, error, XML)
