"""Turns a row of the table into what S3 and KMS are asked, and their answers into one line.

An S3 request on a KMS bucket is two: S3 authorizes the operation, and then KMS
the use of the key, for the same caller. It is allowed where both are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.policy.deployment import Bucket, Deployment
from tests.policy.engine import Document, EngineRequest, Evaluation, Evaluator
from tests.policy.operations import operation
from tests.policy.people import OWN_POLICIES, PEOPLE
from tests.policy.table import Row

SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = f"{SSE}-aws-kms-key-id"
SSE_C = f"{SSE}-customer-algorithm"
FOREIGN_ACCOUNT = "999988887777"

OVER: Mapping[str, dict[str, str]] = {
    "HTTPS": {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"},
    "TLS 1.2": {"aws:SecureTransport": "true", "s3:TlsVersion": "1.2"},
    "TLS 1.1": {"aws:SecureTransport": "true", "s3:TlsVersion": "1.1"},
    "HTTP": {"aws:SecureTransport": "false"},
    # No page of AWS says which TLS version S3 reports over HTTP.
    "HTTP, with a TLS version": {"aws:SecureTransport": "false", "s3:TlsVersion": "1.3"},
}

# A request through a VPC endpoint has no aws:SourceIp, and another one no aws:SourceVpce.
NETWORKS: Mapping[str, dict[str, str | list[str]]] = {
    "the office": {"aws:SourceIp": "203.0.113.7"},
    "the office, IPv6": {"aws:SourceIp": "2001:db8::7"},
    "elsewhere": {"aws:SourceIp": "198.51.100.7"},
    "elsewhere, IPv6": {"aws:SourceIp": "2001:db9::7"},
    "the VPC endpoint": {"aws:SourceVpce": "vpce-0123456789abcdef0", "aws:VpcSourceIp": "10.0.0.7"},
    "another VPC endpoint": {"aws:SourceVpce": "vpce-0fedcba9876543210", "aws:VpcSourceIp": "10.0.0.7"},
    # Athena reads for the caller, from an address of its own.
    "an AWS service for the caller": {
        "aws:SourceIp": "198.51.100.99",
        "aws:ViaAWSService": "true",
        "aws:CalledVia": ["athena.amazonaws.com"],
    },
    "inside AWS": {},
}

SENT: Mapping[str, dict[str, str]] = {
    "nothing": {},
    "AES256": {SSE: "AES256"},
    "aws:kms, this key": {SSE: "aws:kms", SSE_KEY: "this"},
    "aws:kms, no key": {SSE: "aws:kms"},
    "aws:kms, the replica key": {SSE: "aws:kms", SSE_KEY: "replica key"},
    "aws:kms, another key": {SSE: "aws:kms", SSE_KEY: "another"},
    "another key, no encryption": {SSE_KEY: "another"},
    "AES256, another key": {SSE: "AES256", SSE_KEY: "another"},
    "aws:kms, another account's key": {SSE: "aws:kms", SSE_KEY: "another account's"},
    "aws:kms:dsse, this key": {SSE: "aws:kms:dsse", SSE_KEY: "this"},
    "SSE-C": {SSE_C: "AES256"},
    "UploadHeaders, SSE-C": {SSE_C: "AES256"},
    "UploadHeaders": {},
    "the owner's ACL": {"s3:x-amz-acl": "bucket-owner-full-control"},
    "a public ACL": {"s3:x-amz-acl": "public-read"},
}

SERVICES = {"kms": "KMS", "sns": "SNS", "events": "EventBridge"}

GUARDDUTY = "malware-protection-plan.guardduty.amazonaws.com"
RULES: Mapping[str, tuple[str, dict[str, str]]] = {
    "managed by GuardDuty": (
        "DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-1a2b",
        {"events:ManagedBy": GUARDDUTY},
    ),
    "of that name": ("DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-1a2b", {}),
    "of an alarm": ("secure-{environment}-key", {}),
    "of an alarm, managed by GuardDuty": ("secure-{environment}-key", {"events:ManagedBy": GUARDDUTY}),
}
"""The name of a rule, and the condition keys that say who manages it."""

MILLISECONDS = {"second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
AUTH_TYPES = {"header": "REST-HEADER", "link": "REST-QUERY-STRING", "form": "POST"}


def _allow(sid: str, principal: str, **condition: object) -> Document:
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {
        "Version": "2012-10-17",
        "Statement": [statement | ({"Condition": condition} if condition else {})],
    }


@dataclass(frozen=True)
class Outcome:
    """The answer to a request.

    Attributes:
        answer: such as `denied: S3 by DenyInsecureTransport`.
        statements: those that decided, each as (name of the policy, Sid).
        ignored: condition keys that the engine did not take.
    """

    answer: str
    statements: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether the request succeeds."""
        return self.answer.startswith("allowed")


