"""Where this server and AWS, as documented, do not agree: what is asserted is what the server does.

Should one of these tests fail after an update, the server has come closer to
AWS, and the statement in question can be tested like the others.
"""

from datetime import timedelta

from tests.enforcement.bucket import KEY_HEADER, Bucket, Deploy, client
from tests.enforcement.seaweedfs import TEAM, WRITER

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def bucket(deploy: Deploy) -> Bucket:
    return deploy("dev")


def test_a_link_older_than_the_bucket_allows_passes_here_and_is_denied_by_aws(deploy: Deploy) -> None:
    """DenyStalePresignedUrls: the server has no s3:signatureAge, and no s3:authType for a link of SigV4.

    https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    """
    bucket = deploy("loopback")
    longest = bucket.outputs["PresignMaxSeconds"]["value"]
    assert longest == 3600
    assert bucket.upload(age=timedelta(seconds=2 * longest), expires=3 * longest).outcome == "200"


def test_a_signature_of_version_2_passes_here_and_is_denied_by_aws(bucket: Bucket) -> None:
    """DenyLegacySignatures: the server has no s3:signatureversion.

    AWS would refuse this one without the policy, too: objects under a KMS key need SigV4.
    """
    assert bucket.upload(key="legacy").outcome == "200"
    legacy = client(bucket.server, TEAM, signature_version="s3")
    url = legacy.generate_presigned_url("get_object", Params={"Bucket": bucket.name, "Key": "legacy"})
    assert "AWSAccessKeyId=" in url
    assert bucket.use("GET", url).outcome == "200"


def test_an_upload_in_parts_is_denied_after_its_start_here(bucket: Bucket, key_arn: str) -> None:
    """S3 takes the encryption headers with the first request of such an upload, and not with the others.

    This server evaluates s3:PutObject for every one of them; it remembers the
    algorithm for the parts, and nothing for the completion. What S3 makes of
    these conditions for the later requests is not documented.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
    """
    s3 = client(bucket.server, TEAM)
    upload = {"Bucket": bucket.name, "Key": "in-parts"}
    upload["UploadId"] = s3.create_multipart_upload(
        **upload, ServerSideEncryption="aws:kms", SSEKMSKeyId=bucket.headers[KEY_HEADER]
    )["UploadId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.upload_part(**upload, PartNumber=1, Body=b"part")
    with bucket.without("DenyIncorrectKMSKey"):
        tag = s3.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]
        completion = {"Parts": [{"ETag": tag, "PartNumber": 1}]}
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.complete_multipart_upload(**upload, MultipartUpload=completion)
    with bucket.without("DenyIncorrectKMSKey", "DenyUnencryptedUploads"):
        s3.complete_multipart_upload(**upload, MultipartUpload=completion)
    assert bucket.encryption("in-parts") == ("aws:kms", key_arn)


def test_an_upload_in_parts_that_names_no_encryption_is_denied_at_once_here_as_on_aws(
    bucket: Bucket,
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        client(bucket.server, TEAM).create_multipart_upload(Bucket=bucket.name, Key="in-parts")


def test_an_sdk_of_a_granted_writer_is_denied_here_where_its_link_passes(deploy: Deploy) -> None:
    """SDKs sign the body in chunks, which has no part in a policy, and on AWS a grant covers it like a link.

    This server forgets for such a request that the bucket policy let the writer in.
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    """
    bucket = deploy("sharing")
    algorithm, key = bucket.headers.values()
    with pytest.raises(ClientError, match="AccessDenied"):
        client(bucket.server, WRITER).put_object(
            Bucket=bucket.name,
            Key="inbox/a",
            Body=b"content",
            ServerSideEncryption=algorithm,
            SSEKMSKeyId=key,
        )
    assert bucket.upload(key="inbox/a", who=WRITER).outcome == "200"
