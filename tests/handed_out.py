"""Roles with exactly the policies that we hand out, on an embedded AWS with authorization on."""

import json
import ssl
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constructs_lib.policies.deploy_policy import deploy_policies
from constructs_lib.policies.place import Place
from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws, assume
from settings.names.aws import partition_of

Document = dict[str, Any]

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "sts:AssumeRole",
    },
}
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}


def empty(aws: EmbeddedAws) -> None:
    """Forget all that is in the account, roles and their sessions too."""
    trusted = ssl.create_default_context(cafile=aws.certificate and str(aws.certificate))
    handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
    request = urllib.request.Request(f"{aws.endpoint}/_ministack/reset", method="POST")  # noqa: S310
    with urllib.request.build_opener(*handlers).open(request, timeout=30) as response:
        assert response.status == 200


def role(aws: EmbeddedAws, name: str, *documents: Document, managed: tuple[str, ...] = ()) -> EmbeddedAws:
    """Make a role with these documents and managed policies; return the AWS as a session of it sees it."""
    iam = aws.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    for number, document in enumerate(documents):
        iam.put_role_policy(RoleName=name, PolicyName=str(number), PolicyDocument=json.dumps(document))
    for policy in managed:
        iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::{ACCOUNT_ID}:policy/{policy}")
    return assume(aws, arn)


def take_away_managed_policies(aws: EmbeddedAws) -> None:
    """Detach every managed policy from every role; a policy that is held cannot be deleted."""
    iam = aws.client("iam")
    for name in [one["RoleName"] for one in iam.list_roles()["Roles"]]:
        for held in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=held["PolicyArn"])


def administrator(aws: EmbeddedAws) -> EmbeddedAws:
    """Return the AWS of a role that may do everything, but is bound by what buckets and keys refuse."""
    return role(aws, "administrator", EVERYTHING)


def deploy_documents(
    stack: Mapping[str, Any], *, read_only: bool = False, state_key_alias: str | None = None
) -> list[Document]:
    """Return what `ops deploy-policy` prints for a synthesized stack."""
    bucket = stack["terraform"]["backend"]["s3"]["bucket"]
    alias = state_key_alias or f"alias/{bucket}"
    region = stack["provider"]["aws"][0]["region"]
    place = Place(partition_of(region), ACCOUNT_ID, region)
    return deploy_policies(stack, place=place, state_key_alias=alias, read_only=read_only)


def read_stack(folder: Path) -> dict[str, Any]:
    """Return the synthesized JSON of a stack."""
    stack: dict[str, Any] = json.loads((folder / "cdk.tf.json").read_bytes())
    return stack


def deployer(aws: EmbeddedAws, stack: Mapping[str, Any]) -> EmbeddedAws:
    """Return the AWS of a role with exactly `ops deploy-policy ENV`."""
    return role(aws, "deploy", *deploy_documents(stack))


def planner(aws: EmbeddedAws, stack: Mapping[str, Any]) -> EmbeddedAws:
    """Return the AWS of a role with exactly `ops deploy-policy ENV --read-only`."""
    return role(aws, "plan", *deploy_documents(stack, read_only=True))


def without(action: str, documents: list[Document]) -> list[Document]:
    """Return the same documents without one action, which must be in them."""
    text = json.dumps(documents)
    assert json.dumps(action) in text, f"{action} is in none of them"
    weaker: list[Document] = json.loads(text)
    for document in weaker:
        for statement in document["Statement"]:
            statement["Action"] = [one for one in statement["Action"] if one != action]
        document["Statement"] = [statement for statement in document["Statement"] if statement["Action"]]
    return weaker
