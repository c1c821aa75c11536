"""A state that moved to another shared bucket: what is left is sealed, and nobody uses it or counts it."""

import json
from collections.abc import Callable
from pathlib import Path

from ops.deploy.bootstrapped import require_bootstrapped
from ops.deploy.move_state import OldBackend, StateMove
from ops.deploy.own_backend import Bootstrap
from ops.preflight.verdict import Mark
from ops.shared.errors import OpsError
from ops.shared.terraform import Stack
from ops.state import state_commands
from ops.state.guests import guests_of, refuse_with_guests
from ops.state.remote_state import RemoteState
from ops.state.snapshot import empty_state
from ops.state.state_check import refuse_lost_state
from settings.loading import load_environments
from settings.model import Settings
from tests.aws_proxy import Answer, AwsProxy
from tests.ops.preflight_support import ACCOUNT, HARMLESS, NO_STACK, Account, state
from tests.ops.test_shared_backend import (
    CI_STATE,
    HOME,
    OLD,
    OWN_STATE,
    RECORDS,
    REFUSED,
    STACK,
    STATE,
    account,
    both,
    content,
    folder,
    forget,
    move,
    preflight,
    with_lineage,
)

import pytest

__all__ = ["account", "both", "folder"]

NEXT = "secure-stage-terraform-state"
GONE_ON = with_lineage("4f1c", serial=9)


@pytest.fixture
def stage(account: Account, both: dict[str, Settings], folder: Path) -> Settings:
    """Dev's settings, for its second move: from prod, where it went on, to stage."""
    account.s3.put_object(Bucket=OLD, Key=OWN_STATE, Body=with_lineage("own"))
    move(both["dev"])
    account.s3.put_object(Bucket=HOME, Key=STATE, Body=GONE_ON)
    account.s3.put_object(Bucket=HOME, Key=OWN_STATE, Body=with_lineage("own of prod"))
    account.s3.create_bucket(Bucket=NEXT)
    account.s3.put_bucket_versioning(Bucket=NEXT, VersioningConfiguration={"Status": "Enabled"})
    (folder / "stage.toml").write_text("state.shared = true\n")
    (folder / "dev.toml").write_text('state.of = "stage"\n')
    return next(one for one in load_environments(folder, {}) if one.environment == "dev")


def move_from(settings: Settings, bucket: str | None) -> list[str]:
    old = OldBackend.of(settings, bucket, None)
    assert old.exists(settings, account=ACCOUNT)
    return list(StateMove(settings, old, account=ACCOUNT).run())


def everything(account: Account) -> list[dict[str, list[bytes]]]:
    return [content(account, bucket) for bucket in (OLD, HOME, NEXT)]


def error(of: Callable[[], object]) -> str:
    with pytest.raises(OpsError) as raised:
        of()
    assert "release-lock" not in str(raised.value)
    return str(raised.value)


def test_a_second_move_does_not_begin_with_the_first_bucket(account: Account, stage: Settings) -> None:
    before = everything(account)
    assert error(lambda: move_from(stage, None)) == (
        f"s3://{OLD}/{STATE} is out of date: it moved to s3://{HOME}/{STATE} before; nothing was changed; "
        f"--from-bucket {HOME} moves it from there"
    )
    assert everything(account) == before
    lines = move_from(stage, HOME)
    assert lines[0] == f"s3://{NEXT}/{STATE}: serial 9, 3 resources"
    there = content(account, NEXT)
    assert there == {
        STATE: [GONE_ON],
        CI_STATE: [with_lineage("77aa")],
        **{f"ci-of-guests/deployed/dev/{name}": [body] for name, body in RECORDS.items()},
    }
    assert move_from(stage, HOME) == []


def test_after_the_second_move_the_first_bucket_is_no_obstacle(account: Account, stage: Settings) -> None:
    move_from(stage, HOME)
    # Nothing says yet that the move came to its end.
    assert "is out of date" in error(lambda: move_from(stage, None))
    account.s3.put_object(Bucket=NEXT, Key=OWN_STATE, Body=empty_state())
    assert "is out of date" in error(lambda: move_from(stage, None))
    account.s3.put_object(Bucket=NEXT, Key=OWN_STATE, Body=with_lineage("own of stage"))
    before = everything(account)
    assert move_from(stage, None) == []
    assert everything(account) == before


def test_a_state_does_not_move_back(account: Account, both: dict[str, Settings], stage: Settings) -> None:
    move_from(stage, HOME)
    before = everything(account)
    for bucket in (None, NEXT):
        line = error(lambda bucket=bucket: move_from(both["dev"], bucket))  # type: ignore[misc]
        assert f"the state s3://{HOME}/{STATE} is out of date: it moved to s3://{NEXT}/{STATE}" in line
    assert everything(account) == before


# What is left


