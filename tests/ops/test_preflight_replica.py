"""The preflight's lines about replication, against MiniStack."""

from pathlib import Path

from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import StackNames
from ops.embedded.aws import EmbeddedAws
from ops.preflight import replica
from ops.preflight.taken import TakenNames
from ops.preflight.verdict import Mark, Verdict
from settings.loading import load_environments
from tests.conftest import VARIANTS
from tests.ops.preflight_support import ACCOUNT, HARMLESS, NO_STACK, OTHER_ACCOUNT, Account

import pytest

BUCKET, ALIAS = "secure-replication-data-replica", "alias/secure-s3-replica-replication"
THERE = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-3"}}


@pytest.fixture
def lines(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> dict[str, Verdict]:
    for name, value in running.environment({}).items():
        monkeypatch.setenv(name, value)
    return _Lines()


class _Lines(dict[str, Verdict]):
    """Each line, checked again, by its subject."""

    def __missing__(self, subject: str) -> Verdict:
        (settings,) = (
            one for one in load_environments(Path(VARIANTS), {}) if one.environment == "replication"
        )
        caller = Caller(f"arn:aws:iam::{ACCOUNT}:user/ada", ACCOUNT)
        taken = TakenNames(StackNames(NO_STACK, {}), True, "make recover ENV=replication")
        return dict(replica.checks(settings, caller, taken))[subject]()


def test_what_replication_takes_is_free_ours_or_somebody_elses(
    running: EmbeddedAws, lines: dict[str, Verdict]
) -> None:
    account, stranger = Account(running.endpoint), Account(running.endpoint, OTHER_ACCOUNT)
    assert lines["replica bucket"].mark is Mark.GOOD
    assert lines["replica key alias"].text == f"{ALIAS} is free"

    stranger.client("s3", "eu-west-3").create_bucket(Bucket=BUCKET, **THERE)
    assert "somebody else's" in lines["replica bucket"].text
    stranger.client("s3", "eu-west-3").delete_bucket(Bucket=BUCKET)
    account.s3.create_bucket(Bucket=BUCKET)
    assert "is ours, but in us-east-1" in lines["replica bucket"].text
    account.s3.delete_bucket(Bucket=BUCKET)
    account.client("s3", "eu-west-3").create_bucket(Bucket=BUCKET, **THERE)
    assert lines["replica bucket"].remedy == "make recover ENV=replication"

    account.key(ALIAS)  # in the region of the source
    assert lines["replica key alias"].mark is Mark.GOOD
    kms = account.client("kms", "eu-west-3")
    kms.create_alias(AliasName=ALIAS, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert lines["replica key alias"].remedy == "make recover ENV=replication"


def test_the_role_needs_its_boundary_first(running: EmbeddedAws, lines: dict[str, Verdict]) -> None:
    iam = Account(running.endpoint).iam
    line = lines["replication role"]
    assert (line.mark, line.remedy) == (Mark.BAD, "make bootstrap ENV=replication")
    iam.create_policy(PolicyName="SecureS3ReplicationBoundary-replication", PolicyDocument=HARMLESS)
    assert lines["replication role"].mark is Mark.GOOD
    iam.create_role(RoleName="secure-storage-replication-replica", AssumeRolePolicyDocument="{}")
    assert lines["replication role"].remedy == "make recover ENV=replication"
