"""GuardDuty's plans for S3, as far as Terraform and `presign` ask for them; nothing is scanned.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateMalwareProtectionPlan.html
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_SendObjectMalwareScan.html
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]
PLANS, TAGS, SEND = "/malware-protection-plan", "/tags/", "/object-malware-scan/send"


@dataclass
class GuardDuty:
    """The service of all accounts and regions.

    Attributes:
        plans: by their ids.
        sent: the objects that somebody wanted scanned, as they were named.
    """

    plans: dict[str, Json] = field(default_factory=dict)
    sent: list[Json] = field(default_factory=list)

    def action(self, method: str, path: str) -> str | None:
        """Return the name of the API's operation; None where it is none that is answered here."""
        if path == SEND:
            return "SendObjectMalwareScan"
        if path.startswith(TAGS):
            return {"POST": "TagResource", "DELETE": "UntagResource", "GET": "ListTagsForResource"}.get(
                method
            )
        names = {"POST": "Create", "GET": "Get", "PATCH": "Update", "DELETE": "Delete"}
        known = path.partition(PLANS)[0] == "" and method in names
        return f"{names[method]}MalwareProtectionPlan" if known else None

    def arn(self, path: str, place: str) -> str:
        """Return the ARN of what a request is about; `*` for no plan. `place` as of `answer`."""
        if path.startswith(TAGS):
            return unquote(path.removeprefix(TAGS))
        id_ = path.removeprefix(PLANS).strip("/")
        named = path.startswith(PLANS) and id_
        return f"arn:aws:guardduty:{place}:malware-protection-plan/{id_}" if named else "*"

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a plan."""
        return dict(self.plans.get(arn.rpartition("/")[2], {}).get("tags", {}))

    def answer(
        self, method: str, path: str, query: Mapping[str, list[str]], body: bytes, place: str
    ) -> tuple[int, Json]:
        """Return the status and the body of the answer.

        Args:
            method: such as `PATCH`.
            path: without the query.
            query: its parameters.
            body: of the request.
            place: region and account, as an ARN has them: `us-east-1:000000000000`.
        """
        given: Json = json.loads(body or b"{}")
        action, id_ = self.action(method, path), unquote(path).rpartition("/")[2]
        if action is None:
            return 400, {"__type": "BadRequestException", "message": f"{method} {path} is not answered here"}
        if action == "CreateMalwareProtectionPlan":
            return 200, {"malwareProtectionPlanId": self._create(given, place)}
        if action == "SendObjectMalwareScan":
            return self._send(given)
        if id_ not in self.plans:
            return 404, {"__type": "ResourceNotFoundException", "message": f"there is no plan {id_}"}
        plan = self.plans[id_]
        match action:
            case "GetMalwareProtectionPlan":
                return 200, plan
            case "UpdateMalwareProtectionPlan":
                prefixes = given.get("protectedResource", {}).get("s3Bucket", {}).get("objectPrefixes")
                if prefixes is not None:
                    plan["protectedResource"]["s3Bucket"]["objectPrefixes"] = prefixes
                plan |= {name: given[name] for name in ("actions", "role") if name in given}
            case "DeleteMalwareProtectionPlan":
                del self.plans[id_]
            case "TagResource":
                plan["tags"] |= given["tags"]
            case "UntagResource":
                plan["tags"] = {
                    key: value for key, value in plan["tags"].items() if key not in query["tagKeys"]
                }
            case "ListTagsForResource":
                return 200, {"tags": plan["tags"]}
        return 200, {}

    def _create(self, given: Json, place: str) -> str:
        id_ = uuid.uuid4().hex[:20]
        self.plans[id_] = {
            "arn": f"arn:aws:guardduty:{place}:malware-protection-plan/{id_}",
            "createdAt": 1_790_000_000,
            "status": "ACTIVE",
            "tags": given.get("tags", {}),
            **{name: given[name] for name in ("actions", "protectedResource", "role") if name in given},
        }
        return id_

    def _send(self, given: Json) -> tuple[int, Json]:
        wanted = given.get("s3Object", {})
        buckets = {one["protectedResource"]["s3Bucket"]["bucketName"] for one in self.plans.values()}
        if wanted.get("bucket") not in buckets:
            return 400, {"__type": "BadRequestException", "message": "the bucket has no plan"}
        self.sent.append(wanted)
        return 200, {}
