"""What AWS authorizes for each API call that was recorded.

From the operation pages of the API references, and from the service authorization reference:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from ops.embedded.guardduty import GuardDuty
from tests.aws_proxy import Call

# A bucket's setting is a name in the query; many permissions are called differently.
BUCKET_ACTIONS: Mapping[tuple[str, str], str] = {
    ("DELETE", ""): "s3:DeleteBucket",
    ("DELETE", "cors"): "s3:PutBucketCORS",
    ("DELETE", "encryption"): "s3:PutEncryptionConfiguration",
    ("DELETE", "inventory"): "s3:PutInventoryConfiguration",
    ("DELETE", "lifecycle"): "s3:PutLifecycleConfiguration",
    ("DELETE", "ownershipControls"): "s3:PutBucketOwnershipControls",
    ("DELETE", "policy"): "s3:DeleteBucketPolicy",
    ("DELETE", "publicAccessBlock"): "s3:PutBucketPublicAccessBlock",
    ("DELETE", "replication"): "s3:PutReplicationConfiguration",
    ("GET", "accelerate"): "s3:GetAccelerateConfiguration",
    ("GET", "acl"): "s3:GetBucketAcl",
    ("GET", "cors"): "s3:GetBucketCORS",
    ("GET", "encryption"): "s3:GetEncryptionConfiguration",
    ("GET", "inventory"): "s3:GetInventoryConfiguration",
    ("GET", "lifecycle"): "s3:GetLifecycleConfiguration",
    ("GET", "notification"): "s3:GetBucketNotification",
    ("GET", "list-type"): "s3:ListBucket",
    ("GET", "logging"): "s3:GetBucketLogging",
    ("GET", "object-lock"): "s3:GetBucketObjectLockConfiguration",
    ("GET", "ownershipControls"): "s3:GetBucketOwnershipControls",
    ("GET", "policy"): "s3:GetBucketPolicy",
    ("GET", "publicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("GET", "replication"): "s3:GetReplicationConfiguration",
    ("GET", "requestPayment"): "s3:GetBucketRequestPayment",
    ("GET", "tagging"): "s3:GetBucketTagging",
    ("GET", "uploads"): "s3:ListBucketMultipartUploads",
    ("GET", "versioning"): "s3:GetBucketVersioning",
    ("GET", "versions"): "s3:ListBucketVersions",
    ("GET", "website"): "s3:GetBucketWebsite",
    ("HEAD", ""): "s3:ListBucket",
    ("PUT", ""): "s3:CreateBucket",
    ("PUT", "cors"): "s3:PutBucketCORS",
    ("PUT", "encryption"): "s3:PutEncryptionConfiguration",
    ("PUT", "inventory"): "s3:PutInventoryConfiguration",
    ("PUT", "lifecycle"): "s3:PutLifecycleConfiguration",
    ("PUT", "logging"): "s3:PutBucketLogging",
    ("PUT", "notification"): "s3:PutBucketNotification",
    ("PUT", "object-lock"): "s3:PutBucketObjectLockConfiguration",
    ("PUT", "ownershipControls"): "s3:PutBucketOwnershipControls",
    ("PUT", "policy"): "s3:PutBucketPolicy",
    ("PUT", "publicAccessBlock"): "s3:PutBucketPublicAccessBlock",
    ("PUT", "replication"): "s3:PutReplicationConfiguration",
    ("PUT", "tagging"): "s3:PutBucketTagging",
    ("PUT", "versioning"): "s3:PutBucketVersioning",
}
OBJECT_ACTIONS: Mapping[str, tuple[str, str | None]] = {
    "DELETE": ("s3:DeleteObject", None),
    "GET": ("s3:GetObject", "kms:Decrypt"),
    "HEAD": ("s3:GetObject", None),
    "PUT": ("s3:PutObject", "kms:GenerateDataKey"),
}
"""What S3 authorizes, and what it asks of KMS for the caller."""

VERSION_ACTIONS: Mapping[str, tuple[str, str | None]] = {
    "DELETE": ("s3:DeleteObjectVersion", None),
    "GET": ("s3:GetObjectVersion", "kms:Decrypt"),
    "HEAD": ("s3:GetObjectVersion", None),
}
"""The same for a version that is named."""

VERSION_QUESTIONS = {
    "legal-hold": "s3:GetObjectLegalHold",
    "retention": "s3:GetObjectRetention",
    "tagging": "s3:GetObjectVersionTagging",
}
"""What we ask of each version before a bucket with Object Lock goes, or reads of unscanned objects end."""

PART_ACTIONS: Mapping[tuple[str, str], tuple[str, str | None]] = {
    ("POST", "uploads"): ("s3:PutObject", "kms:GenerateDataKey"),
    ("PUT", "uploadId"): ("s3:PutObject", "kms:Decrypt"),
    ("POST", "uploadId"): ("s3:PutObject", "kms:Decrypt"),
    ("GET", "uploadId"): ("s3:ListMultipartUploadParts", None),
    ("DELETE", "uploadId"): ("s3:AbortMultipartUpload", None),
}
"""The same for an upload in parts, by what stands in the query:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions"""
NOT_A_SETTING = {"encoding-type", "id", "max-keys", "prefix", "x-id", "key-marker", "version-id-marker"}

S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"
"""The namespace of S3's XML."""

