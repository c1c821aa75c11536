"""With the deploy policy, real terraform can make every call that it makes, and no action is left over.

Each call that terraform sends to the embedded AWS, which would let it do anything, is recorded; what AWS
authorizes for it is then simulated against the policy.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from constructs_lib.policies import place as aws_place
from constructs_lib.policies.deploy_policy import deploy_policies
from ops.deploy.caller import Caller
from ops.deploy.locked_objects import refuse_locked_in_state
from ops.deploy.names_in_aws import StackNames
from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.preflight import malware_scan
from ops.preflight.taken import TakenNames
from ops.preflight.verdict import Mark
from ops.shared.errors import OpsError
from ops.shared.toolchain import tool_environment
from ops.state.remote_state import RemoteState
from review.drift_findings import Drift, drifts_of
from review.plan import read_plan
from settings.loading import load_environments
from settings.model import GrantSettings, Settings
from settings.names.aws import partition_of
from stacks.app import build
from tests.aws_proxy import AwsProxy
from tests.conftest import ROOT, VARIANTS
from tests.deploy_policy.calls import Account, Key, Needed
from tests.deploy_policy.judge import LEFT_TO_IAM, granted, judge, together, used
from tests.deploy_policy.necessity import unneeded, without_reason
from tests.e2e.gaps import Gaps
from tests.e2e.overrides import providers
from tests.policy.engine import Document, Engine

import boto3
import pytest

ACCOUNT = "000000000000"
STATE_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/99999999-2222-3333-4444-555555555555"
LEFT_OVER = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
    }
)

pytestmark = pytest.mark.slow


@cache
def environments() -> dict[str, Settings]:
    every = [*load_environments(ROOT / "environments", {}), *load_environments(VARIANTS, {})]
    return {one.environment: one for one in every}


def environment(name: str) -> Settings:
    return environments()[name]


def with_roles_and_grants(settings: Settings) -> Settings:
    grant = GrantSettings(principal="arn:aws:iam::444455556666:role/partner", prefix="inbox/")
    access = settings.access.model_copy(
        update={"attach_to_roles": ("etl", "reporting"), "readers": (grant,), "writers": (grant,)}
    )
    return settings.model_copy(update={"protect": False, "access": access})


def in_any_account(settings: Settings) -> Settings:
    """Settings whose roles are of the embedded AWS's account; the one that deploys is the judge's."""
    deploy_role = f"arn:aws:iam::{ACCOUNT}:role/deploy"
    access = settings.access.model_copy(update={"principals": (), "deploy_role": deploy_role})
    return settings.model_copy(update={"account_id": None, "access": access})


SETTINGS = {
    "dev": environment("dev"),
    "prod": environment("prod"),
    "prod, unprotected, with roles and grants": with_roles_and_grants(environment("prod")),
    "sse-s3": environment("sse-s3"),
    "object-lock": environment("object-lock"),
    "browser": environment("browser"),
    "audit": in_any_account(environment("audit")),
    "inventory": environment("inventory"),
    "replication": in_any_account(environment("replication")),
}


def changed(settings: Settings) -> Settings:
    """Settings with everything changed that can be, without replacing bucket or key."""
    tags = {name: value for name, value in settings.tags.items() if name != "DataClassification"}
    principal = f"arn:aws:iam::{ACCOUNT}:role/etl"
    reader = GrantSettings(principal="arn:aws:iam::444455556666:role/auditor", prefix="")
    scan = settings.malware_scan
    return settings.model_copy(
        update={
            "tags": {**tags, "Purpose": "something-else", "Team": "data"},
            "malware_scan": scan.model_copy(update={"prefixes": (*scan.prefixes, "outbox/")}),
            "encryption": settings.encryption.model_copy(update={"key_rotation_days": 180}),
            "access": settings.access.model_copy(
                update={"principals": (principal,), "readers": (*settings.access.readers, reader)}
            ),
        }
    )


@dataclass
class Place:
    """Where one environment is deployed."""

    settings: Settings
    folder: Path
    aws: EmbeddedAws
    proxy: AwsProxy
    account: Account
    needed: list[Needed]
    calls: int = 0

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A client whose calls are not recorded."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.aws.endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def synthesize(self, settings: Settings) -> dict[str, Any]:
        """Put the stack of these settings in the folder, and return it."""
        outdir = self.folder.parent / "cdktf.out"
        shutil.rmtree(outdir, ignore_errors=True)
        build([settings], outdir=str(outdir)).synth()
        found = outdir / "stacks" / f"secure-storage-{settings.environment}" / "cdk.tf.json"
        shutil.copy(found, self.folder)
        stack: dict[str, Any] = json.loads(found.read_bytes())
        (self.folder / "test_override.tf.json").write_text(json.dumps(providers(stack)))
        return stack

    def environ(self) -> dict[str, str]:
        """The variables with which calls go through the proxy."""
        return EmbeddedAws(self.proxy.endpoint).environment(tool_environment())

    def terraform(self, *arguments: str, status: int = 0) -> list[Needed]:
        """Run terraform; remember and return what AWS authorized for its calls."""

        def run() -> None:
            done = subprocess.run(
                ["terraform", *arguments],
                cwd=self.folder,
                env=self.environ(),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == status, done.stdout + done.stderr

        return self.recorded(run)

    def recorded(self, act: Callable[[], object]) -> list[Needed]:
        """Do something; remember and return what AWS authorized for the calls that it made."""
        self.proxy.calls.clear()
        self.account.new.clear()
        act()
        made = [one for call in self.proxy.calls for one in self.account.needed(call)]
        self.calls += len(self.proxy.calls)
        self.needed += made
        return made

    def apply(self, *arguments: str) -> None:
        self.terraform("apply", "-input=false", "-auto-approve", *arguments)

    def drifts(self) -> list[Drift]:
        """What `ops drift` says now."""
        self.terraform("plan", "-refresh-only", "-input=false", "-lock=false", "-out=drift.tfplan")
        shown = subprocess.run(
            ["terraform", "show", "-json", "drift.tfplan"],
            cwd=self.folder,
            env=self.environ(),
            capture_output=True,
            check=True,
        )
        return list(drifts_of(read_plan(shown.stdout, "drift.tfplan")))

    def resource_values(self, kind: str, attribute: str) -> list[str]:
        """An attribute of every resource of a kind."""
        stack = json.loads((self.folder / "cdk.tf.json").read_bytes())["resource"]
        return [str(one[attribute]) for one in stack[kind].values()]

    def resources(self, *kinds: str) -> list[str]:
        """The addresses of all resources of these kinds."""
        stack = json.loads((self.folder / "cdk.tf.json").read_bytes())["resource"]
        return [f"{kind}.{name}" for kind in kinds for name in stack.get(kind, {})]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    settings = SETTINGS[request.param]
    folder = tmp_path / "stack"
    folder.mkdir()
    with embedded_aws(tmp_path / "log") as aws, AwsProxy(aws.endpoint, Gaps()) as proxy:
        state_key = Key(STATE_KEY, LEFT_TO_IAM, dict(settings.tags), {settings.state.key_alias})
        account = Account(ACCOUNT, "us-east-1", settings.state.bucket, state_key)
        place = Place(settings, folder, aws, proxy, account, needed=[])
        place.client("s3").create_bucket(Bucket=settings.state.bucket)
        for role in settings.access.attach_to_roles:
            place.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument="{}")
        yield place


def change_by_hand(place: Place) -> None:
    """Change a role and the managed policies, use up their five versions, disable the keys."""
    for key_id, key in place.account.keys.items():
        place.client("kms", key.arn.split(":")[3]).disable_key(KeyId=key_id)
    iam = place.client("iam")
    for name, number in product(place.resource_values("aws_iam_policy", "name"), range(4)):
        iam.create_policy_version(
            PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/{name}",
            PolicyDocument=LEFT_OVER,
            SetAsDefault=number == 3,
        )
    made = place.settings.replication.enabled or place.settings.malware_scan.enabled
    for role in place.resource_values("aws_iam_role", "name") if made else ():
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=LEFT_OVER)
        iam.update_role_description(RoleName=role, Description="something else")


def lose_key(place: Place) -> None:
    """Schedule the key's deletion, after which Terraform takes it for deleted."""
    for key_id, key in place.account.keys.items():
        kms = place.client("kms", key.arn.split(":")[3])
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)


