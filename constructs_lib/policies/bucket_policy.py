"""The bucket policy: what is refused for every caller, and who from other accounts is let in."""

from collections.abc import Sequence

from constructs_lib.policies import Condition, Document, Grant, Perimeter, Statement, deny, document
from constructs_lib.policies.encryption import encryption_statements
from constructs_lib.policies.links import Links, link_statements
from constructs_lib.policies.perimeter import perimeter_statements
from constructs_lib.policies.scanned_objects import Scan, scan_statements

# What a role needs to write to a bucket as replication does, from another account too.
REPLICATE_ACTIONS = [
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:ReplicateObjectAnnotation",
    "s3:ReplicateTags",
]

# What else changes a bucket's content: objects, their annotations, and the key that encrypts them.
WRITE_ACTIONS = [
    "s3:PutObject",
    "s3:PutObjectAnnotation",
    "s3:PutObjectVersionAnnotation",
    "s3:UpdateObjectEncryption",
]


def deny_insecure_transport(*, bucket_arn: str) -> Statement:
    """Refuse every request over plain HTTP.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    condition: Condition = {"Bool": {"aws:SecureTransport": "false"}}
    return deny("DenyInsecureTransport", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_outdated_tls(*, bucket_arn: str) -> Statement:
    """Refuse TLS below 1.2.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html#example-object-tls-version
    """
    condition: Condition = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    return deny("DenyOutdatedTLS", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_other_replication(*, bucket_arn: str, role_arn: str | None) -> Statement:
    """Refuse what another replication would write: it could plant objects, or hide them.

    `role_arn` is the role that replicates into this bucket; None where none does.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    condition: Condition = {} if role_arn is None else {"ArnNotEquals": {"aws:PrincipalArn": role_arn}}
    return deny("DenyOtherReplication", REPLICATE_ACTIONS, f"{bucket_arn}/*", condition)


def allow_reader(number: int, grant: Grant, *, bucket_arn: str) -> list[Statement]:
    """Let `grant`'s principal list and read what lies below its prefix.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html
    """
    listing: Statement = {
        "Sid": f"AllowReader{number}List",
        "Effect": "Allow",
        "Principal": {"AWS": grant.principal},
        "Action": "s3:ListBucket",
        "Resource": bucket_arn,
    }
    if grant.prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": f"{grant.prefix}*"}}
    reading = {
        "Sid": f"AllowReader{number}Get",
        "Effect": "Allow",
        "Principal": {"AWS": grant.principal},
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": f"{bucket_arn}/{grant.prefix}*",
    }
    return [listing, reading]


def allow_writer(number: int, grant: Grant, *, bucket_arn: str) -> list[Statement]:
    """Let `grant`'s principal upload below its prefix, also in parts.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    return [
        {
            "Sid": f"AllowWriter{number}Put",
            "Effect": "Allow",
            "Principal": {"AWS": grant.principal},
            "Action": ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
            "Resource": f"{bucket_arn}/{grant.prefix}*",
        }
    ]


def bucket_policy(
    *,
    bucket_arn: str,
    key_arn: str | None,
    require_headers: bool,
    links: Links,
    perimeter: Perimeter,
    readers: Sequence[Grant],
    writers: Sequence[Grant],
    replication_role: str | None = None,
    scan: Scan | None = None,
) -> Document:
    """Return the bucket policy.

    `key_arn` is None for a bucket that encrypts with SSE-S3, `replication_role` where no role replicates
    into the bucket, and `scan` where nothing is scanned.
    """
    statements = [
        deny_insecure_transport(bucket_arn=bucket_arn),
        deny_outdated_tls(bucket_arn=bucket_arn),
        *encryption_statements(
            bucket_arn=bucket_arn,
            key_arn=key_arn,
            require_headers=require_headers,
            takes_replicas=replication_role is not None,
            scanner=None if scan is None else scan.scanner,
        ),
        deny_other_replication(bucket_arn=bucket_arn, role_arn=replication_role),
        *link_statements(bucket_arn=bucket_arn, links=links),
        *scan_statements(bucket_arn=bucket_arn, scan=scan),
    ]
    statements += perimeter_statements(bucket_arn=bucket_arn, perimeter=perimeter)
    for number, grant in enumerate(readers, start=1):
        statements += allow_reader(number, grant, bucket_arn=bucket_arn)
    for number, grant in enumerate(writers, start=1):
        statements += allow_writer(number, grant, bucket_arn=bucket_arn)
    return document(*statements)