Context = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Needed:
    """One thing that AWS authorizes.

    Attributes:
        action: such as `s3:CreateBucket`.
        resource: the ARN that it is done to; `*` where the action has no resource.
        context: the condition keys of the request.
        key_policy: of a KMS key, its key policy.
    """

    action: str
    resource: str
    context: Context
    key_policy: str | None = None


@dataclass
class Key:
    """A KMS key as it is at a moment of the recording."""

    arn: str
    policy: str
    tags: dict[str, str] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=set)

    @property
    def context(self) -> dict[str, str | list[str]]:
        """Its tags and aliases as condition keys."""
        context: dict[str, str | list[str]] = {
            f"aws:ResourceTag/{name}": value for name, value in self.tags.items()
        }
        return context | ({"kms:ResourceAliases": sorted(self.aliases)} if self.aliases else {})


@dataclass
class Account:
    """What is in the account, as far as the recorded calls tell.

    Attributes:
        id: the account's id.
        region: where the state is.
        state_bucket: the bucket of Terraform's state.
        state_key: the key that encrypts it.
        keys: all keys by their ids.
        new: ids of the keys that were made so lately that their tags and aliases need not count yet.
        plans: the tags of GuardDuty's plans by their ids.
    """

    id: str
    region: str
    state_bucket: str
    state_key: Key
    keys: dict[str, Key] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    plans: dict[str, dict[str, str]] = field(default_factory=dict)

    def needed(self, call: Call) -> list[Needed]:
        """Return all that AWS authorizes for a call, and remember what the call changed.

        Raises:
            KeyError: the tables do not know the call.
        """
        authorization = call.headers["authorization"]
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request", authorization)
        assert scope, authorization
        region, service = scope.groups()
        by_service = {
            "s3": self._s3,
            "kms": lambda call: self._kms(call, region),
            "iam": self._iam,
            "sts": self._sts,
            "cloudtrail": self._cloudtrail,
            "events": self._events,
            "sns": self._sns,
            "guardduty": self._guardduty,
        }
        return [
            Needed(one.action, one.resource, {**one.context, "aws:RequestedRegion": region}, one.key_policy)
            for one in by_service[service](call)
        ]

    def _s3(self, call: Call) -> Iterator[Needed]:
        bucket, _, key = call.url.path.removeprefix("/").partition("/")
        bucket_arn = f"arn:aws:s3:::{bucket}"
        asked = [action for question, action in VERSION_QUESTIONS.items() if question in call.query]
        if key and asked:
            assert call.method == "GET"
            assert "versionId" in call.query
            yield from (Needed(action, f"{bucket_arn}/{key}", {}) for action in asked)
        elif key:
            yield from self._object(call, bucket_arn, f"{bucket_arn}/{key}")
        elif "delete" in call.query:
            for one in ElementTree.fromstring(call.body).iter(f"{S3}Object"):  # noqa: S314 - our own
                versioned = one.find(f"{S3}VersionId") is not None
                action = "s3:DeleteObjectVersion" if versioned else "s3:DeleteObject"
                arn = f"{bucket_arn}/{one.findtext(f'{S3}Key')}"
                yield Needed(action, arn, {})
                if call.headers.get("x-amz-bypass-governance-retention") == "true":
                    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
                    yield Needed("s3:BypassGovernanceRetention", arn, {})
        else:
            (setting,) = call.query.keys() - NOT_A_SETTING or {""}
            prefix = {"s3:prefix": call.query["prefix"][0]} if "prefix" in call.query else {}
            yield Needed(BUCKET_ACTIONS[call.method, setting], bucket_arn, prefix)
            if call.headers.get("x-amz-bucket-object-lock-enabled") == "true":
                # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
                yield Needed("s3:PutBucketObjectLockConfiguration", bucket_arn, {})
                yield Needed("s3:PutBucketVersioning", bucket_arn, {})
            if (call.method, setting) == ("PUT", "replication"):
                # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
                role = ElementTree.fromstring(call.body).findtext(f"{S3}Role")  # noqa: S314 - our own
                yield Needed("iam:PassRole", str(role), {"iam:PassedToService": "s3.amazonaws.com"})

    def _object(self, call: Call, bucket_arn: str, arn: str) -> Iterator[Needed]:
        assert bucket_arn == f"arn:aws:s3:::{self.state_bucket}", "a deploy has nothing to do with data"
        action, of_kms = _object_actions(call)
        unless = call.headers.get("if-none-match")
        yield Needed(action, arn, {} if unless is None else {"s3:if-none-match": unless})
        if call.status == 404:
            # S3 says that an object does not exist only to callers that may list the bucket.
            yield Needed("s3:ListBucket", bucket_arn, {})
        elif of_kms is not None:
            through = {
                "kms:ViaService": f"s3.{self.region}.amazonaws.com",
                "kms:EncryptionContext:aws:s3:arn": bucket_arn,
            }
            context = {**self.state_key.context, **through}
            yield Needed(of_kms, self.state_key.arn, context, self.state_key.policy)

    def _kms(self, call: Call, region: str) -> Iterator[Needed]:
        name, given = call.headers["x-amz-target"].rpartition(".")[2], json.loads(call.body)
        action = f"kms:{name}"
        if name == "ListAliases":
            yield Needed(action, "*", {})
        elif name == "CreateKey":
            tags = {tag["TagKey"]: tag["TagValue"] for tag in given["Tags"]}
            request: Context = {f"aws:RequestTag/{tag}": value for tag, value in tags.items()}
            yield Needed(action, "*", request)
            made = json.loads(call.answer)["KeyMetadata"]
            self.keys[made["KeyId"]] = key = Key(made["Arn"], given["Policy"], tags)
            self.new.add(made["KeyId"])
            yield Needed("kms:TagResource", key.arn, request, key.policy)
            # https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html#KMS-CreateKey-request-Policy
            yield Needed("kms:PutKeyPolicy", key.arn, {}, key.policy)
        elif name in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
            alias = given["AliasName"]
            yield Needed(action, f"arn:aws:kms:{region}:{self.id}:{alias}", {})
            before = [number for number, key in self.keys.items() if alias in key.aliases]
            after = [given["TargetKeyId"]] if "TargetKeyId" in given else []
            for number in [*before, *after]:
                yield from self._on_key(action, number, {})
            for number in before:
                self.keys[number].aliases.discard(alias)
            for number in after:
                self.keys[number].aliases.add(alias)
        else:
            yield from self._on_key(action, given["KeyId"], _request_tags(given))
            key = self.keys[_key_id(given["KeyId"])]
            if name == "TagResource":
                key.tags |= {tag["TagKey"]: tag["TagValue"] for tag in given["Tags"]}
            elif name == "UntagResource":
                key.tags = {tag: value for tag, value in key.tags.items() if tag not in given["TagKeys"]}
            elif name == "PutKeyPolicy":
                key.policy = given["Policy"]

    def _on_key(self, action: str, key_id: str, request: Context) -> Iterator[Needed]:
        key = self.keys[_key_id(key_id)]
        yield Needed(action, key.arn, {**key.context, **request}, key.policy)
        if _key_id(key_id) in self.new:
            # It can take five minutes until tags and aliases count:
            # https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
            yield Needed(action, key.arn, request, key.policy)

    def _iam(self, call: Call) -> Iterator[Needed]:
        given = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        action = f"iam:{given['Action']}"
        if "RoleName" in given:
            role = f"arn:aws:iam::{self.id}:role/{given['RoleName']}"
            names = {"PolicyArn": "iam:PolicyARN", "PermissionsBoundary": "iam:PermissionsBoundary"}
            yield Needed(action, role, {key: given[name] for name, key in names.items() if name in given})
            if given["Action"] == "CreateRole" and "Tags.member.1.Key" in given:
                yield Needed("iam:TagRole", role, {})
            return
        arn = given.get("PolicyArn") or f"arn:aws:iam::{self.id}:policy/{given['PolicyName']}"
        yield Needed(action, arn, {})
        if given["Action"] == "CreatePolicy" and "Tags.member.1.Key" in given:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_customer-managed-policies.html
            yield Needed("iam:TagPolicy", arn, {})

    def _cloudtrail(self, call: Call) -> Iterator[Needed]:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
        name, given = call.headers["x-amz-target"].rpartition(".")[2], json.loads(call.body)
        if name == "DescribeTrails":
            yield Needed("cloudtrail:DescribeTrails", "*", {})
            return
        listed = given.get("ResourceIdList", [None])[0]
        trail = given.get("Name") or given.get("TrailName") or given.get("ResourceId") or listed
        trail = trail.rpartition("/")[2]
        arn = f"arn:aws:cloudtrail:{self.region}:{self.id}:trail/{trail}"
        yield Needed(f"cloudtrail:{name}", arn, {})
        if name == "CreateTrail" and given.get("TagsList"):
            yield Needed("cloudtrail:AddTags", arn, {})

    def _events(self, call: Call) -> Iterator[Needed]:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
        name, given = call.headers["x-amz-target"].rpartition(".")[2], json.loads(call.body)
        rule = given.get("Name") or given.get("Rule") or given["ResourceARN"].rpartition("/")[2]
        arn = f"arn:aws:events:{self.region}:{self.id}:rule/{rule}"
        yield Needed(f"events:{name}", arn, {})
        if name == "PutRule" and given.get("Tags"):
            yield Needed("events:TagResource", arn, {})

    def _sns(self, call: Call) -> Iterator[Needed]:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
        given = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        if "SubscriptionArn" in given:
            arn = given["SubscriptionArn"].rpartition(":")[0]
        else:
            arn = given.get("TopicArn") or given.get("ResourceArn") or ""
        arn = arn or f"arn:aws:sns:{self.region}:{self.id}:{given['Name']}"
        yield Needed(f"sns:{given['Action']}", arn, {})
        if given["Action"] == "CreateTopic" and "Tags.member.1.Key" in given:
            yield Needed("sns:TagResource", arn, {})

    def _guardduty(self, call: Call) -> Iterator[Needed]:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
        api, path, given = GuardDuty(), unquote(call.url.path), json.loads(call.body or b"{}")
        name, id_ = api.action(call.method, path), path.rpartition("/")[2]
        assert name is not None, path
        request: Context = {f"aws:RequestTag/{tag}": value for tag, value in given.get("tags", {}).items()}
        if "role" in given:
            service = {"iam:PassedToService": "malware-protection-plan.guardduty.amazonaws.com"}
            yield Needed("iam:PassRole", given["role"], service)
        if name == "CreateMalwareProtectionPlan":
            yield Needed(f"guardduty:{name}", "*", request)
            self.plans[json.loads(call.answer)["malwareProtectionPlanId"]] = given["tags"]
            return
        if id_ not in self.plans:  # it asks until a deleted one is gone
            assert call.status == 404
            return
        tags = {f"aws:ResourceTag/{tag}": value for tag, value in self.plans[id_].items()}
        arn = f"arn:aws:guardduty:{self.region}:{self.id}:malware-protection-plan/{id_}"
        yield Needed(f"guardduty:{name}", arn, {**tags, **request})
        if name == "TagResource":
            self.plans[id_] |= given["tags"]
        elif name == "UntagResource":
            for tag in call.query["tagKeys"]:
                self.plans[id_].pop(tag, None)
        elif name == "DeleteMalwareProtectionPlan":
            del self.plans[id_]

    def _sts(self, call: Call) -> Iterator[Needed]:
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no permission needed
        assert parse_qs(call.body.decode())["Action"] == ["GetCallerIdentity"]
        yield from ()


def _object_actions(call: Call) -> tuple[str, str | None]:
    """Return what S3 authorizes for a call to an object, and what it asks of KMS."""
    for parameter in ("uploads", "uploadId"):
        if parameter in call.query:
            return PART_ACTIONS[call.method, parameter]
    return (VERSION_ACTIONS if "versionId" in call.query else OBJECT_ACTIONS)[call.method]


def _key_id(key: str) -> str:
    return key.rpartition("/")[2]


def _request_tags(given: Mapping[str, Any]) -> dict[str, str | list[str]]:
    return {f"aws:RequestTag/{tag['TagKey']}": tag["TagValue"] for tag in given.get("Tags", [])}
