"""CI's roles on an AWS that authorizes: who gets which, and what each does with plans and reviews."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ops.deploy.caller import Caller
from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws, assume_with_token
from ops.preflight.ci_roles import wanted
from tests.embedded_iam.account import refused

import pytest
from botocore.exceptions import ClientError

NAME = "ci-roles"
BUCKET = f"secure-{NAME}-terraform-state"
ROOT = Caller(arn=f"arn:aws:iam::{ACCOUNT_ID}:root", account=ACCOUNT_ID)
FILES = {
    "review": f"ci/{NAME}/review/7/0123/plan.tfplan",
    "plans": f"ci/{NAME}/plans/4567/0123/plan.tfplan",
    "deployed": f"ci/{NAME}/deployed/cdk.tf.json",
    "commit": f"ci/{NAME}/deployed/commit.json",
    "errored": f"ci/{NAME}/deployed/errored/state",
    "state": f"secure-storage-{NAME}/terraform.tfstate",
}
JOBS = {
    "review": {"sub": "repo:acme/storage:pull_request", "ref": "refs/pull/7/merge"},
    "plan": {"sub": "repo:acme/storage:ref:refs/heads/main", "ref": "refs/heads/main"},
    "deploy": {"sub": f"repo:acme/storage:environment:{NAME}", "ref": "refs/heads/main"},
}


@pytest.fixture(scope="session")
def s3_of(aws: EmbeddedAws, stacks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """S3 for each role, which a job of that name took, with an object in every place."""
    iam, s3 = aws.client("iam"), aws.client("s3")
    for name, role in wanted(stacks[f"secure-storage-{NAME}-ci"], ROOT).items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=role.trust)
        for policy, document in role.policies.items():
            arn = iam.create_policy(PolicyName=policy, PolicyDocument=document)["Policy"]["Arn"]
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key in FILES.values():
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"stored")
    return {kind: assume_with_token(aws, arn_of(kind), claims).client("s3") for kind, claims in JOBS.items()}


def arn_of(kind: str) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:role/secure-storage-{NAME}-{kind}"


@pytest.mark.parametrize("job", JOBS)
def test_a_job_gets_the_role_meant_for_it_and_no_other(
    job: str, aws: EmbeddedAws, s3_of: dict[str, Any]
) -> None:
    assert job in s3_of
    for kind in JOBS.keys() - {job}:
        refused(partial(assume_with_token, aws, arn_of(kind), JOBS[job]))


@pytest.mark.parametrize("ref", ["refs/heads/feature", "refs/pull/7/merge", "refs/tags/main"])
def test_the_environment_does_not_deploy_from_another_ref(
    ref: str, aws: EmbeddedAws, s3_of: dict[str, Any]
) -> None:
    refused(lambda: assume_with_token(aws, arn_of("deploy"), {**JOBS["deploy"], "ref": ref}))


MAY = {
    ("review", "get deployed"),
    ("review", "get state"),
    ("review", "store review"),
    ("plan", "get deployed"),
    ("plan", "get commit"),
    ("plan", "get state"),
    ("plan", "get a version of review"),
    ("plan", "list review"),
    ("plan", "store plans"),
    ("deploy", "get deployed"),
    ("deploy", "get commit"),
    ("deploy", "get errored"),
    ("deploy", "get state"),
    ("deploy", "get a version of plans"),
    ("deploy", "list plans"),
    ("deploy", "store deployed"),
    ("deploy", "overwrite deployed"),
    ("deploy", "overwrite commit"),
    ("deploy", "overwrite errored"),
    ("deploy", "overwrite state"),
}


def tries(s3: Any, place: str, version: str) -> dict[str, Callable[[], object]]:
    """What a role tries with the object of a place, by name."""
    key = FILES[place]
    here, folder = {"Bucket": BUCKET, "Key": key}, "/".join(key.split("/")[:3]) + "/"
    asked: dict[str, Callable[[], object]] = {
        f"get {place}": partial(s3.get_object, **here),
        f"get a version of {place}": partial(s3.get_object, **here, VersionId=version),
        f"overwrite {place}": partial(s3.put_object, **here, Body=b"other"),
        f"delete {place}": partial(s3.delete_object, **here),
    }
    if place in ("review", "plans", "deployed"):
        new = {"Bucket": BUCKET, "Key": f"{folder}new", "Body": b"new", "IfNoneMatch": "*"}
        asked[f"list {place}"] = partial(s3.list_object_versions, Bucket=BUCKET, Prefix=folder)
        asked[f"store {place}"] = partial(s3.put_object, **new)
    return asked


def allowed(ask: Callable[[], object]) -> bool:
    """Whether AWS does what is asked; what it refuses, it refuses for want of a permission."""
    try:
        ask()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


@pytest.mark.parametrize("kind", JOBS)
def test_each_role_does_its_own_part_with_the_files_and_nothing_else(
    kind: str, aws: EmbeddedAws, s3_of: dict[str, Any]
) -> None:
    root, done = aws.client("s3"), set()
    for place, key in FILES.items():
        version = str(root.head_object(Bucket=BUCKET, Key=key)["VersionId"])
        done |= {name for name, ask in tries(s3_of[kind], place, version).items() if allowed(ask)}
    assert done == {name for who, name in MAY if who == kind}


@pytest.mark.parametrize(("kind", "place"), [("review", "review"), ("plan", "plans")])
def test_what_is_stored_is_not_replaced(kind: str, place: str, s3_of: dict[str, Any]) -> None:
    where = {"Bucket": BUCKET, "Key": FILES[place]}
    refused(lambda: s3_of[kind].put_object(**where, Body=b"forged"))
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3_of[kind].put_object(**where, Body=b"forged", IfNoneMatch="*")


@pytest.mark.parametrize("kind", JOBS)
def test_a_role_learns_that_nobody_holds_the_lock(kind: str, s3_of: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3_of[kind].get_object(Bucket=BUCKET, Key=f"{FILES['state']}.tflock")
