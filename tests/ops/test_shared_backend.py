"""A state bucket that several environments use: moving a state there, reading it, and who is in it."""

import json
from pathlib import Path

from ops.ci.store import PlanStore
from ops.deploy import stack_commands
from ops.deploy.bootstrapped import require_bootstrapped
from ops.deploy.caller import Caller
from ops.deploy.move_state import OldBackend, StateMove, former_bucket
from ops.embedded.aws import EmbeddedAws
from ops.preflight import state as state_checks
from ops.preflight.verdict import Mark
from ops.shared import checkout
from ops.shared.errors import OpsError
from ops.state.guests import guests_of, refuse_with_guests
from ops.state.remote_state import DamagedStateError, RemoteState
from ops.state.snapshot import Snapshot, empty_state
from ops.state.state_check import refuse_lost_state
from settings.loading import load_environments
from settings.model import Settings
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.ops.preflight_support import ACCOUNT, Account, reset, state, use_account

import pytest

OLD, HOME = "secure-dev-terraform-state", "secure-prod-terraform-state"
STACK = "secure-storage-dev"
STATE, CI_STATE = f"{STACK}/terraform.tfstate", f"{STACK}-ci/terraform.tfstate"
OWN_STATE = f"{STACK}-state/terraform.tfstate"
RECORDS = {"cdk.tf.json": b"{}", "commit.json": b'{"commit": "1"}', "errored/terraform.tfstate": b"x"}
REFUSED = Answer(403, b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings are: dev is a guest of prod."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "prod.toml").write_text("state.shared = true\n")
    (tmp_path / "environments" / "dev.toml").write_text('state.of = "prod"\n')
    monkeypatch.setattr(checkout, "environments_folder", lambda: tmp_path / "environments")
    return tmp_path / "environments"


@pytest.fixture
def both(folder: Path) -> dict[str, Settings]:
    return {one.environment: one for one in load_environments(folder, {})}


@pytest.fixture
def account(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with the old bucket, in which dev was deployed, and the shared one."""
    reset(running)
    use_account(running, monkeypatch)
    account = Account(running.endpoint)
    for bucket in (OLD, HOME):
        account.s3.create_bucket(Bucket=bucket)
        account.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    account.s3.put_object(Bucket=OLD, Key=STATE, Body=state())
    account.s3.put_object(Bucket=OLD, Key=CI_STATE, Body=with_lineage("77aa"))
    for name, body in RECORDS.items():
        account.s3.put_object(Bucket=OLD, Key=f"ci/dev/deployed/{name}", Body=body)
    account.s3.put_object(Bucket=OLD, Key="ci/dev/plans/1/2/plan.tfplan", Body=b"plan")
    return account


def with_lineage(lineage: str, serial: int = 7) -> bytes:
    return json.dumps(json.loads(state()) | {"lineage": lineage, "serial": serial}).encode()


def move(settings: Settings) -> list[str]:
    old = OldBackend.of(settings, None, None)
    assert old.exists(settings, account=ACCOUNT)
    return list(StateMove(settings, old, account=ACCOUNT).run())


def content(account: Account, bucket: str) -> dict[str, list[bytes]]:
    """Every version of every object, the newest first."""
    found: dict[str, list[bytes]] = {}
    for one in account.s3.list_object_versions(Bucket=bucket).get("Versions", []):
        where = {"Bucket": bucket, "Key": one["Key"], "VersionId": one["VersionId"]}
        found.setdefault(one["Key"], []).append(account.s3.get_object(**where)["Body"].read())
    return found


def assert_moved(account: Account) -> None:
    assert content(account, HOME) == {
        STATE: [state()],
        CI_STATE: [with_lineage("77aa")],
        **{f"ci-of-guests/deployed/dev/{name}": [body] for name, body in RECORDS.items()},
    }
    old = content(account, OLD)
    locks = {f"{key}.tflock": json.loads(old.pop(f"{key}.tflock")[0]) for key in (STATE, CI_STATE, OWN_STATE)}
    assert {key: one["Operation"] for key, one in locks.items()} == {
        f"{key}.tflock": f"moved to s3://{HOME}/{key}" for key in (STATE, CI_STATE, OWN_STATE)
    }
    assert {key: len(versions) for key, versions in old.items()} == {
        **{STATE: 1, CI_STATE: 1, "ci/dev/plans/1/2/plan.tfplan": 1},
        **{f"ci/dev/deployed/{name}": 1 for name in RECORDS},
    }


# Moving


def test_states_and_records_move_byte_for_byte_and_the_old_state_is_locked(
    account: Account, both: dict[str, Settings]
) -> None:
    lines = move(both["dev"])
    assert lines[0] == f"s3://{HOME}/{STATE}: serial 7, 3 resources"
    assert len(lines) == 5
    assert_moved(account)
    assert move(both["dev"]) == []
    assert_moved(account)


class DeadAfter:
    """Lets so many calls through, and no other: as if the process had died then."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self, _call: Call) -> Answer | None:
        self.left -= 1
        return REFUSED if self.left < 0 else None


@pytest.mark.slow
def test_a_move_that_dies_after_any_of_its_requests_is_finished_by_the_next(
    account: Account, both: dict[str, Settings], running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = 0
    with AwsProxy(running.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        while True:
            proxy.fault = DeadAfter(died)
            try:
                move(both["dev"])
            except OpsError:
                died += 1
            else:
                break
            # Nothing is ever in neither of the two, and what is in the new one is whole.
            there = content(account, HOME)
            assert content(account, OLD)[STATE] == [state()]
            assert there.get(STATE, [state()]) == [state()]
            proxy.fault = lambda _call: None
            move(both["dev"])
            assert_moved(account)
            for bucket in (HOME, OLD):
                for key in content(account, bucket):
                    if bucket == HOME or key.endswith(".tflock"):
                        forget(account, bucket, key)
    assert died > 15


def forget(account: Account, bucket: str, key: str) -> None:
    for one in account.s3.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", []):
        account.s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


def refused(settings: Settings, account: Account) -> str:
    """Move, which must change nothing of the two states; return why it does not."""
    before = [content(account, bucket).get(STATE) for bucket in (OLD, HOME)]
    with pytest.raises(OpsError) as raised:
        move(settings)
    assert [content(account, bucket).get(STATE) for bucket in (OLD, HOME)] == before
    return str(raised.value)


def test_a_state_that_somebody_works_on_does_not_move(account: Account, both: dict[str, Settings]) -> None:
    lock = {"ID": "5", "Who": "ada@ci", "Operation": "OperationTypeApply", "Created": "2026-01-01T00:00:00Z"}
    account.s3.put_object(Bucket=OLD, Key=f"{STATE}.tflock", Body=json.dumps(lock).encode())
    assert "is locked by ada@ci since 2026-01-01T00:00:00Z (apply, lock 5)" in refused(both["dev"], account)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (with_lineage("another"), "are two different states; nothing was overwritten"),
        (with_lineage("4f1c", serial=6), f"is newer than s3://{HOME}/{STATE} (serial 7, not 6)"),
        (b"{", f"the state s3://{HOME}/{STATE} is not JSON"),
    ],
)
def test_another_state_in_the_new_bucket_is_left_alone(
    account: Account, both: dict[str, Settings], body: bytes, problem: str
) -> None:
    account.s3.put_object(Bucket=HOME, Key=STATE, Body=body)
    assert problem in refused(both["dev"], account)
    assert f"{STATE}.tflock" not in content(account, OLD)


def test_a_state_that_went_on_in_the_new_bucket_is_not_moved_again(
    account: Account, both: dict[str, Settings]
) -> None:
    move(both["dev"])
    account.s3.put_object(Bucket=HOME, Key=STATE, Body=with_lineage("4f1c", serial=9))
    assert move(both["dev"]) == []
    assert content(account, HOME)[STATE][0] == with_lineage("4f1c", serial=9)


@pytest.mark.parametrize(("body", "problem"), [(b"", "is empty"), (None, "was deleted")])
def test_a_damaged_state_does_not_move(
    account: Account, both: dict[str, Settings], body: bytes | None, problem: str
) -> None:
    if body is None:
        account.s3.delete_object(Bucket=OLD, Key=STATE)
    else:
        account.s3.put_object(Bucket=OLD, Key=STATE, Body=body)
    line = refused(both["dev"], account)
    assert line.startswith(f"the state s3://{OLD}/{STATE} {problem}; remove state.of, restore that state")


def test_terraform_learns_where_the_state_is_now(account: Account, both: dict[str, Settings]) -> None:
    move(both["dev"])
    before = OldBackend(OLD, "us-east-1", named=False).settings(both["dev"])
    lock = RemoteState(before, STACK).lock()
    assert lock is not None
    assert f"(moved to s3://{HOME}/{STATE}, lock moved-to-s3://{HOME}/{STATE})" in str(lock)


# A state that is missing


def test_a_missing_state_is_no_first_deploy(account: Account, both: dict[str, Settings]) -> None:
    with pytest.raises(DamagedStateError) as raised:
        refuse_lost_state(both["dev"], STACK)
    assert str(raised.value) == (
        f"the state s3://{HOME}/{STATE} is missing; make bootstrap ENV=dev writes an empty one, or moves it "
        "there"
    )


def test_an_empty_state_is_a_state(account: Account, both: dict[str, Settings]) -> None:
    account.s3.put_object(Bucket=HOME, Key=STATE, Body=empty_state())
    refuse_lost_state(both["dev"], STACK)
    assert str(RemoteState(both["dev"], STACK).read()) == "serial 1, 0 resources"
    assert Snapshot.parse(empty_state()).lineage != Snapshot.parse(empty_state()).lineage


def test_an_environment_without_a_state_is_not_bootstrapped(
    account: Account, both: dict[str, Settings], running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OpsError) as raised:
        require_bootstrapped(both["dev"])
    assert str(raised.value) == (
        f"dev is not bootstrapped: it has no state in {HOME}; make bootstrap ENV=dev first"
    )
    misspelt = both["dev"].model_copy(update={"environment": "staginq"})
    with pytest.raises(OpsError, match='did you mean "staging"'):
        require_bootstrapped(misspelt)
    with AwsProxy(running.endpoint, lambda call: REFUSED if call.method == "GET" else None) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        require_bootstrapped(both["dev"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint)
    account.s3.put_object(Bucket=HOME, Key=STATE, Body=empty_state())
    require_bootstrapped(both["dev"])
    account.s3.delete_object(Bucket=HOME, Key=STATE)
    require_bootstrapped(both["dev"])  # make state-restore brings back what was deleted


def test_without_the_bucket_its_owner_is_named(account: Account, both: dict[str, Settings]) -> None:
    account.s3.delete_bucket(Bucket=HOME)
    with pytest.raises(OpsError, match=f"there is no state bucket {HOME}; make bootstrap ENV=prod first"):
        require_bootstrapped(both["dev"])
    assert "make bootstrap ENV=prod" in preflight(both["dev"])["state bucket"][1]


def hidden(call: Call) -> Answer | None:
    """S3 as a role sees it that may not list all keys: 403 for every object that is missing."""
    return REFUSED if call.method == "GET" and call.url.path.count("/") > 1 else None


def test_a_role_that_may_list_its_own_versions_sees_that_an_object_is_missing(
    account: Account, both: dict[str, Settings], running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AwsProxy(running.endpoint, hidden) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        remote = RemoteState(both["dev"], STACK)
        assert remote.lock() is None
        assert PlanStore(both["dev"]).read("deployed/commit.json") is None
        with pytest.raises(DamagedStateError, match="is missing"):
            remote.read()
        account.s3.put_object(Bucket=HOME, Key=STATE, Body=state())
        with pytest.raises(OpsError, match="cannot read") as raised:
            remote.read()
        assert not isinstance(raised.value, DamagedStateError)


# The preflight


def encrypt(account: Account, *, bucket_key: bool) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "1"}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    account.s3.put_bucket_encryption(Bucket=HOME, ServerSideEncryptionConfiguration={"Rules": [rule]})


def preflight(settings: Settings) -> dict[str, tuple[Mark, str]]:
    caller = Caller(f"arn:aws:iam::{ACCOUNT}:user/ada", ACCOUNT)
    lines, _ = state_checks.check(settings, caller)
    return {line.subject: (line.mark, str(line)) for line in lines}


def test_the_preflight_of_a_guest_names_its_owner(account: Account, both: dict[str, Settings]) -> None:
    encrypt(account, bucket_key=True)
    found = preflight(both["dev"])
    mark, line = found["its encryption"]
    assert mark is Mark.BAD
    assert "has a bucket key" in line
    assert "make bootstrap ENV=prod" in line
    mark, line = found["state"]
    assert mark is Mark.BAD
    assert "make bootstrap ENV=dev writes an empty one" in line
    encrypt(account, bucket_key=False)
    move(both["dev"])
    found = preflight(both["dev"])
    assert found["its encryption"][0] is Mark.GOOD
    assert found["state"][0] is Mark.GOOD


# Who is in it


def test_guests_are_those_of_the_files_and_those_with_a_state(
    account: Account, both: dict[str, Settings]
) -> None:
    assert guests_of(both["prod"]) == ["dev"]
    account.s3.put_object(Bucket=HOME, Key="secure-storage-pr-12/terraform.tfstate", Body=state())
    account.s3.put_object(Bucket=HOME, Key="secure-storage-pr-13-ci/terraform.tfstate", Body=state())
    account.s3.put_object(Bucket=HOME, Key="secure-storage-gone/terraform.tfstate", Body=empty_state())
    account.s3.put_object(Bucket=HOME, Key="secure-storage-odd/terraform.tfstate", Body=b"{")
    for own in ("", "-state", "-ci"):
        account.s3.put_object(Bucket=HOME, Key=f"secure-storage-prod{own}/terraform.tfstate", Body=state())
    assert guests_of(both["prod"]) == ["dev", "odd", "pr-12", "pr-13"]
    with pytest.raises(OpsError) as raised:
        stack_commands.destroy("prod", [])
    assert str(raised.value) == (
        "environment prod cannot be destroyed: the state of dev, odd, pr-12, pr-13 is in the state bucket "
        f"{HOME}; make teardown of each first, or move its state to another shared bucket"
    )


def test_a_bucket_without_guests_is_in_nobodys_way(
    account: Account, both: dict[str, Settings], folder: Path
) -> None:
    (folder / "dev.toml").write_text("")
    account.s3.put_object(Bucket=HOME, Key="secure-storage-prod/terraform.tfstate", Body=state())
    refuse_with_guests(both["prod"], "nothing")
    with pytest.raises(OpsError, match="environment prod is protected"):
        stack_commands.destroy("prod", [])


def test_a_guest_can_be_destroyed(account: Account, both: dict[str, Settings]) -> None:
    account.s3.put_object(Bucket=HOME, Key="secure-storage-pr-12/terraform.tfstate", Body=state())
    refuse_with_guests(both["dev"], "nothing")


def test_a_role_that_cannot_list_the_bucket_goes_by_the_files(
    account: Account, both: dict[str, Settings], running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AwsProxy(running.endpoint, lambda call: REFUSED if "list-type" in call.query else None) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        assert guests_of(both["prod"]) == ["dev"]


def test_a_former_state_bucket_is_known_while_it_exists(account: Account, both: dict[str, Settings]) -> None:
    assert former_bucket(both["dev"], account=ACCOUNT) == OLD
    assert former_bucket(both["prod"], account=ACCOUNT) == ""
    for one in account.s3.list_object_versions(Bucket=OLD)["Versions"]:
        account.s3.delete_object(Bucket=OLD, Key=one["Key"], VersionId=one["VersionId"])
    account.s3.delete_bucket(Bucket=OLD)
    assert former_bucket(both["dev"], account=ACCOUNT) == ""
