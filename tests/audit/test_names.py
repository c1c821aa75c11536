"""A trail that is there but in no state is found, and refused where it is somebody else's."""

from collections.abc import Iterator
from typing import Any

from ops.deploy.caller import Caller
from ops.deploy.imports import find_imports
from ops.embedded.aws import EmbeddedAws
from ops.preflight import names
from ops.preflight.state import StateFacts
from ops.preflight.verdict import Mark
from ops.shared.errors import OpsError
from ops.state.snapshot import Snapshot
from settings.loading import load_environments
from settings.model import Settings
from tests.audit.conftest import STACK, client
from tests.conftest import VARIANTS

import pytest

TRAIL = "secure-storage-audit"
ALIAS = "alias/secure-s3-audit-audit"
OURS = [{"Key": "Environment", "Value": "audit"}, {"Key": "Project", "Value": "secure-s3-storage"}]


@pytest.fixture
def settings() -> Settings:
    (found,) = (one for one in load_environments(VARIANTS, {}) if one.environment == "audit")
    return found


@pytest.fixture
def trail(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """CloudTrail, in which there is a trail of that name."""
    for name, value in aws.variables.items():
        monkeypatch.setenv(name, value)
    cloudtrail = client(aws, "cloudtrail")
    cloudtrail.create_trail(Name=TRAIL, S3BucketName="logs")
    yield cloudtrail
    # MiniStack keeps the tags of a trail that is gone.
    cloudtrail.remove_tags(ResourceId=arn(cloudtrail), TagsList=OURS)
    cloudtrail.delete_trail(Name=TRAIL)


def arn(trail: Any) -> str:
    return str(trail.describe_trails(trailNameList=[TRAIL])["trailList"][0]["TrailARN"])


def trails(stacks: dict[str, dict[str, Any]], settings: Settings, state: Any) -> list[str]:
    found = find_imports(stacks[STACK], settings, state)
    return [one.import_id for one in found if one.address.startswith("aws_cloudtrail.")]


def test_a_trail_of_ours_is_found_unless_the_state_has_it(
    trail: Any, settings: Settings, stacks: dict[str, dict[str, Any]]
) -> None:
    trail.add_tags(ResourceId=arn(trail), TagsList=OURS)
    assert trails(stacks, settings, {}) == [arn(trail)]
    (address,) = stacks[STACK]["resource"]["aws_cloudtrail"]
    assert trails(stacks, settings, {f"aws_cloudtrail.{address}": {}}) == []


def test_a_trail_with_other_tags_is_refused(
    trail: Any, settings: Settings, stacks: dict[str, dict[str, Any]]
) -> None:
    with pytest.raises(OpsError, match=f"trail {TRAIL} is not this stack's"):
        trails(stacks, settings, {})


def lines(
    settings: Settings, stacks: dict[str, dict[str, Any]], resources: dict[str, dict[str, str]]
) -> dict[str, tuple[Mark, str]]:
    snapshot = Snapshot(b"", 1, "", {}, resources, (), ())
    caller = Caller("arn:aws:iam::000000000000:user/test", "000000000000")
    found = names.check(settings, caller, StateFacts(True, snapshot, True), stacks[STACK])
    return {line.subject: (line.mark, line.text) for line in found}


def test_the_preflight_tells_a_trail_that_is_in_the_way(
    trail: Any, settings: Settings, stacks: dict[str, dict[str, Any]]
) -> None:
    assert trail is not None
    assert lines(settings, stacks, {})["audit trail"] == (
        Mark.BAD,
        f"{TRAIL}: exists in this account, and is not in the state",
    )
    ours = {"aws_cloudtrail.it": {"name": TRAIL}}
    assert lines(settings, stacks, ours)["audit trail"] == (Mark.GOOD, f"{TRAIL}: ours, and in the state")


def test_the_preflight_looks_at_the_name_of_the_audit_key_only_with_an_audit(
    aws: EmbeddedAws, trail: Any, settings: Settings, stacks: dict[str, dict[str, Any]]
) -> None:
    assert trail is not None
    kms = client(aws, "kms")
    taken = {one["AliasName"] for one in kms.list_aliases()["Aliases"]}
    if ALIAS not in taken:
        assert lines(settings, stacks, {})["audit key alias"] == (Mark.GOOD, f"{ALIAS} is free")
        kms.create_alias(AliasName=ALIAS, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert lines(settings, stacks, {})["audit key alias"][0] is Mark.BAD
    without = settings.model_copy(update={"audit": settings.audit.model_copy(update={"enabled": False})})
    assert not {"audit key alias", "audit trail"} & lines(without, stacks, {}).keys()
