"""A CDKTF app of another team that makes a hardened bucket with the constructs of this project.

It has its own stack, names and state, and knows nothing of `environments/`. Run it with `cdktf synth` in its
folder, where the root of this project is on Python's path:

    PYTHONPATH=../.. cdktf synth
"""

# constructs_lib comes before cdktf and constructs: it decides how fast the provider's bindings load.
from constructs_lib import aws
from constructs_lib.access_policy import AccessPolicy
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.lifecycle import Lifecycle, LifecycleRule
from constructs_lib.policies.access_policy import write_policy
from constructs_lib.policies.encryption import upload_headers
from constructs_lib.policies.links import Links
from constructs_lib.policies.place import Place
from constructs_lib.secure_bucket import SecureBucket

from cdktf import App, TerraformOutput, TerraformStack
from constructs import Construct

ACCOUNT = "111122223333"
REGION = "eu-central-1"
BUCKET = "acme-measurements-111122223333"


class Measurements(TerraformStack):
    """A bucket for the measurements of a team's machines, and the policy of the role that uploads them."""

    def __init__(self, scope: Construct) -> None:
        """Describe the key, the bucket and the policy."""
        super().__init__(scope, "measurements")
        aws.AwsProvider(self, "aws", region=REGION, allowed_account_ids=[ACCOUNT])
        place = Place("aws", ACCOUNT, REGION)
        bucket_arn = place.bucket(BUCKET)
        uploader = place.iam("role/machines")

        key = EncryptionKey(
            self,
            "key",
            alias="alias/acme-measurements",
            description="Encrypts the measurements",
            place=place,
            bucket_arn=bucket_arn,
            principals=[uploader],
        )
        bucket = SecureBucket(
            self,
            "bucket",
            bucket_name=BUCKET,
            bucket_arn=bucket_arn,
            key_arn=key.arn,
            links=Links(max_age_seconds=3600),
        )
        Lifecycle(
            self,
            "lifecycle",
            bucket=bucket.id,
            rules=[LifecycleRule(id="old versions", noncurrent_days=90, abort_upload_days=7)],
            depends_on=[bucket.last_setting],
        )
        AccessPolicy(
            self,
            "upload-policy",
            name="acme-measurements-upload",
            description="Upload measurements, and nothing else",
            document=write_policy(bucket_arn=bucket_arn, key_arn=key.arn),
            attach_to_roles=["machines"],
        )

        # What `presign` needs to make links that this bucket accepts.
        outputs = {
            "S3BucketName": BUCKET,
            "S3BucketArn": bucket_arn,
            "S3BucketRegion": REGION,
            "KMSKeyArn": key.arn,
            "UploadHeaders": upload_headers(key_arn=key.arn, require_headers=True),
            "PresignMaxSeconds": 3600,
            "ObjectLock": False,
        }
        for name, value in outputs.items():
            TerraformOutput(self, name, value=value, static_id=True)


def main() -> None:
    """Write the Terraform JSON of the stack."""
    app = App()
    Measurements(app)
    app.synth()


if __name__ == "__main__":
    main()
