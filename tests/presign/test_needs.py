"""presign names the managed policies as the settings do, and what they really allow."""

from constructs_lib.policies.access_policy import access_policy, read_policy, write_policy
from presign.needs import _ALLOWED_BY, allowed
from settings.resource_names import data_policies

import pytest

BUCKET, KEY = "arn:aws:s3:::bucket", "arn:aws:kms:eu-central-1:111122223333:key/1"
NAMES = data_policies("prod")
DOCUMENTS = {
    NAMES.access: access_policy(bucket_arn=BUCKET, key_arn=KEY),
    NAMES.read: read_policy(bucket_arn=BUCKET, key_arn=KEY),
    NAMES.write: write_policy(bucket_arn=BUCKET, key_arn=KEY),
}


@pytest.mark.parametrize(
    "action", [*_ALLOWED_BY, "s3:GetObjectTagging", "s3:PutObjectTagging", "s3:ListBucketVersions"]
)
def test_the_policies_that_it_names_are_those_that_allow_it(action: str) -> None:
    says = allowed(action, f"arn:aws:iam::111122223333:policy/{NAMES.access}")
    for name, document in DOCUMENTS.items():
        allows = any(action in one["Action"] for one in document["Statement"])
        assert (name in says) == allows
