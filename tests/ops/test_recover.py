"""`ops recover` before anything is imported: the local state, and locks, which it releases by their ids."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from ops import emergency_copy
from ops.embedded_aws import EmbeddedAws, embedded_aws
from ops.errors import OpsError
from ops.output_folder import local_state, output_folder, unsaved_states
from ops.recover import recover
from ops.toolchain import ROOT
from tests.ops.preflight_support import STATE_BUCKET, STATE_KEY, Account, reset, use_account

import pytest

LOCK = {
    "ID": "0b1e-52",
    "Operation": "OperationTypeApply",
    "Who": "ada@ci",
    "Created": "2026-01-01T00:00:00Z",
}
LOCK_KEY = f"{STATE_KEY}.tflock"
EMPTY_STATE = {"version": 4, "serial": 1, "lineage": "one", "outputs": {}, "resources": []}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running:
        yield running


@pytest.fixture
def account(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    """An account in which dev was bootstrapped, whose storage stack is locked; cdktf writes elsewhere."""
    reset(running)
    use_account(running, monkeypatch)
    monkeypatch.setenv("CDKTF_OUTPUT", str(tmp_path / "out" / "cdktf"))
    account = Account(running.endpoint)
    account.bootstrap()
    account.put_state(json.dumps(EMPTY_STATE).encode())
    account.s3.put_object(Bucket=STATE_BUCKET, Key=LOCK_KEY, Body=json.dumps(LOCK).encode())
    folder = os.getcwd()  # noqa: PTH109 - the command changes it
    yield account
    os.chdir(folder)


def agree(_question: str) -> bool:
    """Answer as --yes does."""
    return True


def is_locked(account: Account) -> bool:
    listed = account.s3.list_objects_v2(Bucket=STATE_BUCKET, Prefix=LOCK_KEY)
    return bool(listed["KeyCount"])


@pytest.mark.parametrize("release", [[], ["0b1e-53"], ["0b1e"]])
def test_a_lock_whose_id_is_not_given_stays_whatever_is_agreed_to(
    account: Account, release: list[str]
) -> None:
    with pytest.raises(OpsError) as caught:
        recover("dev", agree, release)
    assert str(caught.value) == (
        f"the state s3://{STATE_BUCKET}/{STATE_KEY} is locked by ada@ci since 2026-01-01T00:00:00Z "
        "(apply, lock 0b1e-52); if that run is dead for certain, "
        "make recover ENV=dev ARGS='--release-lock 0b1e-52' releases it"
    )
    assert is_locked(account)


def test_a_lock_whose_id_is_given_is_released(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    recover("dev", agree, ["0b1e-52"])
    assert not is_locked(account)
    assert "✓ secure-storage-dev: lock 0b1e-52 released\n" in capsys.readouterr().out


def test_an_id_that_is_released_already_does_no_harm(account: Account) -> None:
    recover("dev", agree, ["0b1e-52"])
    recover("dev", agree, ["0b1e-52"])
    assert not is_locked(account)


def test_the_local_state_is_looked_for_where_bootstrap_puts_it(account: Account, tmp_path: Path) -> None:
    stack = "secure-storage-dev-state"
    local = local_state(stack, os.environ)
    assert local == tmp_path / "out" / f"terraform.{stack}.tfstate"
    local.parent.mkdir()
    local.write_text("{}")
    with pytest.raises(OpsError, match=rf"still on this machine, in {local}; make bootstrap ENV=dev moves"):
        recover("dev", agree, ["0b1e-52"])
    assert is_locked(account)


@pytest.mark.parametrize("folder", ["", "elsewhere/out"])
def test_a_relative_folder_is_one_of_the_checkout(folder: str) -> None:
    assert output_folder({"CDKTF_OUTPUT": folder}) == ROOT / (folder or "cdktf.out")


def test_a_state_that_could_not_be_saved_is_kept_wherever_cdktf_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, out = tmp_path / "checkout", tmp_path / "out"
    monkeypatch.setattr(emergency_copy, "ROOT", checkout)
    monkeypatch.setenv("CDKTF_OUTPUT", str(out))
    left = out / "stacks" / "secure-storage-dev" / "errored.tfstate"
    left.parent.mkdir(parents=True)
    checkout.mkdir()
    left.write_text("state")
    assert unsaved_states() == [left]
    (copy,) = emergency_copy.emergency_copies("secure-storage-dev")
    assert (copy.parent, copy.read_text()) == (checkout, "state")
    assert not left.exists()
