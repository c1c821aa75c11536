"""What each construct, and each dataclass that its users make, takes: every argument once, and valid."""

import importlib
from typing import Any

from constructs_lib.event_patterns import ALARMS, Watched
from constructs_lib.policies import Grant, Perimeter
from constructs_lib.policies.links import Links
from constructs_lib.policies.place import Place
from constructs_lib.policies.replication_policy import Side
from constructs_lib.policies.scan_policy import Scanned
from constructs_lib.policies.scanned_objects import Scan
from constructs_lib.scan_events import SCAN_ALARMS

ACCOUNT = "111122223333"
TOKEN = "${TfToken[TOKEN.7]}"
PLACE = Place("aws", ACCOUNT, "eu-central-1")
BUCKET, ROLE = PLACE.bucket("acme"), PLACE.iam("role/machines")
KEY = PLACE.arn("kms", "key/1-2")
TRAIL, TOPIC = PLACE.arn("cloudtrail", "trail/t"), PLACE.arn("sns", "t")

DATA: dict[str, dict[str, Any]] = {
    "policies.Grant": {"principal": ROLE, "prefix": "in/"},
    "policies.Perimeter": {
        "vpc_endpoints": ("vpce-0123abcd",),
        "source_ips": ("203.0.113.0/24",),
        "organization_id": "o-0123456789",
        "exempt_roles": (ROLE,),
        "listing": True,
        "listing_roles": (ROLE,),
    },
    "policies.links.Links": {
        "max_age_seconds": 60,
        "issued_before": "2026-11-28T12:00:00Z",
        "revoked": ("inbox/", "a.csv"),
    },
    "policies.place.Place": {"partition": "aws", "account_id": ACCOUNT, "region": "eu-central-1"},
    "policies.replication_policy.Side": {
        "name": "Source",
        "bucket_arn": BUCKET,
        "place": PLACE,
        "key_arn": KEY,
    },
    "policies.scan_policy.Scanned": {
        "bucket_arn": BUCKET,
        "place": PLACE,
        "key_arn": KEY,
        "prefixes": ("in/",),
    },
    "policies.scanned_objects.Scan": {
        "prefixes": ("in/",),
        "enforce": True,
        "scanner": ROLE,
        "replication": ROLE,
        "taggers": (ROLE,),
        "readers": (ROLE,),
    },
    "event_patterns.Watched": {
        "buckets": ["acme"],
        "keys": [KEY],
        "aliases": ["alias/acme"],
        "trail_name": "t",
        "trail_arn": TRAIL,
        "topic_arn": TOPIC,
        "rules": {name: name for name in (*ALARMS, *SCAN_ALARMS)},
        "scan_plan": "p",
    },
    "lifecycle.Transition": {"days": 30, "storage_class": "GLACIER"},
    "lifecycle.LifecycleRule": {
        "id": "all",
        "prefix": "in/",
        "transitions": (),
        "expiration_days": 60,
        "expired_delete_markers": False,
        "noncurrent_transitions": (),
        "noncurrent_days": 30,
        "newer_noncurrent_versions": 2,
        "abort_upload_days": 7,
    },
    "replication.Choices": {
        "storage_class": "STANDARD",
        "delete_markers": False,
        "both_ways": False,
        "time_control": False,
    },
}
"""Each dataclass that its users make, with what it takes."""

SIDES = [Side(name, BUCKET, PLACE, KEY) for name in ("Source", "Replica")]
DOCUMENT = {"Version": "2012-10-17", "Statement": []}
_KEY = {"alias": "alias/acme", "description": "d", "rotation_days": 90, "deletion_days": 7, "protect": True}
_BUCKET = {"bucket_name": "acme", "protect": True}


