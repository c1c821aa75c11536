"""A hardened S3 bucket."""

from collections.abc import Sequence

from constructs_lib import aws
from constructs_lib.policies import Grant, Perimeter, to_json
from constructs_lib.policies.bucket_policy import bucket_policy

from cdktf import TerraformResourceLifecycle
from constructs import Construct

NO_PERIMETER = Perimeter()


class SecureBucket(Construct):
    """A private, versioned, encrypted bucket whose policy refuses what should not happen.

    Attributes:
        bucket: the `aws_s3_bucket` resource.
        policy: the bucket policy, as a dict.
        last_setting: the resource that comes last; further settings of the bucket wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: str,
        bucket_arn: str,
        key_arn: str | None,
        require_upload_headers: bool = True,
        max_age_seconds: int = 7 * 24 * 3600,
        perimeter: Perimeter = NO_PERIMETER,
        readers: Sequence[Grant] = (),
        writers: Sequence[Grant] = (),
        protect: bool = True,
    ) -> None:
        """Create the bucket and all that hardens it.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the bucket.
            bucket_name: the bucket's name.
            bucket_arn: its ARN.
            key_arn: the KMS key for default encryption; None encrypts with SSE-S3.
            require_upload_headers: whether an upload must name its encryption.
            max_age_seconds: how old the signature of a link or a form may be.
            perimeter: where requests for objects may come from.
            readers: who else may list and read.
            writers: who else may upload.
            protect: whether a plan that destroys the bucket is refused; where
                False, destroying the bucket deletes all objects in it.
        """
        super().__init__(scope, construct_id)
        self.bucket = aws.S3Bucket(
            self,
            "bucket",
            bucket=bucket_name,
            force_destroy=not protect,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protect),
        )
        # S3 answers 409 when two settings of a bucket change at once, and a
        # policy may not come before the public-access block: so one by one.
        ownership = aws.S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self.bucket.id,
            rule=aws.S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        public_access = aws.S3BucketPublicAccessBlock(
            self,
            "public-access",
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            depends_on=[ownership],
        )
        encryption = aws.S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self.bucket.id,
            rule=[_encryption_rule(key_arn)],
            depends_on=[public_access],
        )
        versioning = aws.S3BucketVersioningA(
            self,
            "versioning",
            bucket=self.bucket.id,
            versioning_configuration=aws.S3BucketVersioningVersioningConfiguration(status="Enabled"),
            depends_on=[encryption],
        )
        self.policy = bucket_policy(
            bucket_arn=bucket_arn,
            key_arn=key_arn,
            require_headers=require_upload_headers,
            max_age_seconds=max_age_seconds,
            perimeter=perimeter,
            readers=readers,
            writers=writers,
        )
        self.last_setting = aws.S3BucketPolicy(
            self,
            "policy",
            bucket=self.bucket.id,
            policy=to_json(self.policy),
            depends_on=[versioning],
        )


def _encryption_rule(key_arn: str | None) -> aws.S3BucketServerSideEncryptionConfigurationRuleA:
    default = aws.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA
    if key_arn is None:
        return aws.S3BucketServerSideEncryptionConfigurationRuleA(
            apply_server_side_encryption_by_default=default(sse_algorithm="AES256")
        )
    return aws.S3BucketServerSideEncryptionConfigurationRuleA(
        apply_server_side_encryption_by_default=default(sse_algorithm="aws:kms", kms_master_key_id=key_arn),
        bucket_key_enabled=True,
    )
