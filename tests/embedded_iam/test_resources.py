"""What AWS authorizes a call on, where MiniStack asks for another resource or for less."""

from functools import partial
from typing import Any

from ops.embedded.aws import ACCOUNT_ID
from tests.embedded_iam.account import Account, allow, document, refused, trust

import pytest


def on(statement: dict[str, Any], *arns: str) -> dict[str, Any]:
    return statement | {"Resource": list(arns)}


def test_a_policy_is_made_by_who_may_make_one_of_that_name_and_tag_it(account: Account) -> None:
    ours = f"arn:aws:iam::{ACCOUNT_ID}:policy/teams/ours-{account.id}"
    made = {"PolicyDocument": document(allow("s3:ListAllMyBuckets"))}
    ours_name = {"Path": "/teams/", "PolicyName": f"ours-{account.id}"}
    tags = [{"Key": "team", "Value": "data"}]
    may = allow("iam:CreatePolicy", "iam:TagPolicy")
    iam = account.session(on(may, ours)).aws.client("iam")
    refused(lambda: iam.create_policy(PolicyName=f"other-{account.id}", **made))
    untagged = account.session(on(allow("iam:CreatePolicy"), ours)).aws.client("iam")
    refused(lambda: untagged.create_policy(**ours_name, **made, Tags=tags))
    iam.create_policy(**ours_name, **made, Tags=tags)


def test_a_role_with_a_path_is_known_by_its_whole_arn(account: Account) -> None:
    arn = f"arn:aws:iam::{ACCOUNT_ID}:role/teams/made-{account.id}"
    iam = account.session(on(allow("iam:CreateRole", "iam:GetRole"), arn)).aws.client("iam")
    name = {"RoleName": f"made-{account.id}"}
    refused(lambda: iam.create_role(**name, AssumeRolePolicyDocument=trust()))
    iam.create_role(**name, Path="/teams/", AssumeRolePolicyDocument=trust())
    iam.get_role(**name)
    refused(lambda: iam.get_role(RoleName=account.role("other").rpartition("/")[2]))


def test_an_alias_needs_a_permission_on_itself_and_on_its_key(account: Account) -> None:
    key = account.key()
    named = {"AliasName": f"alias/{account.id}", "TargetKeyId": key}
    alias = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:alias/{account.id}"
    may = allow("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias")
    both = account.session(on(may, alias, key)).aws.client("kms")
    for arn in (alias, key):
        refused(partial(account.session(on(may, arn)).aws.client("kms").create_alias, **named))
    both.create_alias(**named)
    other = account.key()
    refused(lambda: both.update_alias(AliasName=named["AliasName"], TargetKeyId=other))
    only_alias = account.session(on(may, alias)).aws.client("kms")
    refused(lambda: only_alias.delete_alias(AliasName=named["AliasName"]))
    both.delete_alias(AliasName=named["AliasName"])


def test_a_key_that_is_named_by_its_alias_is_the_resource(account: Account) -> None:
    key = account.key(f"alias/{account.id}")
    alias = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:alias/{account.id}"
    may = allow("kms:DescribeKey")
    account.session(on(may, key)).aws.client("kms").describe_key(KeyId=f"alias/{account.id}")
    for_alias = account.session(on(may, alias)).aws.client("kms")
    refused(lambda: for_alias.describe_key(KeyId=f"alias/{account.id}"))


def test_a_key_with_tags_is_made_by_who_may_tag(account: Account) -> None:
    tags = [{"TagKey": "Environment", "TagValue": "dev"}]
    asks = {"aws:RequestTag/Environment": "dev"}
    may = allow("kms:CreateKey", "kms:TagResource", StringEquals=asks)
    account.session(may).aws.client("kms").create_key(Tags=tags)
    only_made = account.session(allow("kms:CreateKey", StringEquals=asks)).aws.client("kms")
    refused(lambda: only_made.create_key(Tags=tags))


@pytest.mark.parametrize("bus", ["", "bus/"])
def test_a_rule_is_known_by_its_bus_and_name_and_one_of_the_default_bus_by_its_name(
    account: Account, bus: str
) -> None:
    where = {"EventBusName": f"{account.id}-bus"} if bus else {}
    if where:
        account.aws.client("events").create_event_bus(Name=where["EventBusName"])
    path = f"{where['EventBusName']}/" if where else ""
    arn = f"arn:aws:events:us-east-1:{ACCOUNT_ID}:rule/{path}ours-{account.id}"
    events = account.session(on(allow("events:*"), arn)).aws.client("events")
    events.put_rule(Name=f"ours-{account.id}", EventPattern='{"source": ["aws.s3"]}', **where)
    events.list_targets_by_rule(Rule=f"ours-{account.id}", **where)
    refused(lambda: events.list_targets_by_rule(Rule=f"other-{account.id}", **where))


def test_deleting_versions_needs_the_action_for_versions(account: Account) -> None:
    account.s3.put_bucket_versioning(Bucket=account.bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = [account.s3.put_object(Bucket=account.bucket, Key=key)["VersionId"] for key in "ab"]
    named = [{"Key": key, "VersionId": version} for key, version in zip("ab", versions, strict=True)]

    def delete(action: str, objects: list[dict[str, str]]) -> None:
        s3 = account.session(allow(action)).aws.client("s3")
        s3.delete_objects(Bucket=account.bucket, Delete={"Objects": objects})

    refused(lambda: delete("s3:DeleteObject", named))
    refused(lambda: delete("s3:DeleteObjectVersion", [{"Key": "a"}, {"Key": "b"}]))
    delete("s3:DeleteObjectVersion", named)
    delete("s3:DeleteObject", [{"Key": "a"}, {"Key": "b"}])
