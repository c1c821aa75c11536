"""What the deploy policy is made of, and what it refuses. That terraform gets on with it, tests/e2e says."""

import contextlib
import copy
import json
import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from constructs_lib.policies.deploy_policy import DeployPolicyError, deploy_policies
from constructs_lib.policies.packing import LIMIT, MOST, TooLargeError, packed, size
from constructs_lib.policies.place import Place
from ops.deploy import deploy_policy as module
from ops.deploy.deploy_policy import PLACEHOLDER, Check, policies_of_environment, statements_to_check
from ops.shared.errors import OpsError
from settings import resource_names
from settings.loading import load_environments
from settings.names.aws import partition_of
from tests.conftest import ROOT, STACKS, VARIANTS
from tests.deploy_policy.calls import Context, Needed
from tests.deploy_policy.judge import judge, together
from tests.forked import run_module
from tests.ops.ops_support import checkout_of_ops
from tests.policy.engine import Document, Engine

import pytest

ACCOUNT = "000000000000"
KMS = f"arn:aws:kms:us-east-1:{ACCOUNT}"
KEY = f"{KMS}:key/11111111-2222-3333-4444-555555555555"
IAM = f"arn:aws:iam::{ACCOUNT}"
BUCKET = "arn:aws:s3:::secure-{0}-data-bucket"
STATE = "arn:aws:s3:::secure-{0}-terraform-state"


def policy(stacks: dict[str, dict[str, Any]], name: str, **options: Any) -> Document:
    """All statements that a role holds, whatever the number of policies."""
    return together(policies(stacks, name, **options))


def policies(stacks: dict[str, dict[str, Any]], name: str, **options: Any) -> list[Document]:
    alias = f"alias/secure-{name}-terraform-state"
    stack = stacks[f"secure-storage-{name}"]
    region = stack["provider"]["aws"][0]["region"]
    place = Place(partition_of(region), ACCOUNT, region)
    return deploy_policies(stack, place=place, state_key_alias=alias, **options)


def key_of(name: str, alias: str | None = "alias/secure-s3-key-{0}", **more: str) -> Context:
    """The condition keys of a key that has an environment's tags."""
    tags = {"aws:ResourceTag/Environment": name, "aws:ResourceTag/Project": "secure-s3-storage"}
    return {**tags, **more} | ({} if alias is None else {"kms:ResourceAliases": [alias.format(name)]})


def tags_of(name: str) -> Context:
    return {"aws:RequestTag/Environment": name, "aws:RequestTag/Project": "secure-s3-storage"}


HERE = {"aws:RequestedRegion": "us-east-1"}
VIA_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}


def requests(name: str) -> dict[str, Needed]:
    """One request of each kind for one environment, by what it would do."""
    bucket, state = BUCKET.format(name), STATE.format(name)
    own, state_key = key_of(name), key_of(name, "alias/secure-{0}-terraform-state")
    state_object = f"{state}/secure-storage-{name}/terraform.tfstate"
    attach = {"iam:PolicyARN": f"{IAM}:policy/SecureS3Access-{name}"}
    return {
        "make the bucket": Needed("s3:CreateBucket", bucket, {}),
        "change the bucket's policy": Needed("s3:PutBucketPolicy", bucket, {}),
        "make a key": Needed("kms:CreateKey", "*", {**HERE, **tags_of(name)}),
        "tag a new key": Needed("kms:TagResource", KEY, tags_of(name)),
        "be able to change a new key's policy": Needed("kms:PutKeyPolicy", KEY, {}),
        "rotate a key that has no tags yet": Needed("kms:EnableKeyRotation", KEY, {}),
        "change the key's policy": Needed("kms:PutKeyPolicy", KEY, own),
        "change the key's tags": Needed("kms:TagResource", KEY, {**own, "aws:RequestTag/Team": "data"}),
        "name the key": Needed("kms:CreateAlias", f"{KMS}:alias/secure-s3-key-{name}", {}),
        "change the managed policy": Needed(
            "iam:CreatePolicyVersion", f"{IAM}:policy/SecureS3Access-{name}", {}
        ),
        "write the state": Needed("s3:PutObject", state_object, {}),
        "release the lock": Needed("s3:DeleteObject", f"{state_object}.tflock", {}),
        "decrypt the state": Needed("kms:Decrypt", KEY, {**state_key, **VIA_S3}),
        "delete the bucket": Needed("s3:DeleteBucket", bucket, {}),
        "delete its objects": Needed("s3:DeleteObjectVersion", f"{bucket}/data/file", {}),
        "delete the key": Needed("kms:ScheduleKeyDeletion", KEY, own),
        "attach the managed policy": Needed("iam:AttachRolePolicy", f"{IAM}:role/etl", attach),
    }


