"""Policy documents as pure functions that return dicts, with no CDKTF in them.

A document is a file; a statement is a function named after its Sid. ARNs and
account ids go in as strings, which may hold Terraform references.
"""

import json
from dataclasses import dataclass
from typing import Any

from constructs_lib.arguments import Prefix, PrincipalArn, Text, checked

Statement = dict[str, Any]
Condition = dict[str, dict[str, Any]]
Document = dict[str, Any]


@checked
@dataclass(frozen=True)
class Grant:
    """A principal, in this account or another, that may use a part of the bucket.

    Attributes:
        principal: the ARN of a role, a user or an account's root.
        prefix: what the keys must begin with; all keys where empty.
    """

    principal: PrincipalArn
    prefix: Prefix = ""


@checked
@dataclass(frozen=True)
class Perimeter:
    """Where requests for objects may come from; empty or None means no limit.

    Attributes:
        vpc_endpoints: ids of VPC endpoints.
        source_ips: public IP ranges in CIDR notation.
        organization_id: the id of an organization in AWS Organizations.
        exempt_roles: ARNs of roles that pass from anywhere.
        listing: whether it holds for listing the objects too.
        listing_roles: ARNs of roles that may list from anywhere.
    """

    vpc_endpoints: tuple[Text, ...] = ()
    source_ips: tuple[Text, ...] = ()
    organization_id: Text | None = None
    exempt_roles: tuple[PrincipalArn, ...] = ()
    listing: bool = False
    listing_roles: tuple[PrincipalArn, ...] = ()


def deny(sid: str, action: str | list[str], resource: str | list[str], condition: Condition) -> Statement:
    """Return a statement that denies `action` to everybody, under `condition` if it is not empty."""
    statement = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def document(*statements: Statement) -> Document:
    """Return the policy document that holds `statements`, in that order."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def to_json(policy: Document) -> str:
    """Return `policy` as the JSON text that Terraform's `policy` arguments take."""
    return json.dumps(policy, separators=(",", ":"))
