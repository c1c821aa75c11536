"""What the provider writes twice: a resource shows what another one sets, and shows it one apply late.

After a first deploy, a bucket's own attributes show what the separate resources made. That is no change:
the other resource is judged by itself.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Echo:
    """An attribute that shows what resources of the type `owner` set.

    Attributes:
        owner: the type of the resource that sets it.
        by: the attribute of the owner that names the resource that echoes it.
        of: the attributes of the echoing resource that may be that name.
        member: for a list of what several owners set: the owner's attribute that stands in the list.
        counted: whether the attribute is the number of such members.
        filled_in: whether the provider leaves it open for a new resource where nobody sets it.
    """

    owner: str
    by: str = "bucket"
    of: tuple[str, ...] = ("bucket", "id")
    member: str = ""
    counted: bool = False
    filled_in: bool = True


def _bucket(kind: str) -> Echo:
    return Echo(f"aws_s3_bucket_{kind}")


ECHOES: Mapping[str, Mapping[str, Echo]] = {
    "aws_s3_bucket": {
        "acceleration_status": _bucket("accelerate_configuration"),
        "acl": _bucket("acl"),
        "cors_rule": _bucket("cors_configuration"),
        "grant": _bucket("acl"),
        "lifecycle_rule": _bucket("lifecycle_configuration"),
        "logging": _bucket("logging"),
        "object_lock_configuration": _bucket("object_lock_configuration"),
        "object_lock_enabled": _bucket("object_lock_configuration"),
        "policy": _bucket("policy"),
        "replication_configuration": _bucket("replication_configuration"),
        "request_payer": _bucket("request_payment_configuration"),
        "server_side_encryption_configuration": _bucket("server_side_encryption_configuration"),
        "versioning": _bucket("versioning"),
        "website": _bucket("website_configuration"),
    },
    "aws_elasticsearch_domain": {
        "access_policies": Echo("aws_elasticsearch_domain_policy", "domain_name", ("domain_name",)),
    },
    "aws_opensearch_domain": {
        "access_policies": Echo("aws_opensearch_domain_policy", "domain_name", ("domain_name",)),
    },
    "aws_iam_policy": {
        # By hand it can be given to others: the number says so.
        "attachment_count": Echo(
            "aws_iam_role_policy_attachment", "policy_arn", ("arn", "id"), member="role", counted=True
        ),
    },
    "aws_iam_role": {
        "inline_policy": Echo("aws_iam_role_policy", "role", ("name", "id"), member="name"),
        "managed_policy_arns": Echo(
            "aws_iam_role_policy_attachment", "role", ("name", "id"), member="policy_arn"
        ),
    },
    "aws_kms_key": {"policy": Echo("aws_kms_key_policy", "key_id", ("key_id", "arn", "id"), filled_in=False)},
    "aws_s3_access_point": {
        "policy": Echo("aws_s3control_access_point_policy", "access_point_arn", ("arn",)),
    },
    "aws_sns_topic": {"policy": Echo("aws_sns_topic_policy", "arn", ("arn", "id"))},
    "aws_sqs_queue": {"policy": Echo("aws_sqs_queue_policy", "queue_url", ("url", "id"))},
}
"""By the type of the resource and its attribute, who sets it."""

UNSET: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "aws_s3_bucket": {"bucket_namespace": (), "bucket_region": ()},
    "aws_s3_bucket_server_side_encryption_configuration": {
        "rule.blocked_encryption_types": ("SSE-C", "NONE"),
        "rule.bucket_key_enabled": (False,),
    },
    # https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
    "aws_sns_topic": {"maximum_message_size": (262144,)},
}
"""What the provider reads where nobody set anything and where it was null before, by type and path; any
value where none is listed. Most of these are attributes that version 6 of the provider has and 5 has not: its
first refresh fills them in."""

UNSET_ANYWHERE: Mapping[str, tuple[object, ...]] = {"region": ()}
"""The same, of a resource of any type."""
