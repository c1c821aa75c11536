"""The log bucket: one that a deploy makes, or one that exists already and has to take the logs."""

from ops.preflight.bucket_name import BucketName
from ops.preflight.buckets import Owner
from ops.preflight.credentials import Caller
from ops.preflight.known import Known
from ops.preflight.line import Line, bad, good, unknown
from ops.shared import aws
from settings.model import Settings

SUBJECT = "log bucket"


def check(settings: Settings, caller: Caller, known: Known) -> Line:
    """Check that the log bucket's name is free or ours, or that the one that exists can take logs."""
    logging = settings.logging
    existing = logging.existing_bucket is not None
    name = logging.existing_bucket or logging.bucket
    key = "logging.existing_bucket" if existing else "logging.bucket"
    # S3 delivers logs only within an account and region.
    bucket = BucketName(SUBJECT, key, name, "region", settings.region)
    line, owner = bucket.unusable(caller)
    if line is not None:
        return line
    if not existing:
        return bucket.judge(owner, known)
    if owner is Owner.NOBODY:
        text = f"there is no bucket {name} in account {caller.account}"
        return bad(SUBJECT, text, f"correct {key}, or leave it out: then a log bucket is made")
    return _existing(aws.client("s3", settings.region), name)


def _existing(s3: aws.Client, name: str) -> Line:
    answer = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    algorithm = answer["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    if algorithm != "AES256":
        return unknown(
            SUBJECT,
            f"{name} is ours, and encrypts with {algorithm}: logs are dropped without a word unless its key "
            "lets logging.s3.amazonaws.com in",
        )
    return good(SUBJECT, f"{name} is ours; its own policy has to let log delivery write")
