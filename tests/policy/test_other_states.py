"""Twenty environments with one state bucket: none reaches the state of another one, as simulated requests.

An operation of S3 on an encrypted object is a request to S3 and one to KMS; each is refused by itself. The
promise `nothing-of-other-states` proves the same for every request.
"""

import json
from dataclasses import dataclass
from typing import Any

from settings.loading import load_environments
from stacks.app import build
from tests.policy.deployment import ACCOUNT, resolve
from tests.policy.engine import Document, Engine, EngineRequest
from tests.policy.test_ci_roles import KINDS, role

import pytest

OWNER = "prod"
NAMES = [OWNER, *(f"team-{number}" for number in range(1, 20))]
BUCKET = "arn:aws:s3:::secure-prod-terraform-state"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
Stack = dict[str, Any]


@dataclass(frozen=True)
class Bucket:
    """The shared bucket with its key, and who uses it.

    Attributes:
        arn: the bucket's.
        alias: the key's.
        policies: of the bucket and the key, as `bucket policy` and `key policy`, and those of each holder.
        holders: the names of the policies that each holder has.
    """

    arn: str
    alias: str
    policies: dict[str, Document]
    holders: dict[str, list[str]]

    def ask(
        self, holder: str, action: str, resource: str, context: dict[str, str | list[str]]
    ) -> EngineRequest:
        return EngineRequest(
            principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/{holder}/session",
            action=action,
            resource=resource,
            account=ACCOUNT,
            context={
                "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{holder}",
                "aws:PrincipalAccount": ACCOUNT,
                "aws:PrincipalIsAWSService": "false",
                "aws:TokenIssueTime": "2026-11-26T10:00:00Z",
                **context,
            },
            identity=self.holders[holder],
            resource_policy="key policy" if action.startswith("kms:") else "bucket policy",
        )

    def s3(self, holder: str, action: str, key: str | None, **context: str) -> EngineRequest:
        """A request for an object, or for the bucket where there is no key."""
        network: dict[str, str | list[str]] = {
            "aws:SecureTransport": "true",
            "s3:TlsVersion": "1.3",
            "s3:signatureversion": "AWS4-HMAC-SHA256",
            "s3:authType": "REST-HEADER",
            "s3:signatureAge": "1000",
        }
        resource = self.arn if key is None else f"{self.arn}/{key}"
        return self.ask(holder, f"s3:{action}", resource, {**network, **context})

    def kms(self, holder: str, action: str, arn: str) -> EngineRequest:
        """What S3 asks of KMS for a holder, for an object or, with a bucket key, for the bucket."""
        context: dict[str, str | list[str]] = {
            "kms:ViaService": "s3.us-east-1.amazonaws.com",
            "kms:CallerAccount": ACCOUNT,
            "kms:EncryptionContext:aws:s3:arn": arn,
            "kms:ResourceAliases": [self.alias],
        }
        return self.ask(holder, f"kms:{action}", KEY, context)


def documents(stack: Stack) -> dict[str, Document]:
    """The policies of a state stack: of the bucket, the key, and the managed one."""
    examples = {"aws_kms_key.arn": KEY, "data.aws_caller_identity.account_id": ACCOUNT}
    kinds = {"aws_s3_bucket_policy": "bucket policy", "aws_kms_key": "key policy"}
    found = {
        name: one["policy"]
        for kind, name in kinds.items()
        for one in stack["resource"].get(kind, {}).values()
    }
    found |= {one["name"]: one["policy"] for one in stack["resource"]["aws_iam_policy"].values()}
    return {name: json.loads(resolve(text, examples)) for name, text in found.items()}


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Bucket:
    folder, outdir = tmp_path_factory.mktemp("environments"), tmp_path_factory.mktemp("cdktf.out")
    for name in NAMES:
        text = "state.shared = true\n" if name == OWNER else f'state.of = "{OWNER}"\n'
        (folder / f"{name}.toml").write_text(text)
    build(load_environments(folder, {}), outdir=str(outdir)).synth()
    policies: dict[str, Document] = {}
    for name in NAMES:
        file = outdir / "stacks" / f"secure-storage-{name}-state" / "cdk.tf.json"
        policies |= documents(json.loads(file.read_bytes()))
    holders = {name: [f"SecureStorageState-{name}"] for name in NAMES}
    return Bucket(BUCKET, "alias/secure-prod-terraform-state", policies, holders)


def state(name: str) -> str:
    return f"secure-storage-{name}/terraform.tfstate"


