"""How objects may be encrypted: with the bucket's own key, and with nothing else.

Negated operators such as StringNotEquals are true when the key is absent, so
a Deny with such an operator also stops a request without the header. To let
a missing header pass, `"Null": {key: "false"}` in the same block says so:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

An annotation is content as well, and names no encryption: it has that of its object.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html
"""

from collections.abc import Sequence

from constructs_lib.policies import Condition, Statement, deny

SSE_HEADER = "x-amz-server-side-encryption"
SSE_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"

# What chooses how an object is encrypted. Of the actions that can name an encryption (s3_actions.SSE_ACTIONS)
# two are not here. ReplicateObject has statements of its own, as no page says that a replication names any.
# BypassGovernanceRetention is checked together with the action that lifts a lock, and writes nothing; where
# headers are required, a Deny would keep everybody from lifting one.
ENCRYPTING_ACTIONS = ["s3:PutObject", "s3:UpdateObjectEncryption"]

# What can bring a key along. UpdateObjectEncryption cannot.
SSE_C_ACTIONS = ["s3:PutObject", "s3:ReplicateObject"]


def _header_present(*, unless: bool) -> Condition:
    """Condition under which a Deny on a wrong header applies: always, or only where one was sent."""
    return {} if unless else {"Null": {f"s3:{SSE_HEADER}": "false"}}


def _unless_said(key: str, value: str) -> Condition:
    """Condition that a request says something else than `value`, and not nothing."""
    return {"StringNotEquals": {key: value}, "Null": {key: "false"}}


def _other_key(key_arn: str | None) -> Condition:
    """Condition that a request names another key than `key_arn`; any where that is None."""
    key = f"s3:{SSE_KEY_HEADER}"
    return {"Null": {key: "false"}} if key_arn is None else _unless_said(key, key_arn)


def _unless_by(scanner: str | None) -> Condition:
    """Condition that another role than `scanner` asks; none where that is None."""
    return {} if scanner is None else {"ArnNotEquals": {"aws:PrincipalArn": scanner}}


def deny_unencrypted_uploads(
    *, bucket_arn: str, algorithm: str, require_headers: bool, scanner: str | None = None
) -> Statement:
    """Refuse an upload, or a change of key, that names another encryption than `algorithm`.

    That is "aws:kms" or "AES256". With `require_headers` an upload that names none is refused as well, unless
    the role `scanner` makes it; `deny_encryption_by_scanner` is about that one.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html
    """
    condition = {
        "StringNotEquals": {f"s3:{SSE_HEADER}": algorithm},
        **_header_present(unless=require_headers),
        **_unless_by(scanner),
    }
    return deny("DenyUnencryptedUploads", ENCRYPTING_ACTIONS, f"{bucket_arn}/*", condition)


def deny_incorrect_kms_key(
    *, bucket_arn: str, key_arn: str, require_headers: bool, scanner: str | None = None
) -> Statement:
    """Refuse an upload, or a change of key, that names another key than `key_arn`, or "aws:kms" and no key.

    "aws:kms" without a key id means the AWS-managed key, not the bucket's. `scanner` as of
    `deny_unencrypted_uploads`.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    condition = {
        "StringNotEquals": {f"s3:{SSE_KEY_HEADER}": key_arn},
        **_header_present(unless=require_headers),
        **_unless_by(scanner),
    }
    return deny("DenyIncorrectKMSKey", ENCRYPTING_ACTIONS, f"{bucket_arn}/*", condition)


def deny_encryption_by_scanner(*, bucket_arn: str, algorithm: str, keyed: bool, scanner: str) -> Statement:
    """Refuse an upload of the role `scanner` under another encryption than `algorithm`.

    Without any header it gets the bucket's default. No page says which headers GuardDuty sends with the one
    object that it puts; its own policy and its boundary let the role put no other. Where the bucket has a key
    (`keyed`), the role names a key only with `algorithm`; `deny_key_by_scanner` is about the opposite.
    https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
    """
    condition: Condition = {
        "StringNotEquals": {f"s3:{SSE_HEADER}": algorithm},
        "Null": {f"s3:{SSE_KEY_HEADER if keyed else SSE_HEADER}": "false"},
        "ArnEquals": {"aws:PrincipalArn": scanner},
    }
    return deny("DenyEncryptionByScanner", ENCRYPTING_ACTIONS, f"{bucket_arn}/*", condition)


def deny_key_by_scanner(*, bucket_arn: str, key_arn: str, scanner: str) -> Statement:
    """Refuse an upload of the role `scanner` that names an encryption without the key `key_arn`."""
    condition: Condition = {
        "StringNotEquals": {f"s3:{SSE_KEY_HEADER}": key_arn},
        "Null": {f"s3:{SSE_HEADER}": "false"},
        "ArnEquals": {"aws:PrincipalArn": scanner},
    }
    return deny("DenyKeyByScanner", ENCRYPTING_ACTIONS, f"{bucket_arn}/*", condition)


def deny_other_kms_key(*, bucket_arn: str, key_arn: str | None) -> Statement:
    """Refuse an upload, or a change of key, that names another key than `key_arn`; any where that is None.

    `deny_incorrect_kms_key` does that too, but where headers are not required it looks only at requests that
    name an encryption. No page of AWS says what S3 does with a key alone.
    """
    return deny("DenyOtherKMSKey", ENCRYPTING_ACTIONS, f"{bucket_arn}/*", _other_key(key_arn))


def deny_customer_provided_keys(*, bucket_arn: str, actions: Sequence[str] = SSE_C_ACTIONS) -> Statement:
    """Refuse SSE-C in `actions`: an object under a key that only its uploader has is lost to its owner.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
    """
    condition: Condition = {"Null": {f"s3:{SSE_HEADER}-customer-algorithm": "false"}}
    return deny("DenyCustomerProvidedKeys", list(actions), f"{bucket_arn}/*", condition)


def deny_unencrypted_replicas(*, bucket_arn: str, algorithm: str) -> Statement:
    """Refuse a replica that names another encryption than `algorithm`.

    One that names none passes: AWS's policy for the role has the same keys with IfExists.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    condition = _unless_said(f"s3:{SSE_HEADER}", algorithm)
    return deny("DenyUnencryptedReplicas", "s3:ReplicateObject", f"{bucket_arn}/*", condition)


