"""What CI's three roles may do with plans and reviews: files below `ci/<environment>/` of the state bucket.

    review/   by pull requests: what each of them would change, for people to read
    plans/    by the main branch: what is deployed, if it was reviewed and is approved
    deployed/ by the job that deploys: what was deployed last, and at which commit

Each role writes below one of them, and none overwrites what another run stored: anyone who can push a branch
can store a forged review, and nothing else.
"""

from constructs_lib.policies import Document, Statement, document, state_policy
from constructs_lib.policies.place import Place

CONFIGURATION, COMMIT = "cdk.tf.json", "commit.json"
"""What lies below `deployed/` that is compared with: the stack that was deployed, and the commit it is of."""


def reviews(environment: str) -> str:
    """Return what the keys of pull requests' files begin with."""
    return f"ci/{environment}/review/"


def plans(environment: str) -> str:
    """Return what the keys of the main branch's plans begin with."""
    return f"ci/{environment}/plans/"


def deployed(environment: str) -> str:
    """Return what the keys of the records of deploys begin with."""
    return f"ci/{environment}/deployed/"


def allow_store_reviews(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder store a pull request's file that is not there yet, in one request."""
    return _store_new(f"{bucket_arn}/{reviews(environment)}*", sid="AllowStoreReviews")


def allow_store_plans(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder store a file of a plan that is not there yet, in one request."""
    return _store_new(f"{bucket_arn}/{plans(environment)}*", sid="AllowStorePlans")


def _store_new(objects: str, *, sid: str) -> Statement:
    """Let the holder write objects that do not exist yet.

    With If-None-Match, which S3 can ask for, S3 refuses to overwrite. The parts of a multipart upload cannot
    have that header; one request takes 5 GB.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    """
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": objects,
        "Condition": {"Null": {"s3:if-none-match": "false"}},
    }


def allow_compare_configuration(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder read which configuration was deployed last."""
    return {
        "Sid": "AllowCompareConfiguration",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"{bucket_arn}/{deployed(environment)}{CONFIGURATION}",
    }


def allow_read_commit(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder read at which commit it was deployed last: pull requests merged since then count."""
    return {
        "Sid": "AllowReadCommit",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"{bucket_arn}/{deployed(environment)}{COMMIT}",
    }


def allow_read_reviews(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder read versions of the files of pull requests."""
    return _read_versions(f"{bucket_arn}/{reviews(environment)}*", sid="AllowReadReviews")


def allow_list_reviews(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder list the versions of the files of pull requests."""
    return _list_versions(bucket_arn, reviews(environment), sid="AllowListReviews")


def allow_read_plans(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder read versions of the main branch's plans."""
    return _read_versions(f"{bucket_arn}/{plans(environment)}*", sid="AllowReadPlans")


def allow_list_plans(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder list the versions of those plans, which shows whether a file was replaced."""
    return _list_versions(bucket_arn, plans(environment), sid="AllowListPlans")


def _read_versions(objects: str, *, sid: str) -> Statement:
    """Let the holder read versions by their ids, which a list of them tells: there has to be only one.

    That takes no s3:GetObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": ["s3:GetObjectVersion"],
        "Resource": objects,
    }


def _list_versions(bucket_arn: str, prefix: str, *, sid: str) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": ["s3:ListBucketVersions"],
        "Resource": bucket_arn,
        "Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}},
    }


def allow_read_records(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder read what it recorded of the deploys before."""
    return {
        "Sid": "AllowReadRecords",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"{bucket_arn}/{deployed(environment)}*",
    }


def allow_record_deploys(*, bucket_arn: str, environment: str) -> Statement:
    """Let the holder record what it deployed."""
    return {
        "Sid": "AllowRecordDeploys",
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": f"{bucket_arn}/{deployed(environment)}*",
    }


def _encrypt(*, key_alias: str, place: Place) -> Statement:
    """Let the holder encrypt with the state bucket's key; its read-only policy lets it decrypt."""
    return state_policy.allow_key_by_alias(alias=key_alias, place=place) | {"Action": ["kms:GenerateDataKey"]}


def review_files_policy(*, bucket_arn: str, environment: str, key_alias: str, place: Place) -> Document:
    """Return what the role of pull requests needs besides its read-only policy; see `store_policy`."""
    return document(
        allow_store_reviews(bucket_arn=bucket_arn, environment=environment),
        allow_compare_configuration(bucket_arn=bucket_arn, environment=environment),
        _encrypt(key_alias=key_alias, place=place),
    )


def store_policy(*, bucket_arn: str, environment: str, key_alias: str, place: Place) -> Document:
    """Return what the main branch's role needs to store a plan, besides its read-only policy.

    Args:
        bucket_arn: the state bucket.
        environment: whose files these are.
        key_alias: the alias of the state bucket's key.
        place: where bucket and key are.
    """
    return document(
        allow_store_plans(bucket_arn=bucket_arn, environment=environment),
        allow_read_reviews(bucket_arn=bucket_arn, environment=environment),
        allow_list_reviews(bucket_arn=bucket_arn, environment=environment),
        allow_compare_configuration(bucket_arn=bucket_arn, environment=environment),
        allow_read_commit(bucket_arn=bucket_arn, environment=environment),
        _encrypt(key_alias=key_alias, place=place),
    )


def deploy_files_policy(*, bucket_arn: str, environment: str) -> Document:
    """Return what the role that deploys needs besides its deploy policy, which has the use of the key."""
    return document(
        allow_read_plans(bucket_arn=bucket_arn, environment=environment),
        allow_list_plans(bucket_arn=bucket_arn, environment=environment),
        allow_read_records(bucket_arn=bucket_arn, environment=environment),
        allow_record_deploys(bucket_arn=bucket_arn, environment=environment),
    )
