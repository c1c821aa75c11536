"""No command destroys a bucket in which a version is locked, or of which that cannot be found out."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ops.ci import deploy as ci_deploy
from ops.ci.git import Revision
from ops.ci.local_deploy import deploy_from
from ops.ci.manifest import CONFIGURATION, LOCK, PLAN, REVIEW, Manifest, StateVersion
from ops.ci.store import PlanStore
from ops.deploy import stack_commands
from ops.deploy.locked_objects import (
    refuse_locked_in_state,
    refuse_locked_in_what_goes,
    refuse_locked_objects,
)
from ops.deploy.teardown import run_teardown
from ops.embedded.aws import EmbeddedAws
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.terraform import Stack
from ops.state.snapshot import Snapshot
from settings.loading import load_environments
from settings.model import Settings
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.conftest import VARIANTS
from tests.ops.preflight_support import ACCOUNT, STATE_BUCKET, Account, reset, use_account

import pytest

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("synthesized_once")]

REGION = "us-east-1"
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
OLD_BUCKET = "secure-dev-old-data-bucket"
REFUSED = Answer(403, b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>")
HELD = {"ObjectLockLegalHoldStatus": "ON"}
GOVERNED = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": SOON}
ON_HOLD = (
    f"case in {OLD_BUCKET} has a legal hold: the bucket cannot be emptied; nothing was changed: remove the "
    "hold (aws s3api put-object-legal-hold), then retry"
)
RETAINED = (
    f"{OLD_BUCKET} is locked until {SOON:%Y-%m-%d %H:%M} UTC, by the retention of case; nothing was changed: "
    "retry after that"
)
LOCKS = pytest.mark.parametrize(("options", "problem"), [(HELD, ON_HOLD), (GOVERNED, RETAINED)])


@pytest.fixture
def account(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    reset(running)
    use_account(running, monkeypatch)
    return Account(running.endpoint)


@pytest.fixture
def locked(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Account:
    """A dev whose state has a bucket with Object Lock that its settings do not name, with an object."""
    monkeypatch.setenv("CDKTF_OUTPUT", str(tmp_path / "out"))
    account.s3.create_bucket(Bucket=STATE_BUCKET)
    account.s3.create_bucket(Bucket=OLD_BUCKET, ObjectLockEnabledForBucket=True)
    put(account, OLD_BUCKET, "case")
    for stack, bucket in (("secure-storage-dev", OLD_BUCKET), ("secure-storage-dev-state", STATE_BUCKET)):
        put(account, STATE_BUCKET, f"{stack}/terraform.tfstate", Body=state(bucket))
    return account


def with_locks(bucket: str) -> Settings:
    (found,) = load_environments(VARIANTS, {"ENVIRONMENT_SUFFIX": "object-lock"})
    return found.model_copy(update={"bucket_name": bucket, "account_id": None})


def put(account: Account, bucket: str, key: str, **options: Any) -> None:
    account.s3.put_object(**{"Bucket": bucket, "Key": key, "Body": b""} | options)


def state(*buckets: str, module: str | None = None) -> bytes:
    """Return a state with buckets, made by one resource with `count`."""
    bucket = {
        **({} if module is None else {"module": module}),
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": "one",
        "instances": [
            {"attributes": {"bucket": name, "region": REGION, "object_lock_enabled": True}}
            for name in buckets
        ],
    }
    content = {"serial": 3, "lineage": "one", "outputs": {}, "resources": [bucket]}
    return json.dumps(content).encode()


def without_cdktf(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return what is run instead of cdktf, which takes minutes, and decides nothing here."""
    ran: list[list[str]] = []

    def run(command: list[str], _env: object) -> int:
        ran.append(command)
        return 0

    monkeypatch.setattr(stack_commands, "_run_in_front", run)
    return ran


def everything(account: Account) -> dict[str, list[tuple[str, str]]]:
    """Every version in every bucket: its key and its ETag."""
    names = [one["Name"] for one in account.s3.list_buckets()["Buckets"]]
    listed = {name: account.s3.list_object_versions(Bucket=name).get("Versions", []) for name in names}
    return {
        name: sorted((one["Key"], one["ETag"]) for one in versions if not one["Key"].endswith(".tflock"))
        for name, versions in listed.items()
    }


