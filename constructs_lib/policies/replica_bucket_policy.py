"""The policy of the bucket that holds the replicas: S3's replication writes to it, and nobody else."""

from constructs_lib.policies import Document, Perimeter, Statement, deny, document
from constructs_lib.policies.bucket_policy import (
    WRITE_ACTIONS,
    deny_insecure_transport,
    deny_legacy_signatures,
    deny_other_replication,
    deny_outdated_tls,
    deny_stale_presigned_urls,
)
from constructs_lib.policies.encryption import deny_customer_provided_keys, replica_statements
from constructs_lib.policies.perimeter import perimeter_statements


def deny_uploads(*, bucket_arn: str) -> Statement:
    """Refuse every upload: a replica is what the source has, or had.

    So are annotations and changes of the key. Replication is no upload: S3 asks for s3:ReplicateObject there.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    return deny("DenyUploads", WRITE_ACTIONS, f"{bucket_arn}/*", {})


def replica_bucket_policy(
    *, bucket_arn: str, key_arn: str | None, role_arn: str, max_age_seconds: int, perimeter: Perimeter
) -> Document:
    """Return the policy.

    It lets nobody in: to read replicas takes an IAM policy of one's own, and the replica's key.

    Args:
        bucket_arn: the replica bucket.
        key_arn: its key; None with SSE-S3.
        role_arn: the role that S3 replicates with.
        max_age_seconds: how old the signature of a link may be.
        perimeter: where requests for objects may come from.
    """
    return document(
        deny_insecure_transport(bucket_arn=bucket_arn),
        deny_outdated_tls(bucket_arn=bucket_arn),
        deny_uploads(bucket_arn=bucket_arn),
        deny_customer_provided_keys(bucket_arn=bucket_arn, actions=["s3:ReplicateObject"]),
        *replica_statements(bucket_arn=bucket_arn, key_arn=key_arn),
        deny_other_replication(bucket_arn=bucket_arn, role_arn=role_arn),
        deny_legacy_signatures(bucket_arn=bucket_arn),
        deny_stale_presigned_urls(bucket_arn=bucket_arn, max_age_seconds=max_age_seconds),
        *perimeter_statements(bucket_arn=bucket_arn, perimeter=perimeter),
    )
