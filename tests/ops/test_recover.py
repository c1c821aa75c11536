"""`ops recover` before anything is imported: the local state, and locks, which it releases by their ids."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ops.deploy.imports import find_imports
from ops.deploy.recover import recover
from ops.embedded.aws import EmbeddedAws
from ops.shared import output_folder as folders
from ops.shared.errors import OpsError
from ops.shared.output_folder import local_state, output_folder, unsaved_states
from ops.shared.terraform import Stack, synthesized
from ops.shared.toolchain import ROOT
from ops.state import emergency_copy
from settings.model import Settings
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.ops.preflight_support import STATE_BUCKET, STATE_KEY, Account, reset, use_account

import pytest

LOCK = {
    "ID": "0b1e-52",
    "Operation": "OperationTypeApply",
    "Who": "ada@ci",
    "Created": "2026-01-01T00:00:00Z",
}
BUCKET = "secure-dev-data-bucket"
LOCK_KEY = f"{STATE_KEY}.tflock"
KEY = "encryption-key_B3391E8B"


@pytest.fixture(scope="module")
def dev(synthesized_once: None) -> Iterator[tuple[Settings, dict[str, Stack]]]:
    """Dev, synthesized once for all tests."""
    with synthesized("dev", {"PATH": os.environ["PATH"], "AWS_REGION": "us-east-1"}) as found:
        yield found


@pytest.fixture
def account(
    running: EmbeddedAws,
    dev: tuple[Settings, dict[str, Stack]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Account:
    """An account in which dev was bootstrapped, and its storage stack begun; cdktf writes elsewhere."""
    reset(running)
    use_account(running, monkeypatch)
    monkeypatch.setenv("CDKTF_OUTPUT", str(tmp_path / "out" / "cdktf"))
    settings, stacks = dev
    here = {name: replace(stack, env=dict(os.environ)) for name, stack in stacks.items()}
    monkeypatch.setattr("ops.deploy.recover.synthesized", lambda _environment: nullcontext((settings, here)))
    account = Account(running.endpoint)
    account.bootstrap()
    account.put_state(begun(own_key(account)))
    return account


@pytest.fixture
def locked(account: Account) -> Account:
    """The same, locked."""
    account.s3.put_object(Bucket=STATE_BUCKET, Key=LOCK_KEY, Body=json.dumps(LOCK).encode())
    return account


def own_key(account: Account, environment: str = "dev") -> str:
    """Make a key as dev's storage stack does, with no alias yet; return its id."""
    tags = {"Environment": environment, "Project": "secure-s3-storage"}
    made = account.kms.create_key(
        Description="Encrypts secure-dev-data-bucket",
        Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()],
    )
    key: str = made["KeyMetadata"]["KeyId"]
    return key


def begun(key: str) -> bytes:
    """A state that knows nothing but the key."""
    instance = {"attributes": {"key_id": key}}
    resource = {"mode": "managed", "type": "aws_kms_key", "name": KEY, "instances": [instance]}
    return json.dumps(
        {"version": 4, "serial": 1, "lineage": "one", "outputs": {}, "resources": [resource]}
    ).encode()


def key_state(account: Account, key: str) -> str:
    state: str = account.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    return state


def agree(_question: str) -> bool:
    """Answer as --yes does."""
    return True


def is_locked(account: Account) -> bool:
    listed = account.s3.list_objects_v2(Bucket=STATE_BUCKET, Prefix=LOCK_KEY)
    return bool(listed["KeyCount"])


@pytest.mark.parametrize("release", [[], ["0b1e-53"], ["0b1e"]])
def test_a_lock_whose_id_is_not_given_stays_whatever_is_agreed_to(
    locked: Account, release: list[str]
) -> None:
    with pytest.raises(OpsError) as caught:
        recover("dev", agree, release)
    assert str(caught.value) == (
        f"the state s3://{STATE_BUCKET}/{STATE_KEY} is locked by ada@ci since 2026-01-01T00:00:00Z "
        "(apply, lock 0b1e-52); if that run is certainly dead, "
        "make recover ENV=dev ARGS='--release-lock 0b1e-52' releases it"
    )
    assert is_locked(locked)


@pytest.mark.parametrize("stack", ["", "-state"])
def test_the_seal_of_a_state_that_moved_is_not_released(account: Account, stack: str) -> None:
    url = f"s3://secure-prod-terraform-state/{STATE_KEY}"
    key = f"secure-storage-dev{stack}/terraform.tfstate.tflock"
    account.s3.put_object(
        Bucket=STATE_BUCKET, Key=key, Body=json.dumps(LOCK | {"ID": f"moved-to-{url}"}).encode()
    )
    with pytest.raises(OpsError) as caught:
        recover("dev", agree, [f"moved-to-{url}"])
    assert f"is out of date: it moved to {url}; set state.of in " in str(caught.value)
    assert "--release-lock" not in str(caught.value)
    assert account.s3.get_object(Bucket=STATE_BUCKET, Key=key)


