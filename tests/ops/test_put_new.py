"""Writes that must not overwrite: what another request is in the way of is retried, in every place."""

from typing import Any

from ops.ci.store import PlanStore
from ops.embedded.aws import EmbeddedAws
from ops.shared.errors import OpsError
from ops.state.bucket_objects import CONFLICT_WAITS, BucketObjects
from ops.state.remote_state import RemoteState
from settings.loading import load_environments
from settings.model import Settings
from tests.aws_proxy import Answer, AwsProxy, Call, Reset
from tests.conftest import ROOT
from tests.ops.preflight_support import STATE_BUCKET, STATE_KEY, Account, reset, use_account

import pytest

CONFLICT = Answer(409, b"<Error><Code>ConditionalRequestConflict</Code><Message>Retry.</Message></Error>")
REFUSED = Answer(403, b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>")
WHERE = {"Bucket": STATE_BUCKET, "Key": "new"}
Fault = Answer | Reset


class Faults:
    """Answers the first writes of objects with these faults, one after the other."""

    def __init__(self, *faults: Fault) -> None:
        self.left = list(faults)

    def __call__(self, call: Call) -> Fault | None:
        is_object = call.method == "PUT" and call.url.path.count("/") > 1 and not call.query
        return self.left.pop(0) if is_object and self.left else None


@pytest.fixture(scope="module")
def dev() -> Settings:
    (found,) = (one for one in load_environments(ROOT / "environments", {}) if one.environment == "dev")
    return found


@pytest.fixture(autouse=True)
def bucket(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The state bucket, empty; the waits are short."""
    reset(running)
    monkeypatch.setattr("ops.state.bucket_objects.CONFLICT_WAITS", tuple(0.0 for _ in CONFLICT_WAITS))
    s3 = Account(running.endpoint).s3
    s3.create_bucket(Bucket=STATE_BUCKET)
    return s3


def body(s3: Any, key: str = "new") -> bytes:
    content: bytes = s3.get_object(Bucket=STATE_BUCKET, Key=key)["Body"].read()
    return content


def objects(proxy: AwsProxy, dev: Settings, monkeypatch: pytest.MonkeyPatch) -> BucketObjects:
    """The state bucket, asked through the proxy."""
    use_account(EmbeddedAws(proxy.endpoint), monkeypatch)
    return BucketObjects(dev)


@pytest.mark.parametrize("conflicts", [0, 1, len(CONFLICT_WAITS)])
def test_a_write_that_conflicts_is_retried_until_it_is_decided(
    running: EmbeddedAws, bucket: Any, dev: Settings, monkeypatch: pytest.MonkeyPatch, conflicts: int
) -> None:
    with AwsProxy(running.endpoint, Faults(*[CONFLICT] * conflicts)) as proxy:
        assert objects(proxy, dev, monkeypatch).put_new("new", b"ours")
        assert [call.status for call in proxy.calls] == [409] * conflicts + [200]
    assert body(bucket) == b"ours"


def test_a_write_that_conflicts_with_one_that_succeeds_overwrites_nothing(
    running: EmbeddedAws, bucket: Any, dev: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(**WHERE, Body=b"theirs")
    with AwsProxy(running.endpoint, Faults(CONFLICT)) as proxy:
        assert not objects(proxy, dev, monkeypatch).put_new("new", b"ours")
        assert [call.status for call in proxy.calls] == [409, 412]
    assert body(bucket) == b"theirs"


def test_a_write_that_goes_on_to_conflict_is_an_error(
    running: EmbeddedAws, dev: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = len(CONFLICT_WAITS) + 1
    with AwsProxy(running.endpoint, Faults(*[CONFLICT] * (tries + 1))) as proxy:
        with pytest.raises(OpsError, match="ConditionalRequestConflict"):
            objects(proxy, dev, monkeypatch).put_new("new", b"ours")
        assert [call.status for call in proxy.calls] == [409] * tries


def test_another_refusal_is_no_conflict(
    running: EmbeddedAws, dev: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AwsProxy(running.endpoint, Faults(REFUSED)) as proxy:
        with pytest.raises(OpsError, match="AccessDenied"):
            objects(proxy, dev, monkeypatch).put_new("new", b"ours")
        assert len(proxy.calls) == 1


@pytest.mark.parametrize("fault", [CONFLICT, Reset(carried_out=True)])
def test_what_is_there_is_our_own_also_where_the_answer_was_lost(
    running: EmbeddedAws, bucket: Any, dev: Settings, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    with AwsProxy(running.endpoint, Faults(fault)) as proxy:
        assert objects(proxy, dev, monkeypatch).put_own("new", b"ours", ContentType="application/json")
    assert body(bucket) == b"ours"


def test_what_somebody_else_wrote_is_not(
    running: EmbeddedAws, bucket: Any, dev: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(**WHERE, Body=b"theirs")
    with AwsProxy(running.endpoint, Faults(CONFLICT)) as proxy:
        assert not objects(proxy, dev, monkeypatch).put_own("new", b"ours")
    assert body(bucket) == b"theirs"


def test_a_lock_is_taken_after_a_conflict(
    running: EmbeddedAws, bucket: Any, dev: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AwsProxy(running.endpoint, Faults(CONFLICT, CONFLICT)) as proxy:
        use_account(EmbeddedAws(proxy.endpoint), monkeypatch)
        remote = RemoteState(dev, "secure-storage-dev")
        with remote.locked("test"):
            assert remote.lock() is not None
    assert "Contents" not in bucket.list_objects_v2(Bucket=STATE_BUCKET)


def test_a_lock_that_somebody_else_got_meanwhile_is_theirs(
    running: EmbeddedAws, bucket: Any, dev: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(Bucket=STATE_BUCKET, Key=f"{STATE_KEY}.tflock", Body=b'{"ID": "5", "Who": "ada@ci"}')
    with AwsProxy(running.endpoint, Faults(CONFLICT)) as proxy:
        use_account(EmbeddedAws(proxy.endpoint), monkeypatch)
        with (
            pytest.raises(OpsError, match="ada@ci"),
            RemoteState(dev, "secure-storage-dev").locked("test"),
        ):
            raise AssertionError("the lock of somebody else was taken")
    assert b"ada@ci" in body(bucket, f"{STATE_KEY}.tflock")


def test_a_lock_whose_answer_was_lost_is_our_own(
    running: EmbeddedAws, bucket: Any, dev: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AwsProxy(running.endpoint, Faults(Reset(carried_out=True))) as proxy:
        use_account(EmbeddedAws(proxy.endpoint), monkeypatch)
        with RemoteState(dev, "secure-storage-dev").locked("test"):
            assert [call.status for call in proxy.calls if call.method == "PUT"] == [None, 412]
    assert "Contents" not in bucket.list_objects_v2(Bucket=STATE_BUCKET)


def test_ci_stores_after_a_conflict(
    running: EmbeddedAws, bucket: Any, dev: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AwsProxy(running.endpoint, Faults(CONFLICT)) as proxy:
        use_account(EmbeddedAws(proxy.endpoint), monkeypatch)
        PlanStore(dev).keep("plans/x", b"plan")
    assert body(bucket, "ci/dev/plans/x") == b"plan"