def test_a_locked_bucket_is_refused_with_the_last_date(account: Account) -> None:
    bucket = "locked-until"
    settings = with_locks(bucket)
    refuse_locked_objects(settings, ACCOUNT)  # there is none yet
    account.s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    put(account, bucket, "free")
    refuse_locked_objects(settings, ACCOUNT)
    for key, until in (("first", SOON - timedelta(days=1)), ("last", SOON)):
        put(account, bucket, key, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    with pytest.raises(OpsError) as raised:
        refuse_locked_objects(settings, ACCOUNT)
    assert str(raised.value) == (
        f"{bucket} is locked until {SOON:%Y-%m-%d %H:%M} UTC, by the retention of last; "
        "nothing was changed: retry after that"
    )


def test_a_legal_hold_is_refused_without_a_date(account: Account) -> None:
    bucket = "on-hold"
    account.s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    put(account, bucket, "case", **HELD)
    with pytest.raises(OpsError, match="case in on-hold has a legal hold"):
        refuse_locked_objects(with_locks(bucket), ACCOUNT)
    account.s3.put_object_legal_hold(Bucket=bucket, Key="case", LegalHold={"Status": "OFF"})
    refuse_locked_objects(with_locks(bucket), ACCOUNT)


@pytest.mark.parametrize("module", [None, "module.storage"])
def test_every_bucket_of_a_state_is_asked(account: Account, module: str | None) -> None:
    for bucket, locked in (("open", False), ("kept", True)):
        account.s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked)
        put(account, bucket, "case")
    snapshot = Snapshot.parse(state("open", "gone", "kept", module=module))
    refuse_locked_in_state(snapshot, with_locks("other"), ACCOUNT)
    put(account, "kept", "case", **HELD)
    put(account, "kept", "case")  # the version below is what is held
    with pytest.raises(OpsError, match="case in kept has a legal hold"):
        refuse_locked_in_state(snapshot, with_locks("other"), ACCOUNT)


@LOCKS
def test_a_teardown_leaves_locked_objects_in_a_bucket_that_only_the_state_names(
    locked: Account, options: dict[str, Any], problem: str
) -> None:
    put(locked, OLD_BUCKET, "case", **options)
    before = everything(locked)
    with pytest.raises(OpsError) as raised:
        run_teardown("dev", auto_approve=True)
    assert str(raised.value) == problem
    assert everything(locked) == before


@LOCKS
def test_a_destroy_leaves_them_too(
    locked: Account, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], problem: str
) -> None:
    ran = without_cdktf(monkeypatch)
    put(locked, OLD_BUCKET, "case", **options)
    with pytest.raises(OpsError) as raised:
        stack_commands.destroy("dev", [])
    assert (str(raised.value), ran) == (problem, [])
    assert len(everything(locked)[OLD_BUCKET]) == 2


def test_a_destroy_goes_on_where_nothing_is_locked(locked: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = without_cdktf(monkeypatch)
    stack_commands.destroy("dev", [])
    assert ran == [["cdktf", "destroy", "secure-storage-dev"]]


@LOCKS
def test_a_deploy_leaves_them_in_a_bucket_that_the_settings_no_longer_name(
    locked: Account, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], problem: str
) -> None:
    ran = without_cdktf(monkeypatch)
    put(locked, OLD_BUCKET, "case", **options)
    with pytest.raises(OpsError) as raised:
        stack_commands.deploy("dev", [])
    assert (str(raised.value), ran) == (problem, [])


