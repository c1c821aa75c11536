"""Which of this project's IAM policies allow what S3 asks for: who lacks it learns what to attach."""

_ALLOWED_BY = {
    "s3:AbortMultipartUpload": ("Access", "Write"),
    "s3:DeleteObject": ("Access",),
    "s3:GetObject": ("Access", "Read"),
    "s3:GetObjectVersion": ("Access", "Read"),
    "s3:ListBucket": ("Access", "Read"),
    "s3:ListBucketMultipartUploads": ("Access",),
    "s3:ListMultipartUploadParts": ("Access", "Write"),
    "s3:PutObject": ("Access", "Write"),
    "kms:Decrypt": ("Access", "Read", "Write"),
    "kms:GenerateDataKey": ("Access", "Write"),
}


def allowed(action: str, policy_arn: str) -> str:
    """Say which managed policies allow ``action``.

    ``policy_arn`` is that of SecureS3Access in the outputs, which has the environment's name, or empty.
    """
    kinds = _ALLOWED_BY.get(action)
    if kinds is None:
        return "none of this project's IAM policies allows it"
    environment = policy_arn.partition("/SecureS3Access-")[2] or "ENV"
    *first, last = (f"SecureS3{kind}-{environment}" for kind in kinds)
    return f"{', '.join(first)} and {last} allow it" if first else f"{last} allows it"
