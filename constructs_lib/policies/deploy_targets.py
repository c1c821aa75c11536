"""The resources and conditions of a deploy policy: what the targets of deploy_actions.py are in a stack."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from constructs_lib.policies.deploy_actions import Target
from constructs_lib.policies.key_policy import CHANGES_POLICY_SID
from constructs_lib.policies.place import Place
from constructs_lib.policies.scan_policy import GUARDDUTY
from constructs_lib.policies.scanned_objects import guarded_objects

PLAN = "aws_guardduty_malware_protection_plan"

Where = tuple[str, dict[str, Any]]
"""A statement's Sid, and its Resource and Condition."""


class DeployPolicyError(Exception):
    """No policy can be made for a stack; the message says why in one line."""


def targets(stack: Mapping[str, Any], place: Place) -> dict[Target, list[Where]]:
    """Return where each target is, most of them as one statement; `place` is the stack's own."""
    resources = stack["resource"]
    policies = {
        name: place.iam(f"policy/{one['name']}") for name, one in resources.get("aws_iam_policy", {}).items()
    }
    attachments = _all(resources, "aws_iam_role_policy_attachment")
    roles = [place.iam(f"role/{_role_name(one['role'], resources)}") for one in attachments]
    attached = {policies[resource_id("aws_iam_policy", one["policy_arn"], "arn")] for one in attachments}
    made = _all(resources, "aws_iam_role")
    own = {place.iam(f"role/{one['name']}") for one in made}
    others, own_roles = set(roles) - own, one_or_many(own)
    scanned = [
        arn for one in _all(resources, "aws_s3_bucket_policy") for arn in guarded_objects(one["policy"])
    ]
    return {
        **_keys(stack, place),
        **_audit(resources, place),
        "scanned objects": [("AllowScanResults", {"Resource": one_or_many(scanned)})],
        "policy": [("AllowPolicies", {"Resource": one_or_many(policies.values())})],
        # AllowOwnRoles already has what the stack's own roles need.
        "role": [("AllowReadRoles", {"Resource": one_or_many(others)})] if others else [],
        "attachment": [
            (
                "AllowAttachToRoles",
                {
                    "Resource": one_or_many(roles),
                    "Condition": {"ArnEquals": {"iam:PolicyARN": one_or_many(attached)}},
                },
            )
        ],
        "own role": [("AllowOwnRoles", {"Resource": own_roles})],
        "new role": [
            # A role that creates roles and writes their policies could get any permission; this boundary
            # prevents that. Removing it is not allowed:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
            (
                "AllowMakeRoles",
                {
                    "Resource": own_roles,
                    "Condition": {
                        "StringEquals": {"iam:PermissionsBoundary": one_or_many(_boundaries(made, place))}
                    },
                },
            )
        ],
        "role for S3": _passed(
            "AllowPassRoles", resources, place, "aws_s3_bucket_replication_configuration", "s3.amazonaws.com"
        ),
        "role for GuardDuty": _passed("AllowPassScanRole", resources, place, PLAN, GUARDDUTY),
        **_plans(stack, place),
    }


def _passed(sid: str, resources: Mapping[str, Any], place: Place, kind: str, service: str) -> list[Where]:
    """Return the roles of the stack's own that its resources of a type pass to a service."""
    ids = {resource_id("aws_iam_role", one["role"], "arn") for one in _all(resources, kind)}
    roles = [place.iam(f"role/{resources['aws_iam_role'][id_]['name']}") for id_ in ids]
    return [
        (
            sid,
            {
                "Resource": one_or_many(roles),
                "Condition": {"StringEquals": {"iam:PassedToService": service}},
            },
        )
    ]


def _plans(stack: Mapping[str, Any], place: Place) -> dict[Target, list[Where]]:
    """Return the targets of GuardDuty: a plan's id is made by GuardDuty, so it is known by its tags.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
    """
    labels = _labels(stack["provider"]["aws"][0])
    request = {f"aws:RequestTag/{key}": value for key, value in labels.items()}
    resource = {f"aws:ResourceTag/{key}": value for key, value in labels.items()}
    region = {"aws:RequestedRegion": place.region}
    return {
        # Nor is there a resource for a plan that is made.
        "new plan": [
            ("AllowMakeScanPlan", {"Resource": "*", "Condition": {"StringEquals": {**region, **request}}})
        ],
        "plan": [
            (
                "AllowScanPlan",
                {
                    "Resource": place.arn("guardduty", "malware-protection-plan/*"),
                    "Condition": {"StringEquals": resource},
                },
            )
        ],
    }


def _boundaries(roles: Iterable[Mapping[str, Any]], place: Place) -> Iterator[str]:
    for role in roles:
        if "permissions_boundary" not in role:
            raise DeployPolicyError(
                f"role {role['name']} has no permissions boundary: it could be given any permission"
            )
        # Its ARN may have a reference to the account in it.
        yield place.iam(f"policy/{role['permissions_boundary'].rpartition('/')[2]}")


