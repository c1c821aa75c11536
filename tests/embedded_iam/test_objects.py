"""What AWS asks in addition: of KMS for an object, and of listing for an object that is missing."""

from tests.embedded_iam.account import Account, Caller, allow, document, refused

import pytest
from botocore.exceptions import ClientError

GET, PUT, USE = allow("s3:GetObject"), allow("s3:PutObject"), allow("kms:Decrypt", "kms:GenerateDataKey")


def encrypted(account: Account) -> str:
    """Put one object with a key; return the key's ARN."""
    key = account.key()
    account.encrypt_by_default(key)
    account.s3.put_object(Bucket=account.bucket, Key="there", Body=b"content")
    return key


def test_reading_an_encrypted_object_needs_decrypt(account: Account) -> None:
    encrypted(account)
    account.session(GET, allow("kms:Decrypt")).get()
    assert "not authorized to perform: kms:Decrypt" in refused(account.session(GET).get)


def test_looking_at_an_encrypted_object_needs_no_decrypt(account: Account) -> None:
    encrypted(account)
    account.session(GET).s3.head_object(Bucket=account.bucket, Key="there")


def test_writing_needs_a_data_key(account: Account) -> None:
    encrypted(account)
    account.session(PUT, allow("kms:GenerateDataKey")).put()
    assert "kms:GenerateDataKey" in refused(account.session(PUT, allow("kms:Decrypt")).put)


def test_a_form_needs_a_data_key_of_the_key_that_it_names(account: Account) -> None:
    encrypted(account)
    named = account.key()
    headers = {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": named,
    }
    data_key = allow("kms:GenerateDataKey") | {"Resource": named}
    caller = account.session(PUT, data_key)
    assert caller.post_form(headers=headers) == "204"
    assert caller.post_form() == "403 AccessDenied", "the bucket's default is another key"
    assert account.session(PUT).post_form(headers=headers) == "403 AccessDenied"


def test_an_upload_in_parts_needs_decrypt_as_well(account: Account) -> None:
    encrypted(account)

    def begin(caller: Caller) -> None:
        caller.s3.create_multipart_upload(Bucket=account.bucket, Key="parts")

    begin(account.session(PUT, USE))
    assert "kms:Decrypt" in refused(lambda: begin(account.session(PUT, allow("kms:GenerateDataKey"))))


def test_a_copy_reads_with_the_key_of_its_source(account: Account) -> None:
    encrypted(account)
    source = {"Bucket": account.bucket, "Key": "there"}

    def copy(caller: Caller) -> None:
        caller.s3.copy_object(Bucket=account.bucket, Key="copy", CopySource=source)

    copy(account.session(GET, PUT, USE))
    assert "kms:Decrypt" in refused(lambda: copy(account.session(GET, PUT, allow("kms:GenerateDataKey"))))


def test_a_copy_of_a_version_is_one_of_a_version_that_is_there(account: Account) -> None:
    account.s3.put_bucket_versioning(Bucket=account.bucket, VersioningConfiguration={"Status": "Enabled"})
    version = account.s3.put_object(Bucket=account.bucket, Key="there", Body=b"new")["VersionId"]
    account.s3.delete_object(Bucket=account.bucket, Key="there")
    source = {"Bucket": account.bucket, "Key": "there", "VersionId": version}

    def copy(caller: Caller) -> None:
        caller.s3.copy_object(Bucket=account.bucket, Key="copy", CopySource=source)

    copy(account.session(allow("s3:GetObjectVersion"), PUT))
    refused(lambda: copy(account.session(GET, PUT)))


def test_the_key_policy_must_agree(account: Account) -> None:
    key = encrypted(account)
    caller = account.session(GET, USE)
    caller.get()
    only_root = {"Principal": {"AWS": "arn:aws:iam::000000000000:user/nobody"}} | allow("kms:*")
    account.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(only_root))
    refused(caller.get)


