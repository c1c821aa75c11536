"""The service control policy in docs/longevity.md lets an organization make account-regional buckets only."""

import json
import re

from tests.conftest import ROOT
from tests.policy.engine import Document, Engine, EngineRequest

import pytest

KEY = "s3:x-amz-bucket-namespace"
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def scp() -> Document:
    (text,) = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "longevity.md").read_text(), re.DOTALL)
    policy: Document = json.loads(text)
    return policy


@pytest.mark.parametrize(
    ("action", "context", "result"),
    [
        ("s3:CreateBucket", {KEY: "account-regional"}, "Allowed"),
        ("s3:CreateBucket", {KEY: "global"}, "ExplicitlyDenied"),
        ("s3:CreateBucket", {}, "ExplicitlyDenied"),
        ("s3:PutBucketPolicy", {}, "Allowed"),
    ],
)
def test_it_denies_every_other_new_bucket(
    engine: Engine, action: str, context: dict[str, str | list[str]], result: str
) -> None:
    request = EngineRequest(
        principal="arn:aws:iam::111122223333:user/admin",
        action=action,
        resource="arn:aws:s3:::acme-111122223333-us-east-1-an",
        account="111122223333",
        context=context,
        identity=["admin", "scp"],  # it denies as a policy of the caller's does
        resource_policy=None,
    )
    (answer,) = engine.evaluate([request], {"admin": ADMIN, "scp": scp()})
    assert (answer.result, answer.ignored) == (result, ())