def put_objects(place: Place) -> None:
    """Leave versions and a delete marker in every bucket, which have to go before the bucket can."""
    for bucket in place.resource_values("aws_s3_bucket", "bucket"):
        s3, where = place.client("s3"), {"Bucket": bucket, "Key": "data/file"}
        s3.put_object(**where, Body=b"1")
        s3.put_object(**where, Body=b"2")
        s3.delete_object(**where)


def ask_for_locks(settings: Settings, state: RemoteState) -> None:
    """Look for locked objects as `ops destroy` does; there are some where the settings lock them."""
    snapshot = state.read()
    assert snapshot is not None
    locked = settings.object_lock.mode is not None
    with pytest.raises(OpsError, match="is locked until") if locked else nullcontext():
        refuse_locked_in_state(snapshot, settings, ACCOUNT)


def count_unscanned(place: Place, stack: dict[str, Any]) -> None:
    """Count what `enforce` would make unreadable, as the preflight does before a deploy that turns it on."""
    settings, where = place.settings, {"Bucket": place.settings.bucket_name, "Key": "inbox/file"}
    place.client("s3").put_object(**where, Body=b"1")
    scan = settings.malware_scan.model_copy(update={"enforce": True})
    checks = malware_scan.checks(
        settings.model_copy(update={"malware_scan": scan}),
        Caller(f"arn:aws:iam::{ACCOUNT}:role/deploy", ACCOUNT),
        TakenNames(StackNames(stack, {}), True, ""),
    )
    found = dict(checks)[malware_scan.SUBJECTS[1]]()
    assert (found.mark, found.text[:9]) == (Mark.BAD, "1 object ")