def _of_constructs() -> dict[str, dict[str, Any]]:
    """Each construct, with what it takes."""
    from constructs_lib.lifecycle import LifecycleRule  # only here, as they start the jsii child process
    from constructs_lib.replication import Choices

    return {
        "access_logging.AccessLogging": {"bucket": "acme", "log_bucket": "logs", "prefix": "log/"},
        "access_policy.AccessPolicy": {
            "name": "n",
            "description": "d",
            "document": DOCUMENT,
            "attach_to_roles": ["machines"],
        },
        "alarm_topic.AlarmTopic": {
            "name": "t",
            "topic_arn": TOPIC,
            "key_arn": KEY,
            "rule_arns": [PLACE.arn("events", "rule/r")],
            "emails": ["a@example.com"],
        },
        "alarms.Alarms": {
            "environment": "e",
            "watched": Watched(**DATA["event_patterns.Watched"]),
            "topic_arn": TOPIC,
            "scanned_bucket": "acme",
        },
        "audit_key.AuditKey": {
            **_KEY,
            **{"place": PLACE, "trail_arn": TRAIL, "topic_arn": TOPIC, "deploy_role": ROLE},
        },
        "audit_trail.AuditTrail": {
            **{"name": "t", "bucket_arn": BUCKET, "log_bucket": "logs", "key_arn": KEY},
            **{"data_events": "write", "management_events": True},
        },
        "browser_access.BrowserAccess": {
            **{"bucket": "acme", "allowed_origins": ["https://a.example"], "allowed_methods": ["PUT"]},
            **{"allowed_headers": ["*"], "expose_headers": ["ETag"], "max_age_seconds": 60},
        },
        "bucket_notification.BucketNotification": {"bucket": "acme"},
        "ci_role.CiRole": {
            **{"name": "n", "description": "d", "provider_arn": PLACE.iam("oidc-provider/x")},
            **{"subjects": ["repo:a/b:pull_request"], "policies": {"p": DOCUMENT}, "extra": {}},
        },
        "encryption_key.EncryptionKey": {
            **_KEY,
            **{"place": PLACE, "bucket_arn": BUCKET, "principals": [ROLE], "deploy_role": ROLE},
            **{"readers": [Grant(ROLE)], "writers": [Grant(ROLE)], "extra_statements": []},
        },
        "inventory.Inventory": {
            **{"bucket": "acme", "log_bucket_arn": BUCKET, "account_id": ACCOUNT, "frequency": "daily"},
            **{"format": "csv", "noncurrent_versions": True, "prefix": "in/"},
        },
        "lifecycle.Lifecycle": {
            "bucket": "acme",
            "rules": [LifecycleRule(**DATA["lifecycle.LifecycleRule"])],
        },
        "log_bucket.LogBucket": {
            **_BUCKET,
            **{"bucket_arn": BUCKET, "prefix": "log/", "source_arn": BUCKET, "account_id": ACCOUNT},
            **{"inventory": True, "trail_arn": TRAIL, "retention_days": 30},
        },
        "malware_scan.MalwareScan": {
            **{
                "scanned": Scanned(BUCKET, PLACE, KEY),
                "bucket": "acme",
                "role_name": "r",
                "policy_name": "p",
            },
            "boundary_arn": PLACE.iam("policy/b"),
        },
        "managed_key.ManagedKey": {**_KEY, "policy": DOCUMENT},
        "object_lock.ObjectLock": {"bucket": "acme", "mode": "governance", "days": 30, "years": None},
        "oidc_provider.OidcProvider": {"place": PLACE, "create": True, "protect": True},
        "private_bucket.PrivateBucket": {
            **_BUCKET,
            **{"key_arn": KEY, "bucket_key": True, "policy": DOCUMENT, "object_lock": True},
        },
        "replication.Replication": {
            **{"source": SIDES[0], "source_bucket": "acme", "replica": SIDES[1], "replica_bucket": "copy"},
            **{"role_name": "r", "policy_name": "p", "boundary_arn": PLACE.iam("policy/b")},
            **{"choices": Choices(**DATA["replication.Choices"]), "object_lock": True},
        },
        "secure_bucket.SecureBucket": {
            **_BUCKET,
            **{"bucket_arn": BUCKET, "key_arn": KEY, "bucket_key": True, "require_upload_headers": True},
            **{
                "links": Links(),
                "perimeter": Perimeter(),
                "readers": [Grant(ROLE)],
                "writers": [Grant(ROLE)],
            },
            **{
                "replication_role": ROLE,
                "scan": Scan((), True, ROLE, None, (ROLE,), ()),
                "object_lock": True,
            },
        },
    }


def valid_arguments(name: str) -> dict[str, Any]:
    """What a class of the library takes, by its module and name."""
    return DATA.get(name) or _of_constructs()[name]


def make(name: str, arguments: dict[str, Any]) -> Any:
    """Make one; a construct in a stack of its own."""
    module, _, kind = name.rpartition(".")
    cls = getattr(importlib.import_module(f"constructs_lib.{module}"), kind)
    if name in DATA:
        return cls(**arguments)
    from cdktf import App, TerraformStack

    stack = TerraformStack(App(), "stack")
    if name == "replication.Replication":
        from constructs_lib import aws

        arguments = arguments | {"provider": aws.AwsProvider(stack, "elsewhere", alias="elsewhere")}
    return cls(stack, "one", **arguments)


def made_or_refused(name: str, arguments: dict[str, Any]) -> Any:
    """Make one, or return the line that refuses it."""
    try:
        return make(name, arguments)
    except ValueError as error:
        return str(error)
