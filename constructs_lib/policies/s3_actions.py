"""What S3 authorizes for objects: written by tests/policy/s3_reference.py, not by hand.

A test compares it with AWS's reference, to notice actions that AWS adds:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

OBJECT_ACTIONS = (
    "s3:AbortMultipartUpload",
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectAnnotation",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersion",
    "s3:DeleteObjectVersionAnnotation",
    "s3:DeleteObjectVersionTagging",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectAnnotation",
    "s3:GetObjectAttributes",
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectTagging",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionAnnotation",
    "s3:GetObjectVersionAnnotationForReplication",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTagging",
    "s3:GetObjectVersionTorrent",
    "s3:InitiateReplication",
    "s3:ListMultipartUploadParts",
    "s3:ListObjectAnnotations",
    "s3:ListObjectVersionAnnotations",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectAnnotation",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionAnnotation",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:ReplicateObjectAnnotation",
    "s3:ReplicateTags",
    "s3:RestoreObject",
    "s3:UpdateObjectEncryption",
)
"""Every action that is done to an object."""

SSE_ACTIONS = (
    "s3:BypassGovernanceRetention",
    "s3:PutObject",
    "s3:ReplicateObject",
    "s3:UpdateObjectEncryption",
)
"""Those whose requests can name an encryption."""

SSE_KEY_ACTIONS = (
    "s3:BypassGovernanceRetention",
    "s3:PutObject",
    "s3:ReplicateObject",
    "s3:UpdateObjectEncryption",
)
"""Those whose requests can name a KMS key."""

SSE_C_ACTIONS = (
    "s3:BypassGovernanceRetention",
    "s3:PutObject",
    "s3:ReplicateObject",
)
"""Those whose requests can bring a key along."""