def test_a_lock_whose_id_is_given_is_released(locked: Account, capsys: pytest.CaptureFixture[str]) -> None:
    recover("dev", agree, ["0b1e-52"])
    assert not is_locked(locked)
    said = capsys.readouterr().out
    assert "✓ secure-storage-dev: lock 0b1e-52 released\n" in said
    assert "no state of dev has a lock" not in said


def test_an_id_that_no_lock_has_is_named_and_does_no_harm(
    locked: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    recover("dev", agree, ["0b1e-52", "0b1e-53"])
    note = "Note: no state of dev has a lock {}; it may have been released already"
    assert [line for line in capsys.readouterr().out.splitlines() if "Note" in line] == [
        note.format("0b1e-53")
    ]
    recover("dev", agree, ["0b1e-52"])
    assert note.format("0b1e-52") in capsys.readouterr().out
    assert not is_locked(locked)


def test_the_local_state_is_looked_for_where_bootstrap_puts_it(locked: Account, tmp_path: Path) -> None:
    stack = "secure-storage-dev-state"
    local = local_state(stack, os.environ)
    assert local == tmp_path / "out" / f"terraform.{stack}.tfstate"
    local.parent.mkdir()
    local.write_text("{}")
    with pytest.raises(OpsError, match=rf"still on this machine, in {local}; make bootstrap ENV=dev moves"):
        recover("dev", agree, ["0b1e-52"])
    assert is_locked(locked)


@pytest.mark.parametrize("folder", ["", "elsewhere/out"])
def test_a_relative_folder_is_one_of_the_checkout(folder: str) -> None:
    assert output_folder({"CDKTF_OUTPUT": folder}) == ROOT / (folder or "cdktf.out")


def left_by_a_deploy(out: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDKTF_OUTPUT", str(out))
    left = out / "stacks" / "secure-storage-dev" / "errored.tfstate"
    left.parent.mkdir(parents=True)
    left.write_text("state")
    return left


def test_a_state_that_could_not_be_saved_is_kept_wherever_cdktf_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "ROOT", tmp_path)
    left = left_by_a_deploy(tmp_path / "out", monkeypatch)
    assert unsaved_states() == [left]
    (copy,) = emergency_copy.emergency_copies("secure-storage-dev")
    assert (copy.parent, copy.read_text()) == (tmp_path, "state")
    assert not left.exists()


@pytest.mark.parametrize(("written_for", "read_for"), [("", "1"), ("1", "")])
def test_a_state_of_the_sandbox_is_not_taken_for_a_real_one_nor_the_other_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written_for: str, read_for: str
) -> None:
    """A recover would write it to the other's bucket, and delete the only copy."""
    checkout, sandbox = tmp_path / "checkout", tmp_path / "sandbox"
    checkout.mkdir()
    sandbox.mkdir()
    monkeypatch.setattr(folders, "ROOT", checkout)
    monkeypatch.setattr(folders, "FOLDER", sandbox)
    outputs = {"": tmp_path / "out", "1": sandbox / "cdktf.out"}  # ops.sandbox.switch sets the latter
    left_by_a_deploy(outputs[written_for], monkeypatch)
    (copy,) = emergency_copy.emergency_copies("secure-storage-dev")
    assert copy.parent == (sandbox if written_for else checkout)
    monkeypatch.setenv("CDKTF_OUTPUT", str(outputs[read_for]))
    assert emergency_copy.emergency_copies("secure-storage-dev") == []
    assert copy.exists()


