"""`ops scan-existing`, with S3 of MiniStack and the stand-in for GuardDuty, which scans nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.deploy import scan_existing
from ops.deploy.scan_existing import Choice
from ops.embedded.aws import EmbeddedAws
from ops.shared.errors import OpsError
from settings.loading import load_environments
from settings.model import Settings
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.e2e.gaps import Gaps
from tests.ops.preflight_support import Account

import pytest

BUCKET = "secure-dev-data-bucket"
ON = """
[events]
eventbridge = true
[malware_scan]
enabled = true
"""
TAGS = {"inbox/bad": "THREATS_FOUND", "inbox/clean": "NO_THREATS_FOUND", "inbox/failed": "FAILED"}
UNSCANNED = ["inbox/a b", "inbox/failed", "inbox/z", "outbox/c"]


class GuardDuty:
    """What was sent to be scanned; from the key `stop` on, it refuses."""

    def __init__(self) -> None:
        self.gaps = Gaps()
        self.stop = ""

    @property
    def sent(self) -> list[str]:
        return [one["key"] for one in self.gaps.guardduty.sent]

    def __call__(self, call: Call) -> Answer | None:
        if self.stop and call.url.path.endswith("/send") and self.stop.encode() in call.body:
            return Answer(403, b'{"message": "no"}', {"x-amzn-errortype": "AccessDeniedException"})
        if "tagging" in call.query and call.url.path.endswith("/old/gone"):
            # MiniStack knows no tags of a version behind a delete marker, and S3 does.
            return Answer(200, b"<Tagging><TagSet/></Tagging>", {"Content-Type": "application/xml"})
        return self.gaps(call)


@pytest.fixture(scope="module")
def bucket(running: EmbeddedAws) -> Any:
    """The objects that were there before: S3 and some results, below two prefixes and elsewhere."""
    s3 = Account(running.endpoint).s3
    s3.create_bucket(Bucket=BUCKET)
    elsewhere = ["elsewhere/file", "malware-protection-resource-validation-object"]
    for key in (*UNSCANNED, *TAGS, *elsewhere):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    s3.put_object(Bucket=BUCKET, Key="inbox/cold", Body=b"x", StorageClass="GLACIER")
    for key, value in TAGS.items():
        tags = {"TagSet": [{"Key": "GuardDutyMalwareScanStatus", "Value": value}]}
        s3.put_object_tagging(Bucket=BUCKET, Key=key, Tagging=tags)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key in ("old/a", "old/a", "old/a", "old/gone"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    clean = {"TagSet": [{"Key": "GuardDutyMalwareScanStatus", "Value": "NO_THREATS_FOUND"}]}
    s3.put_object_tagging(Bucket=BUCKET, Key="old/a", Tagging=clean)
    s3.delete_object(Bucket=BUCKET, Key="old/gone")
    return s3


@pytest.fixture
def guardduty(running: EmbeddedAws, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[GuardDuty]:
    answers = GuardDuty()
    with AwsProxy(running.endpoint, fault=answers) as proxy:
        for name, value in EmbeddedAws(proxy.endpoint).environment({}).items():
            monkeypatch.setenv(name, value)
        Account(proxy.endpoint).client("guardduty").create_malware_protection_plan(
            Role="arn:aws:iam::000000000000:role/scan",
            ProtectedResource={"S3Bucket": {"BucketName": BUCKET}},
        )
        yield answers


def settings(folder: Path, text: str = ON) -> Settings:
    (folder / "dev.toml").write_text(text, encoding="utf-8")
    (found,) = load_environments(folder, {})
    return found


def scan(folder: Path, *prefixes: str, rate: int = 10, **options: Any) -> list[float]:
    """Have objects scanned; return the pauses."""
    pauses: list[float] = []
    choice = Choice(rate, **options)
    scan_existing.scan_existing(settings(folder), prefixes, choice, pause=pauses.append)
    return pauses


def test_what_has_no_result_is_sent_within_the_rate(
    guardduty: GuardDuty, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan(tmp_path, "outbox/", "inbox/", rate=4) == [0.25] * 4
    assert guardduty.sent == UNSCANNED
    assert capsys.readouterr().out == (
        "✓ objects: 4 sent to be scanned; 2 with a result; "
        "1 archived, which GuardDuty cannot read: restore them first\n"
        "Next: wait for the scans; make scan-existing ENV=dev ARGS=--dry-run counts the rest.\n"
    )


def test_a_dry_run_sends_nothing(
    guardduty: GuardDuty, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan(tmp_path, "", dry_run=True) == []
    assert guardduty.sent == []
    said = capsys.readouterr().out
    assert said.startswith("✓ objects: 5 to be scanned; 3 with a result; 1 archived")
    assert said.endswith("; 3 earlier versions left out: --versions takes them, too\n")


def test_earlier_versions_are_sent_by_their_ids(
    guardduty: GuardDuty, bucket: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = bucket.list_object_versions(Bucket=BUCKET, Prefix="old/")["Versions"]
    scan(tmp_path, "old/")
    assert guardduty.sent == []
    capsys.readouterr()
    guardduty.stop = found[2]["VersionId"]
    with pytest.raises(OpsError, match=r"^cannot have 'old/a' scanned"):
        scan(tmp_path, "old/", versions=True)
    assert capsys.readouterr().out == "versions: 1 sent to be scanned; 1 with a result\n", "no key is done"
    guardduty.stop = found[3]["VersionId"]
    with pytest.raises(OpsError, match=r"^cannot have 'old/gone' scanned"):
        scan(tmp_path, "old/", versions=True)
    assert capsys.readouterr().out.endswith("\nTo go on, add --after old/a\n")
    guardduty.stop = ""
    scan(tmp_path, "old/", versions=True, after="old/a")
    assert [one["versionId"] for one in guardduty.gaps.guardduty.sent] == [
        found[place]["VersionId"] for place in (1, 1, 2, 3)
    ]
    assert capsys.readouterr().out == (
        "✓ versions: 1 sent to be scanned; 0 with a result\nNext: wait for the scans; "
        "make scan-existing ENV=dev ARGS='--versions --dry-run' counts the rest.\n"
    )


def test_all_sends_also_what_has_a_result_that_anybody_may_have_written(
    guardduty: GuardDuty, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan(tmp_path, "inbox/", everything=True)
    assert guardduty.sent == sorted([*TAGS, "inbox/a b", "inbox/z"])
    assert capsys.readouterr().out == (
        "✓ objects: 5 sent to be scanned; 1 archived, which GuardDuty cannot read: restore them first\n"
        "Next: wait for the scans; GuardDuty's metrics in CloudWatch count them, "
        "as no tag says when it was written.\n"
    )


def test_a_run_that_stops_says_after_which_key_to_go_on(
    guardduty: GuardDuty, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guardduty.stop = "inbox/failed"
    with pytest.raises(OpsError) as caught:
        scan(tmp_path, "inbox/", "outbox/")
    assert str(caught.value).startswith("cannot have 'inbox/failed' scanned: An error occurred (AccessDenied")
    assert capsys.readouterr().out == (
        "objects: 1 sent to be scanned; 2 with a result; "
        "1 archived, which GuardDuty cannot read: restore them first\nTo go on, add --after 'inbox/a b'\n"
    )
    guardduty.stop = ""
    scan(tmp_path, "inbox/", "outbox/", after="inbox/a b")
    assert guardduty.sent == UNSCANNED


def test_a_bucket_that_is_not_scanned_is_one_line(tmp_path: Path) -> None:
    prefixes = scan_existing._prefixes
    with pytest.raises(
        OpsError, match=r"^dev is not scanned for malware; set malware_scan.enabled = true in "
    ):
        prefixes(settings(tmp_path, ""), None)
    some = settings(tmp_path, ON + 'prefixes = ["inbox/", "outbox/"]\n')
    with pytest.raises(OpsError, match=r'^"other/" is not below what is scanned: inbox/, outbox/; give '):
        prefixes(some, "other/")
    assert prefixes(some, None) == ("inbox/", "outbox/")
    assert prefixes(some, "inbox/sub/") == ("inbox/sub/",)
    assert prefixes(settings(tmp_path), None) == ("",)
    assert prefixes(settings(tmp_path), "any/") == ("any/",)
