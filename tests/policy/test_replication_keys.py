"""What the replication role does with the keys of the two buckets, which have bucket keys, one way and both.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html#bucket-key-replication
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html#bk-replication
"""

from collections.abc import Mapping, Sequence

from constructs_lib.policies import document
from constructs_lib.policies.place import Place
from constructs_lib.policies.replication_policy import (
    Side,
    key_statements,
    replication_boundary,
    replication_policy,
)
from tests.policy.engine import Document, Engine, EngineRequest

import pytest

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/secure-storage-it-replica"
SOURCE, REPLICA = (
    Side(
        name,
        f"arn:aws:s3:::{name.lower()}",
        Place("aws", ACCOUNT, region),
        f"arn:aws:kms:{region}:{ACCOUNT}:key/1",
    )
    for name, region in (("Source", "us-east-1"), ("Replica", "eu-west-3"))
)
DECRYPT, ENCRYPT, DATA_KEY = "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"
ACTIONS = (DECRYPT, ENCRYPT, DATA_KEY, "kms:CreateGrant", "kms:ReEncryptFrom", "kms:PutKeyPolicy")
ONE_WAY = {(DECRYPT, "Source"), (DATA_KEY, "Source")} | {
    (action, "Replica") for action in (DECRYPT, ENCRYPT, DATA_KEY)
}
BOTH_WAYS = {(action, side) for action in (DECRYPT, ENCRYPT, DATA_KEY) for side in ("Source", "Replica")}


def policies(*, both_ways: bool) -> dict[str, Document]:
    """The role's policy and boundary, and what the policy of each key says of the role."""

    def key(side: Side, *, read: bool, written: bool) -> Document:
        return document(*key_statements(side, role_arn=ROLE, read=read, written=written))

    return {
        "role": replication_policy(
            source=SOURCE,
            replica=REPLICA,
            delete_markers=False,
            both_ways=both_ways,
            object_lock=False,
        ),
        "boundary": replication_boundary(source=SOURCE, replica=REPLICA),
        "Source": key(SOURCE, read=True, written=both_ways),
        "Replica": key(REPLICA, read=both_ways, written=True),
    }


def uses(
    engine: Engine, held: Mapping[str, Document], *, identity: Sequence[str] = ("role",), context: str = ""
) -> set[tuple[str, str]]:
    """What the role may do with which key, through S3 and for that key's bucket; each as action and side."""
    asked = [(action, side) for side in (SOURCE, REPLICA) for action in ACTIONS]
    requests = [
        EngineRequest(
            principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/secure-storage-it-replica/s3",
            action=action,
            resource=str(side.key_arn),
            account=ACCOUNT,
            context={
                "aws:PrincipalArn": ROLE,
                **(
                    {
                        "kms:ViaService": f"s3.{side.place.region}.amazonaws.com",
                        "kms:EncryptionContext:aws:s3:arn": f"{side.bucket_arn}{context}",
                        "kms:EncryptionContextKeys": ["aws:s3:arn"],
                    }
                    if action in (DECRYPT, ENCRYPT, DATA_KEY)
                    else {}
                ),
            },
            identity=identity,
            resource_policy=side.name,
        )
        for action, side in asked
    ]
    answers = engine.evaluate(requests, held)
    assert [key for answer in answers for key in answer.ignored] == []
    return {
        (action, side.name)
        for (action, side), answer in zip(asked, answers, strict=True)
        if answer.result == "Allowed"
    }


@pytest.mark.parametrize(("both_ways", "wanted"), [(False, ONE_WAY), (True, BOTH_WAYS)])
@pytest.mark.parametrize("context", ["", "/key"], ids=["with bucket keys", "without bucket keys"])
def test_the_role_uses_each_key_as_replication_with_bucket_keys_does_and_no_further(
    engine: Engine, both_ways: bool, wanted: set[tuple[str, str]], context: str
) -> None:
    assert uses(engine, policies(both_ways=both_ways), context=context) == wanted


@pytest.mark.parametrize("both_ways", [False, True])
def test_its_boundary_leaves_room_for_that(engine: Engine, both_ways: bool) -> None:
    """The answer of a role that has the boundary for a policy: what both allow is what the role may."""
    held = policies(both_ways=both_ways)
    within = uses(engine, held, identity=("boundary",))
    assert uses(engine, held) <= within


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize("side", ["Source", "Replica"])
def test_neither_the_key_s_policy_nor_the_role_s_is_enough(
    engine: Engine, side: str, both_ways: bool
) -> None:
    held = policies(both_ways=both_ways)
    other = {("Source", "Replica")[side == "Source"]}
    without = document({**held[side]["Statement"][0], "Action": "kms:DescribeKey"})
    assert {where for _, where in uses(engine, {**held, side: without})} == other
    assert uses(engine, held, identity=()) == set()


@pytest.mark.parametrize("both_ways", [False, True])
def test_no_action_is_allowed_twice(both_ways: bool) -> None:
    """Else one of them could go without notice."""
    held = policies(both_ways=both_ways)
    for name in ("Source", "Replica"):
        actions = [action for one in held[name]["Statement"] for action in one["Action"]]
        assert sorted(actions) == sorted(set(actions))
    pairs = [
        (action, one["Resource"])
        for one in held["role"]["Statement"]
        for action in one["Action"]
        if action.startswith("kms:")
    ]
    assert sorted(pairs) == sorted(set(pairs))
