"""Under which key objects lie."""

from collections.abc import Sequence

from proof.asking import Action, Principal, When, Where
from proof.properties.model import Ask, GivenUp, Property
from proof.properties.things import Bucket, any_of
from proof.proving import denied, nobody
from proof.services import service

HEADER = "s3:x-amz-server-side-encryption"
KEY = f"{HEADER}-aws-kms-key-id"
CUSTOMER = f"{HEADER}-customer-algorithm"

WRITES_NOTHING = "BypassGovernanceRetention"
"""Knows these keys too, but is checked in addition to the action that lifts a lock."""


def encrypting(key: str = HEADER) -> tuple[str, ...]:
    """Return every action of S3 that can name an encryption by `key`, but one that writes nothing.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    s3 = service("s3")
    groups = s3.groups if s3 is not None else ()
    names = {name for group in groups if key in group.keys for name in group.names}
    return tuple(f"s3:{name}" for name in sorted(names - {WRITES_NOTHING}))


def named_rightly(keys: Sequence[str]) -> Where:
    """Return the uploads that name the encryption of a bucket with one of these keys, or none at all.

    Args:
        keys: the ARNs; empty where the bucket encrypts with SSE-S3.
    """
    no_key = When({"Null": {KEY: "true", CUSTOMER: "true"}})
    if not keys:
        return no_key & (When({"Null": {HEADER: "true"}}) | When({"StringEquals": {HEADER: "AES256"}}))
    by_key = [
        When({"StringEquals": {HEADER: "aws:kms", KEY: key}, "Null": {CUSTOMER: "true"}}) for key in keys
    ]
    return any_of([no_key & When({"Null": {HEADER: "true"}}), *by_key])


def _named_and_not(key: str, value: str) -> Where:
    return When({"StringNotEquals": {key: value}, "Null": {key: "false"}})


def one_key(bucket: Bucket, key_arn: str | None, replication_role: str | None = None) -> Property:
    """Return that no object comes to be, or is changed to be, under another key.

    Args:
        bucket: it.
        key_arn: its key; None where it encrypts with SSE-S3.
        replication_role: the role that replicates into it, if any; where it names aws:kms and no key, the
            configuration of the replication says under which one its replicas lie.
    """
    algorithm = "aws:kms" if key_arn is not None else "AES256"
    written = bucket.objects & Action(*encrypting())
    wrong = {f"another algorithm than {algorithm}": written & _named_and_not(HEADER, algorithm)}
    if key_arn is None:
        wrong["a KMS key"] = written & When({"Null": {KEY: "false"}})
    else:
        wrong["another key"] = written & _named_and_not(KEY, key_arn)
        # aws:kms without a key is AWS's own key: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        no_key = When({"StringEquals": {HEADER: "aws:kms"}, "Null": {KEY: "true"}})
        replicated = Action("s3:ReplicateObject") & Principal(*filter(None, [replication_role]))
        wrong["AWS's own key"] = written & no_key & ~replicated
    customers = bucket.objects & Action(*encrypting(CUSTOMER))
    return Property(
        f"one-key-{bucket.what.replace(' ', '-')}",
        f"No object of the {bucket.what} can be created or changed under another key or "
        "algorithm than its own, or under a customer-provided key, by any action.",
        "Under another key, the readers cannot decrypt an object, and this key's policy does not protect it.",
        (
            *(Ask(f"{bucket.what}, {what}", bucket.decision, nobody(where)) for what, where in wrong.items()),
            Ask(
                f"{bucket.what}, a customer's key",
                bucket.decision,
                nobody(customers & When({"Null": {CUSTOMER: "false"}})),
            ),
        ),
    )


def headers_required(bucket: Bucket, *, required: bool, scan_role: str | None = None) -> Property | GivenUp:
    """Return that every upload says how it is encrypted, or that the settings give that up.

    The role that scans for malware puts an object without headers; `scans.scans_exactly` says that it is one.

    The parts of an upload are s3:PutObject as well, and S3 takes their encryption from the request that began
    it; see docs/architecture.md.
    """
    but = "" if scan_role is None else ", except the one object of the role that scans for malware"
    name = "uploads-name-their-key"
    says = f"Every upload to the {bucket.what}{but} says how it is encrypted."
    if not required:
        return GivenUp(
            name,
            says,
            "encryption.require_upload_headers is false: an upload without headers gets the bucket's "
            "default, which is the same key as long as nobody changes that default",
        )
    silent = bucket.objects & Action("s3:PutObject") & When({"Null": {HEADER: "true"}})
    # No page says what aws:PrincipalArn is where a service acts for itself; no statement lets one upload.
    claim = denied(silent) if scan_role is None else nobody(silent & ~Principal(scan_role))
    return Property(
        name,
        says,
        "The bucket's default can be changed; what an upload says cannot.",
        (Ask(bucket.what, bucket.decision, claim),),
    )