def allowed(engine: Engine, document: Document, needed: dict[str, Needed]) -> set[str]:
    answers = judge(engine, document, list(needed.values()))
    assert [key for answer in answers for key in answer.ignored] == []
    return {what for what, answer in zip(needed, answers, strict=True) if answer.result == "Allowed"}


DESTROYING = {"delete the bucket", "delete its objects", "delete the key"}
ATTACHING = {"attach the managed policy"}


def test_only_what_is_unprotected_may_be_destroyed_and_only_what_is_attached_attached(
    engine: Engine,
    stacks: dict[str, dict[str, Any]],
) -> None:
    everything = set(requests("prod"))
    assert allowed(engine, policy(stacks, "dev"), requests("dev")) == everything - ATTACHING
    assert allowed(engine, policy(stacks, "prod"), requests("prod")) == everything - DESTROYING - ATTACHING


@pytest.mark.parametrize(
    "action", ["s3:BypassGovernanceRetention", "s3:GetObjectLegalHold", "s3:GetObjectRetention"]
)
def test_only_where_objects_can_be_locked_may_locks_be_seen_and_lifted(
    engine: Engine, stacks: dict[str, dict[str, Any]], action: str
) -> None:
    for name, answer in (
        ("object-lock", "Allowed"),
        ("dev", "ImplicitlyDenied"),
        ("prod", "ImplicitlyDenied"),
    ):
        for bucket, said in ((name, answer), ("payroll", "ImplicitlyDenied")):
            needed = Needed(action, f"{BUCKET.format(bucket)}/data/file", {})
            (found,) = judge(engine, policy(stacks, name), [needed])
            assert found.result == said


@pytest.mark.parametrize("read_only", [False, True])
def test_only_results_of_scans_are_read_and_only_where_objects_are_scanned(
    engine: Engine, stacks: dict[str, dict[str, Any]], read_only: bool
) -> None:
    data, replica = BUCKET.format("malware-scan"), "arn:aws:s3:::secure-malware-scan-data-replica"
    tags, versions = "s3:GetObjectVersionTagging", "s3:ListBucketVersions"
    asked = [(tags, f"{data}/inbox/a"), (tags, f"{replica}/outbox/a"), (versions, data), (versions, replica)]
    refused = [
        *[(tags, f"{data}/inbox"), (tags, f"{replica}/elsewhere/a"), (tags, "arn:aws:s3:::payroll/inbox/a")],
        *[(action, f"{data}/inbox/a") for action in ("s3:GetObject", "s3:GetObjectVersion")],
        (versions, "arn:aws:s3:::payroll"),
    ]
    needed = [Needed(action, resource, {}) for action, resource in (*asked, *refused)]
    document = policy(stacks, "malware-scan", read_only=read_only)
    answers = [found.result for found in judge(engine, document, needed)]
    assert answers == ["Allowed"] * len(asked) + ["ImplicitlyDenied"] * len(refused)

    unscanned = [
        Needed(tags, f"{BUCKET.format('prod')}/inbox/a", {}),
        Needed(versions, BUCKET.format("prod"), {}),
    ]
    found = judge(engine, policy(stacks, "prod", read_only=read_only), unscanned)
    assert {one.result for one in found} == {"ImplicitlyDenied"}


