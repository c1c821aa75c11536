"""The log bucket: a bucket that a deploy creates, or an existing bucket that must accept the logs."""

from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import Owner
from ops.preflight.bucket_name import BucketName
from ops.preflight.taken import TakenNames
from ops.preflight.verdict import Verdict, bad, good, unknown
from ops.shared import aws
from settings.model import Settings

SUBJECT = "log bucket"


def check(settings: Settings, caller: Caller, taken: TakenNames) -> Verdict:
    """Check that the log bucket's name is free or ours, or that the existing bucket can accept logs."""
    logging = settings.logging
    is_given = logging.existing_bucket is not None
    key = "logging.existing_bucket" if is_given else "logging.bucket"
    # S3 delivers logs only within an account and region.
    bucket = BucketName(SUBJECT, key, logging.target, "region", settings.region)
    line, owner = bucket.unusable(caller)
    if line is not None:
        return line
    if not is_given:
        return bucket.judge(owner, taken)
    if owner is Owner.NOBODY:
        text = f"there is no bucket {logging.target} in account {caller.account}"
        return bad(SUBJECT, text, f"correct {key}, or leave it out: then a log bucket is made")
    return _judge_encryption(aws.client("s3", settings.region), logging.target)


def _judge_encryption(s3: aws.Client, name: str) -> Verdict:
    answer = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    algorithm = answer["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    if algorithm != "AES256":
        return unknown(
            SUBJECT,
            f"{name} is ours, and encrypts with {algorithm}: logs are dropped silently unless its key "
            "lets logging.s3.amazonaws.com in",
        )
    return good(SUBJECT, f"{name} is ours; its own policy has to let log delivery write")
