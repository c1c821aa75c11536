"""The managed policy with which CI deploys: one stack's Terraform state, its lock file and their key.

It has what Terraform's backend asks of S3 in init, plan, apply and destroy, and the list of the state's
versions, which tells a state that was deleted from none:
https://developer.hashicorp.com/terraform/language/backend/s3#s3-bucket-permissions
"""

from collections.abc import Sequence

from constructs_lib.policies import Document, Statement, document
from constructs_lib.policies.key_policy import USE_ACTIONS, via_s3
from constructs_lib.policies.place import Place


def allow_list_workspaces(*, bucket_arn: str, shared: bool = False) -> Statement:
    """Let the holder look for workspaces, as `terraform init` does, though there are none.

    IfExists, because S3 asks for s3:ListBucket, without a prefix, before it says that an object does not
    exist; otherwise the first deploy would get 403 instead of 404 and stop. A list without a prefix shows all
    keys, so not in a shared bucket, where bootstrap writes an empty state that none is ever missing.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    operator = "StringEquals" if shared else "StringEqualsIfExists"
    return {
        "Sid": "AllowListWorkspaces",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": bucket_arn,
        "Condition": {operator: {"s3:prefix": "env:/"}},
    }


def allow_read_and_write_state(*, bucket_arn: str, state_key: str) -> Statement:
    """Let the holder read and write the state, but never delete it."""
    return {
        "Sid": "AllowReadAndWriteState",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"{bucket_arn}/{state_key}",
    }


def allow_list_versions(*, bucket_arn: str, state_key: str) -> Statement:
    """Let the holder see whether a state that is not there was deleted.

    Terraform takes either for a first deploy, and would make everything a second time.
    """
    return {
        "Sid": "AllowListStateVersions",
        "Effect": "Allow",
        "Action": ["s3:ListBucketVersions"],
        "Resource": bucket_arn,
        "Condition": {"StringEquals": {"s3:prefix": state_key}},
    }


def allow_lock(*, bucket_arn: str, state_key: str) -> Statement:
    """Let the holder take the lock, see who holds it, and release it."""
    return {
        "Sid": "AllowLock",
        "Effect": "Allow",
        "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        "Resource": f"{bucket_arn}/{state_key}.tflock",
    }


def allow_read_lock(*, bucket_arn: str, state_key: str) -> Statement:
    """Let the holder see who holds the lock, and neither take nor release it.

    To a caller without it S3 answers 403 even where nobody holds the lock:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    return {
        "Sid": "AllowReadLock",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"{bucket_arn}/{state_key}.tflock",
    }


def allow_state_key(*, key_arn: str, place: Place, contexts: Sequence[str] = ()) -> Statement:
    """Let the holder encrypt and decrypt with exactly this key, and only through S3.

    With `contexts`, only for these ARNs: in a bucket without a bucket key, S3 gives that of the object as
    encryption context. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    only = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": list(contexts)}} if contexts else {}
    return {
        "Sid": "AllowStateKey",
        "Effect": "Allow",
        "Action": USE_ACTIONS,
        "Resource": key_arn,
        "Condition": {"StringEquals": {"kms:ViaService": via_s3(place)}} | only,
    }


def allow_key_by_alias(*, alias: str, place: Place, contexts: Sequence[str] = ()) -> Statement:
    """Let the holder use the key that has `alias`, where only that is known of it, and only through S3.

    `contexts` as of `allow_state_key`.
    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    statement = allow_state_key(key_arn=place.arn("kms", "key/*"), place=place, contexts=contexts)
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}
    return statement | {"Condition": statement["Condition"] | by_alias}


def state_policy(*, bucket_arn: str, state_key: str, use_of_key: Statement, shared: bool) -> Document:
    """Return the policy to use the state at `state_key` of the bucket, and nothing else.

    The state of the state stack itself is left out: only an administrator deploys that stack. A role of CI
    that could write it could make the next bootstrap remove the state bucket's protection.

    Args:
        bucket_arn: the state bucket.
        state_key: the key of the state there.
        use_of_key: the statement that lets the holder use the bucket's KMS key.
        shared: whether other environments keep their states in the bucket, too.
    """
    return document(
        allow_list_workspaces(bucket_arn=bucket_arn, shared=shared),
        allow_read_and_write_state(bucket_arn=bucket_arn, state_key=state_key),
        allow_list_versions(bucket_arn=bucket_arn, state_key=state_key),
        allow_lock(bucket_arn=bucket_arn, state_key=state_key),
        use_of_key,
    )
