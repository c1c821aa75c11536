"""What the constructs make of their arguments, seen in the synthesized JSON."""

import json
from typing import Any

from tests.conftest import STACKS
from tests.policy.deployment import name_of

import pytest

Stack = dict[str, Any]


def every(stack: Stack, kind: str) -> list[dict[str, Any]]:
    """All resources of a kind."""
    return list(stack["resource"][kind].values())


def only(stack: Stack, kind: str) -> dict[str, Any]:
    """The one resource of a kind, or the one of the bucket that the stack is about."""
    found = every(stack, kind)
    (resource,) = found if len(found) == 1 else [one for one in found if name_of(one) == "this"]
    return resource


def statements(resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The statements of a resource's policy, by Sid."""
    return {statement["Sid"]: statement for statement in json.loads(resource["policy"])["Statement"]}


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, stacks: dict[str, Stack]) -> Stack:
    return stacks[request.param]


def test_every_bucket_blocks_public_access_in_all_four_ways(stack: Stack) -> None:
    blocks = every(stack, "aws_s3_bucket_public_access_block")
    assert len(blocks) == len(every(stack, "aws_s3_bucket"))
    ways = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert all(block[way] is True for block in blocks for way in ways)


def test_every_bucket_is_versioned_and_without_acls(stack: Stack) -> None:
    count = len(every(stack, "aws_s3_bucket"))
    versioning = [one["versioning_configuration"] for one in every(stack, "aws_s3_bucket_versioning")]
    assert versioning == [{"status": "Enabled"}] * count
    ownership = [one["rule"] for one in every(stack, "aws_s3_bucket_ownership_controls")]
    assert ownership == [{"object_ownership": "BucketOwnerEnforced"}] * count


def test_every_key_rotates(stack: Stack) -> None:
    for key in stack["resource"].get("aws_kms_key", {}).values():
        assert key["enable_key_rotation"] is True


def test_a_bucket_policy_waits_for_everything_that_hardens_the_bucket(stack: Stack) -> None:
    resources = {
        f"{kind}.{name}": resource
        for kind, named in stack["resource"].items()
        for name, resource in named.items()
    }
    for policy in stack["resource"]["aws_s3_bucket_policy"]:
        waits_for, todo = set[str](), [f"aws_s3_bucket_policy.{policy}"]
        while todo:
            for earlier in resources[todo.pop()].get("depends_on", []):
                waits_for.add(earlier.split(".")[0])
                todo.append(earlier)
        assert waits_for == {
            "aws_s3_bucket_ownership_controls",
            "aws_s3_bucket_public_access_block",
            "aws_s3_bucket_server_side_encryption_configuration",
            "aws_s3_bucket_versioning",
        }


@pytest.mark.parametrize(("name", "protected"), [("dev", False), ("staging", True), ("prod", True)])
def test_protect_decides_what_a_plan_may_destroy(
    name: str, *, protected: bool, stacks: dict[str, Stack]
) -> None:
    for suffix in ("", "-state"):
        stack = stacks[f"secure-storage-{name}{suffix}"]
        buckets, keys = every(stack, "aws_s3_bucket"), every(stack, "aws_kms_key")
        assert all(one["lifecycle"]["prevent_destroy"] is protected for one in [*buckets, *keys])
        assert all(bucket["force_destroy"] is not protected for bucket in buckets)


def test_everything_is_tagged(stack: Stack) -> None:
    for provider in stack["provider"]["aws"]:
        (default_tags,) = provider["default_tags"]
        assert {"Environment", "Project", "Purpose", "DataClassification"} <= default_tags["tags"].keys()


def test_a_kms_bucket_encrypts_with_its_own_key_and_a_bucket_key(stacks: dict[str, Stack]) -> None:
    stack = stacks["secure-storage-prod"]
    (key,) = stack["resource"]["aws_kms_key"]
    (rule,) = only(stack, "aws_s3_bucket_server_side_encryption_configuration")["rule"]
    assert rule["bucket_key_enabled"] is True
    assert rule["apply_server_side_encryption_by_default"] == {
        "sse_algorithm": "aws:kms",
        "kms_master_key_id": f"${{aws_kms_key.{key}.arn}}",
    }


