"""Who keeps control of buckets and keys, and who gets none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proof.asking import EVERY, Account, Action, Caller, Principal, When, Where
from proof.decide import Decision
from proof.parse import policy
from proof.properties.links import Links
from proof.properties.model import NOT_OURS, Ask, Property, possible
from proof.properties.perimeter import INTERNAL, Perimeter
from proof.properties.things import Bucket, Key, Topic, any_of
from proof.proving import always, never_denied, nobody

BUCKET_MANAGEMENT = (
    *("s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"),
    *("s3:PutBucketVersioning", "s3:PutEncryptionConfiguration"),
)
KEY_MANAGEMENT = (
    *("kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey"),
    *("kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy"),
    *("kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations"),
    *("kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant", "kms:RotateKeyOnDemand"),
    *("kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias"),
    "kms:UpdateKeyDescription",
)
CHANGING = (
    *("s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"),
    *("s3:PutBucketOwnershipControls", "s3:PutReplicationConfiguration"),
)
OF_TOPIC = ("sns:AddPermission", "sns:RemovePermission", "sns:SetTopicAttributes")

ADMINISTRATOR = policy(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
    NOT_OURS,
)
CLIENT: dict[str, dict[str, Any]] = {
    "Bool": {"aws:SecureTransport": "true"},
    "NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"},
    "StringEquals": {"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"},
}
"""What every up-to-date client sends; it cannot choose its network."""


def administrators_keep_control(buckets: Sequence[Bucket], keys: Sequence[Key]) -> Property:
    """Return that no policy keeps out a principal that an IAM policy of the account allows to manage it.

    For S3 the account's root could change them in any case, for KMS nobody could:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    asks = []
    for bucket in buckets:
        theirs = Account(bucket.account) & bucket.itself & Action(*BUCKET_MANAGEMENT) & When(CLIENT)
        asks.append(Ask(bucket.what, bucket.decision, never_denied(theirs)))
    for key in keys:
        theirs = Account(key.account) & Caller("root", "user", "role") & key.itself & Action(*KEY_MANAGEMENT)
        asks.append(Ask(key.what, _by_administrators(key), always(theirs)))
    return Property(
        "administrators-keep-control",
        "The account's administrators can always read, change and remove the policies of buckets and keys, "
        "from any network.",
        "If nobody can manage a key, everything that it encrypted is lost.",
        tuple(asks),
    )


def deploy_role_keeps_control(
    buckets: Sequence[Bucket], keys: Sequence[Key], deploy_role: str | None, *, emptied: Sequence[Bucket]
) -> Property:
    """Return that the role that deploys can continue: change the policies, and empty what a destroy empties.

    Args:
        buckets: what it deploys.
        keys: the keys that it deploys.
        deploy_role: its ARN; None where the settings do not name it: then it may be anybody of the account.
        emptied: the buckets whose objects it may have to delete.
    """
    who = EVERY if deploy_role is None else Principal(deploy_role)
    asks = []
    for bucket in buckets:
        named = who if deploy_role is not None else Account(bucket.account) & Caller("user", "role")
        managed = named & bucket.itself & Action(*BUCKET_MANAGEMENT) & When(CLIENT)
        asks.append(Ask(bucket.what, _by_administrators(bucket), always(managed)))
        if bucket in emptied:
            deleted = (
                named & bucket.objects & Action("s3:DeleteObject", "s3:DeleteObjectVersion") & When(CLIENT)
            )
            asks.append(Ask(f"{bucket.what}, to empty it", bucket.decision, never_denied(deleted)))
    for key in keys if deploy_role is not None else ():
        managed = who & key.itself & Action(*KEY_MANAGEMENT)
        asks.append(Ask(key.what, _by_administrators(key), always(managed)))
        # Of a new key, whose tags no IAM policy can go by yet.
        of_policy = who & key.itself & Action("kms:PutKeyPolicy")
        asks.append(Ask(f"{key.what}, when it is new", key.decision, always(of_policy)))
    return Property(
        "deploy-role-keeps-control",
        "The role that deploys can always change what it deployed"
        + (", and empty the data bucket." if emptied else "."),
        "A deploy that locks itself out cannot be undone by another deploy.",
        tuple(asks),
        otherwise="name the role that deploys, of this account, in access.deploy_role",
    )