class Simulator:
    """Simulates requests to one deployment.

    Args:
        engine: what evaluates.
        deployment: the bucket and key that the requests are for.
    """

    def __init__(self, engine: Evaluator, deployment: Deployment) -> None:
        self._engine, self._deployment = engine, deployment
        here = deployment
        other = f"arn:{here.partition}:kms:{here.region}:{here.account}"
        self._keys = {
            "this": "",
            **here.keys,
            "another": f"{other}:key/99999999-2222-3333-4444-555555555555",
            "AWS-managed": f"{other}:key/aaaaaaaa-2222-3333-4444-555555555555",
            "another account's": other.replace(here.account, FOREIGN_ACCOUNT)
            + ":key/88888888-2222-3333-4444-555555555555",
        }
        root = f"arn:{here.partition}:iam::{here.account}:root"
        self._policies = {
            **OWN_POLICIES,
            # What KMS gives a key without a policy of its own, and what aws/s3 has:
            # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
            "key policy of another": _allow("DefaultKeyPolicy", root),
            "key policy of AWS-managed": _allow(
                "AwsManagedKey",
                "*",
                StringEquals={"kms:CallerAccount": here.account, "kms:ViaService": self._service("S3")},
            ),
            "key policy of another account's": _allow("OpenToThisAccount", root),
            **deployment.policies,
        }

    def __call__(self, rows: list[Row]) -> list[Outcome]:
        """Return the outcome of each row."""
        first = self._authorize(rows)
        # KMS is asked only where S3 has let the request through, as in AWS.
        asked = {
            number: kms
            for number, (row, said) in enumerate(zip(rows, first, strict=True))
            if said.result == "Allowed" and (kms := self._second(row)) is not None
        }
        second = dict(zip(asked, self._engine.evaluate(list(asked.values()), self._policies), strict=True))
        return [
            _outcome(SERVICES.get(row.does.partition(":")[0], "S3"), said, second.get(number))
            for number, (row, said) in enumerate(zip(rows, first, strict=True))
        ]

    def _authorize(self, rows: list[Row]) -> list[Evaluation]:
        """Return what the service itself says to each row.

        Through an access point S3 asks the caller's policies about the access point, and the bucket's policy
        about the bucket: what that denies is denied, and it need not allow what the caller's policies allow.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
        """
        first = self._engine.evaluate([self._first(row) for row in rows], self._policies)
        through = [number for number, row in enumerate(rows) if row.via != Row.via]
        behind = self._engine.evaluate([self._behind(rows[number]) for number in through], self._policies)
        for number, of_bucket in zip(through, behind, strict=True):
            if of_bucket.denies:
                first[number] = of_bucket
        return first

    def _behind(self, row: Row) -> EngineRequest:
        """What S3 asks the bucket's policy where a request comes through an access point."""
        return replace(self._first(replace(row, via=Row.via)), identity=["AdministratorAccess"])

    def _first(self, row: Row) -> EngineRequest:
        if row.does.startswith("kms:"):
            return self._kms(row, row.does, row.kms_key, self._kms_context(row))
        if row.does.startswith("sns:"):
            return self._sns(row)
        if row.does.startswith("events:"):
            return self._events(row)
        here, person, done = self._deployment, PEOPLE[row.who], operation(row.does)
        bucket = self._bucket(row)
        context: dict[str, str | list[str]] = {"aws:ViaAWSService": "false"}
        context |= OVER[row.over] | NETWORKS[row.network] | _signature(row.signed)
        context |= person.identity(here, row.session)
        if done.uploads:
            context |= self._sent(row)
        if row.prefix is not None:
            context["s3:prefix"] = row.prefix
        if row.tag != "none":
            context["s3:ExistingObjectTag/GuardDutyMalwareScanStatus"] = row.tag
        of_bucket = row.via == Row.via
        place = bucket.arn if of_bucket else here.arn("s3", f"accesspoint/{row.via}")
        objects = place if of_bucket else f"{place}/object"
        return EngineRequest(
            principal=person.principal(here),
            action=done.action,
            resource=place if done.target == "bucket" else f"{objects}/{row.key}",
            account=here.account,
            context=context,
            identity=person.policies,
            resource_policy=bucket.policy if of_bucket and row.bucket != "another" else None,
            block_public_access=bucket.blocks_public_access,
        )

    def _second(self, row: Row) -> EngineRequest | None:
        """What S3 asks of KMS for the caller, if anything."""
        if row.does.partition(":")[0] in SERVICES:
            return None
        done, bucket = operation(row.does), self._bucket(row)
        key = self._key_of_object(row) if done.uploads else bucket.key
        if done.kms is None or key is None:
            return None
        about = bucket.arn + ("" if bucket.bucket_key else f"/{row.key}")
        through = f"s3.{bucket.region}.amazonaws.com"
        return self._kms(row, done.kms, key, {"kms:ViaService": through, **_about(about)})

    def _kms(self, row: Row, action: str, key: str, context: dict[str, str | list[str]]) -> EngineRequest:
        here, person = self._deployment, PEOPLE[row.who]
        account = FOREIGN_ACCOUNT if key == "another account's" else here.account
        via = {"aws:ViaAWSService": "true" if "kms:ViaService" in context else "false"}
        # AWS does not document which account KMS sees where a service acts for itself, and none of our
        # statements that let a service in asks for it.
        caller = {} if person.name is None else {"kms:CallerAccount": person.account or here.account}
        return EngineRequest(
            principal=person.principal(here),
            action=action,
            resource=self._keys[key],
            account=account,
            context={**via, **caller, **person.identity(here, row.session), **context},
            identity=person.policies,
            resource_policy=self._key_policy(key),
        )

    def _sns(self, row: Row) -> EngineRequest:
        here, person = self._deployment, PEOPLE[row.who]
        over = {"aws:SecureTransport": OVER[row.over]["aws:SecureTransport"]}
        who = person.identity(here, row.session)
        return EngineRequest(
            principal=person.principal(here),
            action=row.does,
            resource=here.arn("sns", f"secure-storage-{here.stack}-alarms"),
            account=here.account,
            context={"aws:ViaAWSService": "false", **over, **NETWORKS[row.network], **who},
            identity=person.policies,
            resource_policy="alarm topic policy",
        )

    def _events(self, row: Row) -> EngineRequest:
        here, person = self._deployment, PEOPLE[row.who]
        name, managed = RULES[row.rule]
        return EngineRequest(
            principal=person.principal(here),
            action=row.does,
            resource=here.arn("events", f"rule/{name.replace('{environment}', here.stack)}"),
            account=here.account,
            context={"aws:ViaAWSService": "false", **managed, **person.identity(here, row.session)},
            identity=person.policies,
            resource_policy=None,
        )

    def _key_policy(self, key: str) -> str:
        if key == "this":
            return "key policy"
        return f"{key} policy" if key in self._deployment.keys else f"key policy of {key}"

    def _bucket(self, row: Row) -> Bucket:
        here = self._deployment
        if row.bucket == "another":
            return replace(here.bucket, arn=f"{here.bucket.arn}-2")
        return here.buckets[row.bucket]

    def _kms_context(self, row: Row) -> dict[str, str | list[str]]:
        bucket = self._deployment.bucket.arn
        abouts = {
            "this bucket": bucket,
            "its object": f"{bucket}/data/file",
            **{f"the {name}": one.arn for name, one in self._deployment.buckets.items()},
            **{
                f"an object of the {name}": f"{one.arn}/data"
                for name, one in self._deployment.buckets.items()
            },
            "another bucket": f"{bucket}-2",
            "another bucket's object": f"{bucket}-2/data/file",
        }
        context: dict[str, str | list[str]] = {}
        if row.through != "nothing":
            context["kms:ViaService"] = self._service(row.through)
        if row.context in abouts:
            return context | _about(abouts[row.context])
        return context | ({} if row.context == "nothing" else self._audit_context(row.context))

    def _audit_context(self, about: str) -> dict[str, str | list[str]]:
        """What CloudTrail, or SNS, says to KMS about what is encrypted."""
        here, name = self._deployment, f"secure-storage-{self._deployment.stack}"
        trail, topic = "aws:cloudtrail:arn", "aws:sns:topicArn"
        (key, arn) = {
            "this trail": (trail, here.arn("cloudtrail", f"trail/{name}")),
            "another trail": (trail, here.arn("cloudtrail", f"trail/{name}-2")),
            "the alarm topic": (topic, here.arn("sns", f"{name}-alarms")),
            "another topic": (topic, here.arn("sns", f"{name}-alarms-2")),
        }[about]
        return {f"kms:EncryptionContext:{key}": arn, "kms:EncryptionContextKeys": [key]}

    def _service(self, name: str) -> str:
        here = self._deployment
        elsewhere = {"aws-cn": "cn-northwest-1" if here.region == "cn-north-1" else "cn-north-1"}
        region = elsewhere.get(here.partition, "eu-west-3") if name.endswith("elsewhere") else here.region
        ending = ".amazonaws.com.cn" if name.endswith("as a host in China") else ".amazonaws.com"
        return f"{name.split()[0].lower()}.{region}{ending}"

    def _sent(self, row: Row) -> dict[str, str]:
        headers = {name: self._keys.get(value, value) for name, value in SENT[row.sends].items()}
        if row.sends.startswith("UploadHeaders"):
            headers |= {f"s3:{name}": value for name, value in self._deployment.upload_headers.items()}
        return headers

    def _key_of_object(self, row: Row) -> str | None:
        """Which key S3 encrypts an upload with; None where it is none of KMS."""
        sent = self._sent(row)
        if SSE_C in sent or sent.get(SSE) == "AES256":
            return None
        if SSE not in sent:
            return self._bucket(row).key
        # "aws:kms" without a key means the AWS-managed one, whatever the bucket's default is.
        names = {arn: name for name, arn in self._keys.items()}
        return names[sent[SSE_KEY]] if SSE_KEY in sent else "AWS-managed"