def test_an_sse_s3_bucket_has_no_key_at_all(stacks: dict[str, Stack]) -> None:
    stack = stacks["secure-storage-sse-s3"]
    assert "aws_kms_key" not in stack["resource"]
    assert "KMSKeyArn" not in stack["output"]
    assert not [
        policy for policy in stack["resource"]["aws_iam_policy"].values() if "kms" in policy["policy"]
    ]
    assert stack["output"]["UploadHeaders"]["value"] == {"x-amz-server-side-encryption": "AES256"}


@pytest.mark.parametrize("name", ["lenient", "sse-s3-lenient"])
def test_no_upload_headers_are_asked_for_where_none_are_required(name: str, stacks: dict[str, Stack]) -> None:
    assert stacks[f"secure-storage-{name}"]["output"]["UploadHeaders"]["value"] == {}


def test_uploads_without_headers_pass_in_every_state_bucket(stacks: dict[str, Stack]) -> None:
    for name in STACKS:
        if name.endswith("-state"):
            policy = statements(only(stacks[name], "aws_s3_bucket_policy"))
            for sid in ("DenyUnencryptedUploads", "DenyIncorrectKMSKey"):
                assert policy[sid]["Condition"]["Null"] == {"s3:x-amz-server-side-encryption": "false"}


def test_state_lies_in_the_state_bucket_and_is_locked(stacks: dict[str, Stack]) -> None:
    backend = stacks["secure-storage-named-principals"]["terraform"]["backend"]["s3"]
    assert backend == {
        "allowed_account_ids": ["111122223333"],
        "bucket": "platform-terraform-state",
        "key": "secure-storage-named-principals/terraform.tfstate",
        "region": "cn-northwest-1",
        "use_lockfile": True,
    }


def test_the_state_of_the_state_stack_lies_in_its_own_bucket(stacks: dict[str, Stack]) -> None:
    for name in STACKS:
        if name.endswith("-state"):
            backend = stacks[name]["terraform"]["backend"]["s3"]
            assert backend["bucket"] == only(stacks[name], "aws_s3_bucket")["bucket"]
            assert (backend["key"], backend["use_lockfile"]) == (f"{name}/terraform.tfstate", True)


