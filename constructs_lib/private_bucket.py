"""What all buckets of this project have in common."""

from collections.abc import Sequence

from constructs_lib import aws
from constructs_lib.arguments import BucketName, KeyArn, checked, is_reference
from constructs_lib.object_lock import bucket_lifecycle
from constructs_lib.policies import Document, to_json

from cdktf import ITerraformDependable, TerraformProvider
from constructs import Construct


@checked
class PrivateBucket(Construct):
    """A bucket without ACLs or public access, encrypted and versioned, under a policy.

    Attributes:
        arn, name: of the bucket.
        id: its name too, as the settings of a bucket refer to it.
        bucket: the `aws_s3_bucket` resource.
        policy: the bucket policy, as a dict.
        last_setting: the resource that comes last; further settings of the bucket wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: BucketName,
        key_arn: KeyArn | None,
        bucket_key: bool = True,
        policy: Document,
        object_lock: bool | None = None,
        protect: bool = True,
        provider: TerraformProvider | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create the bucket and all that hardens it.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the bucket.
            bucket_name: the bucket's name.
            key_arn: the KMS key for default encryption; None encrypts with SSE-S3.
            bucket_key: whether S3 asks KMS once for many objects. Without it, S3 asks for each, with the ARN
                of the object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
            policy: the bucket policy.
            object_lock: whether its objects can be locked; a plan that would change it is refused. None
                if they cannot, and nothing checks that.
            protect: whether a plan that destroys the bucket is refused; where
                False, destroying the bucket deletes all objects in it.
            provider: the provider of the bucket's region, where it is not the stack's own.
            depends_on: what comes before the bucket.
        """
        super().__init__(scope, construct_id)
        self.policy = policy
        self.bucket = aws.S3Bucket(
            self,
            "bucket",
            bucket=bucket_name,
            force_destroy=not protect,
            object_lock_enabled=True if object_lock else None,
            lifecycle=bucket_lifecycle(locked=object_lock, prevent_destroy=protect),
            provider=provider,
            depends_on=list(depends_on) or None,
        )
        self.arn, self.name, self.id = self.bucket.arn, self.bucket.bucket, self.bucket.id
        # S3 answers 409 when two settings of a bucket change at once, and a
        # policy may not come before the public-access block: so one by one.
        ownership = aws.S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self.id,
            rule=aws.S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
            provider=provider,
        )
        public_access = aws.S3BucketPublicAccessBlock(
            self,
            "public-access",
            bucket=self.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            provider=provider,
            depends_on=[ownership],
        )
        encryption = aws.S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self.id,
            rule=[_encryption_rule(key_arn, bucket_key=bucket_key)],
            provider=provider,
            depends_on=[public_access],
        )
        versioning = aws.S3BucketVersioningA(
            self,
            "versioning",
            bucket=self.id,
            versioning_configuration=aws.S3BucketVersioningVersioningConfiguration(status="Enabled"),
            provider=provider,
            depends_on=[encryption],
        )
        self.last_setting: ITerraformDependable = aws.S3BucketPolicy(
            self,
            "policy",
            bucket=self.id,
            policy=to_json(policy),
            provider=provider,
            depends_on=[versioning],
        )


def refuse_arn_of_another_bucket(kind: str, *, bucket_name: str, bucket_arn: str) -> None:
    """Refuse an ARN with which the policy of a bucket would protect another one, where both are known.

    Args:
        kind: the construct.
        bucket_name: the bucket's name.
        bucket_arn: what its policy names.

    Raises:
        ValueError: it is the ARN of another bucket.
    """
    if is_reference(bucket_name + bucket_arn) or bucket_arn.endswith(f":::{bucket_name}"):
        return
    raise ValueError(f"{kind}: bucket_arn must be the ARN of {bucket_name!r}, not {bucket_arn!r}")


def _encryption_rule(
    key_arn: str | None, *, bucket_key: bool
) -> aws.S3BucketServerSideEncryptionConfigurationRuleA:
    default = aws.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA
    if key_arn is None:
        return aws.S3BucketServerSideEncryptionConfigurationRuleA(
            apply_server_side_encryption_by_default=default(sse_algorithm="AES256")
        )
    return aws.S3BucketServerSideEncryptionConfigurationRuleA(
        apply_server_side_encryption_by_default=default(sse_algorithm="aws:kms", kms_master_key_id=key_arn),
        bucket_key_enabled=bucket_key,
    )
