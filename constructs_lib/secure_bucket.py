"""A hardened S3 bucket."""

from collections.abc import Sequence

from constructs_lib.arguments import BucketArn, BucketName, KeyArn, PrincipalArn, checked
from constructs_lib.policies import Grant, Perimeter
from constructs_lib.policies.bucket_policy import bucket_policy
from constructs_lib.policies.links import Links
from constructs_lib.policies.scanned_objects import Scan
from constructs_lib.private_bucket import PrivateBucket, refuse_arn_of_another_bucket

from cdktf import TerraformProvider
from constructs import Construct

NO_PERIMETER = Perimeter()
EVERY_LINK = Links()


@checked
class SecureBucket(PrivateBucket):
    """A private, versioned, encrypted bucket whose policy refuses what should not happen."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: BucketName,
        bucket_arn: BucketArn,
        key_arn: KeyArn | None,
        bucket_key: bool = True,
        require_upload_headers: bool = True,
        links: Links = EVERY_LINK,
        perimeter: Perimeter = NO_PERIMETER,
        readers: Sequence[Grant] = (),
        writers: Sequence[Grant] = (),
        replication_role: PrincipalArn | None = None,
        scan: Scan | None = None,
        object_lock: bool | None = None,
        protect: bool = True,
        provider: TerraformProvider | None = None,
    ) -> None:
        """Create the bucket and all that hardens it.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the bucket.
            bucket_name: the bucket's name.
            bucket_arn: its ARN.
            key_arn: the KMS key for default encryption; None encrypts with SSE-S3.
            bucket_key: whether S3 asks KMS once for many objects, and not for each.
            require_upload_headers: whether an upload must name its encryption.
            links: which links and forms work.
            perimeter: where requests for objects may come from.
            readers: who else may list and read.
            writers: who else may upload.
            replication_role: the ARN of the role that replicates into the bucket, if one does.
            scan: how its objects are scanned for malware; None if they are not.
            object_lock: whether its objects can be locked; a plan that would change it is refused. None
                if they cannot, and nothing checks that.
            protect: whether a plan that destroys the bucket is refused; where
                False, destroying the bucket deletes all objects in it.
            provider: the provider of the bucket's region, where it is not the stack's own.
        """
        refuse_arn_of_another_bucket("SecureBucket", bucket_name=bucket_name, bucket_arn=bucket_arn)
        super().__init__(
            scope,
            construct_id,
            bucket_name=bucket_name,
            key_arn=key_arn,
            bucket_key=bucket_key,
            policy=bucket_policy(
                bucket_arn=bucket_arn,
                key_arn=key_arn,
                require_headers=require_upload_headers,
                links=links,
                perimeter=perimeter,
                readers=readers,
                writers=writers,
                replication_role=replication_role,
                scan=scan,
            ),
            object_lock=object_lock,
            protect=protect,
            provider=provider,
        )