def test_the_state_bucket_keeps_old_versions_for_a_year(stacks: dict[str, Stack]) -> None:
    stack = stacks["secure-storage-prod-state"]
    lifecycle = only(stack, "aws_s3_bucket_lifecycle_configuration")
    versions, uploads = (
        one for one in lifecycle["rule"] if one["id"] in ("expire-noncurrent-versions", "abort-uploads")
    )
    assert (versions["status"], versions["filter"]) == ("Enabled", [{"prefix": "secure-storage-prod"}])
    assert versions["noncurrent_version_expiration"] == [{"noncurrent_days": 365}]
    assert "expiration" not in versions
    assert (uploads["status"], uploads["filter"]) == ("Enabled", [{}])
    assert uploads["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
    assert not {"expiration", "noncurrent_version_expiration"} & uploads.keys()
    (policy,) = stack["resource"]["aws_s3_bucket_policy"]  # which comes after the versioning
    assert lifecycle["depends_on"] == [f"aws_s3_bucket_policy.{policy}"]


def test_an_account_id_keeps_every_other_account_out(stacks: dict[str, Stack]) -> None:
    for suffix in ("", "-state"):
        stack = stacks[f"secure-storage-named-principals{suffix}"]
        assert stack["provider"]["aws"][0]["allowed_account_ids"] == ["111122223333"]


def test_named_principals_use_the_key_and_the_account_manages_it(stacks: dict[str, Stack]) -> None:
    policy = statements(only(stacks["secure-storage-named-principals"], "aws_kms_key"))
    assert policy["EnableRootAccess"]["Principal"] == {"AWS": "arn:aws-cn:iam::111122223333:root"}
    assert not {"kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"} & set(
        policy["EnableRootAccess"]["Action"]
    )
    use = policy["AllowSpecifiedPrincipals"]
    assert use["Principal"] == {
        "AWS": ["arn:aws-cn:iam::111122223333:role/etl", "arn:aws-cn:iam::111122223333:user/ada"]
    }
    bucket = "arn:aws-cn:s3:::partner.data-lake"
    assert use["Condition"] == {
        "StringEquals": {
            "kms:CallerAccount": "111122223333",
            "kms:ViaService": ["s3.cn-north-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"],
        },
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"]},
    }


def test_the_managed_policy_is_attached_to_the_roles_named(stacks: dict[str, Stack]) -> None:
    stack = stacks["secure-storage-named-principals"]
    attached = stack["resource"]["aws_iam_role_policy_attachment"].values()
    assert sorted(one["role"] for one in attached) == ["etl", "reporting"]


def test_the_managed_policies_have_no_wildcard_action_and_no_foreign_resource(
    stacks: dict[str, Stack],
) -> None:
    stack = stacks["secure-storage-prod"]
    (key,) = stack["resource"]["aws_kms_key"]
    bucket = "arn:aws:s3:::secure-prod-data-bucket"
    resources = {
        "AllowListBucket": bucket,
        "AllowListUploads": bucket,
        "AllowObjectOperations": f"{bucket}/*",
        "AllowKMSOperations": f"${{aws_kms_key.{key}.arn}}",
    }
    managed = {policy["name"]: statements(policy) for policy in stack["resource"]["aws_iam_policy"].values()}
    assert managed.keys() == {"SecureS3Access-prod", "SecureS3Read-prod", "SecureS3Write-prod"}
    for policy in managed.values():
        for sid, statement in policy.items():
            assert statement["Resource"] == resources[sid]
            assert not [action for action in statement["Action"] if "*" in action]
    (state,) = stacks["secure-storage-prod-state"]["resource"]["aws_iam_policy"].values()
    assert state["name"] == "SecureStorageState-prod"
    for statement in statements(state).values():
        assert "*" not in "".join([*statement["Action"], statement["Resource"]])
    assert "s3:GetObject" not in managed["SecureS3Write-prod"]["AllowObjectOperations"]["Action"]
    assert "s3:PutObject" not in managed["SecureS3Read-prod"]["AllowObjectOperations"]["Action"]


def test_the_data_bucket_of_staging_and_prod_gives_up_unfinished_uploads_and_deletes_nothing_else(
    stacks: dict[str, Stack],
) -> None:
    for name in ("staging", "prod"):
        (rule,) = lifecycle_of_data(stacks[f"secure-storage-{name}"])["rule"]
        assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
        assert rule["filter"] == [{}]
        assert not {one for one in rule if "expiration" in one or "transition" in one}


def test_a_lifecycle_has_one_rule_for_each_prefix_and_waits_for_the_versioning(
    stacks: dict[str, Stack],
) -> None:
    stack = stacks["secure-storage-lifecycle"]
    lifecycle = lifecycle_of_data(stack)
    everything, staging = lifecycle["rule"]
    assert (everything["filter"], staging["filter"]) == ([{}], [{"prefix": "staging/"}])
    assert everything["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 3}]
    assert everything["expiration"] == [{"expired_object_delete_marker": True}]
    assert everything["noncurrent_version_expiration"] == [
        {"newer_noncurrent_versions": 3, "noncurrent_days": 90}
    ]
    assert staging["expiration"] == [{"days": 14}]
    (policy,) = stack["resource"]["aws_s3_bucket_policy"]  # which comes after the versioning
    assert lifecycle["depends_on"] == [f"aws_s3_bucket_policy.{policy}"]


def lifecycle_of_data(stack: Stack) -> dict[str, Any]:
    found = stack["resource"]["aws_s3_bucket_lifecycle_configuration"].values()
    (lifecycle,) = (one for one in found if "secure-bucket" in one["bucket"])
    assert isinstance(lifecycle, dict)
    return lifecycle


def test_a_locked_bucket_is_made_with_object_lock_and_locks_what_comes(stacks: dict[str, Stack]) -> None:
    stack = stacks["secure-storage-object-lock"]
    assert only(stack, "aws_s3_bucket")["object_lock_enabled"] is True
    retention = only(stack, "aws_s3_bucket_object_lock_configuration")["rule"]["default_retention"]
    assert retention == {"mode": "GOVERNANCE", "days": 30}


def test_eventbridge_is_notified_where_the_settings_say_so(stacks: dict[str, Stack]) -> None:
    assert only(stacks["secure-storage-browser"], "aws_s3_bucket_notification")["eventbridge"] is True
    assert "aws_s3_bucket_notification" not in stacks["secure-storage-prod"]["resource"]