def used(bucket: Bucket, holder: str, whose: str) -> list[EngineRequest]:
    """What a deploy asks for the state of `whose`."""
    lock = f"{state(whose)}.tflock"
    objects = [(state(whose), ("GetObject", "PutObject")), (lock, ("GetObject", "PutObject", "DeleteObject"))]
    return [
        *(bucket.s3(holder, action, key) for key, actions in objects for action in actions),
        bucket.s3(holder, "ListBucketVersions", None, **{"s3:prefix": state(whose)}),
        *(
            bucket.kms(holder, action, f"{bucket.arn}/{key}")
            for key, _ in objects
            for action in ("Decrypt", "GenerateDataKey")
        ),
    ]


def never(bucket: Bucket, holder: str, whose: str) -> list[EngineRequest]:
    """What nobody may do, with a state of their own either."""
    return [
        bucket.s3(holder, "DeleteObject", state(whose)),
        bucket.s3(holder, "GetObject", f"secure-storage-{whose}-state/terraform.tfstate"),
        bucket.s3(holder, "PutObject", f"secure-storage-{whose}-state/terraform.tfstate"),
        bucket.s3(holder, "ListBucket", None, **{"s3:prefix": f"secure-storage-{whose}/"}),
    ]


def answers(engine: Engine, bucket: Bucket, requests: list[EngineRequest]) -> list[str]:
    found = engine.evaluate(requests, bucket.policies)
    assert all(one.ignored == () for one in found)
    return [one.result for one in found]


def test_each_of_twenty_environments_uses_its_own_state(engine: Engine, twenty: Bucket) -> None:
    for name in NAMES:
        found = answers(engine, twenty, used(twenty, name, name))
        assert found == ["Allowed"] * len(found), name


@pytest.mark.real
def test_none_of_twenty_environments_reaches_the_state_of_another_one(engine: Engine, twenty: Bucket) -> None:
    requests = [
        request
        for holder in NAMES
        for whose in NAMES
        if whose != holder
        for request in (
            twenty.s3(holder, "GetObject", state(whose)),
            twenty.s3(holder, "PutObject", state(whose)),
            twenty.s3(holder, "DeleteObject", state(whose)),
            twenty.s3(holder, "PutObject", f"{state(whose)}.tflock"),
            twenty.s3(holder, "ListBucketVersions", None, **{"s3:prefix": state(whose)}),
        )
    ]
    assert len(requests) == 20 * 19 * 5
    assert set(answers(engine, twenty, requests)) == {"ImplicitlyDenied"}


def test_nor_does_it_use_the_key_for_it_or_anything_else(engine: Engine, twenty: Bucket) -> None:
    neighbours = [*zip(NAMES, [*NAMES[1:], OWNER], strict=True), *((OWNER, name) for name in NAMES[2:])]
    requests = [one for pair in neighbours for one in (*used(twenty, *pair), *never(twenty, *pair))]
    requests += [one for name in NAMES for one in never(twenty, name, name)]
    assert set(answers(engine, twenty, requests)) == {"ImplicitlyDenied"}


def test_a_list_needs_the_prefix_of_the_workspaces(engine: Engine, twenty: Bucket) -> None:
    for holder in NAMES:
        requests = [
            twenty.s3(holder, action, None, **context)
            for action in ("ListBucket", "ListBucketVersions")
            for context in ({}, {"s3:prefix": ""}, {"s3:prefix": "secure-storage-"}, {"s3:prefix": "env:"})
        ]
        requests.append(twenty.s3(holder, "ListBucketMultipartUploads", None))
        assert set(answers(engine, twenty, requests)) == {"ImplicitlyDenied"}, holder
        assert answers(engine, twenty, [twenty.s3(holder, "ListBucket", None, **{"s3:prefix": "env:/"})]) == [
            "Allowed"
        ]


def test_only_the_owner_reads_what_was_written_before_the_bucket_was_shared(
    engine: Engine, twenty: Bucket
) -> None:
    requests = [twenty.kms(holder, "Decrypt", BUCKET) for holder in NAMES]
    assert answers(engine, twenty, requests) == ["Allowed"] + ["ImplicitlyDenied"] * 19


def test_without_its_condition_a_policy_would_use_the_key_for_others(engine: Engine, twenty: Bucket) -> None:
    """The bucket's own policies do not keep environments apart: the condition of each role does."""
    weaker = json.loads(json.dumps(twenty.policies["SecureStorageState-team-1"]))
    (use,) = (one for one in weaker["Statement"] if one["Sid"] == "AllowStateKey")
    del use["Condition"]["StringLike"]
    request = twenty.kms("team-1", "Decrypt", f"{BUCKET}/{state('team-2')}")
    (found,) = engine.evaluate([request], {**twenty.policies, "SecureStorageState-team-1": weaker})
    assert found.result == "Allowed"