def test_a_role_of_one_environment_can_do_nothing_in_another(
    engine: Engine,
    stacks: dict[str, dict[str, Any]],
) -> None:
    # A key that was just made has no tags that say whose it is.
    ownerless = {"be able to change a new key's policy", "rotate a key that has no tags yet"}
    assert allowed(engine, policy(stacks, "dev"), requests("prod")) == ownerless
    assert allowed(engine, policy(stacks, "prod"), requests("dev")) == ownerless


def test_a_plan_role_changes_nothing(
    engine: Engine,
    stacks: dict[str, dict[str, Any]],
) -> None:
    document = policy(stacks, "dev", read_only=True)
    assert allowed(engine, document, requests("dev")) == {"decrypt the state"}
    actions = {action for one in document["Statement"] for action in one["Action"]}
    reading = ("Get", "List", "Describe", "Decrypt")
    assert {action for action in actions if not action.split(":")[1].startswith(reading)} == set()


REFUSED = {
    "another bucket": Needed("s3:PutBucketPolicy", "arn:aws:s3:::payroll", {}),
    "an object's content": Needed("s3:GetObject", f"{BUCKET.format('dev')}/data/file", {}),
    "an upload": Needed("s3:PutObject", f"{BUCKET.format('dev')}/data/file", {}),
    "a deletion that keeps the version": Needed("s3:DeleteObject", f"{BUCKET.format('dev')}/data/file", {}),
    "the state bucket": Needed("s3:DeleteBucket", STATE.format("dev"), {}),
    "the state bucket's policy": Needed("s3:PutBucketPolicy", STATE.format("dev"), {}),
    "the state's deletion": Needed(
        "s3:DeleteObject", f"{STATE.format('dev')}/secure-storage-dev/terraform.tfstate", {}
    ),
    "an earlier version of the state": Needed(
        "s3:DeleteObjectVersion", f"{STATE.format('dev')}/secure-storage-dev/terraform.tfstate", {}
    ),
    "the state of the state stack": Needed(
        "s3:GetObject", f"{STATE.format('dev')}/secure-storage-dev-state/terraform.tfstate", {}
    ),
    "a look at other objects of the state bucket": Needed(
        "s3:ListBucket", STATE.format("dev"), {"s3:prefix": "other/"}
    ),
    # The state's key has the same tags, but an alias of its own.
    "the state key's policy": Needed(
        "kms:PutKeyPolicy", KEY, key_of("dev", "alias/secure-dev-terraform-state")
    ),
    "the state key": Needed(
        "kms:ScheduleKeyDeletion", KEY, key_of("dev", "alias/secure-dev-terraform-state")
    ),
    "the state key, not through S3": Needed(
        "kms:Decrypt", KEY, key_of("dev", "alias/secure-dev-terraform-state")
    ),
    "the data key's use": Needed("kms:Decrypt", KEY, {**key_of("dev"), **VIA_S3}),
    "another environment's key": Needed("kms:PutKeyPolicy", KEY, key_of("prod", None)),
    "another project's key": Needed(
        "kms:PutKeyPolicy", KEY, key_of("dev", None, **{"aws:ResourceTag/Project": "payroll"})
    ),
    "a key without tags": Needed("kms:ScheduleKeyDeletion", KEY, {}),
    "the policy of a key without tags that is in use": Needed(
        "kms:PutKeyPolicy", KEY, {"kms:ResourceAliases": ["alias/payroll"]}
    ),
    "the policy of a key with one of the tags": Needed(
        "kms:PutKeyPolicy", KEY, {"aws:ResourceTag/Environment": "prod"}
    ),
    "the adoption of another environment's key": Needed(
        "kms:TagResource", KEY, {**key_of("prod", None), **tags_of("dev")}
    ),
    "the adoption of a key without tags that is in use": Needed(
        "kms:TagResource", KEY, {"kms:ResourceAliases": ["alias/payroll"], **tags_of("dev")}
    ),
    "a key in another region": Needed(
        "kms:PutKeyPolicy", KEY.replace("us-east-1", "eu-west-1"), key_of("dev")
    ),
    "a new key in another region": Needed(
        "kms:CreateKey", "*", {**tags_of("dev"), "aws:RequestedRegion": "eu-west-1"}
    ),
    "a new key without tags": Needed("kms:CreateKey", "*", HERE),
    "a new key with another environment's tags": Needed("kms:CreateKey", "*", {**HERE, **tags_of("prod")}),
    "another alias": Needed("kms:CreateAlias", f"{KMS}:alias/payroll", {}),
    "our alias for a key in use": Needed("kms:CreateAlias", KEY, {"kms:ResourceAliases": ["alias/payroll"]}),
    "a grant": Needed("kms:CreateGrant", KEY, key_of("dev")),
    "another policy": Needed("iam:CreatePolicyVersion", f"{IAM}:policy/deploy", {}),
    "its own policy": Needed("iam:PutRolePolicy", f"{IAM}:role/deploy", {}),
    "another role": Needed(
        "iam:AttachRolePolicy",
        f"{IAM}:role/deploy",
        {"iam:PolicyARN": f"{IAM}:policy/SecureS3Access-dev"},
    ),
    "administration for a role": Needed(
        "iam:AttachRolePolicy",
        f"{IAM}:role/etl",
        {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"},
    ),
    "a new user": Needed("iam:CreateUser", f"{IAM}:user/eve", {}),
    "a new role": Needed("iam:CreateRole", f"{IAM}:role/eve", {}),
    "another role's identity": Needed("sts:AssumeRole", f"{IAM}:role/etl", {}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_role_that_deploys_dev_has_no_way_to(
    what: str,
    engine: Engine,
    stacks: dict[str, dict[str, Any]],
) -> None:
    document = policy(attached(stacks), "dev")
    answers = judge(engine, document, [REFUSED[what], requests("dev")["attach the managed policy"]])
    assert [answer.result for answer in answers] == ["ImplicitlyDenied", "Allowed"]
    assert answers[0].ignored == ()


def attached(stacks: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The stacks, with dev's managed policy attached to a role."""
    stack = copy.deepcopy(stacks["secure-storage-dev"])
    (address,) = (
        name for name, one in stack["resource"]["aws_iam_policy"].items() if "S3Access" in one["name"]
    )
    attachment = {"role": "etl", "policy_arn": f"${{aws_iam_policy.{address}.arn}}"}
    stack["resource"]["aws_iam_role_policy_attachment"] = {"etl": attachment}
    return {**stacks, "secure-storage-dev": stack}


def test_every_environment_s_policy_is_valid_and_small_enough(
    engine: Engine,
    stacks: dict[str, dict[str, Any]],
) -> None:
    for name in (one.removeprefix("secure-storage-") for one in STACKS if not one.endswith("-state")):
        for read_only in (False, True):
            for document in policies(stacks, name, read_only=read_only):
                assert engine.lint(document, "identity") == []
                assert len("".join(json.dumps(document).split())) <= LIMIT


def test_resources_are_named_wherever_aws_has_resources(stacks: dict[str, dict[str, Any]]) -> None:
    for name in ("dev", "prod", "named-principals"):
        anything = {
            action
            for one in policy(stacks, name)["Statement"]
            for action in one["Action"]
            if one["Resource"] == "*"
        }
        assert anything == {"kms:CreateKey", "kms:ListAliases"}


def test_another_partition_has_other_arns(stacks: dict[str, dict[str, Any]]) -> None:
    resources = {check.resource for check in statements_to_check(policies(stacks, "named-principals"))}
    assert {one.split(":")[1] for one in resources - {"*"}} == {"aws-cn"}


def test_a_type_of_resource_that_is_not_in_the_table_is_refused(stacks: dict[str, dict[str, Any]]) -> None:
    stack = copy.deepcopy(stacks["secure-storage-dev"])
    stack["resource"]["aws_sqs_queue"] = {"queue": {}}
    with pytest.raises(
        DeployPolicyError, match=r"^no actions are listed for aws_sqs_queue; add it to deploy_actions\.py"
    ):
        policy({"secure-storage-dev": stack}, "dev")


def attached_to(stacks: dict[str, dict[str, Any]], count: int) -> dict[str, dict[str, Any]]:
    """The stacks, with dev's managed policy attached to many roles."""
    found = attached(stacks)
    attachments = found["secure-storage-dev"]["resource"]["aws_iam_role_policy_attachment"]
    attachments |= {str(n): {**attachments["etl"], "role": f"role-number-{n}"} for n in range(count)}
    return found


def test_what_is_too_much_for_one_policy_becomes_several_that_allow_the_same(
    engine: Engine,
    stacks: dict[str, dict[str, Any]],
) -> None:
    few, many = policies(attached(stacks), "dev"), policies(attached_to(stacks, 300), "dev")
    assert len(few) < len(many) <= MOST
    for document in many:
        assert engine.lint(document, "identity") == []
        assert size(document, account=ACCOUNT) <= LIMIT
    sids = [statement["Sid"] for document in many for statement in document["Statement"]]
    assert len(sids) == len(set(sids))
    more = {
        (check.action, check.resource)
        for check in statements_to_check(many)
        if "role-number" in check.resource
    }
    assert len(more) == 300 * 3  # to list, attach and detach
    assert set(map(asked, statements_to_check(many))) - more == set(map(asked, statements_to_check(few)))


def asked(check: Check) -> tuple[str, str]:
    return check.action, check.resource


def test_they_are_as_few_as_needed_and_always_the_same(stacks: dict[str, dict[str, Any]]) -> None:
    many = policies(attached_to(stacks, 300), "dev")
    assert many == policies(attached_to(stacks, 300), "dev")
    characters = sum(size(document, account=ACCOUNT) for document in many)
    assert len(many) == -(-characters // LIMIT)


def test_the_names_of_several_differ_from_those_of_any_environment() -> None:
    assert resource_names.ci_policies("deploy", "prod", 2) == [
        "SecureStorageDeploy-prod",
        "SecureStorageDeploy2-prod",
    ]


def test_more_than_a_role_has_room_for_are_refused(stacks: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(
        DeployPolicyError,
        match=r"^a policy that .*: it would take \d+ managed policies .* room for 8: attach to ",
    ):
        policy(attached_to(stacks, 1000), "dev")


def test_a_statement_too_large_without_its_resources_is_cut_at_its_actions_or_refused() -> None:
    actions = [f"s3:Get{'x' * 100}{number}" for number in range(100)]
    statement = {"Sid": "Much", "Effect": "Allow", "Action": actions, "Resource": "*"}
    documents = packed([statement], account=ACCOUNT)
    parts = [part for document in documents for part in document["Statement"]]
    assert [action for part in parts for action in part["Action"]] == actions
    condition = {"StringEquals": {"aws:RequestedRegion": "x" * LIMIT}}
    with pytest.raises(TooLargeError, match=r"^Much alone has more than the 6144 characters "):
        packed([{**statement, "Condition": condition}], account=ACCOUNT)


def test_a_role_without_a_boundary_is_refused(stacks: dict[str, dict[str, Any]]) -> None:
    stack = copy.deepcopy(stacks["secure-storage-dev"])
    stack["resource"]["aws_iam_role"] = {"role": {"name": "anything"}}
    with pytest.raises(DeployPolicyError, match=r"^role anything has no permissions boundary: "):
        policy({"secure-storage-dev": stack}, "dev")


def test_what_is_to_be_checked_beforehand_are_actions_with_resources(
    stacks: dict[str, dict[str, Any]],
) -> None:
    document = policy(stacks, "prod")
    checks = statements_to_check(policies(stacks, "prod"))
    assert Check("s3:CreateBucket", BUCKET.format("prod"), {}) in checks
    (create,) = (check for check in checks if check.action == "kms:CreateKey")
    assert create.context == {
        "aws:RequestedRegion": ["us-east-1"],
        "aws:RequestTag/Environment": ["prod"],
        "aws:RequestTag/Project": ["secure-s3-storage"],
    }
    assert {check.action for check in checks} == {
        action for one in document["Statement"] for action in one["Action"]
    }


def test_each_check_is_allowed_by_the_policy_it_was_made_of(
    engine: Engine,
    stacks: dict[str, dict[str, Any]],
) -> None:
    document = policy(attached(stacks), "dev")
    needed = []
    for action, resource, context in statements_to_check([document]):
        # Of the keys used here, only this one has several values.
        values = {key: of if key == "kms:ResourceAliases" else of[0] for key, of in context.items()}
        arn = resource.replace("/*", "/11111111-2222-3333-4444-555555555555")
        needed.append(Needed(action, arn, values))
    assert {answer.result for answer in judge(engine, document, needed)} == {"Allowed"}


def test_an_account_other_than_that_of_the_settings_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_environments(VARIANTS, {})
    (grants,) = (one for one in settings if one.environment == "grants")
    monkeypatch.setattr(module, "synthesized", lambda name, **_: contextlib.nullcontext((grants, {})))
    with pytest.raises(
        OpsError, match=r"^--account is 999988887777, but account_id in the settings of grants "
    ):
        policies_of_environment("grants", account="999988887777", read_only=False)


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, main_once: Path) -> Run:
    """Runs the command in a checkout, which synthesizes the same environment only once."""
    checkout = checkout_of_ops(tmp_path_factory.mktemp("commands") / "checkout")
    (checkout / "main.py").unlink()
    (checkout / "main.py").symlink_to(main_once)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return partial(run_module, "ops", "deploy-policy", folder=checkout, variables=variables, seconds=120)


@pytest.mark.real
def test_a_directory_gets_a_file_for_each_policy_and_is_never_reused(run: Run, tmp_path: Path) -> None:
    directory = tmp_path / "policies"
    done = run("prod", "--directory", str(directory))
    assert (done.returncode, done.stderr) == (0, "")
    written = {file.stem: json.loads(file.read_text()) for file in directory.iterdir()}
    assert done.stdout.splitlines() == [str(directory / f"{name}.json") for name in sorted(written)]
    # Which is what the command prints, says the next test.
    printed = json.loads((ROOT / "docs" / "deploy-policy.json").read_text())
    assert [written[name] for name in sorted(written)] == (
        printed if isinstance(printed, list) else [printed]
    )
    again = run("prod", "--directory", str(directory))
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"Error: cannot make directory {directory}: File exists\n"


@pytest.mark.real
def test_the_document_for_prod_is_what_the_command_prints(run: Run) -> None:
    done = run("prod")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (ROOT / "docs" / "deploy-policy.json").read_text()


@pytest.mark.real
def test_the_document_for_the_plan_role_is_what_the_command_prints_for_any_account(run: Run) -> None:
    done = run("prod", "--read-only", "--account", "111122223333")
    assert (done.returncode, done.stderr) == (0, "")
    document = (ROOT / "docs" / "plan-policy.json").read_text()
    assert PLACEHOLDER in document
    assert done.stdout == document.replace(PLACEHOLDER, "111122223333")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            ["prod", "--account", "1"],
            2,
            'Error: --account: must be 12 digits, not "1"; like "111122223333"',
        ),
        ([""], 2, "Error: no environment was given; "),
        (["Not A Name"], 1, "Error: ENVIRONMENT_SUFFIX: "),
    ],
)
def test_mistakes_are_one_line(run: Run, arguments: list[str], status: int, message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(message)