def _about(arn: str) -> dict[str, str | list[str]]:
    return {"kms:EncryptionContext:aws:s3:arn": arn, "kms:EncryptionContextKeys": ["aws:s3:arn"]}


def _signature(signed: str) -> dict[str, str]:
    if signed == "unsigned":
        return {}
    how, _, age = signed.partition(", ")
    version = "AWS" if how.startswith("SigV2") else "AWS4-HMAC-SHA256"
    milliseconds = 0
    if age:
        match = re.fullmatch(r"(\d+) (second|minute|hour|day)s? old", age)
        assert match, f"no age: {signed}"
        milliseconds = int(match[1]) * MILLISECONDS[match[2]]
    return {
        "s3:authType": AUTH_TYPES[how.removeprefix("SigV2 ")],
        "s3:signatureversion": version,
        "s3:signatureAge": str(milliseconds),
    }


def _outcome(service: str, first: Evaluation, second: Evaluation | None) -> Outcome:
    said = [(service, first)] + ([] if second is None else [("KMS", second)])
    ignored = tuple(key for _, one in said for key in one.ignored)
    parts, statements = [], list[tuple[str, str]]()
    for name, one in said:
        if one.result == "Allowed":
            parts.append(f"{name} by {_sids(one.allows)}")
            statements += one.allows
        elif one.result == "ExplicitlyDenied":
            by = _sids(one.denies) or " + ".join(one.blocked_by)
            return Outcome(f"denied: {name} by {by}", one.denies, ignored)
        elif one.allows:
            # KMS, and S3 across accounts, ask for a second statement on the other side.
            return Outcome(f"denied: {name}, {_sids(one.allows)} alone is not enough", (), ignored)
        else:
            return Outcome(f"denied: {name}, no statement allows it", (), ignored)
    return Outcome(f"allowed: {'; '.join(parts)}", tuple(statements), ignored)


def _sids(statements: tuple[tuple[str, str], ...]) -> str:
    return " + ".join(sid for _, sid in statements)
