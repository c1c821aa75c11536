"""The policy of the bucket that holds the replicas: S3's replication writes to it, and nobody else."""

from constructs_lib.policies import Document, Perimeter, Statement, deny, document
from constructs_lib.policies.bucket_policy import (
    WRITE_ACTIONS,
    deny_insecure_transport,
    deny_other_replication,
    deny_outdated_tls,
)
from constructs_lib.policies.encryption import deny_customer_provided_keys, replica_statements
from constructs_lib.policies.links import Links, link_statements
from constructs_lib.policies.perimeter import perimeter_statements
from constructs_lib.policies.scanned_objects import Scan, scan_statements


def deny_uploads(*, bucket_arn: str) -> Statement:
    """Refuse every upload, annotation and change of the key: replicas come from the source only.

    Replication is not an upload: it needs s3:ReplicateObject.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    return deny("DenyUploads", WRITE_ACTIONS, f"{bucket_arn}/*", {})


def replica_bucket_policy(
    *,
    bucket_arn: str,
    key_arn: str | None,
    role_arn: str,
    links: Links,
    perimeter: Perimeter,
    scan: Scan | None = None,
) -> Document:
    """Return the policy.

    It lets nobody in: reading replicas takes an IAM policy, and the replica's key.

    Args:
        bucket_arn: the replica bucket.
        key_arn: its key; None with SSE-S3.
        role_arn: the role that S3 replicates with.
        links: which links and forms work.
        perimeter: where requests for objects may come from.
        scan: how the objects were scanned before they were replicated; None if they were not.
    """
    return document(
        deny_insecure_transport(bucket_arn=bucket_arn),
        deny_outdated_tls(bucket_arn=bucket_arn),
        deny_uploads(bucket_arn=bucket_arn),
        deny_customer_provided_keys(bucket_arn=bucket_arn, actions=["s3:ReplicateObject"]),
        *replica_statements(bucket_arn=bucket_arn, key_arn=key_arn),
        deny_other_replication(bucket_arn=bucket_arn, role_arn=role_arn),
        *link_statements(bucket_arn=bucket_arn, links=links),
        *scan_statements(bucket_arn=bucket_arn, scan=scan),
        *perimeter_statements(bucket_arn=bucket_arn, perimeter=perimeter),
    )