def test_a_real_state_stays_in_the_checkout_where_a_command_does_not_enter_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make synth SANDBOX=1` is one; `make sandbox-stop ARGS=--delete-data` would delete the state."""
    monkeypatch.setattr(folders, "ROOT", tmp_path)
    monkeypatch.setenv("SANDBOX", "1")
    left_by_a_deploy(tmp_path / ".cache" / "sandbox" / ".." / ".." / "out", monkeypatch)
    monkeypatch.setattr(folders, "FOLDER", tmp_path / ".cache" / "sandbox")
    emergency_copy.rescue_all()
    (copy,) = tmp_path.glob("terraform.*.tfstate")
    assert copy.read_text() == "state"


def alias(account: Account, key: str) -> None:
    account.kms.create_alias(AliasName="alias/mine", TargetKeyId=key)


def grant(account: Account, key: str) -> None:
    role = "arn:aws:iam::000000000000:role/etl"
    account.kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt"])


def earlier_state(account: Account, key: str) -> None:
    now = account.s3.get_object(Bucket=STATE_BUCKET, Key=STATE_KEY)["Body"].read()
    account.put_state(begun(key))
    account.put_state(now)


def state_of_another_stack(account: Account, key: str) -> None:
    other = json.dumps({"key": key}).encode()
    account.s3.put_object(Bucket=STATE_BUCKET, Key="other/terraform.tfstate", Body=other)


def encrypted_bucket(account: Account, key: str) -> None:
    account.s3.create_bucket(Bucket="warehouse")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"arn:aws:kms:us-east-1:000000000000:key/{key}"}
    account.s3.put_bucket_encryption(
        Bucket="warehouse",
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )


def content(account: Account, bucket: str) -> None:
    account.s3.put_object(Bucket=bucket, Key="theirs", Body=b"")


def others_tags(account: Account, bucket: str) -> None:
    tags = [{"Key": "Environment", "Value": "dev"}, {"Key": "Project", "Value": "warehouse"}]
    account.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})


def own_tags(account: Account, bucket: str) -> None:
    tags = [{"Key": "Environment", "Value": "dev"}, {"Key": "Project", "Value": "secure-s3-storage"}]
    account.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})


class TestBucketOfTheAccount:
    """A bucket that the state does not know, with the name that the settings say."""

    def found(self, dev: tuple[Settings, dict[str, Stack]], **changes: object) -> str:
        settings, stacks = dev
        imported = settings.import_.model_copy(update=changes)
        settings = settings.model_copy(update={"import_": imported})
        found = find_imports(stacks["secure-storage-dev"].described, settings, {})
        (bucket,) = [one for one in found if one.address.startswith("aws_s3_bucket.")]
        return bucket.proof

    @pytest.mark.parametrize(
        ("made", "difference"), [(content, "it has content, and no tags"), (others_tags, "its tags differ")]
    )
    def test_one_of_others_is_imported_only_where_the_settings_say_so(
        self,
        account: Account,
        dev: tuple[Settings, dict[str, Stack]],
        made: Callable[[Account, str], None],
        difference: str,
    ) -> None:
        account.s3.create_bucket(Bucket=BUCKET)
        made(account, BUCKET)
        with pytest.raises(OpsError) as caught:
            self.found(dev)
        assert caught.value.problem == f"bucket {BUCKET} is not this stack's: {difference}"
        assert self.found(dev, bucket=True) == "account 000000000000 owns it"

    def test_one_that_is_ours_is_imported_with_its_content(
        self, account: Account, dev: tuple[Settings, dict[str, Stack]]
    ) -> None:
        account.s3.create_bucket(Bucket=BUCKET)
        assert self.found(dev) == "account 000000000000 owns it; it is empty and has no tags yet"
        own_tags(account, BUCKET)
        content(account, BUCKET)
        assert self.found(dev) == "account 000000000000 owns it; its tags are those described"


class TestSpareKey:
    """A second key, as where the answer to CreateKey was lost and Terraform asked again."""

    def test_one_that_nothing_speaks_for_is_deleted_in_thirty_days(
        self, account: Account, capsys: pytest.CaptureFixture[str]
    ) -> None:
        spare = own_key(account)
        recover("dev", agree)
        printed = capsys.readouterr().out
        assert f"✗ secure-storage-dev: KMS key {spare} looks like this stack's, and is not in its " in printed
        assert f"aws kms cancel-key-deletion --region us-east-1 --key-id {spare}" in printed
        metadata = account.kms.describe_key(KeyId=spare)["KeyMetadata"]
        assert metadata["KeyState"] == "PendingDeletion"
        assert 29 <= (metadata["DeletionDate"] - datetime.now(UTC)).days <= 30

    def test_nobody_is_asked_twice(self, account: Account, capsys: pytest.CaptureFixture[str]) -> None:
        own_key(account)
        recover("dev", agree)
        capsys.readouterr()
        recover("dev", agree)
        assert "looks like this stack's" not in capsys.readouterr().out

    def test_one_that_nobody_agrees_to_delete_stays_and_the_rest_is_recovered(self, account: Account) -> None:
        spare = own_key(account)
        recover("dev", lambda _question: False)
        assert key_state(account, spare) == "Enabled"
        assert not is_locked(account)

    @pytest.mark.parametrize(
        ("use", "reason"),
        [
            (alias, "it has the alias alias/mine"),
            (grant, "it has a grant, "),
            (earlier_state, f"a version of {STATE_KEY} names it"),
            (state_of_another_stack, "a version of other/terraform.tfstate names it"),
            (encrypted_bucket, "bucket warehouse encrypts with it"),
        ],
    )
    def test_one_that_something_speaks_for_is_only_reported(
        self,
        account: Account,
        capsys: pytest.CaptureFixture[str],
        use: Callable[[Account, str], None],
        reason: str,
    ) -> None:
        spare = own_key(account)
        use(account, spare)
        recover("dev", agree)
        assert f"it stays: {reason}" in capsys.readouterr().out
        assert key_state(account, spare) == "Enabled"

    def test_one_whose_uses_could_not_be_looked_for_is_only_reported(
        self, account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spare = own_key(account)
        denied = Answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")

        def may_not_list_buckets(call: Call) -> Answer | None:
            return denied if (call.method, call.target) == ("GET", "/") else None

        with AwsProxy(account.endpoint, may_not_list_buckets) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
            recover("dev", agree)
        assert "it stays: could not be checked for uses: " in capsys.readouterr().out
        assert key_state(account, spare) == "Enabled"

    def test_keys_of_others_are_none(self, account: Account, capsys: pytest.CaptureFixture[str]) -> None:
        other = own_key(account, environment="prod")
        recover("dev", agree)
        assert "looks like this stack's" not in capsys.readouterr().out
        assert key_state(account, other) == "Enabled"