def _keys(stack: Mapping[str, Any], place: Place) -> dict[Target, list[Where]]:
    """Return the targets of KMS: the environment's keys have the same tags, and aliases in each region."""
    resources = stack["resource"]
    regions = _regions(stack)
    keys = sorted({_region(one, regions) for one in _all(resources, "aws_kms_key")})
    aliases: dict[str, list[str]] = {}
    for one in _all(resources, "aws_kms_alias"):
        aliases.setdefault(_region(one, regions), []).append(one["name"])
    labels = _labels(stack["provider"]["aws"][0])
    request = {f"aws:RequestTag/{key}": value for key, value in labels.items()}
    resource = {f"aws:ResourceTag/{key}": value for key, value in labels.items()}
    # The region's name distinguishes the statements of another region from those of the stack's own.
    at = {one: "" if one == place.region else one.title().replace("-", "") for one in keys}
    of_region = {one: replace(place, region=one) for one in {*keys, *aliases}}
    # Other keys of the environment, such as that of its state, have the same tags but aliases of their own.
    # True as well for a key without an alias, which a new key is, and one whose alias was just deleted.
    only_ours = {
        one: {"ForAllValues:StringEquals": {"kms:ResourceAliases": sorted(aliases.get(one, []))}}
        for one in keys
    }
    # Null keeps these statements off the keys of others, as long as they have one of the tags or an alias.
    unnamed = {"Null": dict.fromkeys([*resource, "kms:ResourceAliases"], "true")}
    any_key = one_or_many(of_region[one].arn("kms", "key/*") for one in keys)
    return {
        # KMS has no resource for these two.
        "no key yet": [
            (
                "AllowCreateKey",
                {
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:RequestedRegion": one_or_many(keys), **request}},
                },
            )
        ],
        "all aliases": [
            (
                "AllowListAliases",
                {
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:RequestedRegion": one_or_many(aliases)}},
                },
            )
        ],
        "tags of a new key": [
            # Tags at creation need a permission that names no key:
            # https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html
            (
                "AllowTagNewKey",
                {"Resource": any_key, "Condition": {"StringEquals": request, **unnamed}},
            )
        ],
        "policy of a new key": [("AllowPolicyOfNewKey", {"Resource": any_key, "Condition": unnamed})]
        * (not _name_their_maker(resources)),
        "unlabelled key": [
            # IfExists, as it can take five minutes until KMS counts the tags and the alias of a new key:
            # https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
            (
                f"AllowKeyBeforeItsTagsCount{at[one]}",
                {
                    "Resource": of_region[one].arn("kms", "key/*"),
                    "Condition": {"StringEqualsIfExists": resource, **only_ours[one]},
                },
            )
            for one in keys
        ],
        "key": [
            (
                f"AllowKey{at[one]}",
                {
                    "Resource": of_region[one].arn("kms", "key/*"),
                    "Condition": {"StringEquals": resource, **only_ours[one]},
                },
            )
            for one in keys
        ],
        "alias": [
            (
                "AllowAlias",
                {
                    "Resource": one_or_many(
                        of_region[region].arn("kms", name)
                        for region, names in aliases.items()
                        for name in names
                    )
                },
            )
        ],
    }


def _name_their_maker(resources: Mapping[str, Any]) -> bool:
    """Whether every key's policy lets the role that creates the key change that policy."""
    policies = [json.loads(one["policy"])["Statement"] for one in _all(resources, "aws_kms_key")]
    return all(CHANGES_POLICY_SID in {one["Sid"] for one in statements} for statements in policies)


def _audit(resources: Mapping[str, Any], place: Place) -> dict[Target, list[Where]]:
    """Return the targets of the audit: what is named after the environment, in the stack's own region."""

    def named(service: str, kind: str, prefix: str) -> list[str]:
        return [place.arn(service, f"{prefix}{one['name']}") for one in _all(resources, kind)]

    topics = named("sns", "aws_sns_topic", "")
    return {
        # CloudTrail has no resource for this one.
        "trails": [
            (
                "AllowListTrails",
                {"Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": place.region}}},
            )
        ],
        "trail": [("AllowTrail", {"Resource": one_or_many(named("cloudtrail", "aws_cloudtrail", "trail/"))})],
        "rule": [
            (
                "AllowAlarmRules",
                {"Resource": one_or_many(named("events", "aws_cloudwatch_event_rule", "rule/"))},
            )
        ],
        "topic": [("AllowAlarmTopic", {"Resource": one_or_many(topics)})],
        # Its ARN is the topic's, and an id that SNS makes.
        "subscription": [
            (
                "AllowAlarmSubscriptions",
                {"Resource": one_or_many([*topics, *(f"{topic}:*" for topic in topics)])},
            )
        ],
    }


def _regions(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return the region of each provider, by how resources refer to it."""
    return {
        f"aws.{one['alias']}" if "alias" in one else "aws": one["region"] for one in stack["provider"]["aws"]
    }


def _region(resource: Mapping[str, Any], regions: Mapping[str, str]) -> str:
    return regions[resource.get("provider", "aws")]


def _labels(provider: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags that tell an environment's keys from others."""
    ((tags),) = (one["tags"] for one in provider["default_tags"])
    return {key: tags[key] for key in ("Environment", "Project")}


def _all(resources: Mapping[str, Any], kind: str) -> list[Any]:
    return list(resources.get(kind, {}).values())


def resource_id(kind: str, reference: str, attribute: str) -> str:
    """Return `id` of `${kind.id.attribute}`; `attribute` is a regular expression."""
    match = re.fullmatch(rf"\$\{{{kind}\.([^.]+)\.{attribute}\}}", reference)
    if match is None:
        raise DeployPolicyError(f"cannot tell which {kind} {reference} is; see deploy_targets.py")
    return match[1]


def _role_name(role: str, resources: Mapping[str, Any]) -> str:
    """Return the name of a role, which is one of the stack's own where it is a reference."""
    if not role.startswith("$"):
        return role
    return str(resources["aws_iam_role"][resource_id("aws_iam_role", role, "name")]["name"])


def one_or_many(values: Iterable[str]) -> str | list[str]:
    """Return what a statement has for these values: the only one by itself, or a sorted list."""
    found = sorted(set(values))
    return found[0] if len(found) == 1 else found