@pytest.mark.parametrize("place", SETTINGS, indirect=True)
def test_every_call_of_a_deployment_s_life_is_allowed_and_no_action_is_unused(
    place: Place, record_property: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = place.settings
    stack = place.synthesize(settings)
    document, read_only = (
        together(
            deploy_policies(
                stack,
                place=aws_place.Place(partition_of(settings.region), ACCOUNT, settings.region),
                state_key_alias=settings.state.key_alias,
                read_only=read_only,
            )
        )
        for read_only in (False, True)
    )
    state = RemoteState(settings, f"secure-storage-{settings.environment}")
    for name, value in place.environ().items():
        monkeypatch.setenv(name, value)
    place.terraform("init", "-input=false")
    # As the preflight does before a deploy.
    assert place.recorded(state.read)
    place.apply()
    assert [(one.address, one.attributes) for one in place.drifts()] == []
    place.terraform("plan", "-input=false", "-detailed-exitcode")
    if settings.malware_scan.enabled:
        place.recorded(lambda: count_unscanned(place, stack))

    place.synthesize(changed(settings))
    change_by_hand(place)
    place.apply()
    if settings.encryption.mode == "sse-kms":
        lose_key(place)
        place.apply()
    put_objects(place)
    if settings.protect:
        # What an apply that ended halfway leaves behind is replaced by the next one.
        kinds = ["aws_kms_alias", "aws_s3_bucket_policy", "aws_iam_policy"]
        place.apply(*(f"-replace={address}" for address in place.resources(*kinds)))
        place.terraform("destroy", "-input=false", "-auto-approve", status=1)
    else:
        place.recorded(lambda: ask_for_locks(settings, state))
        place.terraform("destroy", "-input=false", "-auto-approve")
    report("deploy", document, place.needed, place.calls, record_property)

    if settings.protect:
        before = place.calls
        made = place.terraform("init", "-input=false", "-reconfigure")
        made += place.terraform("plan", "-input=false", "-lock=false")
        # As the preflight does before a plan, and before one that finds no state.
        made += place.recorded(state.lock)
        made += place.recorded(state.was_deleted)
        report("plan", read_only, made, place.calls - before, record_property)


def report(role: str, document: Document, needed: list[Needed], calls: int, record_property: Any) -> None:
    """Check that all is allowed and nothing is left over, and keep the numbers for the table."""
    with Engine() as engine:
        evaluations = judge(engine, document, needed)
        without_use = unneeded(engine, document, needed, evaluations)
    refused = {
        (one.action, one.resource, said.result)
        for one, said in zip(needed, evaluations, strict=True)
        if said.result != "Allowed"
    }
    unused = granted(document) - used(needed, evaluations)
    actions = {action for _, action in granted(document)}
    numbers = {
        "role": role,
        "calls": calls,
        "authorizations": len(needed),
        "refused": len(refused),
        "actions": len(actions),
        "unused": len(unused),
    }
    record_property("deploy-policy", numbers)
    assert refused == set()
    assert unused == set()
    missing = sorted(without_reason(without_use))
    assert not missing, "no recorded call needs:\n" + "\n".join(missing)
    assert {key for said in evaluations for key in said.ignored} == set()
