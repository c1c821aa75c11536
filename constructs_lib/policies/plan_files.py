"""What CI's three roles may do with plans and reviews: files below three folders of the state bucket.

    review    by pull requests: what each of them would change, for people to read
    plans     by the main branch: what is deployed, if it was reviewed and is approved
    deployed  by the job that deploys: what was deployed last, and at which commit

Each role writes below one of them, and none overwrites what another run stored: anyone who can push a branch
can store a forged review, and nothing else.
"""

from collections.abc import Sequence
from typing import NamedTuple

from constructs_lib.policies import Document, Statement, document, state_policy
from constructs_lib.policies.place import Place

CONFIGURATION, COMMIT = "cdk.tf.json", "commit.json"
"""What lies below `deployed` that is compared with: the stack that was deployed, and the commit it is of."""


class Folders(NamedTuple):
    """What the keys of an environment's files begin with, by what they are."""

    review: str
    plans: str
    deployed: str


def allow_store_reviews(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder store a pull request's file that is not there yet, in one request."""
    return _store_new(f"{bucket_arn}/{folder}*", sid="AllowStoreReviews")


def allow_store_plans(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder store a file of a plan that is not there yet, in one request."""
    return _store_new(f"{bucket_arn}/{folder}*", sid="AllowStorePlans")


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


def allow_compare_configuration(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder read which configuration was deployed last."""
    return {
        "Sid": "AllowCompareConfiguration",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"{bucket_arn}/{folder}{CONFIGURATION}",
    }


def allow_read_commit(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder read at which commit it was deployed last: pull requests merged since then count."""
    return {
        "Sid": "AllowReadCommit",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"{bucket_arn}/{folder}{COMMIT}",
    }


def allow_read_reviews(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder read versions of the files of pull requests."""
    return _read_versions(f"{bucket_arn}/{folder}*", sid="AllowReadReviews")


def allow_list_reviews(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder list the versions of the files of pull requests."""
    return _list_versions(bucket_arn, folder, sid="AllowListReviews")


def allow_read_plans(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder read versions of the main branch's plans."""
    return _read_versions(f"{bucket_arn}/{folder}*", sid="AllowReadPlans")


def allow_list_plans(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder list the versions of those plans, which shows whether a file was replaced."""
    return _list_versions(bucket_arn, folder, sid="AllowListPlans")


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


def allow_read_records(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder read what it recorded of the deploys before."""
    return {
        "Sid": "AllowReadRecords",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"{bucket_arn}/{folder}*",
    }


def allow_record_deploys(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder record what it deployed."""
    return {
        "Sid": "AllowRecordDeploys",
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": f"{bucket_arn}/{folder}*",
    }


def allow_list_records(*, bucket_arn: str, folder: str) -> Statement:
    """Let the holder see, in a shared bucket, whether there are records: S3 answers 403 for a missing one.

    A role that may list all keys gets 404: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    return _list_versions(bucket_arn, folder, sid="AllowListRecords")


class Files(NamedTuple):
    """Where the files of an environment are, and how they are encrypted.

    Attributes:
        bucket_arn: the state bucket.
        folders: what the keys of the environment's files begin with.
        key_alias: the alias of the bucket's key.
        place: where bucket and key are.
        contexts: in a bucket that others use too: the ARNs for which the key may be used. Else none.
    """

    bucket_arn: str
    folders: Folders
    key_alias: str
    place: Place
    contexts: Sequence[str] = ()

    def encrypt(self) -> Statement:
        """Let the holder encrypt with the state bucket's key; its read-only policy lets it decrypt."""
        use = state_policy.allow_key_by_alias(alias=self.key_alias, place=self.place, contexts=self.contexts)
        return use | {"Action": ["kms:GenerateDataKey"]}

    def list_records(self) -> list[Statement]:
        """Let the holder list the records where no other statement lets it know that there are none."""
        if not self.contexts:
            return []
        return [allow_list_records(bucket_arn=self.bucket_arn, folder=self.folders.deployed)]


def review_files_policy(files: Files) -> Document:
    """Return what the role of pull requests needs besides its read-only policy; see `store_policy`."""
    bucket_arn, folders = files.bucket_arn, files.folders
    return document(
        allow_store_reviews(bucket_arn=bucket_arn, folder=folders.review),
        allow_compare_configuration(bucket_arn=bucket_arn, folder=folders.deployed),
        *files.list_records(),
        files.encrypt(),
    )


def store_policy(files: Files) -> Document:
    """Return what the main branch's role needs to store a plan, besides its read-only policy."""
    bucket_arn, folders = files.bucket_arn, files.folders
    return document(
        allow_store_plans(bucket_arn=bucket_arn, folder=folders.plans),
        allow_read_reviews(bucket_arn=bucket_arn, folder=folders.review),
        allow_list_reviews(bucket_arn=bucket_arn, folder=folders.review),
        allow_compare_configuration(bucket_arn=bucket_arn, folder=folders.deployed),
        allow_read_commit(bucket_arn=bucket_arn, folder=folders.deployed),
        *files.list_records(),
        files.encrypt(),
    )


def deploy_files_policy(files: Files) -> Document:
    """Return what the role that deploys needs besides its deploy policy, which has the use of the key."""
    bucket_arn, folders = files.bucket_arn, files.folders
    return document(
        allow_read_plans(bucket_arn=bucket_arn, folder=folders.plans),
        allow_list_plans(bucket_arn=bucket_arn, folder=folders.plans),
        allow_read_records(bucket_arn=bucket_arn, folder=folders.deployed),
        allow_record_deploys(bucket_arn=bucket_arn, folder=folders.deployed),
        *files.list_records(),
    )
