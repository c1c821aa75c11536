"""The scan of an environment: plan, role, and what waits for what."""

import json
from pathlib import Path
from typing import Any

from constructs_lib.policies.encryption import encryption_statements
from constructs_lib.policies.place import Place
from constructs_lib.policies.scan_policy import Scanned, scan_policy
from constructs_lib.policies.scanned_objects import Scan, scan_statements
from settings.loading import load_environments
from stacks.app import build

import pytest

BUCKET = "arn:aws:s3:::acme"
SCANNER = "arn:aws:iam::111122223333:role/scan"
REPLICATION = "arn:aws:iam::111122223333:role/replication"


def only(stack: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = stack["resource"][kind].values()
    return dict(found)


def replaced_by(stack: dict[str, Any], plan: dict[str, Any]) -> str:
    """The value whose change makes a new plan."""
    ((name, extent),) = stack["resource"]["terraform_data"].items()
    assert plan["lifecycle"]["replace_triggered_by"] == [f"terraform_data.{name}"]
    return str(extent["input"])


def test_the_plan_tags_and_waits_for_the_notifications_and_the_role_s_policy(
    stacks: dict[str, dict[str, Any]],
) -> None:
    stack = stacks["secure-storage-malware-scan"]
    plan = only(stack, "aws_guardduty_malware_protection_plan")
    assert plan["actions"] == [{"tagging": [{"status": "ENABLED"}]}]
    (bucket,) = plan["protected_resource"][0]["s3_bucket"]
    assert bucket["object_prefixes"] == ["inbox/", "outbox/"]
    kinds = {one.split(".")[0] for one in plan["depends_on"]}
    assert kinds == {"aws_s3_bucket_notification", "aws_iam_role_policy_attachment"}
    assert "postcondition" not in plan["lifecycle"]
    assert replaced_by(stack, plan) == "prefixes"


def test_presign_learns_where_objects_are_scanned(stacks: dict[str, dict[str, Any]]) -> None:
    assert stacks["secure-storage-malware-scan"]["output"]["MalwareScan"]["value"] == {
        "Prefixes": ["inbox/", "outbox/"],
        "Enforced": True,
        "Tag": "GuardDutyMalwareScanStatus",
        "Clean": "NO_THREATS_FOUND",
    }
    assert "MalwareScan" not in stacks["secure-storage-prod"]["output"]


def test_without_prefixes_it_is_the_whole_bucket(tmp_path: Path) -> None:
    from constructs_lib.malware_scan import NARROWED  # only here, as it starts the jsii child process

    (tmp_path / "dev.toml").write_text("[events]\neventbridge = true\n[malware_scan]\nenabled = true\n")
    build(load_environments(tmp_path, {}), outdir=str(tmp_path / "out")).synth()
    stack = json.loads((tmp_path / "out/stacks/secure-storage-dev/cdk.tf.json").read_text())
    plan = only(stack, "aws_guardduty_malware_protection_plan")
    (protected,) = plan["protected_resource"]
    assert protected["s3_bucket"][0].keys() == {"bucket_name"}
    (condition,) = plan["lifecycle"]["postcondition"]
    assert condition["error_message"] == NARROWED
    assert replaced_by(stack, plan) == "whole bucket"
    scan = Scan((), True, SCANNER, None, (SCANNER,), ())
    statements = scan_statements(bucket_arn=BUCKET, scan=scan)
    assert {json.dumps(one["Resource"]) for one in statements} == {f'["{BUCKET}/*"]'}
    # Nobody reads in other ways, the scanner neither.
    assert "Condition" not in statements[-1]


def test_nobody_is_spared_who_need_not_be() -> None:
    replicas = Scan((), True, None, REPLICATION, (REPLICATION,), ())
    _, unscanned, otherwise = scan_statements(bucket_arn=BUCKET, scan=replicas)
    assert unscanned["Condition"].keys() == {"StringNotEquals"}
    assert otherwise["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": [REPLICATION]}}


@pytest.mark.parametrize("scanned", [True, False])
def test_the_scanner_and_nobody_else_comes_in_from_outside_the_perimeter(
    tmp_path: Path, *, scanned: bool
) -> None:
    text = 'account_id = "111122223333"\n[network]\nsource_ips = ["203.0.113.0/24"]\n'
    scan = "[events]\neventbridge = true\n[malware_scan]\nenabled = true\n"
    (tmp_path / "dev.toml").write_text(text + scan * scanned)
    build(load_environments(tmp_path, {}), outdir=str(tmp_path / "out")).synth()
    stack = json.loads((tmp_path / "out/stacks/secure-storage-dev/cdk.tf.json").read_text())
    policy = json.loads(only(stack, "aws_s3_bucket_policy")["policy"])
    (perimeter,) = (one for one in policy["Statement"] if one["Sid"] == "DenyOutsidePerimeter")
    exempt = perimeter["Condition"].get("ArnNotEquals", {}).get("aws:PrincipalArn", [])
    assert [role.rpartition("/")[2] for role in exempt] == ["secure-storage-dev-scan"] * scanned


def test_the_role_of_a_bucket_without_a_key_uses_none() -> None:
    scanned = Scanned(BUCKET, Place("aws", "111122223333", "eu-west-1"), None)
    assert "kms:" not in json.dumps(scan_policy(scanned))


def test_the_scanner_is_spared_only_where_headers_are_required() -> None:
    def sids(*, required: bool, key: str | None = "arn:key") -> set[str]:
        found = encryption_statements(
            bucket_arn=BUCKET, key_arn=key, require_headers=required, takes_replicas=False, scanner=SCANNER
        )
        return {one["Sid"] for one in found if SCANNER in json.dumps(one)}

    by_scanner = {"DenyEncryptionByScanner", "DenyKeyByScanner"}
    assert sids(required=True) == {"DenyUnencryptedUploads", "DenyIncorrectKMSKey", *by_scanner}
    assert sids(required=True, key=None) == {"DenyUnencryptedUploads", "DenyEncryptionByScanner"}
    assert sids(required=False) == set()
