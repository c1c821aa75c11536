"""What stands in for services that MiniStack lacks: it answers, and needs the permissions that AWS needs."""

from typing import Any

from ops.embedded.stand_ins import STAND_INS
from tests.embedded_iam.account import Account, allow, refused

import pytest
from botocore.exceptions import ClientError

TAGS = {"Environment": "dev"}


def plan(guardduty: Any, account: Account, **tags: str) -> str:
    made = guardduty.create_malware_protection_plan(
        Role="arn:aws:iam::000000000000:role/scan",
        ProtectedResource={"S3Bucket": {"BucketName": account.bucket, "ObjectPrefixes": ["in/"]}},
        Actions={"Tagging": {"Status": "ENABLED"}},
        Tags=tags,
    )
    return str(made["MalwareProtectionPlanId"])


def test_the_list_has_every_service_that_is_stood_in_for() -> None:
    assert set(STAND_INS) == {"guardduty"}


def test_a_plan_is_kept_changed_and_deleted(account: Account) -> None:
    guardduty = account.session(allow("guardduty:*")).aws.client("guardduty")
    id_ = plan(guardduty, account, **TAGS)
    named = {"MalwareProtectionPlanId": id_}
    found = guardduty.get_malware_protection_plan(**named)
    assert (found["Status"], found["Tags"]) == ("ACTIVE", TAGS)
    guardduty.update_malware_protection_plan(
        **named, ProtectedResource={"S3Bucket": {"ObjectPrefixes": ["in/", "out/"]}}
    )
    guardduty.tag_resource(ResourceArn=found["Arn"], Tags={"Team": "data"})
    guardduty.untag_resource(ResourceArn=found["Arn"], TagKeys=["Environment"])
    found = guardduty.get_malware_protection_plan(**named)
    assert found["ProtectedResource"]["S3Bucket"]["ObjectPrefixes"] == ["in/", "out/"]
    assert found["Tags"] == {"Team": "data"}
    guardduty.send_object_malware_scan(S3Object={"Bucket": account.bucket, "Key": "in/x"})
    guardduty.delete_malware_protection_plan(**named)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        guardduty.get_malware_protection_plan(**named)


def test_tags_of_the_request_and_of_the_plan_decide(account: Account) -> None:
    making = allow(
        "guardduty:CreateMalwareProtectionPlan", StringEquals={"aws:RequestTag/Environment": "dev"}
    )
    seeing = allow("guardduty:GetMalwareProtectionPlan", StringEquals={"aws:ResourceTag/Environment": "dev"})
    ours = account.session(making, seeing).aws.client("guardduty")
    id_ = plan(ours, account, **TAGS)
    refused(lambda: plan(ours, account, Environment="prod"))
    assert ours.get_malware_protection_plan(MalwareProtectionPlanId=id_)["Tags"] == TAGS
    root = account.session(allow("guardduty:*")).aws.client("guardduty")
    other = plan(root, account, Environment="prod")
    refused(lambda: ours.get_malware_protection_plan(MalwareProtectionPlanId=other))
