"""The bucket policy: what is refused, whoever asks.

Negated operators such as StringNotEquals are true when the key is absent, so
a Deny written with one also stops a request that lacks the header. Where a
missing header is to pass, `"Null": {key: "false"}` in the same block says so:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from constructs_lib.policies import Document, Statement, document

SSE_HEADER = "x-amz-server-side-encryption"
SSE_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def _header_present(required: bool) -> dict[str, dict[str, str]]:
    """Condition under which a Deny on a wrong header applies: always, or only where one was sent."""
    return {} if required else {"Null": {f"s3:{SSE_HEADER}": "false"}}


def deny_insecure_transport(*, bucket_arn: str) -> Statement:
    """Refuse every request over plain HTTP.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    return {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def deny_unencrypted_uploads(*, bucket_arn: str, algorithm: str, require_headers: bool) -> Statement:
    """Refuse an upload that names another encryption than `algorithm` ("aws:kms" or "AES256").

    With `require_headers` an upload that names none is refused as well.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
    """
    return {
        "Sid": "DenyUnencryptedUploads",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/*",
        "Condition": {
            "StringNotEquals": {f"s3:{SSE_HEADER}": algorithm},
            **_header_present(require_headers),
        },
    }


def deny_incorrect_kms_key(*, bucket_arn: str, key_arn: str, require_headers: bool) -> Statement:
    """Refuse an upload that names another key than `key_arn`, or "aws:kms" and no key.

    "aws:kms" without a key id means the AWS-managed key, not the bucket's.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    return {
        "Sid": "DenyIncorrectKMSKey",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/*",
        "Condition": {
            "StringNotEquals": {f"s3:{SSE_KEY_HEADER}": key_arn},
            **_header_present(require_headers),
        },
    }


def upload_headers(*, key_arn: str | None, require_headers: bool) -> dict[str, str]:
    """Return the headers with which an upload passes the policy; none where none are required."""
    if not require_headers:
        return {}
    if key_arn is None:
        return {SSE_HEADER: "AES256"}
    return {SSE_HEADER: "aws:kms", SSE_KEY_HEADER: key_arn}


def bucket_policy(*, bucket_arn: str, key_arn: str | None, require_headers: bool) -> Document:
    """Return the bucket policy; `key_arn` is None for a bucket that encrypts with SSE-S3."""
    statements = [
        deny_insecure_transport(bucket_arn=bucket_arn),
        deny_unencrypted_uploads(
            bucket_arn=bucket_arn,
            algorithm="AES256" if key_arn is None else "aws:kms",
            require_headers=require_headers,
        ),
    ]
    if key_arn is not None:
        statements.append(
            deny_incorrect_kms_key(bucket_arn=bucket_arn, key_arn=key_arn, require_headers=require_headers)
        )
    return document(*statements)
