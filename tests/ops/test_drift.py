"""Changes made by hand on a deployed environment: each is reported in words, and a deploy reverts it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ops.deploy.drift_report import DRIFTED, refresh
from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.errors import OpsError
from ops.shared.terraform import Stack, synthesized
from ops.state.snapshot import empty_state
from review.drift_findings import Drift, drifts_of
from review.model import CAREFUL, DANGEROUS
from tests import handed_out
from tests.conftest import ROOT
from tests.ops.preflight_support import ALIAS, BUCKET, POLICY_ARN, STATE_BUCKET, Account

import pytest

pytestmark = pytest.mark.slow

STACK = "secure-storage-dev"
TAGGED = "a tag is changed"
OPEN = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@dataclass(frozen=True)
class Deployed:
    """dev, deployed; with authorization on.

    Attributes:
        administrator: who may also read the state of the state stack.
        deployer: a role with exactly `ops deploy-policy dev`.
        planner: a role with exactly `ops deploy-policy dev --read-only`, which looks for drift.
        stack: where terraform runs.
        account: the account as root sees it, who changes things by hand.
    """

    administrator: EmbeddedAws
    deployer: EmbeddedAws
    planner: EmbeddedAws
    stack: Stack
    account: Account

    @cached_property
    def key(self) -> str:
        outputs = json.loads(self.seen_by(self.planner).terraform("output", "-json").stdout)
        return str(outputs["KMSKeyArn"]["value"])

    def deploy(self, who: EmbeddedAws | None = None) -> None:
        self.seen_by(who or self.deployer).terraform("apply", "-input=false", "-auto-approve")

    def drifts(self, who: EmbeddedAws | None = None) -> list[Drift]:
        return list(drifts_of(refresh(self.seen_by(who or self.planner))))

    def seen_by(self, who: EmbeddedAws) -> Stack:
        return replace(self.stack, env=who.environment(self.stack.env))

    def ops_drift(self, who: EmbeddedAws, *options: str) -> subprocess.CompletedProcess[str]:
        return self.ops("drift", who, *options)

    def ops(self, command: str, who: EmbeddedAws, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ops", command, "dev", *options],
            cwd=ROOT,
            env=who.environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with (
        embedded_aws(tmp_path_factory.mktemp("aws") / "log", auth=True, tls=True) as aws,
        synthesized("dev") as (_, stacks),
    ):
        described = stacks[STACK].described
        deployer, planner = handed_out.deployer(aws, described), handed_out.planner(aws, described)
        account = Account(aws.endpoint, certificate=aws.certificate)
        found = Deployed(handed_out.administrator(aws), deployer, planner, stacks[STACK], account)
        found.account.s3.create_bucket(Bucket=STATE_BUCKET)
        nothing = found.ops_drift(found.administrator, "--storage-only")
        assert (nothing.returncode, nothing.stdout, nothing.stderr) == (
            1,
            "",
            "Error: dev is not deployed, so nothing can have drifted: `make deploy ENV=dev`\n",
        )
        # By their tags the role knows keys, and what does not exist has none.
        unknown = found.ops_drift(planner, "--storage-only")
        assert (unknown.returncode, unknown.stdout) == (1, "")
        assert "has nothing, and whether anything exists, these credentials may not ask: " in unknown.stderr
        assert unknown.stderr.endswith("; make deploy ENV=dev if it was never deployed\n")
        refused = found.ops_drift(planner).stderr
        assert "secure-storage-dev-state" in refused
        assert refused.endswith("; a role that may not read this state has --storage-only\n")
        found.seen_by(deployer).init()
        found.deploy()
        yield found


def test_a_plan_is_reviewed_here_by_a_role_that_only_plans(deployed: Deployed) -> None:
    done = deployed.ops("plan", deployed.planner, "--review", "--fail-on", "careful")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "dev: no changes"), done.stderr
    assert "these credentials may not read what CI deployed last" in done.stderr
    s3 = deployed.account.s3
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    done = deployed.ops(
        "plan", deployed.administrator, "--review", "--format", "json", "--fail-on", "careful"
    )
    assert done.returncode == 4, done.stderr
    (change,) = json.loads(done.stdout)["resources"]
    assert change["address"].startswith("aws_s3_bucket_versioning.")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def set_public_access(**but: bool) -> Callable[[Deployed], None]:
    def change(deployed: Deployed) -> None:
        block = dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        )
        deployed.account.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block | but)

    return change


def change_bucket_policy(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[Deployed], None]:
    def put(deployed: Deployed) -> None:
        s3 = deployed.account.s3
        policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
        change(policy["Statement"])
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    return put


def remove_insecure_transport(statements: list[dict[str, Any]]) -> None:
    statements[:] = [one for one in statements if one["Sid"] != "DenyInsecureTransport"]


def let_everybody_read(statements: list[dict[str, Any]]) -> None:
    everybody = {
        "Sid": "Share",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    statements.append(everybody)


def encrypt_with_s3_keys(deployed: Deployed) -> None:
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    deployed.account.s3.put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [default]}
    )


def suspend_versions(deployed: Deployed) -> None:
    deployed.account.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def let_acls_count(deployed: Deployed) -> None:
    deployed.account.s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )


def open_key_policy(deployed: Deployed) -> None:
    kms = deployed.account.kms
    policy = json.loads(kms.get_key_policy(KeyId=deployed.key, PolicyName="default")["Policy"])
    anybody = {"Sid": "Help", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    policy["Statement"].append(anybody)
    kms.put_key_policy(KeyId=deployed.key, PolicyName="default", Policy=json.dumps(policy))


def repoint_alias(deployed: Deployed) -> None:
    kms = deployed.account.kms
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=ALIAS, TargetKeyId=other)


def allow_everything(deployed: Deployed) -> None:
    document = {"Version": "2012-10-17", "Statement": [OPEN | {"Sid": "Admin"}]}
    deployed.account.iam.create_policy_version(
        PolicyArn=POLICY_ARN, PolicyDocument=json.dumps(document), SetAsDefault=True
    )


def tag_key(deployed: Deployed) -> None:
    deployed.account.kms.tag_resource(
        KeyId=deployed.key, Tags=[{"TagKey": "Environment", "TagValue": "prod"}]
    )


BLOCK, POLICY = "aws_s3_bucket_public_access_block", "aws_s3_bucket_policy"

CHANGES: dict[str, tuple[Callable[[Deployed], None], str, str, str]] = {
    "public ACLs are no longer blocked": (
        set_public_access(BlockPublicAcls=False),
        BLOCK,
        DANGEROUS,
        "the public-access block no longer refuses new ACLs that make something public",
    ),
    "public policies are no longer blocked": (
        set_public_access(BlockPublicPolicy=False),
        BLOCK,
        DANGEROUS,
        "the public-access block no longer blocks public policies",
    ),
    "public ACLs are no longer ignored": (
        set_public_access(IgnorePublicAcls=False),
        BLOCK,
        DANGEROUS,
        "the public-access block no longer ignores ACLs that make something public",
    ),
    "public buckets are no longer restricted": (
        set_public_access(RestrictPublicBuckets=False),
        BLOCK,
        DANGEROUS,
        "the public-access block no longer keeps others out of a bucket with a public policy",
    ),
    "the public-access block is deleted": (
        lambda deployed: deployed.account.s3.delete_public_access_block(Bucket=BUCKET),
        BLOCK,
        DANGEROUS,
        "the public-access block is removed: it no longer refuses new ACLs that make something public; "
        "it no longer blocks public policies",
    ),
    "a Deny is removed": (
        change_bucket_policy(remove_insecure_transport),
        POLICY,
        DANGEROUS,
        "the Deny DenyInsecureTransport is removed: it no longer refuses requests over plain HTTP",
    ),
    "everybody may read": (
        change_bucket_policy(let_everybody_read),
        POLICY,
        DANGEROUS,
        f"anybody may now read: s3:GetObject on arn:aws:s3:::{BUCKET}/*, by the statement Share",
    ),
    "the bucket policy is deleted": (
        lambda deployed: deployed.account.s3.delete_bucket_policy(Bucket=BUCKET),
        POLICY,
        DANGEROUS,
        "it no longer refuses TLS older than 1.2",
    ),
    "S3's keys encrypt": (
        encrypt_with_s3_keys,
        "aws_s3_bucket_server_side_encryption_configuration",
        DANGEROUS,
        "the default encryption is AES256 now, and was aws:kms: "
        "reading an object no longer needs permission for a key",
    ),
    "versions are suspended": (
        suspend_versions,
        "aws_s3_bucket_versioning",
        DANGEROUS,
        "versions are no longer kept: what is overwritten or deleted is lost",
    ),
    "ACLs count again": (
        let_acls_count,
        "aws_s3_bucket_ownership_controls",
        DANGEROUS,
        "ACLs are enabled again by ObjectWriter: an object's ACL can let others in",
    ),
    "the key policy is opened": (
        open_key_policy,
        "aws_kms_key",
        DANGEROUS,
        "anybody may now decrypt: kms:Decrypt on *, by the statement Help",
    ),
    "the key no longer rotates": (
        lambda deployed: deployed.account.kms.disable_key_rotation(KeyId=deployed.key),
        "aws_kms_key",
        DANGEROUS,
        "the key no longer rotates",
    ),
    "the key is disabled": (
        lambda deployed: deployed.account.kms.disable_key(KeyId=deployed.key),
        "aws_kms_key",
        DANGEROUS,
        "the key is disabled: nothing that it encrypts can be read or written",
    ),
    "the alias stands for another key": (
        repoint_alias,
        "aws_kms_alias",
        DANGEROUS,
        "the alias points to another key: ",
    ),
    "the managed policy allows everything": (
        allow_everything,
        "aws_iam_policy",
        DANGEROUS,
        "anyone who has the policy may now do everything: * on *, by the statement Admin",
    ),
    TAGGED: (tag_key, "aws_kms_key", CAREFUL, "its tag Environment is prod now, and was "),
}


# Each round makes changes to different resources at a time, as every look and every deploy takes seconds.
ROUNDS = [
    [
        "public ACLs are no longer blocked",
        "a Deny is removed",
        "S3's keys encrypt",
        "versions are suspended",
        "ACLs count again",
        "the key policy is opened",
        "the alias stands for another key",
        "the managed policy allows everything",
    ],
    ["public policies are no longer blocked", "everybody may read", "the key no longer rotates"],
    ["public ACLs are no longer ignored", "the bucket policy is deleted", "the key is disabled"],
    ["public buckets are no longer restricted", TAGGED],
    ["the public-access block is deleted"],
]


def test_every_change_is_made_in_one_round() -> None:
    assert sorted(name for names in ROUNDS for name in names) == sorted(CHANGES)


@pytest.mark.parametrize("names", ROUNDS, ids=lambda names: names[0])
def test_changes_by_hand_are_reported_in_words_and_reverted_by_a_deploy(
    deployed: Deployed, names: list[str]
) -> None:
    for name in names:
        CHANGES[name][0](deployed)
    # By its tags the roles know the key: what somebody else's tag hides, an administrator puts back.
    who = deployed.administrator if TAGGED in names else None
    if TAGGED in names:
        with pytest.raises(OpsError, match="not authorized to perform: kms:DescribeKey"):
            deployed.drifts()
    drifts = {drift.address.partition(".")[0]: drift for drift in deployed.drifts(who)}
    assert set(drifts) == {CHANGES[name][1] for name in names}
    for name in names:
        _, kind, severity, words = CHANGES[name]
        drift = drifts[kind]
        assert drift.gone or drift.attributes
        assert drift.findings[0].severity == severity
        assert [one.said for one in drift.findings if words in one.said]
    deployed.deploy(who)
    assert deployed.drifts() == []


def test_a_key_that_is_to_be_deleted_is_kept_as_the_remedy_says(deployed: Deployed) -> None:
    kms, name = deployed.account.kms, deployed.key.rpartition("/")[2]
    kms.schedule_key_deletion(KeyId=name, PendingWindowInDays=7)
    (drift,) = deployed.drifts()
    (finding,) = drift.findings
    assert (drift.gone, finding.severity) == (True, DANGEROUS)
    assert f"`aws kms cancel-key-deletion --key-id {name}`" in finding.remedy
    kms.cancel_key_deletion(KeyId=name)
    kms.enable_key(KeyId=name)
    assert deployed.drifts() == []


def test_the_command_tells_it_all_and_exits_with_3(deployed: Deployed) -> None:
    suspend_versions(deployed)
    deployed.account.s3.delete_bucket_policy(Bucket=BUCKET)
    # Nobody needs to wait for a lock to look.
    lock = {"Bucket": STATE_BUCKET, "Key": f"{STACK}/terraform.tfstate.tflock"}
    deployed.account.s3.put_object(**lock, Body=b"{}")
    try:
        done = deployed.ops_drift(deployed.planner, "--storage-only")
        parsed = deployed.ops_drift(deployed.planner, "--storage-only", "--format", "json")
    finally:
        deployed.account.s3.delete_object(**lock)
    assert (done.returncode, done.stderr, parsed.returncode, parsed.stderr) == (
        DRIFTED,
        "",
        DRIFTED,
        "",
    )
    assert '    versioning_configuration: [{"mfa_delete": "", "status": "Enabled"}] → ' in done.stdout
    assert (
        "    dangerous: versions are no longer kept: what is overwritten or deleted is lost\n" in done.stdout
    )
    assert done.stdout.endswith(
        "2 resources of dev drifted; 2 of the findings are dangerous.\n"
        "→ `make deploy ENV=dev` puts back what our settings say, or stops and says what to do first.\n"
    )
    report = json.loads(parsed.stdout)
    assert (report["environment"], report["drifted"], report["compared"]) == ("dev", True, [STACK])
    gone = {one["address"].partition(".")[0]: one["gone"] for one in report["resources"]}
    assert gone == {"aws_s3_bucket_policy": True, "aws_s3_bucket_versioning": False}
    deployed.deploy()
    clean = deployed.ops_drift(deployed.planner, "--storage-only")
    assert (clean.returncode, clean.stdout, clean.stderr) == (
        0,
        "✓ dev is as it was deployed: nothing drifted.\n",
        "",
    )


LOST = {
    "deleted": (None, "was deleted", "state-restore"),
    "empty": (b"", "is empty", "state-restore"),
    "without resources": (
        empty_state(),
        f"{ALIAS}, of key ",
        "make recover ENV=dev brings it into the state, then drift again",
    ),
}


@pytest.mark.parametrize(("body", "problem", "remedy"), LOST.values(), ids=LOST)
def test_a_lost_state_is_not_called_as_it_was_deployed(
    deployed: Deployed, body: bytes | None, problem: str, remedy: str
) -> None:
    s3, state = deployed.account.s3, {"Bucket": STATE_BUCKET, "Key": f"{STACK}/terraform.tfstate"}
    before = s3.get_object(**state)["Body"].read()
    s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    try:
        if body is None:
            s3.delete_object(**state)
        else:
            s3.put_object(**state, Body=body)
        done = deployed.ops_drift(deployed.planner, "--storage-only")
    finally:
        s3.put_object(**state, Body=before)
    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr
    assert remedy in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_stack_that_is_in_no_state_is_not_called_as_it_was_deployed(deployed: Deployed) -> None:
    done = deployed.ops_drift(deployed.administrator)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"Error: bucket {STATE_BUCKET} exists and is in no state; make bootstrap ENV=dev brings it into the "
        "state, then drift again\n",
    )


def test_what_nobody_described_is_reported_once(deployed: Deployed) -> None:
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    deployed.account.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    (drift,) = deployed.drifts()
    assert list(drift.attributes) == ["cors_rule"]
    assert [one.said for one in drift.findings] == ["web pages of other origins may use the bucket"]
    deployed.deploy()
    assert deployed.drifts() == []
    assert deployed.account.s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"]
    deployed.account.s3.delete_bucket_cors(Bucket=BUCKET)
    deployed.deploy()