def only_by_iam(
    buckets: Sequence[Bucket], keys: Sequence[Key], topics: Sequence[Topic], deploy_role: str | None
) -> Property:
    """Return that no policy of ours by itself lets anybody change a policy, but the role that deploys.

    The account's administrators decide what IAM policies allow; for other accounts: `no_other_account`.
    """
    spared = EVERY if deploy_role is None else ~Principal(deploy_role)
    asks = [
        Ask(
            bucket.what,
            bucket.decision,
            nobody(bucket.itself & Action(*CHANGING) & ~Caller("root"), without_iam=True),
        )
        for bucket in buckets
    ]
    asks += [
        Ask(
            key.what,
            key.decision,
            nobody(key.itself & Action("kms:PutKeyPolicy") & ~Caller("root") & spared, without_iam=True),
        )
        for key in keys
    ]
    asks += [
        Ask(
            topic.what,
            topic.decision,
            nobody(topic.itself & Action(*OF_TOPIC) & ~Caller("root"), without_iam=True),
        )
        for topic in topics
    ]
    but = "" if deploy_role is None else "; for the keys, also the role that deploys"
    return Property(
        "policies-change-by-iam-only",
        f"Only principals that an IAM policy of this account allows can change a policy{but}.",
        "Anyone who can change a policy can change everything above.",
        tuple(asks),
    )


def uploads_pass(
    bucket: Bucket,
    headers: Sequence[Mapping[str, str]],
    perimeter: Perimeter,
    links: Links,
    *,
    scan_role: str | None = None,
    hint: str = "",
) -> Property:
    """Return that an upload from inside, with what the outputs say, is not denied; and that it is possible.

    Args:
        bucket: it.
        headers: what an upload may send, each way to do so.
        perimeter: where requests may come from.
        links: which links work.
        scan_role: the role that scans for malware, which uploads one object, without headers; None for none.
        hint: what to look at where no upload passes.
    """
    upload = bucket.objects & Action("s3:PutObject") & Account(bucket.account) & current(bucket, links)
    upload &= any_of([When(sent(one)) for one in headers])
    upload &= EVERY if scan_role is None else ~Principal(scan_role)
    seen = When({"Null": {"aws:SourceIp": "true"}}) | When({"NotIpAddress": {"aws:SourceIp": list(INTERNAL)}})
    # By a principal who has to be inside.
    seen &= When({"BoolIfExists": {"aws:ViaAWSService": "false"}}) & ~Principal(*perimeter.exempt)
    return Property(
        f"{bucket.what.replace(' ', '-')}-takes-uploads",
        f"The bucket policy does not deny an upload to the {bucket.what} from the account and an allowed "
        "network, with the headers that the outputs name, or without any if none are required.",
        "A bucket that nobody can use protects nothing.",
        (
            possible(f"every upload to the {bucket.what}", bucket.decision, upload & seen),
            Ask(bucket.what, bucket.decision, never_denied(upload & inside(perimeter))),
        ),
        otherwise=hint,
    )


def use_passes(bucket: Bucket, perimeter: Perimeter, links: Links, readable: Where = EVERY) -> Property:
    """Return that the bucket policy keeps nobody of the account from listing, reading and deleting.

    Of what is scanned for malware, only the requests in `readable` can be read.
    """
    uses = ("s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket")
    asked = bucket.everything & Action(*uses) & Account(bucket.account) & current(bucket, links)
    asked &= readable | ~Action("s3:GetObject", "s3:GetObjectVersion")
    return Property(
        f"{bucket.what.replace(' ', '-')}-can-be-used",
        f"The bucket policy does not deny listing, reading or deleting in the {bucket.what} from the account "
        f"and an allowed network{'' if readable is EVERY else ', except reading what was not found clean'}.",
        "A bucket that nobody can use protects nothing.",
        (Ask(bucket.what, bucket.decision, never_denied(asked & inside(perimeter))),),
    )


def inside(perimeter: Perimeter) -> Where:
    """Return the requests from where they may come."""
    found = any_of([When(one) for one in perimeter.inside()]) if perimeter.of_network else EVERY
    if perimeter.organization is not None:
        found &= When({"StringEquals": {"aws:PrincipalOrgID": perimeter.organization}})
    return found


def sent(headers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the condition that an upload sends these headers about its encryption, and no others."""
    names = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")
    absent = {f"s3:{name}": "true" for name in names if name not in headers}
    absent["s3:x-amz-server-side-encryption-customer-algorithm"] = "true"
    values = {f"s3:{name}": value for name, value in headers.items()}
    return {"Null": absent, **({"StringEquals": values} if values else {})}


def current(bucket: Bucket, links: Links) -> Where:
    """Return the requests of up-to-date clients, links and forms that work among them."""
    of_client = {**CLIENT, "StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}
    by_header = When({"StringEquals": {"s3:authType": "REST-HEADER"}})
    return When(of_client) & (by_header | links.work(bucket))


def _by_administrators(thing: Bucket | Key) -> Decision:
    return Decision(thing.policy, thing.account, anybody=(ADMINISTRATOR,))
