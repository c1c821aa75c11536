"""The bucket policy: what is refused, whoever asks, and who from elsewhere is let in.

Negated operators such as StringNotEquals are true when the key is absent, so
a Deny written with one also stops a request that lacks the header. Where a
missing header is to pass, `"Null": {key: "false"}` in the same block says so:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Sequence
from dataclasses import replace

from constructs_lib.policies import Condition, Document, Grant, Perimeter, Statement, document

SSE_HEADER = "x-amz-server-side-encryption"
SSE_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"

# What chooses how an object is encrypted. Of the actions that can name an encryption (SSE_ACTIONS) two are
# not here. ReplicateObject: a replication may say nothing of it, and is refused where it is not our own.
# BypassGovernanceRetention: it is asked for beside the action that lifts a lock and writes nothing; where
# headers are required, a Deny would keep everybody from lifting one.
ENCRYPTING_ACTIONS = ["s3:PutObject", "s3:UpdateObjectEncryption"]

# What can bring a key along. UpdateObjectEncryption cannot.
SSE_C_ACTIONS = ["s3:PutObject", "s3:ReplicateObject"]

# What tells the names of objects.
LISTING_ACTIONS = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"]

# What a role needs to write to a bucket as replication does, from another account too.
REPLICATE_ACTIONS = [
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:ReplicateTags",
]


def _deny(sid: str, action: str | list[str], resource: str | list[str], condition: Condition) -> Statement:
    statement = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def _header_present(*, unless: bool) -> Condition:
    """Condition under which a Deny on a wrong header applies: always, or only where one was sent."""
    return {} if unless else {"Null": {f"s3:{SSE_HEADER}": "false"}}


def deny_insecure_transport(*, bucket_arn: str) -> Statement:
    """Refuse every request over plain HTTP.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    condition: Condition = {"Bool": {"aws:SecureTransport": "false"}}
    return _deny("DenyInsecureTransport", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_outdated_tls(*, bucket_arn: str) -> Statement:
    """Refuse TLS below 1.2.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html#example-object-tls-version
    """
    condition: Condition = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    return _deny("DenyOutdatedTLS", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_unencrypted_uploads(*, bucket_arn: str, algorithm: str, require_headers: bool) -> Statement:
    """Refuse an upload, or a change of key, that names another encryption than `algorithm`.

    That is "aws:kms" or "AES256". With `require_headers` an upload that names none is refused as well.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html
    """
    condition = {
        "StringNotEquals": {f"s3:{SSE_HEADER}": algorithm},
        **_header_present(unless=require_headers),
    }
    return _deny("DenyUnencryptedUploads", ENCRYPTING_ACTIONS, f"{bucket_arn}/*", condition)


def deny_incorrect_kms_key(*, bucket_arn: str, key_arn: str, require_headers: bool) -> Statement:
    """Refuse an upload, or a change of key, that names another key than `key_arn`, or "aws:kms" and no key.

    "aws:kms" without a key id means the AWS-managed key, not the bucket's.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    condition = {
        "StringNotEquals": {f"s3:{SSE_KEY_HEADER}": key_arn},
        **_header_present(unless=require_headers),
    }
    return _deny("DenyIncorrectKMSKey", ENCRYPTING_ACTIONS, f"{bucket_arn}/*", condition)


def deny_customer_provided_keys(*, bucket_arn: str) -> Statement:
    """Refuse SSE-C: an object under a key that only its uploader has is lost to its owner.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
    """
    condition: Condition = {"Null": {f"s3:{SSE_HEADER}-customer-algorithm": "false"}}
    return _deny("DenyCustomerProvidedKeys", SSE_C_ACTIONS, f"{bucket_arn}/*", condition)


def deny_legacy_signatures(*, bucket_arn: str) -> Statement:
    """Refuse signatures of version 2, for which S3 knows no age.

    Written as "is SigV2" and not as "is not SigV4", because requests that AWS
    services make by themselves carry no signature version.
    https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    """
    condition: Condition = {"StringEquals": {"s3:signatureversion": "AWS"}}
    return _deny("DenyLegacySignatures", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_stale_presigned_urls(*, bucket_arn: str, max_age_seconds: int) -> Statement:
    """Refuse links and forms that were signed longer ago than `max_age_seconds`, whoever signed them.

    `s3:signatureAge` counts milliseconds.
    https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    """
    condition: Condition = {
        "NumericGreaterThan": {"s3:signatureAge": str(max_age_seconds * 1000)},
        "StringEquals": {"s3:authType": ["POST", "REST-QUERY-STRING"]},
    }
    return _deny("DenyStalePresignedUrls", "s3:*", [bucket_arn, f"{bucket_arn}/*"], condition)


def deny_other_replication(*, bucket_arn: str, role_arn: str | None) -> Statement:
    """Refuse what another replication would write: nobody can plant an object, or hide one, with one's own.

    `role_arn` is the role that replicates into this bucket; None where none does.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    condition: Condition = {} if role_arn is None else {"ArnNotEquals": {"aws:PrincipalArn": role_arn}}
    return _deny("DenyOtherReplication", REPLICATE_ACTIONS, f"{bucket_arn}/*", condition)


def _unless_exempt(perimeter: Perimeter) -> Condition:
    """Condition that it is neither an AWS service that asks for itself, nor a role that passes from anywhere.

    A role that an AWS service takes, as S3 does to replicate, is not that service: it has to be among the
    roles.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
    """
    condition: Condition = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    if perimeter.exempt_roles:
        condition["ArnNotEquals"] = {"aws:PrincipalArn": list(perimeter.exempt_roles)}
    return condition


def _elsewhere(perimeter: Perimeter) -> Condition:
    """Condition that a request comes neither through one of the VPC endpoints nor from the IP ranges.

    A request through an endpoint has no `aws:SourceIp`, and another one no `aws:SourceVpce`; the negated
    operators are true then, so that either is enough to pass. Services that act for a principal come from
    networks of their own, and pass as well.
    """
    condition = _unless_exempt(perimeter)
    condition["BoolIfExists"]["aws:ViaAWSService"] = "false"
    if perimeter.vpc_endpoints:
        condition["StringNotEquals"] = {"aws:SourceVpce": list(perimeter.vpc_endpoints)}
    if perimeter.source_ips:
        condition["NotIpAddress"] = {"aws:SourceIp": list(perimeter.source_ips)}
    return condition


def _foreign(perimeter: Perimeter) -> Condition:
    """Condition that a request is made by a principal outside the organization."""
    condition = _unless_exempt(perimeter)
    condition["StringNotEquals"] = {"aws:PrincipalOrgID": perimeter.organization_id}
    return condition


def _of_listing(perimeter: Perimeter) -> Perimeter:
    return replace(perimeter, exempt_roles=perimeter.exempt_roles + perimeter.listing_roles)


def deny_outside_perimeter(*, bucket_arn: str, perimeter: Perimeter) -> Statement:
    """Refuse every request for an object that comes from another network.

    Every action, also one that S3 has only tomorrow; what manages the bucket is done to the bucket and not
    to an object, and passes: a wrong perimeter must not keep out who can correct it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
    """
    return _deny("DenyOutsidePerimeter", "s3:*", f"{bucket_arn}/*", _elsewhere(perimeter))


def deny_outside_organization(*, bucket_arn: str, perimeter: Perimeter) -> Statement:
    """Refuse every request for an object by a principal outside the organization.

    A statement of its own: who is on the right network must be of the right organization too, and
    conditions within one Deny would ask for either.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
    """
    return _deny("DenyOutsideOrganization", "s3:*", f"{bucket_arn}/*", _foreign(perimeter))


def deny_listing_outside_perimeter(*, bucket_arn: str, perimeter: Perimeter) -> Statement:
    """Refuse to list the objects from another network.

    HeadBucket asks for s3:ListBucket too, and every plan of Terraform makes that request.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    condition = _elsewhere(_of_listing(perimeter))
    return _deny("DenyListingOutsidePerimeter", LISTING_ACTIONS, bucket_arn, condition)


def deny_listing_outside_organization(*, bucket_arn: str, perimeter: Perimeter) -> Statement:
    """Refuse to list the objects by a principal outside the organization."""
    condition = _foreign(_of_listing(perimeter))
    return _deny("DenyListingOutsideOrganization", LISTING_ACTIONS, bucket_arn, condition)


def perimeter_statements(*, bucket_arn: str, perimeter: Perimeter) -> list[Statement]:
    """Return the statements that a perimeter asks for."""
    asked = []
    if perimeter.vpc_endpoints or perimeter.source_ips:
        asked.append((deny_outside_perimeter, deny_listing_outside_perimeter))
    if perimeter.organization_id is not None:
        asked.append((deny_outside_organization, deny_listing_outside_organization))
    return [
        deny(bucket_arn=bucket_arn, perimeter=perimeter)
        for objects, listing in asked
        for deny in ((objects, listing) if perimeter.listing else (objects,))
    ]


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


def upload_headers(*, key_arn: str | None, require_headers: bool) -> dict[str, str]:
    """Return the headers with which an upload passes the policy; none where none are required."""
    if not require_headers:
        return {}
    if key_arn is None:
        return {SSE_HEADER: "AES256"}
    return {SSE_HEADER: "aws:kms", SSE_KEY_HEADER: key_arn}


def bucket_policy(
    *,
    bucket_arn: str,
    key_arn: str | None,
    require_headers: bool,
    max_age_seconds: int,
    perimeter: Perimeter,
    readers: Sequence[Grant],
    writers: Sequence[Grant],
    replication_role: str | None = None,
) -> Document:
    """Return the bucket policy.

    `key_arn` is None for a bucket that encrypts with SSE-S3, and `replication_role` where no role replicates
    into the bucket.
    """
    algorithm = "AES256" if key_arn is None else "aws:kms"
    statements = [
        deny_insecure_transport(bucket_arn=bucket_arn),
        deny_outdated_tls(bucket_arn=bucket_arn),
        deny_unencrypted_uploads(bucket_arn=bucket_arn, algorithm=algorithm, require_headers=require_headers),
    ]
    if key_arn is not None:
        statements.append(
            deny_incorrect_kms_key(bucket_arn=bucket_arn, key_arn=key_arn, require_headers=require_headers)
        )
    statements += [
        deny_customer_provided_keys(bucket_arn=bucket_arn),
        deny_other_replication(bucket_arn=bucket_arn, role_arn=replication_role),
        deny_legacy_signatures(bucket_arn=bucket_arn),
        deny_stale_presigned_urls(bucket_arn=bucket_arn, max_age_seconds=max_age_seconds),
    ]
    statements += perimeter_statements(bucket_arn=bucket_arn, perimeter=perimeter)
    for number, grant in enumerate(readers, start=1):
        statements += allow_reader(number, grant, bucket_arn=bucket_arn)
    for number, grant in enumerate(writers, start=1):
        statements += allow_writer(number, grant, bucket_arn=bucket_arn)
    return document(*statements)