# The roles of CI

FOLDERS = {
    "home": {kind: f"ci/home/{kind}/" for kind in ("review", "plans", "deployed")},
    "guest": {kind: f"ci-of-guests/{kind}/guest/" for kind in ("review", "plans", "deployed")},
}
OTHER = {"home": "guest", "guest": "home"}


@pytest.fixture(scope="module")
def of_ci(stacks: dict[str, Stack]) -> Bucket:
    policies = documents(stacks["secure-storage-home-state"])
    holders: dict[str, list[str]] = {}
    for name in FOLDERS:
        for kind in KINDS:
            one = role(stacks[f"secure-storage-{name}-ci"], kind)
            policies |= one.policies
            holders[f"{name}-{kind}"] = list(one.policies)
    arn = "arn:aws:s3:::secure-home-terraform-state"
    return Bucket(arn, "alias/secure-home-terraform-state", policies, holders)


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_role_of_ci_reaches_no_file_of_another_environment(
    engine: Engine, of_ci: Bucket, name: str, kind: str
) -> None:
    holder, other = f"{name}-{kind}", OTHER[name]
    requests = [*used(of_ci, holder, other), *never(of_ci, holder, other), *never(of_ci, holder, name)]
    for folder in FOLDERS[other].values():
        requests += [
            of_ci.s3(holder, action, f"{folder}1/2/plan.tfplan", **{"s3:if-none-match": "*"})
            if action == "PutObject"
            else of_ci.s3(holder, action, f"{folder}1/2/plan.tfplan")
            for action in ("GetObject", "GetObjectVersion", "PutObject", "DeleteObject")
        ]
        requests += [
            of_ci.s3(holder, action, None, **{"s3:prefix": prefix})
            for action in ("ListBucket", "ListBucketVersions")
            for prefix in (folder, f"{folder}1/", folder.rpartition("/")[0])
        ]
        requests += [
            of_ci.kms(holder, action, f"{of_ci.arn}/{folder}1/2/plan.tfplan")
            for action in ("Decrypt", "GenerateDataKey")
        ]
    requests += [of_ci.s3(holder, action, None) for action in ("ListBucket", "ListBucketVersions")]
    assert set(answers(engine, of_ci, requests)) == {"ImplicitlyDenied"}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_roles_of_ci_use_the_files_of_their_environment(engine: Engine, of_ci: Bucket, name: str) -> None:
    review, plan, deploy = (f"{name}-{kind}" for kind in KINDS)
    folders, new = FOLDERS[name], {"s3:if-none-match": "*"}
    file, record = "1/2/plan.tfplan", f"{folders['deployed']}cdk.tf.json"
    requests = [
        of_ci.s3(review, "PutObject", folders["review"] + file, **new),
        of_ci.kms(review, "GenerateDataKey", f"{of_ci.arn}/{folders['review']}{file}"),
        of_ci.s3(plan, "GetObjectVersion", folders["review"] + file),
        of_ci.kms(plan, "Decrypt", f"{of_ci.arn}/{folders['review']}{file}"),
        of_ci.s3(plan, "PutObject", folders["plans"] + file, **new),
        of_ci.kms(plan, "GenerateDataKey", f"{of_ci.arn}/{folders['plans']}{file}"),
        of_ci.s3(deploy, "GetObjectVersion", folders["plans"] + file),
        of_ci.kms(deploy, "Decrypt", f"{of_ci.arn}/{folders['plans']}{file}"),
        of_ci.s3(deploy, "PutObject", record),
        of_ci.kms(deploy, "GenerateDataKey", f"{of_ci.arn}/{record}"),
        *(of_ci.s3(one, "GetObject", record) for one in (review, plan, deploy)),
        *(of_ci.kms(one, "Decrypt", f"{of_ci.arn}/{record}") for one in (review, plan, deploy)),
        # To a missing record S3 answers 403, so that each of them has to be able to see that it is missing.
        *(
            of_ci.s3(one, "ListBucketVersions", None, **{"s3:prefix": record})
            for one in (review, plan, deploy)
        ),
        *used(of_ci, deploy, name),
    ]
    found = answers(engine, of_ci, requests)
    assert found == ["Allowed"] * len(found)
