"""The preflight of a bucket and a key that are to be taken over: what may be, and what stops it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ops.deploy.caller import Caller
from ops.embedded.aws import EmbeddedAws
from ops.preflight import names
from ops.preflight.verdict import Mark, Verdict
from settings.loading import load_environments
from tests.ops.preflight_support import ACCOUNT, NO_STACK, NO_STATE, OTHER_ACCOUNT, Account, use_account

import pytest

BUCKET, ALIAS = "legacy-data", "alias/legacy-data"
CALLER = Caller(arn=f"arn:aws:iam::{ACCOUNT}:user/ada", account=ACCOUNT)
QUIET = "[logging]\nenabled = false\n[lifecycle]\nenabled = false\n"


@pytest.fixture
def account(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    use_account(running, monkeypatch)
    account = Account(running.endpoint)
    yield account
    for one in (account, Account(running.endpoint, OTHER_ACCOUNT)):
        for bucket in one.s3.list_buckets()["Buckets"]:
            one.s3.delete_bucket(Bucket=bucket["Name"])
        for alias in one.kms.list_aliases()["Aliases"]:
            one.kms.delete_alias(AliasName=alias["AliasName"])


def lines(tmp_path: Path, taken: str, more: str = QUIET) -> tuple[Verdict, Verdict]:
    """The lines about the bucket and about the key's alias."""
    text = f'bucket_name = "{BUCKET}"\n[encryption]\nkey_alias = "{ALIAS}"\n{more}[import]\n{taken}\n'
    (tmp_path / "legacy.toml").write_text(text)
    (settings,) = load_environments(tmp_path, {})
    bucket, alias, *_ = names.check(settings, CALLER, NO_STATE, NO_STACK)
    return bucket, alias


def key(account: Account, **options: Any) -> str:
    key_id: str = account.kms.create_key(**options)["KeyMetadata"]["KeyId"]
    return key_id


def test_a_plain_bucket_is_taken_over(account: Account, tmp_path: Path) -> None:
    account.s3.create_bucket(Bucket=BUCKET)
    line, _ = lines(tmp_path, "bucket = true")
    assert (line.mark, line.text) == (Mark.GOOD, f"{BUCKET}: ours, and the deploy takes it over")


def test_an_existing_bucket_that_is_not_to_be_taken_over_stops_the_deploy(
    account: Account, tmp_path: Path
) -> None:
    account.s3.create_bucket(Bucket=BUCKET)
    line, _ = lines(tmp_path, "")
    assert line.mark is Mark.BAD
    assert "exists in this account, and is not in the state" in line.text
    assert "import.bucket = true" in line.remedy


def test_a_bucket_that_does_not_exist_cannot_be_taken_over(account: Account, tmp_path: Path) -> None:
    line, _ = lines(tmp_path, "bucket = true")
    assert line.mark is Mark.BAD
    assert line.text == f"import.bucket is true, and there is no bucket {BUCKET} in account {ACCOUNT}"


def test_a_bucket_of_somebody_else_cannot_be_taken_over(account: Account, tmp_path: Path) -> None:
    Account(account.endpoint, OTHER_ACCOUNT).s3.create_bucket(Bucket=BUCKET)
    line, _ = lines(tmp_path, "bucket = true")
    assert line.mark is Mark.BAD
    assert line.text.startswith(f"{BUCKET} is somebody else's")


def put_website(s3: Any) -> None:
    s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})


def put_cors(s3: Any) -> None:
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})


def put_lifecycle(s3: Any) -> None:
    rule = {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})


def put_replication(s3: Any) -> None:
    s3.create_bucket(Bucket="elsewhere")
    for bucket in (BUCKET, "elsewhere"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::elsewhere"}}
    configuration = {"Role": f"arn:aws:iam::{ACCOUNT}:role/copy", "Rules": [rule]}
    s3.put_bucket_replication(Bucket=BUCKET, ReplicationConfiguration=configuration)


def put_notification(s3: Any) -> None:
    configuration: dict[str, Any] = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=configuration)


def put_logging(s3: Any) -> None:
    s3.create_bucket(Bucket="elsewhere")
    target = {"TargetBucket": "elsewhere", "TargetPrefix": "x/"}
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={"LoggingEnabled": target})


def put_acl(s3: Any) -> None:
    controls = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=controls)
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")