def test_a_seal_is_not_released(account: Account, both: dict[str, Settings], stage: Settings) -> None:
    old = RemoteState(OldBackend.of(stage, None, None).settings(stage), STACK)
    lock = old.lock()
    assert lock is not None
    assert lock.moved_to == f"s3://{HOME}/{STATE}"
    line = error(lambda: old.release(lock))
    assert line.startswith(f"the state s3://{OLD}/{STATE} is out of date: it moved to s3://{HOME}/{STATE}; ")
    assert line.endswith(
        f"the environment whose state bucket is {HOME}, as in the settings that it moved with"
    )
    assert error(lambda: old.take_lock("apply")) == line
    assert old.lock() == lock


@pytest.fixture
def alone(stage: Settings, folder: Path) -> Settings:
    """Dev's settings without state.of, after its state moved."""
    (folder / "dev.toml").write_text("")
    return next(one for one in load_environments(folder, {}) if one.environment == "dev")


class NotInitialized(Stack):
    """A stack whose Terraform is not needed: a bootstrap that comes to it was not refused."""

    def init(self, *_arguments: str) -> None:
        raise OpsError("it goes on")


def own_bootstrap(settings: Settings, tmp_path: Path, *, new_state: bool = False) -> Bootstrap:
    described = {**NO_STACK, "terraform": {"backend": {"s3": {"key": OWN_STATE}}}}
    (tmp_path / "cdk.tf.json").write_text(json.dumps(described))
    stack = NotInitialized(f"{STACK}-state", tmp_path, {"CDKTF_OUTPUT": str(tmp_path / "out")})
    return Bootstrap(settings, stack, auto_approve=True, new_state=new_state)


def test_without_state_of_the_state_that_is_left_is_not_used(
    account: Account, alone: Settings, tmp_path: Path
) -> None:
    before = everything(account)
    moved = f"the state s3://{OLD}/{STATE} is out of date: it moved to s3://{HOME}/{STATE}; set state.of in "
    for use in (
        lambda: require_bootstrapped(alone),
        lambda: refuse_lost_state(alone, STACK),
        lambda: state_commands.restore("dev", None, lambda _question: True, backend=False),
        own_bootstrap(alone, tmp_path).run,
    ):
        assert error(use).startswith(moved)
    mark, line = preflight(alone)["state lock"]
    assert mark is Mark.BAD
    assert "it moved to" in line
    assert "release-lock" not in line
    assert everything(account) == before
    for key in (STATE, OWN_STATE):
        account.s3.delete_object(Bucket=OLD, Key=f"{key}.tflock")
    require_bootstrapped(alone)
    refuse_lost_state(alone, STACK)


def test_a_role_that_cannot_see_the_lock_is_not_stopped(
    running: object, alone: Settings, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(call: object) -> Answer | None:
        return REFUSED if call.url.path.endswith(".tflock") else None  # type: ignore[attr-defined]

    with AwsProxy(account.endpoint, hidden) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        require_bootstrapped(alone)
        refuse_lost_state(alone, STACK)


@pytest.mark.parametrize("new_state", [False, True])
def test_a_bucket_of_its_own_does_not_begin_over_what_is_deployed(
    account: Account, alone: Settings, tmp_path: Path, new_state: bool
) -> None:
    forget(account, OLD, "")
    account.s3.delete_bucket(Bucket=OLD)
    account.iam.create_policy(PolicyName="SecureS3Access-dev", PolicyDocument=HARMLESS)
    run = own_bootstrap(alone, tmp_path, new_state=new_state).run
    if new_state:
        assert error(run) == "it goes on"
        return
    line = error(run)
    assert line.startswith(f"dev is deployed, as SecureS3Access-dev exists, but s3://{OLD}/{STATE} does not")
    assert "set state.of again in" in line
    assert "--new-state begins with an empty one" in line


# The bucket that it left


def test_a_guest_that_left_is_not_in_the_way_of_the_owner(
    account: Account, both: dict[str, Settings], stage: Settings
) -> None:
    assert guests_of(both["prod"], certain=True) == ["dev"]
    move_from(stage, HOME)
    assert guests_of(both["prod"], certain=True) == []
    refuse_with_guests(both["prod"], "nothing", certain=True)
    account.s3.put_object(Bucket=HOME, Key="secure-storage-pr-12/terraform.tfstate", Body=state())
    assert guests_of(both["prod"], certain=True) == ["pr-12"]


def test_a_guest_that_has_not_left_completely_is(
    account: Account, both: dict[str, Settings], stage: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AwsProxy(account.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        # The states are sealed; the records of deploys cannot be written.
        proxy.fault = lambda call: REFUSED if call.method == "PUT" and "/deployed/" in call.url.path else None
        assert "cannot write" in error(lambda: move_from(stage, HOME))
        assert guests_of(both["prod"], certain=True) == ["dev"]
        proxy.fault = lambda _call: None
        move_from(stage, HOME)
        assert guests_of(both["prod"], certain=True) == []
        proxy.fault = lambda call: REFUSED if call.url.path.endswith(".tflock") else None
        with pytest.raises(OpsError, match="cannot read"):
            guests_of(both["prod"], certain=True)