def test_a_deploy_of_what_is_synthesized_already_is_judged_by_that(
    locked: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = without_cdktf(monkeypatch)
    monkeypatch.setattr(stack_commands, "stack_folder", lambda _: tmp_path)
    put(locked, OLD_BUCKET, "case", **HELD)
    for bucket, started in (("other", []), (OLD_BUCKET, ["deploy"])):
        (tmp_path / "cdk.tf.json").write_text(json.dumps(described(bucket)))
        with nullcontext() if started else pytest.raises(OpsError, match="has a legal hold"):
            stack_commands.deploy("dev", ["--skip-synth"])
        assert [command[1] for command in ran] == started


def test_a_deploy_goes_on_where_nothing_is_locked(locked: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = without_cdktf(monkeypatch)
    stack_commands.deploy("dev", [])
    assert ran == [["cdktf", "deploy", "secure-storage-dev", "--outputs-file", "outputs.dev.json"]]


@pytest.mark.parametrize("path", ["several", "ci"])
def test_a_plan_that_was_made_before_is_not_applied_either(
    locked: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str
) -> None:
    put(locked, OLD_BUCKET, "case", **HELD)
    files = dict.fromkeys((PLAN, LOCK, REVIEW), b"") | {
        CONFIGURATION: json.dumps(described("other")).encode()
    }
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    manifest = Manifest("dev", "", "", "", StateVersion(), "", "safe", (), {})
    monkeypatch.setattr(PlanStore, "plan", lambda *_: (manifest, files))
    monkeypatch.setattr(ci_deploy, "revision", lambda: Revision("", ""))
    monkeypatch.setattr(Stack, "terraform", lambda *_, **__: pytest.fail("Terraform is started"))
    by = {
        "several": lambda: deploy_from(tmp_path, "dev"),
        "ci": lambda: ci_deploy.run_deploy("dev", digest="", allowed=False),
    }
    with pytest.raises(OpsError, match="has a legal hold"):
        by[path]()


def described(bucket: str, **attributes: object) -> dict[str, Any]:
    """A stack's JSON with the bucket that `state` has, by another name or not."""
    provider = {"region": attributes.pop("region", REGION), "default_tags": [{"tags": {}}]}
    one = {"bucket": bucket, **attributes}
    return {"provider": {"aws": [provider]}, "resource": {"aws_s3_bucket": {"one": one}}}


@pytest.mark.parametrize(
    ("stack", "goes"),
    [
        (described(OLD_BUCKET), False),
        (described(OLD_BUCKET, object_lock_enabled=True, force_destroy=True), False),
        (described("other"), True),
        # Terraform refuses this one.
        (described("other", lifecycle={"prevent_destroy": True}), False),
        (described("${var.bucket}"), False),
        (described(OLD_BUCKET, object_lock_enabled=False), True),
        (described(OLD_BUCKET, bucket_namespace="account-regional"), True),
        (described(OLD_BUCKET, region="eu-west-1"), True),
        ({"provider": {"aws": []}, "resource": {}}, True),
    ],
)
def test_a_bucket_goes_where_terraform_would_delete_or_replace_it(
    locked: Account, stack: dict[str, Any], *, goes: bool
) -> None:
    put(locked, OLD_BUCKET, "case", **HELD)
    settings, name = with_locks("other"), "secure-storage-dev"
    settings = settings.model_copy(update={"state": settings_of("dev", {}).state})
    with pytest.raises(OpsError, match="has a legal hold") if goes else nullcontext():
        refuse_locked_in_what_goes(settings, name, lambda: stack)


def test_a_bucket_that_is_tainted_goes_and_one_of_another_address_too(
    locked: Account,
) -> None:
    put(locked, OLD_BUCKET, "case", **HELD)
    tainted, elsewhere = (b'"attributes"', b'"status": "tainted", "attributes"'), (b'"one"', b'"other"')
    for old, new in (tainted, elsewhere):
        body = state(OLD_BUCKET).replace(old, new)
        put(locked, STATE_BUCKET, "secure-storage-dev/terraform.tfstate", Body=body)
        with pytest.raises(OpsError, match="has a legal hold"):
            refuse_locked_in_what_goes(
                settings_of("dev", {}), "secure-storage-dev", lambda: described(OLD_BUCKET)
            )


@pytest.mark.parametrize("question", ["object-lock", "versions", "legal-hold", "retention"])
def test_what_cannot_be_known_is_refused(
    locked: Account, running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    def refuse(call: Call) -> Answer | None:
        return REFUSED if OLD_BUCKET in call.target and question in call.query else None

    snapshot = Snapshot.parse(state(OLD_BUCKET))
    refuse_locked_in_state(snapshot, with_locks("other"), ACCOUNT)
    with AwsProxy(running.endpoint, refuse) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        with pytest.raises(OpsError) as raised:
            refuse_locked_in_state(snapshot, with_locks("other"), ACCOUNT)
    message = str(raised.value)
    assert message.startswith(f"cannot look for locked objects in {OLD_BUCKET}: ")
    assert "AccessDenied" in message
    assert "nothing was changed: a bucket goes only if nothing in it is locked" in message


def test_a_teardown_goes_on_where_nothing_is_locked(
    locked: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[tuple[str, str]] = []

    # Terraform's own part is in tests/faults/test_killed_teardown.py, and takes minutes.
    def terraform(self: Stack, *arguments: str, **_: object) -> None:
        ran.append((self.name, arguments[0]))

    monkeypatch.setattr(Stack, "terraform", terraform)
    monkeypatch.setattr(Stack, "apply", terraform)
    run_teardown("dev", auto_approve=True)
    stacks = ("secure-storage-dev", "secure-storage-dev-state")
    assert ran == [(stack, command) for stack in stacks for command in ("init", "-destroy")]
    written = locked.s3.get_object(Bucket=STATE_BUCKET, Key="secure-storage-dev/terraform.tfstate")
    (bucket,) = Snapshot.parse(written["Body"].read()).buckets
    assert (bucket["bucket"], bucket["force_destroy"]) == (OLD_BUCKET, True)
    assert "✓ nothing is left of dev but keys that wait" in capsys.readouterr().out
