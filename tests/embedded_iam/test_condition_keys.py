"""Each condition key that the launcher fills in lets one real request through, and stops another."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.embedded.aws import embedded_aws
from tests.embedded_iam.account import Account, allow, document, fetch, refused, trust
from tests.enforcement.http_client import send

import pytest

SSE_C = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}


def test_a_role_is_named_by_its_own_arn_and_path(account: Account) -> None:
    role = account.role("reader", path="/teams/data/")
    only_it = allow("s3:GetObject", ArnEquals={"aws:PrincipalArn": role})
    account.session(only_it, role=role).get()
    refused(account.session(only_it).get)


def test_a_session_is_no_aws_service_and_for_nobody_the_key_is_absent(account: Account) -> None:
    account.s3.delete_public_access_block(Bucket=account.bucket)
    objects = f"arn:aws:s3:::{account.bucket}/*"
    statement = allow("s3:GetObject", Bool={"aws:PrincipalIsAWSService": "false"})
    account.s3.put_bucket_policy(
        Bucket=account.bucket, Policy=document(statement | {"Principal": "*", "Resource": objects})
    )
    account.session().get()
    nobody = fetch(account.aws, f"{account.aws.endpoint}/{account.bucket}/there?")
    assert nobody.outcome == "403 AccessDenied"


@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"aws:ViaAWSService": "true"}},
        {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
        {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::BUCKET/new"}},
    ],
)
def test_a_key_that_may_be_used_through_s3_alone(
    account: Account, condition: dict[str, dict[str, str]]
) -> None:
    key = account.key()
    account.encrypt_by_default(key)
    here = {
        operator: {name: value.replace("BUCKET", account.bucket) for name, value in block.items()}
        for operator, block in condition.items()
    }
    caller = account.session(allow("s3:PutObject"), allow("kms:*", **here))
    caller.put()
    refused(lambda: caller.aws.client("kms").generate_data_key(KeyId=key, KeySpec="AES_256"))


@pytest.mark.parametrize(
    ("region", "outcome"), [("eu-central-1", 200), ("eu-west-1", 403)], ids=["through", "elsewhere"]
)
def test_a_link_is_used_in_the_region_of_its_signature(account: Account, region: str, outcome: int) -> None:
    there, bucket = replace(account.aws, region=region), f"{account.bucket}-{region}"
    there.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    here = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
    caller = account.session(allow("s3:PutObject"), allow("kms:*", StringEquals=here)).aws
    key = there.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = replace(caller, region=region).client("s3", signature_version="s3v4")
    headers = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "new", **headers})
    sent = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key}
    trusted = ssl.create_default_context(cafile=str(account.aws.certificate))
    assert send("PUT", url, headers=sent, body=b"new", trusted=trusted).status == outcome


def test_the_key_of_an_upload_is_what_its_header_names(account: Account) -> None:
    ours, other = account.key(), account.key()
    header = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    caller = account.session(allow("kms:*"), allow("s3:PutObject", StringEquals={header: ours}))
    caller.put(ServerSideEncryption="aws:kms", SSEKMSKeyId=ours)
    refused(lambda: caller.put(ServerSideEncryption="aws:kms", SSEKMSKeyId=other))
    refused(caller.put)


def test_the_parts_of_an_upload_have_the_key_that_it_was_begun_with(account: Account) -> None:
    ours = account.key()
    header = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    s3 = account.session(allow("kms:*"), allow("s3:PutObject", StringEquals={header: ours})).s3
    where = {"Bucket": account.bucket, "Key": "parts"}
    upload = s3.create_multipart_upload(**where, ServerSideEncryption="aws:kms", SSEKMSKeyId=ours)["UploadId"]
    s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"part")
    refused(lambda: s3.create_multipart_upload(**where))


def test_a_key_of_the_customers_is_seen(account: Account) -> None:
    header = "s3:x-amz-server-side-encryption-customer-algorithm"
    caller = account.session(allow("s3:PutObject", Null={header: "true"}))
    caller.put()
    refused(lambda: caller.put(**SSE_C))


def test_a_write_that_must_not_overwrite_is_seen(account: Account) -> None:
    caller = account.session(allow("s3:PutObject", Null={"s3:if-none-match": "false"}))
    caller.put(IfNoneMatch="*")
    refused(lambda: caller.put(Key="other"))


def test_a_link_and_a_header_are_different_types_of_authentication(account: Account) -> None:
    by_link = account.session(allow("s3:GetObject", StringEquals={"s3:authType": "REST-QUERY-STRING"}))
    by_link.get_by_link()
    refused(by_link.get)


def test_a_form_is_a_type_of_authentication_of_its_own(account: Account) -> None:
    caller = account.session(allow("s3:PutObject", StringEquals={"s3:authType": "POST"}))
    assert caller.post_form() == "204"
    refused(caller.put)
    by_header = account.session(allow("s3:PutObject", StringEquals={"s3:authType": "REST-HEADER"}))
    assert by_header.post_form() == "403 AccessDenied"


def test_a_session_says_when_it_began_and_the_key_of_a_user_does_not(account: Account) -> None:
    hour_ago = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    account.session(allow("s3:GetObject", DateGreaterThan={"aws:TokenIssueTime": hour_ago})).get_by_link()
    of_older = account.session(allow("s3:GetObject", DateLessThan={"aws:TokenIssueTime": hour_ago}))
    refused(of_older.get_by_link)
    without = allow("s3:GetObject", Null={"aws:TokenIssueTime": "true"})
    account.user(without).get_by_link()
    refused(account.session(without).get_by_link)


def test_a_link_grows_old(account: Account) -> None:
    caller = account.session(allow("s3:GetObject", NumericLessThan={"s3:signatureAge": "60000"}))
    caller.get_by_link(age=timedelta(seconds=30))
    refused(lambda: caller.get_by_link(age=timedelta(seconds=90)))


def test_a_form_grows_old(account: Account) -> None:
    caller = account.session(allow("s3:PutObject", NumericLessThan={"s3:signatureAge": "60000"}))
    assert caller.post_form(age=timedelta(seconds=30)) == "204"
    assert caller.post_form(age=timedelta(seconds=90)) == "403 AccessDenied"


def test_signature_version_2_is_seen(account: Account) -> None:
    version = {"s3:signatureversion": "AWS4-HMAC-SHA256"}
    caller = account.session(allow("s3:GetObject", StringEquals=version))
    caller.get()
    refused(caller.get_by_sigv2)


def test_a_signature_of_version_2_has_no_age(account: Account) -> None:
    account.session(allow("s3:GetObject", NumericEquals={"s3:signatureAge": "0"})).get_by_sigv2()


def test_the_version_of_tls_is_seen(account: Account) -> None:
    caller = account.session(allow("s3:GetObject", NumericGreaterThanEquals={"s3:TlsVersion": "1.3"}))
    caller.get_by_link(tls=ssl.TLSVersion.TLSv1_3)
    refused(lambda: caller.get_by_link(tls=ssl.TLSVersion.TLSv1_2))


def test_the_tags_of_an_upload_are_seen(account: Account) -> None:
    tags = {"s3:RequestObjectTagKeys": ["team"]}
    caller = account.session(
        allow("s3:PutObjectTagging", "s3:PutObject", **{"ForAllValues:StringEquals": tags})
    )
    caller.put(Tagging="team=data")
    refused(lambda: caller.put(Tagging="team=data&secret=yes"))


def test_tags_that_are_set_afterwards_are_seen(account: Account) -> None:
    tags = {"s3:RequestObjectTagKeys": ["team"]}
    s3 = account.session(allow("s3:PutObjectTagging", **{"ForAllValues:StringEquals": tags})).s3

    def tag(name: str) -> None:
        tagging = {"TagSet": [{"Key": name, "Value": "x"}]}
        s3.put_object_tagging(Bucket=account.bucket, Key="there", Tagging=tagging)

    tag("team")
    refused(lambda: tag("secret"))


def test_the_boundary_of_a_new_role_is_seen(account: Account) -> None:
    boundary = account.policy("boundary")
    asks = {"iam:PermissionsBoundary": boundary}
    iam = account.session(allow("iam:*", StringEquals=asks)).aws.client("iam")
    made = {"RoleName": f"made-{account.id}", "AssumeRolePolicyDocument": trust()}
    refused(lambda: iam.create_role(**made))
    iam.create_role(**made, PermissionsBoundary=boundary)


def test_the_boundary_of_a_role_that_is_there_is_seen(account: Account) -> None:
    boundary = account.policy("boundary")
    iam = account.session(allow("iam:*", StringEquals={"iam:PermissionsBoundary": boundary})).aws.client(
        "iam"
    )
    bounded, free = account.role("bounded", PermissionsBoundary=boundary), account.role("free")
    iam.attach_role_policy(RoleName=bounded.rpartition("/")[2], PolicyArn=boundary)
    refused(lambda: iam.attach_role_policy(RoleName=free.rpartition("/")[2], PolicyArn=boundary))


def test_the_policy_that_is_attached_is_seen(account: Account) -> None:
    ours, other = account.policy("ours"), account.policy("other")
    iam = account.session(allow("iam:*", ArnEquals={"iam:PolicyARN": ours})).aws.client("iam")
    name = account.role("target").rpartition("/")[2]
    iam.attach_role_policy(RoleName=name, PolicyArn=ours)
    refused(lambda: iam.attach_role_policy(RoleName=name, PolicyArn=other))


def test_a_key_is_known_by_its_aliases(account: Account) -> None:
    alias = f"alias/ours-{account.id}"
    ours, other = account.key(alias), account.key(f"alias/other-{account.id}")
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}
    kms = account.session(allow("kms:DescribeKey", **by_alias)).aws.client("kms")
    kms.describe_key(KeyId=ours)
    refused(lambda: kms.describe_key(KeyId=other))
    refused(lambda: kms.describe_key(KeyId=account.key()))


def test_a_key_knows_the_account_of_its_caller(account: Account) -> None:
    key = account.key()

    def describe(caller_account: str) -> None:
        asks = {"kms:CallerAccount": caller_account}
        caller = account.session(allow("kms:DescribeKey", StringEquals=asks))
        caller.aws.client("kms").describe_key(KeyId=key)

    describe("000000000000")
    refused(lambda: describe("111122223333"))


def test_plain_http_is_distinguished_from_tls(account: Account, tmp_path: Path) -> None:
    secure = allow("s3:GetObject", Bool={"aws:SecureTransport": "true"})
    modern = allow("s3:GetObject", NumericGreaterThanEquals={"s3:TlsVersion": "1.2"})
    with embedded_aws(tmp_path / "log", auth=True) as aws:
        plain = Account(aws)
        for statement in (secure, modern):
            account.session(statement).get()
            refused(plain.session(statement).get)
