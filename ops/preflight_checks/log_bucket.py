"""The log bucket: one that a deploy makes, or one that exists already and has to take the logs."""

from ops import aws
from ops.preflight_checks.buckets import Owner, look_up
from ops.preflight_checks.credentials import Caller
from ops.preflight_checks.known import Known
from ops.preflight_checks.line import Line, bad, good, unknown
from stacks.settings import Settings

SUBJECT = "log bucket"


def check(settings: Settings, caller: Caller, known: Known) -> Line:
    """Check that the log bucket's name is free or ours, or that the one that exists can take logs."""
    logging = settings.logging
    name = logging.existing_bucket or logging.bucket
    key = "logging.bucket" if logging.existing_bucket is None else "logging.existing_bucket"
    s3 = aws.client("s3", settings.region)
    found = look_up(s3, name, caller.account)
    if found.owner is Owner.OTHERS:
        text = f"{name} is somebody else's, or its policy keeps these credentials out"
        return bad(SUBJECT, text, f"set {key} to a bucket of your own in the environment's file")
    if found.owner is Owner.US and found.region not in ("", settings.region):
        # S3 delivers logs only within an account and region.
        text = f"{name} is ours, but in {found.region}, and the settings say {settings.region}"
        return bad(SUBJECT, text, f"correct region or {key} in the environment's file")
    if logging.existing_bucket is not None:
        if found.owner is Owner.NOBODY:
            text = f"there is no bucket {name} in account {caller.account}"
            return bad(SUBJECT, text, f"correct {key}, or leave it out: then a log bucket is made")
        return _existing(s3, name)
    in_state = known.has("aws_s3_bucket", "bucket", name)
    if found.owner is Owner.NOBODY:
        return good(
            SUBJECT, f"{name} is {'in the state, but gone: a deploy makes it again' if in_state else 'free'}"
        )
    return known.judge(SUBJECT, [name], [] if in_state else [name])


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
