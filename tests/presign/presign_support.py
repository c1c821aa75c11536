"""Names that the tests of presign share. They are not in conftest.py, since every folder may have one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OUTPUTS: Mapping[str, Any] = {
    "S3BucketName": "secure-dev-data-bucket",
    "S3BucketArn": "arn:aws:s3:::secure-dev-data-bucket",
    "S3BucketRegion": "eu-west-1",
    "KMSKeyArn": KEY_ARN,
    "IAMPolicyArn": "arn:aws:iam::111122223333:policy/SecureS3Access-dev",
    "UploadHeaders": {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN,
    },
    "PresignMaxSeconds": 604800,
}


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Presign = Callable[..., Result]
OutputsFile = Callable[..., str]
