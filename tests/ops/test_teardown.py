"""What a teardown refuses and leaves; tests/faults/test_killed_teardown.py removes a whole environment."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.deploy import teardown
from ops.deploy.teardown import run_teardown
from ops.deploy.teardown_plan import Found, shared_providers, waiting_keys
from ops.embedded.aws import EmbeddedAws
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.state.lock import Lock
from ops.state.remote_state import RemoteState
from ops.state.snapshot import Snapshot
from tests.ops.preflight_support import ACCOUNT, STATE_BUCKET, Account, use_account

import click
import pytest

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("synthesized_once")]

REGION = "us-east-1"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


@pytest.fixture
def account(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    use_account(running, monkeypatch)
    return Account(running.endpoint)


def snapshot(**resources: dict[str, Any]) -> Snapshot:
    content = {
        "serial": 3,
        "lineage": "one",
        "outputs": {},
        "resources": [
            {"mode": "managed", "type": kind, "name": "one", "instances": [{"attributes": attributes}]}
            for kind, attributes in resources.items()
        ],
    }
    return Snapshot.parse(json.dumps(content).encode())


def test_a_provider_stays_where_another_role_trusts_it(account: Account) -> None:
    iam = account.client("iam")
    statement = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.create_role(RoleName="ours", AssumeRolePolicyDocument=trust)
    state = snapshot(aws_iam_openid_connect_provider={"arn": PROVIDER}, aws_iam_role={"name": "ours"})
    assert list(shared_providers(state, REGION)) == []
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=trust)
    address = "aws_iam_openid_connect_provider.one"
    assert list(shared_providers(state, REGION)) == [(address, f"{PROVIDER} is used by theirs")]


def test_a_bucket_that_was_protected_may_be_emptied_afterwards() -> None:
    protected = snapshot(aws_s3_bucket={"bucket": "b", "force_destroy": False})
    forced = Snapshot.parse(protected.with_buckets_emptied() or b"")
    assert (forced.serial, forced.resources["aws_s3_bucket.one"]["force_destroy"]) == (4, True)
    assert forced.with_buckets_emptied() is None
    assert snapshot().with_buckets_emptied() is None


def test_a_bucket_that_was_not_created_completely_is_named_in_the_environments_region(
    account: Account,
) -> None:
    account.s3.create_bucket(Bucket="half-made")
    state = snapshot(aws_s3_bucket={"bucket": "half-made", "region": None})
    found = Found("storage", RemoteState(settings_of("dev", {}), "storage"), state)
    assert list(found.described(REGION, ACCOUNT)) == [
        "storage: 1 resources",
        "  bucket half-made, which is empty",
    ]
    account.s3.delete_bucket(Bucket="half-made")


def test_locks_are_asked_for_twice_only_where_they_are_the_reason(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teardown, "refuse_locked_objects", lambda *_: pytest.fail("it asks"))
    run_teardown("pr-7", auto_approve=False)


def lock(who: str, info: str) -> Lock:
    return Lock("id", who, "teardown", "now", info)


def test_only_a_lock_of_a_process_of_ours_that_is_gone_counts_as_left_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ops.state.lock.we", lambda: "ada@here")
    gone = os.fork() or os._exit(0)
    os.waitpid(gone, 0)
    assert lock("ada@here", f"pid {gone}").holder_died()
    assert not lock("ada@here", f"pid {os.getpid()}").holder_died()
    assert not lock("ada@there", f"pid {gone}").holder_died()
    assert not lock("ada@here", "").holder_died()


def test_where_nothing_is_it_says_so_and_a_name_that_looks_misspelt_is_refused(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    run_teardown("pr-7", auto_approve=False)
    assert "✓ nothing is left of pr-7" in capsys.readouterr().out
    with pytest.raises(OpsError, match='did you mean "dev"'):
        run_teardown("devv", auto_approve=False)
    account.s3.create_bucket(Bucket="secure-pr-7-data-bucket")
    with pytest.raises(OpsError, match=r"bucket secure-pr-7-data-bucket exists and is in no state"):
        run_teardown("pr-7", auto_approve=True)


def test_a_lock_of_somebody_else_or_a_bucket_without_its_state_stops_it(account: Account) -> None:
    account.s3.create_bucket(Bucket=STATE_BUCKET)
    key = "secure-storage-dev/terraform.tfstate.tflock"
    account.s3.put_object(Bucket=STATE_BUCKET, Key=key, Body=b'{"ID": "1", "Who": "ada@there"}')
    try:
        with pytest.raises(OpsError, match="is locked by ada@there"):
            run_teardown("dev", auto_approve=True)
        account.s3.delete_object(Bucket=STATE_BUCKET, Key=key)
        with pytest.raises(OpsError, match="exists, and the state does not"):
            run_teardown("dev", auto_approve=True)
        assert "Contents" not in account.s3.list_objects_v2(Bucket=STATE_BUCKET)
    finally:
        account.s3.delete_object(Bucket=STATE_BUCKET, Key=key)
        account.s3.delete_bucket(Bucket=STATE_BUCKET)


@pytest.mark.parametrize("answer", ["prod", None])
def test_without_the_name_nothing_goes(
    account: Account, monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    account.s3.create_bucket(Bucket=STATE_BUCKET)
    state = snapshot(aws_s3_bucket={"bucket": STATE_BUCKET, "region": REGION}).body
    key = "secure-storage-dev-state/terraform.tfstate"
    account.s3.put_object(Bucket=STATE_BUCKET, Key=key, Body=state)

    def prompt(question: str) -> str:
        assert question.endswith("type the environment's name (dev)")
        if answer is None:
            raise click.Abort
        return answer

    monkeypatch.setattr(click, "prompt", prompt)
    try:
        with pytest.raises(OpsError, match=r"^aborted: .* nothing was changed"):
            run_teardown("dev", auto_approve=False)
        listed = account.s3.list_objects_v2(Bucket=STATE_BUCKET)["Contents"]
        assert [one["Key"] for one in listed] == [key]
    finally:
        account.s3.delete_object(Bucket=STATE_BUCKET, Key=key)
        account.s3.delete_bucket(Bucket=STATE_BUCKET)


def test_the_keys_that_wait_are_named_with_their_date(account: Account) -> None:
    tags = {"Environment": "dev", "Project": "secure-s3-storage"}
    key = account.kms.create_key(
        Description="Encrypts b", Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()]
    )["KeyMetadata"]["KeyId"]
    stack = {
        "provider": {"aws": [{"region": REGION, "default_tags": [{"tags": tags}]}]},
        "resource": {"aws_kms_key": {"one": {"description": "Encrypts b"}}},
    }
    assert list(waiting_keys([stack], ACCOUNT)) == []
    account.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    (line,) = waiting_keys([stack], ACCOUNT)
    assert line.startswith(f"{key} (Encrypts b), on {datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}; until")
