"""Each permission that CI's roles have for plans and reviews is needed by a call that our store makes.

The calls are recorded: `ops ci` makes each of them with the role named here. All else that the roles may do
is the deploy policy and its read-only part, whose calls tests/e2e/test_deploy_policy_calls.py records.
"""

import json
from pathlib import Path
from typing import Any

from ops.ci.store import PlanStore
from ops.deploy.caller import Caller
from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws
from ops.preflight.ci_roles import wanted
from settings.loading import load_environments
from tests.aws_proxy import AwsProxy
from tests.conftest import VARIANTS
from tests.deploy_policy.calls import Account, Key
from tests.deploy_policy.judge import LEFT_TO_IAM, judge, together
from tests.deploy_policy.necessity import permissions, unneeded, without_reason
from tests.ops.preflight_support import use_account
from tests.policy.engine import Document, Engine

import pytest

NAME = "ci-roles"
CONFIGURATION, COMMIT = "deployed/cdk.tf.json", "deployed/commit.json"
REVIEW, PLAN = "review/7/0123/plan.json", "plans/4567/0123/plan.json"
STATE_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/99999999-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def aws(empty_aws: EmbeddedAws) -> EmbeddedAws:
    return empty_aws


def read_versions(store: PlanStore, name: str) -> None:
    """Read a stored file as the store does, by the only version that its list has."""
    folder = name.rpartition("/")[0]
    ((version,),) = store._versions(f"{folder}/").values()
    assert store._objects.get(store._key(name), version) == b"stored"


def review(store: PlanStore) -> None:
    store.read(CONFIGURATION)
    store.keep("review/7/4567/plan.json", b"new")


def plan(store: PlanStore) -> None:
    store.read(CONFIGURATION)
    store.read(COMMIT)
    read_versions(store, REVIEW)
    store.keep("plans/4567/89ab/plan.json", b"new")


def deploy(store: PlanStore) -> None:
    store.read(CONFIGURATION)
    read_versions(store, PLAN)
    store.replace(CONFIGURATION, b"stored")


USES = {"review": review, "plan": plan, "deploy": deploy}


@pytest.mark.parametrize("kind", USES)
def test_each_permission_for_files_removed_refuses_a_recorded_call(
    kind: str,
    aws: EmbeddedAws,
    stacks: dict[str, dict[str, Any]],
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = next(one for one in load_environments(Path(VARIANTS, "ci"), {}) if one.environment == NAME)
    use_account(aws, monkeypatch)
    bucket = settings.state.bucket
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for name in (CONFIGURATION, COMMIT, REVIEW, PLAN):
        if not s3.list_object_versions(Bucket=bucket, Prefix=f"ci/{NAME}/{name}").get("Versions"):
            s3.put_object(Bucket=bucket, Key=f"ci/{NAME}/{name}", Body=b"stored")
    account = Account(
        ACCOUNT_ID, "us-east-1", bucket, Key(STATE_KEY, LEFT_TO_IAM, aliases={settings.state.key_alias})
    )
    with AwsProxy(aws.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        USES[kind](PlanStore(settings))
        needed = [one for call in proxy.calls for one in account.needed(call)]

    role, files = documents(stacks[f"secure-storage-{NAME}-ci"], kind)
    evaluations = judge(engine, role, needed)
    refused = {
        (one.action, one.resource)
        for one, said in zip(needed, evaluations, strict=True)
        if said.result != "Allowed"
    }
    assert refused == set()
    assert [key for said in evaluations for key in said.ignored] == []
    of_files = {permission for _, permission in permissions(files)}
    assert without_reason(unneeded(engine, role, needed, evaluations) & of_files) == set()


def documents(stack: dict[str, Any], kind: str) -> tuple[Document, Document]:
    """All that a role may do, and what of it is for plans and reviews."""
    caller = Caller(arn=f"arn:aws:iam::{ACCOUNT_ID}:root", account=ACCOUNT_ID)
    role = wanted(stack, caller)[f"secure-storage-{NAME}-{kind}"]
    policies = {name: json.loads(text) for name, text in role.policies.items()}
    (files,) = (document for name, document in policies.items() if "Files" in name)
    return together(list(policies.values())), files