def deny_incorrect_kms_key_of_replicas(*, bucket_arn: str, key_arn: str | None) -> Statement:
    """Refuse a replica that names another key than `key_arn`, any where that is None.

    The page is the same as for its encryption.
    """
    return deny("DenyIncorrectKMSKeyOfReplicas", "s3:ReplicateObject", f"{bucket_arn}/*", _other_key(key_arn))


def replica_statements(*, bucket_arn: str, key_arn: str | None) -> list[Statement]:
    """Return the statements about the encryption of replicas; `key_arn` is None with SSE-S3."""
    algorithm = "AES256" if key_arn is None else "aws:kms"
    return [
        deny_unencrypted_replicas(bucket_arn=bucket_arn, algorithm=algorithm),
        deny_incorrect_kms_key_of_replicas(bucket_arn=bucket_arn, key_arn=key_arn),
    ]


def encryption_statements(
    *,
    bucket_arn: str,
    key_arn: str | None,
    require_headers: bool,
    takes_replicas: bool,
    scanner: str | None = None,
) -> list[Statement]:
    """Return the statements about encryption.

    Args:
        bucket_arn: the bucket.
        key_arn: its key; None for a bucket that encrypts with SSE-S3.
        require_headers: whether an upload must name its encryption.
        takes_replicas: whether a role may replicate into the bucket; where none may, there is no replica to
            encrypt.
        scanner: the role that GuardDuty scans with, which need not name an encryption; None without one.
    """
    algorithm = "AES256" if key_arn is None else "aws:kms"
    # Where headers are not required, what names none passes anyhow.
    spared = scanner if require_headers else None
    statements = [
        deny_unencrypted_uploads(
            bucket_arn=bucket_arn, algorithm=algorithm, require_headers=require_headers, scanner=spared
        )
    ]
    if key_arn is not None:
        statements.append(
            deny_incorrect_kms_key(
                bucket_arn=bucket_arn, key_arn=key_arn, require_headers=require_headers, scanner=spared
            )
        )
    if spared is not None:
        statements.append(
            deny_encryption_by_scanner(
                bucket_arn=bucket_arn, algorithm=algorithm, keyed=key_arn is not None, scanner=spared
            )
        )
        if key_arn is not None:
            statements.append(deny_key_by_scanner(bucket_arn=bucket_arn, key_arn=key_arn, scanner=spared))
    if key_arn is None or not require_headers:
        statements.append(deny_other_kms_key(bucket_arn=bucket_arn, key_arn=key_arn))
    statements.append(deny_customer_provided_keys(bucket_arn=bucket_arn))
    if takes_replicas:
        statements += replica_statements(bucket_arn=bucket_arn, key_arn=key_arn)
    return statements


def upload_headers(*, key_arn: str | None, require_headers: bool) -> dict[str, str]:
    """Return the headers with which an upload passes the policy; none where none are required."""
    if not require_headers:
        return {}
    if key_arn is None:
        return {SSE_HEADER: "AES256"}
    return {SSE_HEADER: "aws:kms", SSE_KEY_HEADER: key_arn}