@pytest.mark.parametrize(("bucket_key", "arn"), [(True, "arn:aws:s3:::{}"), (False, "arn:aws:s3:::{}/new")])
def test_the_encryption_context_is_the_bucket_or_the_object(
    account: Account, bucket_key: bool, arn: str
) -> None:
    account.encrypt_by_default(account.key(), bucket_key=bucket_key)
    context = {"kms:EncryptionContext:aws:s3:arn": arn.format(account.bucket)}
    account.session(PUT, allow("kms:GenerateDataKey", StringEquals=context)).put()
    refused(lambda: account.session(PUT, allow("kms:GenerateDataKey", StringNotEquals=context)).put())


@pytest.mark.parametrize("name", ["get_object", "head_object"])
def test_that_an_object_is_missing_is_reported_to_those_who_may_list(account: Account, name: str) -> None:
    def ask(caller: Caller) -> None:
        getattr(caller.s3, name)(Bucket=account.bucket, Key="missing")

    with pytest.raises(ClientError, match=r"NoSuchKey|404"):
        ask(account.session(GET, allow("s3:ListBucket")))
    refused(lambda: ask(account.session(GET)))
    below = {"s3:prefix": "missing"}
    refused(lambda: ask(account.session(GET, allow("s3:ListBucket", StringEquals=below))))


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("s3:PutObjectTagging", {"Tagging": "team=data"}),
        ("s3:PutObjectAcl", {"ACL": "bucket-owner-full-control"}),
    ],
)
def test_what_an_upload_sets_besides_needs_its_own_action(
    account: Account, action: str, options: dict[str, str]
) -> None:

    account.session(PUT, allow(action)).put(**options)
    assert action in refused(lambda: account.session(PUT).put(**options))


@pytest.mark.parametrize("key", ["line\nbreak", "break\n", "\n"])
def test_a_line_break_in_a_key_is_matched_like_any_character(account: Account, key: str) -> None:
    account.s3.put_object(Bucket=account.bucket, Key=key)
    account.session(GET).s3.get_object(Bucket=account.bucket, Key=key)
    there = f"arn:aws:s3:::{account.bucket}/{key.partition(chr(10))[0]}"
    only = account.session(allow("s3:GetObject") | {"Resource": [there]})
    refused(lambda: only.s3.get_object(Bucket=account.bucket, Key=key))


def test_the_tags_of_a_form_need_their_own_action(account: Account) -> None:
    tags = {"tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"}
    assert account.session(PUT, allow("s3:PutObjectTagging")).post_form(headers=tags) == "204"
    assert account.session(PUT).post_form(headers=tags) == "403 AccessDenied"
    assert account.session(PUT).post_form() == "204"


def tagged(account: Account, key: str, value: str) -> dict[str, str]:
    """Put an object with a tag; return it as the source of a copy."""
    account.s3.put_object(Bucket=account.bucket, Key=key, Tagging=f"GuardDutyMalwareScanStatus={value}")
    return {"Bucket": account.bucket, "Key": key}


def test_the_tags_of_an_object_decide_of_reads_and_of_copies_from_it(account: Account) -> None:
    only_clean = allow(
        "s3:GetObject", StringEquals={"s3:ExistingObjectTag/GuardDutyMalwareScanStatus": "clean"}
    )
    s3 = account.session(PUT, only_clean, allow("s3:PutObjectTagging")).s3
    clean, other = tagged(account, "clean", "clean"), tagged(account, "other", "other")
    copy = {"Bucket": account.bucket, "Key": "copy"}
    s3.get_object(**clean)
    refused(lambda: s3.get_object(**other))
    s3.copy_object(**copy, CopySource=clean)
    refused(lambda: s3.copy_object(**copy, CopySource=other))


@pytest.mark.parametrize("name", ["source", "source?a"])
def test_a_copy_that_takes_tags_along_needs_the_action_of_tags(account: Account, name: str) -> None:
    source, copy = tagged(account, name, "clean"), {"Bucket": account.bucket, "Key": "copy"}
    s3 = account.session(PUT, GET).s3
    assert "s3:PutObjectTagging" in refused(lambda: s3.copy_object(**copy, CopySource=source))
    s3.copy_object(**copy, CopySource=source, TaggingDirective="REPLACE")
    account.s3.put_object(Bucket=account.bucket, Key="plain")
    s3.copy_object(**copy, CopySource={"Bucket": account.bucket, "Key": "plain"})