LEFT = {
    "a website": put_website,
    "CORS rules": put_cors,
    "a lifecycle": put_lifecycle,
    "a replication": put_replication,
    "notifications": put_notification,
    "access logs": put_logging,
    "an ACL that lets others in": put_acl,
}


@pytest.mark.parametrize("what", LEFT)
def test_what_a_deploy_would_leave_is_named_with_the_command_that_removes_it(
    what: str, account: Account, tmp_path: Path
) -> None:
    account.s3.create_bucket(Bucket=BUCKET)
    put: Callable[[Any], None] = LEFT[what]
    put(account.s3)
    line, _ = lines(tmp_path, "bucket = true")
    assert line.mark is Mark.BAD
    assert (
        line.text == f"{BUCKET} has {what}, which the settings do not describe and a deploy would leave there"
    )
    assert "`aws s3api " in line.remedy


@pytest.mark.parametrize(
    ("what", "described"),
    [
        ("CORS rules", QUIET + '[cors]\nallowed_origins = ["https://app.example.com"]\n'),
        ("a lifecycle", "[logging]\nenabled = false\n"),
        ("notifications", QUIET + "[events]\neventbridge = true\n"),
        ("access logs", "[lifecycle]\nenabled = false\n"),
    ],
)
def test_what_the_settings_describe_is_written_over(
    what: str, described: str, account: Account, tmp_path: Path
) -> None:
    account.s3.create_bucket(Bucket=BUCKET)
    LEFT[what](account.s3)
    line, _ = lines(tmp_path, "bucket = true", described)
    assert line.mark is Mark.GOOD


def test_a_key_is_taken_over_with_its_alias_or_without(account: Account, tmp_path: Path) -> None:
    found = key(account)
    _, line = lines(tmp_path, f'key = "{found}"')
    assert line.mark is Mark.GOOD
    account.kms.create_alias(AliasName=ALIAS, TargetKeyId=found)
    _, line = lines(tmp_path, f'key = "{found}"\nkey_alias = true')
    assert (line.mark, line.text) == (Mark.GOOD, f"{found}: ours, and the deploy takes it over as {ALIAS}")


def test_an_alias_that_exists_and_is_not_taken_over_is_reported(account: Account, tmp_path: Path) -> None:
    found = account.key(ALIAS)
    _, line = lines(tmp_path, f'key = "{found}"')
    assert (line.mark, line.text) == (Mark.BAD, f"{ALIAS} exists")
    assert "import.key_alias = true" in line.remedy


def test_an_alias_of_another_key_is_reported(account: Account, tmp_path: Path) -> None:
    other, found = account.key(ALIAS), key(account)
    _, line = lines(tmp_path, f'key = "{found}"\nkey_alias = true')
    assert (line.mark, line.text) == (Mark.BAD, f"{ALIAS} stands for {other}, and import.key is another key")


def test_a_key_that_cannot_encrypt_a_bucket_is_refused(account: Account, tmp_path: Path) -> None:
    found = key(account, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    _, line = lines(tmp_path, f'key = "{found}"')
    assert line.mark is Mark.BAD
    assert "must be a symmetric key" in line.text


def test_a_key_that_does_not_exist_is_reported(account: Account, tmp_path: Path) -> None:
    missing = "11111111-2222-3333-4444-555555555555"
    _, line = lines(tmp_path, f'key = "{missing}"')
    assert (line.mark, line.text) == (
        Mark.BAD,
        f"import.key is {missing}, and there is no such key in us-east-1",
    )


def test_a_key_that_is_to_be_deleted_is_refused(account: Account, tmp_path: Path) -> None:
    found = key(account)
    account.kms.schedule_key_deletion(KeyId=found, PendingWindowInDays=7)
    _, line = lines(tmp_path, f'key = "{found}"')
    assert line.mark is Mark.BAD
    assert "the key is scheduled for deletion" in line.text


def test_every_command_that_is_shown_is_one_of_the_aws_cli(account: Account, tmp_path: Path) -> None:
    account.s3.create_bucket(Bucket=BUCKET)
    for put in (put_website, put_cors):
        put(account.s3)
    line, _ = lines(tmp_path, "bucket = true")
    commands = [f"`aws s3api delete-bucket-{what} --bucket {BUCKET}`" for what in ("website", "cors")]
    assert line.remedy.endswith(", ".join(commands))
    assert "has a website and CORS rules, which" in line.text
    assert json.dumps(line.text).isascii()
