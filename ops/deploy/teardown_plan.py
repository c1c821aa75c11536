"""What a teardown finds: what goes, what is in no state, who else uses it, and which keys wait."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ops.deploy.names_in_aws import Stack, StackNames
from ops.deploy.own_keys import OwnKeys
from ops.shared import aws
from ops.shared.errors import OpsError
from ops.state.remote_state import RemoteState
from ops.state.snapshot import Snapshot


@dataclass(frozen=True)
class Found:
    """A stack that goes.

    Attributes:
        name: the stack's name.
        state: its state in the state bucket.
        snapshot: what it knows; None where there is none.
    """

    name: str
    state: RemoteState
    snapshot: Snapshot | None

    def described(self, region: str, account: str) -> Iterator[str]:
        """Yield a line for the stack, and one for each of its buckets.

        Args:
            region: where a bucket is whose region the state does not know.
            account: whose buckets they are.
        """
        resources = {} if self.snapshot is None else self.snapshot.resources
        yield f"{self.name}: {len(resources) or 'no'} resources"
        for bucket, where in () if self.snapshot is None else self.snapshot.buckets_in(region):
            yield f"  bucket {bucket}, {_content(bucket, where, account)}"


def _of(kind: str, resources: Mapping[str, Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    return (one for address, one in resources.items() if address.startswith(f"{kind}."))


def _content(bucket: str, region: str, account: str) -> str:
    """Say how much is in a bucket; the first page is enough to know that it matters."""
    try:
        with aws.one_line_errors():
            listed = aws.client("s3", region).list_object_versions(Bucket=bucket, ExpectedBucketOwner=account)
    except OpsError:
        return "of which the content cannot be listed"
    count = len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", []))
    more = " or more" if listed.get("IsTruncated") else ""
    return f"with {count}{more} versions of objects" if count else "which is empty"


def shared_providers(snapshot: Snapshot, region: str) -> Iterator[tuple[str, str]]:
    """Yield the address of each identity provider that other roles trust, and why it stays."""
    own = {one["name"] for one in _of("aws_iam_role", snapshot.resources)}
    for address, one in snapshot.resources.items():
        if not address.startswith("aws_iam_openid_connect_provider."):
            continue
        try:
            with aws.one_line_errors("cannot list the roles that trust it"):
                others = [name for name in _trusting(str(one["arn"]), region) if name not in own]
        except OpsError as error:
            yield address, f"{one['arn']} may be used by others, {error}"
            continue
        if others:
            yield address, f"{one['arn']} is used by {', '.join(others)}"


def _trusting(provider: str, region: str) -> Iterator[str]:
    for page in aws.client("iam", region).get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if f'"{provider}"' in json.dumps(role["AssumeRolePolicyDocument"]):
                yield role["RoleName"]


def detach_policies(snapshot: Snapshot, region: str) -> Iterator[str]:
    """Detach a state's managed policies from all roles, users and groups; yield a line for each by hand.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
    """
    iam: aws.Client = aws.client("iam", region)
    by_terraform = {
        (one["policy_arn"], one["role"]) for one in _of("aws_iam_role_policy_attachment", snapshot.resources)
    }
    for policy in _of("aws_iam_policy", snapshot.resources):
        arn = policy["arn"]
        with aws.one_line_errors(f"cannot detach {arn}"):
            try:
                pages = list(iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn))
            except iam.exceptions.NoSuchEntityException:
                continue
            for kind in ("Role", "User", "Group"):
                names = [one[f"{kind}Name"] for page in pages for one in page.get(f"Policy{kind}s", [])]
                detach = getattr(iam, f"detach_{kind.lower()}_policy")
                for name in names:
                    if (arn, name) not in by_terraform:
                        detach(PolicyArn=arn, **{f"{kind}Name": name})
                        yield f"{policy['name']} is detached from {kind.lower()} {name}"


def waiting_keys(stacks: Iterable[Stack], account: str) -> Iterator[str]:
    """Yield a line for each key of these stacks that waits for its deletion."""
    for stack in stacks:
        for one in StackNames(stack, {}).of("aws_kms_key"):
            description = one.described["description"]
            for key in OwnKeys(one.region, account, one.tags).like(description):
                if key["KeyState"] == "PendingDeletion":
                    command = f"aws kms cancel-key-deletion --region {one.region} --key-id {key['KeyId']}"
                    when = f"{key['DeletionDate']:%Y-%m-%d}"
                    yield f"{key['KeyId']} ({description}), on {when}; until then, `{command}` keeps it"
