"""Who outside of the account gets access."""

from collections.abc import Mapping, Sequence

from proof.asking import AWS_IDENTITY, EVERY, Account, Action, Caller, Resource, When, Where
from proof.decide import Decision
from proof.properties.control import ADMINISTRATOR
from proof.properties.model import Ask, Property
from proof.properties.things import Bucket, Grant, Key, any_of
from proof.proving import Claim, always, nobody

READING = ("s3:GetObject", "s3:GetObjectVersion")
UPLOADING = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")
READERS_USE, WRITERS_USE = ("kms:Decrypt",), ("kms:Decrypt", "kms:GenerateDataKey")


def nobody_without_credentials(buckets: Sequence[Bucket], keys: Sequence[Key]) -> Property:
    """Return that anonymous requests get no access to buckets, keys and topics.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    anonymous = Caller("anonymous", "web identity")
    return Property(
        "nobody-without-credentials",
        "Nobody without AWS credentials can access anything.",
        "Most leaks come from buckets that are open to everybody.",
        (
            *(Ask(one.what, one.decision, nobody(one.everything & anonymous)) for one in buckets),
            *(Ask(one.what, one.decision, nobody(one.itself & anonymous)) for one in keys),
        ),
    )


def services_do_no_more(uses: Mapping[Bucket | Key, Where]) -> Property:
    """Return that AWS services do nothing with buckets, keys and topics but what these are for.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html

    Args:
        uses: what they may do with each; other promises say for whom.
    """
    return Property(
        "services-do-no-more",
        "AWS services can only deliver records to the log bucket, use a key to encrypt and decrypt, and "
        "publish alarms; they cannot access anything else.",
        "A service acts for every account that asks it to, and some of them for anybody on the internet.",
        tuple(
            Ask(one.what, one.decision, nobody(_of(one) & Caller("service") & ~allowed))
            for one, allowed in uses.items()
        ),
    )


def _of(thing: Bucket | Key) -> Where:
    return thing.everything if isinstance(thing, Bucket) else thing.itself


def no_other_account(
    data: Bucket,
    others: Sequence[Bucket],
    data_key: Key | None,
    other_keys: Sequence[Key],
    readers: Sequence[Grant],
    writers: Sequence[Grant],
) -> Property:
    """Return that from other accounts only readers and writers get access, and only to their part.

    Args:
        data: the bucket that they are let into.
        others: all other buckets.
        data_key: its key, if it is ours.
        other_keys: all other keys, and topics.
        readers: who may list and read below a prefix.
        writers: who may upload below a prefix.
    """
    let_in = [_reads(data, one) for one in readers] + [_writes(data, one) for one in writers]
    uses = [one.requests & Action(*READERS_USE) for one in readers]
    uses += [one.requests & Action(*WRITERS_USE) for one in writers]
    named = ", except the readers and writers that the settings name, within their part," if let_in else ""
    return Property(
        "no-other-account",
        f"Nobody from another account{named} can access anything.",
        "Administrators of another account decide who can use its roles.",
        (
            Ask(data.what, data.decision, _no_stranger(data, data.everything, let_in)),
            *(Ask(one.what, one.decision, _no_stranger(one, one.everything)) for one in others),
            *(
                Ask(one.what, one.decision, _no_stranger(one, one.itself, uses))
                for one in ([] if data_key is None else [data_key])
            ),
            *(Ask(one.what, one.decision, _no_stranger(one, one.itself)) for one in other_keys),
        ),
    )


def _no_stranger(thing: Bucket | Key, requests: Where, let_in: Sequence[Where] = ()) -> Claim:
    strangers = AWS_IDENTITY & ~Account(thing.account)
    return nobody(requests & strangers & ~any_of(let_in))


def _reads(bucket: Bucket, grant: Grant) -> Where:
    below = When({"StringLike": {"s3:prefix": f"{grant.prefix}*"}}) if grant.prefix else EVERY
    lists = bucket.itself & Action("s3:ListBucket") & below
    return grant.requests & (lists | (Resource(f"{bucket.arn}/{grant.prefix}*") & Action(*READING)))


def _writes(bucket: Bucket, grant: Grant) -> Where:
    return grant.requests & Resource(f"{bucket.arn}/{grant.prefix}*") & Action(*UPLOADING)


def granted(
    data: Bucket, readers: Sequence[Grant], writers: Sequence[Grant], passes: Where, uploads: Where
) -> Property:
    """Return that readers and writers can access their part if their IAM policies allow it.

    Args:
        data: the bucket.
        readers: who may read.
        writers: who may upload.
        passes: the requests of up-to-date clients from an allowed place.
        uploads: the uploads that name the right encryption.
    """
    by_iam = Decision(data.policy, data.account, anybody=(ADMINISTRATOR,))
    asks = [
        Ask(f"{data.what}, {one.principal}", by_iam, always(_reads(data, one) & passes)) for one in readers
    ]
    for one in writers:
        writes = _writes(data, one) & passes & (uploads | ~Action("s3:PutObject"))
        asks.append(Ask(f"{data.what}, {one.principal}", by_iam, always(writes)))
    return Property(
        "readers-and-writers-get-in",
        "The readers and writers that the settings name can access their part if an IAM policy allows it.",
        "Without access they would get the data in a worse way.",
        tuple(asks),
    )
