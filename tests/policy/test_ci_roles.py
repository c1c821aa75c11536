"""Who may take the roles of CI, and what each of them may do, as simulated requests."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from settings.names.aws import partition_of
from tests.conftest import CI_STACKS
from tests.policy.deployment import ACCOUNT, Deployment, deployment, resolve
from tests.policy.engine import Document, Engine, EngineRequest
from tests.policy.mutants import Mutant, without_part, without_statement

import pytest

Stack = dict[str, Any]
ISSUER = "token.actions.githubusercontent.com"
NAME = "ci-roles"
KINDS = ("review", "plan", "deploy")
STATE = f"arn:aws:s3:::secure-{NAME}-terraform-state"
DATA = f"arn:aws:s3:::secure-{NAME}-data-bucket"
IAM = f"arn:aws:iam::{ACCOUNT}"
FILES = f"{STATE}/ci/{NAME}"


@dataclass(frozen=True)
class Role:
    """One of the roles as it is deployed.

    Attributes:
        arn: its ARN.
        provider: the ARN of the provider of tokens that its trust policy should name.
        trust: its trust policy.
        policies: the policies attached to it, by name.
    """

    arn: str
    provider: str
    trust: Document
    policies: Mapping[str, Document]


def role(stack: Stack, kind: str) -> Role:
    """The role of a CI stack whose name ends with `kind`."""
    (settings,) = stack["provider"]["aws"]
    (account,) = settings.get("allowed_account_ids", [ACCOUNT])
    iam = f"arn:{partition_of(settings['region'])}:iam::{account}"
    provider = f"{iam}:oidc-provider/{ISSUER}"
    examples = {
        "data.aws_caller_identity.account_id": account,
        "aws_iam_openid_connect_provider.arn": provider,
    }
    resources = stack["resource"]
    ((address, found),) = (
        (address, one) for address, one in resources["aws_iam_role"].items() if one["name"].endswith(kind)
    )
    attached = {
        re.fullmatch(r"\$\{aws_iam_policy\.([^.]+)\.arn\}", one["policy_arn"])[1]  # type: ignore[index]
        for one in resources["aws_iam_role_policy_attachment"].values()
        if one["role"] == f"${{aws_iam_role.{address}.name}}"
    }
    return Role(
        f"{iam}:role/{found['name']}",
        provider,
        json.loads(resolve(found["assume_role_policy"], examples)),
        {
            resources["aws_iam_policy"][one]["name"]: json.loads(
                resolve(resources["aws_iam_policy"][one]["policy"], examples)
            )
            for one in attached
        },
    )


@pytest.fixture(scope="module")
def roles(stacks: dict[str, Stack]) -> dict[str, Role]:
    stack = stacks[f"secure-storage-{NAME}-ci"]
    return {kind: role(stack, kind) for kind in KINDS}


# Who may take a role

Claims = dict[str, str]


def claims(
    sub: str | None, aud: str | None = "sts.amazonaws.com", ref: str | None = "refs/heads/main"
) -> Claims:
    """What STS compares."""
    given = {"sub": sub, "aud": aud, "ref": ref}
    return {f"{ISSUER}:{name}": value for name, value in given.items() if value is not None}


def takes(engine: Engine, role: Role, token: Claims, provider: str | None = None) -> bool:
    """Whether somebody with a token gets the role."""
    request = EngineRequest(
        principal=provider or role.provider,
        action="sts:AssumeRoleWithWebIdentity",
        resource=role.arn,
        account=role.arn.split(":")[4],
        context=token,
        identity=[],
        resource_policy="trust policy",
    )
    (answer,) = engine.evaluate([request], {"trust policy": role.trust})
    assert answer.ignored == ()
    return answer.result == "Allowed"


PULL_REQUEST = "repo:acme/storage:pull_request"
MAIN = "repo:acme/storage:ref:refs/heads/main"
ENVIRONMENT = "repo:acme/storage:environment:ci-roles"


MERGE = "refs/pull/1/merge"


def test_a_pull_request_gets_the_role_that_reviews_and_no_other(
    engine: Engine, roles: dict[str, Role]
) -> None:
    token = claims(PULL_REQUEST, ref=MERGE)
    assert [kind for kind in KINDS if takes(engine, roles[kind], token)] == ["review"]


def test_the_main_branch_gets_the_role_that_plans_and_no_other(
    engine: Engine, roles: dict[str, Role]
) -> None:
    assert [kind for kind in KINDS if takes(engine, roles[kind], claims(MAIN))] == ["plan"]


def test_a_job_in_the_environment_gets_the_role_that_deploys_and_no_other(
    engine: Engine, roles: dict[str, Role]
) -> None:
    assert [kind for kind in KINDS if takes(engine, roles[kind], claims(ENVIRONMENT))] == ["deploy"]


@pytest.mark.parametrize(
    "ref",
    [
        MERGE,
        "refs/heads/feature",
        "refs/heads/main-2",
        "refs/heads/Main",
        "refs/tags/main",
        "main",
        "refs/heads/*",
        "",
        None,
    ],
)
def test_a_job_in_the_environment_does_not_deploy_from_another_ref(
    ref: str | None, engine: Engine, roles: dict[str, Role]
) -> None:
    assert not takes(engine, roles["deploy"], claims(ENVIRONMENT, ref=ref))


def test_a_pull_request_that_names_the_main_branch_as_its_ref_gets_no_more(
    engine: Engine, roles: dict[str, Role]
) -> None:
    assert [kind for kind in KINDS if takes(engine, roles[kind], claims(PULL_REQUEST))] == ["review"]


NOBODY = {
    "a fork's pull request in the fork": claims("repo:eve/storage:pull_request"),
    "a fork's environment": claims("repo:eve/storage:environment:ci-roles"),
    "another repository": claims("repo:acme/website:ref:refs/heads/main"),
    "another repository's environment": claims("repo:acme/website:environment:ci-roles"),
    "a repository whose name goes on": claims("repo:acme/storage-2:pull_request"),
    "an organization whose name goes on": claims("repo:acme-2/storage:environment:ci-roles"),
    "a new repository of the same name": claims("repo:acme@9/storage@9:environment:ci-roles"),
    "another branch": claims("repo:acme/storage:ref:refs/heads/feature"),
    "a branch whose name goes on": claims("repo:acme/storage:ref:refs/heads/main-2"),
    "a tag called main": claims("repo:acme/storage:ref:refs/tags/main"),
    "another environment": claims("repo:acme/storage:environment:prod"),
    "an environment whose name goes on": claims("repo:acme/storage:environment:ci-roles-2"),
    "another case": claims("repo:Acme/Storage:environment:ci-roles"),
    "a wildcard": claims("repo:acme/storage:*"),
    "a wildcard alone": claims("*"),
    "an empty subject": claims(""),
    "no subject": claims(None),
    "a token made for somebody else": claims(PULL_REQUEST, "https://github.com/acme"),
    "a deploy's token made for somebody else": claims(ENVIRONMENT, "https://github.com/acme"),
    "a token made for nobody": claims(PULL_REQUEST, None),
    "a deploy's token made for nobody": claims(ENVIRONMENT, None),
    "no claims at all": claims(None, None),
}


@pytest.mark.parametrize("who", NOBODY)
@pytest.mark.parametrize("kind", KINDS)
def test_nobody_else_gets_a_role(kind: str, who: str, engine: Engine, roles: dict[str, Role]) -> None:
    assert not takes(engine, roles[kind], NOBODY[who])


@pytest.mark.parametrize(("kind", "sub"), [("review", PULL_REQUEST), ("plan", MAIN), ("deploy", ENVIRONMENT)])
def test_the_same_claims_from_another_provider_do_not_count(
    kind: str, sub: str, engine: Engine, roles: dict[str, Role]
) -> None:
    other = f"{IAM}:oidc-provider/gitlab.example.com"
    assert not takes(engine, roles[kind], claims(sub), provider=other)


def test_ids_branch_and_environment_are_those_of_the_settings(
    engine: Engine, stacks: dict[str, Stack]
) -> None:
    stack = stacks["secure-storage-ci-shared-provider-ci"]
    review, plan, deploy = (role(stack, kind) for kind in KINDS)
    release = "refs/heads/release/1.x"
    assert "aws_iam_openid_connect_provider" not in stack["resource"]
    assert takes(engine, review, claims("repo:acme@1234/storage@5678:pull_request", ref=MERGE))
    assert takes(engine, plan, claims("repo:acme@1234/storage@5678:ref:refs/heads/release/1.x"))
    assert takes(engine, deploy, claims("repo:acme@1234/storage@5678:environment:Production EU", ref=release))
    for subject in (
        "repo:acme/storage:pull_request",
        "repo:acme@1234/storage@9:pull_request",
        "repo:acme@1234/storage@5678:ref:refs/heads/main",
        "repo:acme@1234/storage@5678:ref:refs/heads/release/1xx",
        "repo:acme@1234/storage@5678:environment:ci-shared-provider",
    ):
        for one in (review, plan, deploy):
            assert not takes(engine, one, claims(subject, ref=release))


def test_where_sts_does_not_know_the_branch_the_environment_alone_decides(
    engine: Engine, stacks: dict[str, Stack]
) -> None:
    """STS is not known to compare `ref` outside of AWS's commercial Regions; this stack is in China."""
    deploy = role(stacks["secure-storage-ci-shared-provider-ci"], "deploy")
    subject = "repo:acme@1234/storage@5678:environment:Production EU"
    assert takes(engine, deploy, claims(subject, ref=None))
    assert not takes(engine, deploy, claims(subject, ref="refs/heads/feature"))
    assert not takes(engine, deploy, claims("repo:acme@1234/storage@5678:pull_request", ref=None))


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_or_a_role_gets_no_role_of_ci(kind: str, engine: Engine, roles: dict[str, Role]) -> None:
    everything = {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}
    request = EngineRequest(
        principal=f"{IAM}:user/ada",
        action="sts:AssumeRole",
        resource=roles[kind].arn,
        account=ACCOUNT,
        context={},
        identity=["AdministratorAccess"],
        resource_policy="trust policy",
    )
    policies = {
        "AdministratorAccess": {"Version": "2012-10-17", "Statement": [everything]},
        "trust policy": roles[kind].trust,
    }
    (answer,) = engine.evaluate([request], policies)
    assert answer.result == "ImplicitlyDenied"


# What a role may do


@dataclass(frozen=True)
class Ask:
    """One request of a role.

    Attributes:
        action: such as `s3:PutObject`.
        resource: the ARN that it is done to; of KMS, one of `KEYS`.
        context: the condition keys that matter.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


NEW = {"s3:if-none-match": "*"}
VIA_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
KEYS = {
    "state": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
    "data": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/22222222-2222-3333-4444-555555555555",
    "another": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/33333333-2222-3333-4444-555555555555",
    # The state's, had it not the policy that it has.
    "open": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/44444444-2222-3333-4444-555555555555",
}
ALIASES = {
    "state": f"alias/secure-{NAME}-terraform-state",
    "data": f"alias/secure-s3-key-{NAME}",
    "another": "alias/payroll",
    "open": f"alias/secure-{NAME}-terraform-state",
}
BUCKETS = {"state": STATE, "data": DATA, "another": "arn:aws:s3:::payroll", "open": STATE}
TAGS = {
    "state": {"aws:ResourceTag/Environment": NAME, "aws:ResourceTag/Project": "secure-s3-storage"},
    "data": {"aws:ResourceTag/Environment": NAME, "aws:ResourceTag/Project": "secure-s3-storage"},
    "another": {"aws:ResourceTag/Project": "payroll"},
    "open": {"aws:ResourceTag/Environment": NAME, "aws:ResourceTag/Project": "secure-s3-storage"},
}
STATE_FILE = f"{STATE}/secure-storage-{NAME}/terraform.tfstate"
SHA = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "0123456789abcdef" * 4
REVIEW = f"review/7/{DIGEST}/plan.tfplan"
PLAN = f"plans/{SHA}/{DIGEST}/plan.tfplan"


def listing(*below: str) -> Ask:
    """A list of the versions of what begins with a prefix of the state bucket."""
    return Ask("s3:ListBucketVersions", STATE, {"s3:prefix": "/".join(below)})


READS = {
    "read the state": Ask("s3:GetObject", STATE_FILE),
    "look whether the state is locked": Ask("s3:GetObject", f"{STATE_FILE}.tflock"),
    "see whether a missing state was deleted": listing(f"secure-storage-{NAME}", "terraform.tfstate"),
    "decrypt the state": Ask("kms:Decrypt", "state", VIA_S3),
    "look at the bucket's policy": Ask("s3:GetBucketPolicy", DATA),
    "look at the key": Ask("kms:DescribeKey", "data"),
    "look at the managed policy": Ask("iam:GetPolicy", f"{IAM}:policy/SecureS3Access-{NAME}"),
    "look for the state of a first deploy": Ask("s3:ListBucket", STATE),
}
STORES_REVIEWS = {
    "store a new review": Ask("s3:PutObject", f"{FILES}/{REVIEW}", NEW),
}
STORES_PLANS = {
    "store a new plan": Ask("s3:PutObject", f"{FILES}/{PLAN}", NEW),
}
ENCRYPTS = {
    "encrypt what it stores": Ask("kms:GenerateDataKey", "state", VIA_S3),
}
COMPARES = {
    "read which configuration is deployed": Ask("s3:GetObject", f"{FILES}/deployed/cdk.tf.json"),
}
READS_COMMIT = {
    "read which commit is deployed": Ask("s3:GetObject", f"{FILES}/deployed/commit.json"),
}
READS_REVIEWS = {
    "read a version of a review": Ask("s3:GetObjectVersion", f"{FILES}/{REVIEW}"),
    "list the versions of a review": listing("ci", NAME, REVIEW),
    "list the versions of a pull request's reviews": listing("ci", NAME, "review", "7", ""),
    "list the versions of all reviews": listing("ci", NAME, "review", ""),
}
TAKES_PLANS = {
    "read a version of a plan": Ask("s3:GetObjectVersion", f"{FILES}/{PLAN}"),
    "list a plan's versions": listing("ci", NAME, PLAN),
    "list all plans' versions": listing("ci", NAME, "plans", ""),
}
RECORDS = {
    "read a state that a deploy could not write": Ask("s3:GetObject", f"{FILES}/deployed/errored/state"),
    "record a deploy": Ask("s3:PutObject", f"{FILES}/deployed/{SHA}", NEW),
    "replace a record": Ask("s3:PutObject", f"{FILES}/deployed/commit.json"),
}
DEPLOYS = {
    "write the state": Ask("s3:PutObject", STATE_FILE),
    "take the lock": Ask("s3:PutObject", f"{STATE_FILE}.tflock", NEW),
    "release the lock": Ask("s3:DeleteObject", f"{STATE_FILE}.tflock"),
    "change the bucket's policy": Ask("s3:PutBucketPolicy", DATA),
    "change the key's policy": Ask("kms:PutKeyPolicy", "data"),
    "change the managed policy": Ask("iam:CreatePolicyVersion", f"{IAM}:policy/SecureS3Access-{NAME}"),
}

NEVER = {
    # The data
    "read an object": Ask("s3:GetObject", f"{DATA}/data/file"),
    "read an earlier version of an object": Ask("s3:GetObjectVersion", f"{DATA}/data/file"),
    "upload an object": Ask("s3:PutObject", f"{DATA}/data/file", NEW),
    "decrypt data": Ask("kms:Decrypt", "data", VIA_S3),
    "encrypt data": Ask("kms:GenerateDataKey", "data", VIA_S3),
    # Stored plans and reviews
    **{
        f"{what} a stored {kind}": Ask(action, f"{FILES}/{file}", context)
        for kind, file in (("plan", PLAN), ("review", REVIEW))
        for what, action, context in (
            ("read whatever is now", "s3:GetObject", {}),
            ("overwrite", "s3:PutObject", {}),
            ("overwrite, having seen it,", "s3:PutObject", {"s3:if-match": '"etag"'}),
            ("delete", "s3:DeleteObject", {}),
            ("delete a version of", "s3:DeleteObjectVersion", {}),
            ("open to everybody", "s3:PutObjectAcl", {}),
        )
    },
    **{
        f"{what} {kind} of {whose}": Ask(action, f"{STATE}/ci/{environment}/{file}", NEW if new else {})
        for kind, file in (("a plan", PLAN), ("a review", REVIEW), ("a record", "deployed/cdk.tf.json"))
        for whose, environment in (
            ("another environment", "prod"),
            ("an environment whose name goes on", f"{NAME}-2"),
        )
        for what, action, new in (
            ("store", "s3:PutObject", True),
            ("read", "s3:GetObject", False),
            ("read an earlier version of", "s3:GetObjectVersion", False),
        )
    },
    "store a plan where they lay before": Ask("s3:PutObject", f"{FILES}/{SHA}/{DIGEST}/plan.tfplan", NEW),
    "read a plan where they lay before": Ask("s3:GetObject", f"{FILES}/{SHA}/{DIGEST}/plan.tfplan"),
    "store in a folder whose name goes on": Ask("s3:PutObject", f"{FILES}/plans-2/{SHA}", NEW),
    "store reviews in a folder whose name goes on": Ask("s3:PutObject", f"{FILES}/review-2/{SHA}", NEW),
    "record in a folder whose name goes on": Ask("s3:PutObject", f"{FILES}/deployed-2/{SHA}", NEW),
    "delete a record": Ask("s3:DeleteObject", f"{FILES}/deployed/cdk.tf.json"),
    "list the reviews of another environment": listing("ci", "prod", "review", ""),
    "list the plans of another environment": listing("ci", "prod", "plans", ""),
    "list the records": listing("ci", NAME, "deployed", ""),
    "list all files of CI": listing("ci", NAME, ""),
    "list the versions of everything": Ask("s3:ListBucketVersions", STATE),
    "list the versions below the state's folder": listing(f"secure-storage-{NAME}", ""),
    "list the versions of the lock": listing(f"secure-storage-{NAME}", "terraform.tfstate.tflock"),
    "list the versions of another state": listing(f"secure-storage-{NAME}-state", "terraform.tfstate"),
    "list the plans": Ask("s3:ListBucket", STATE, {"s3:prefix": f"ci/{NAME}/plans/"}),
    "list the reviews": Ask("s3:ListBucket", STATE, {"s3:prefix": f"ci/{NAME}/review/"}),
    "store something elsewhere": Ask("s3:PutObject", f"{STATE}/elsewhere", NEW),
    # The state
    "delete the state": Ask("s3:DeleteObject", STATE_FILE),
    "read an earlier version of the state": Ask("s3:GetObjectVersion", STATE_FILE),
    "read the state of the roles": Ask("s3:GetObject", f"{STATE}/secure-storage-{NAME}-ci/terraform.tfstate"),
    "write the state of the roles": Ask(
        "s3:PutObject", f"{STATE}/secure-storage-{NAME}-ci/terraform.tfstate", NEW
    ),
    "write the state of the state bucket": Ask(
        "s3:PutObject", f"{STATE}/secure-storage-{NAME}-state/terraform.tfstate", NEW
    ),
    "change the state bucket's policy": Ask("s3:PutBucketPolicy", STATE),
    "stop the state bucket's versions": Ask("s3:PutBucketVersioning", STATE),
    "change the state key's policy": Ask("kms:PutKeyPolicy", "state"),
    "delete the state key": Ask("kms:ScheduleKeyDeletion", "state"),
    "use the state key for itself": Ask("kms:Decrypt", "state"),
    "encrypt with the state key for itself": Ask("kms:GenerateDataKey", "state"),
    "encrypt for itself, where the key's policy left that to IAM": Ask("kms:GenerateDataKey", "open"),
    "decrypt for itself, where the key's policy left that to IAM": Ask("kms:Decrypt", "open"),
    # Other things
    "read another bucket": Ask("s3:GetObject", "arn:aws:s3:::payroll/file"),
    "store a plan in another bucket": Ask("s3:PutObject", f"arn:aws:s3:::payroll/ci/{NAME}/{PLAN}", NEW),
    "change another bucket": Ask("s3:PutBucketPolicy", "arn:aws:s3:::payroll"),
    "decrypt with another key": Ask("kms:Decrypt", "another", VIA_S3),
    "encrypt with another key": Ask("kms:GenerateDataKey", "another", VIA_S3),
    "change another key": Ask("kms:PutKeyPolicy", "another"),
    "let somebody use a key": Ask("kms:CreateGrant", "data"),
    # The roles
    **{
        f"{what} of the {kind} role": Ask(action, f"{IAM}:role/secure-storage-{NAME}-{kind}", context)
        for kind in KINDS
        for what, action, context in (
            ("change the trust", "iam:UpdateAssumeRolePolicy", {}),
            ("lengthen the sessions", "iam:UpdateRole", {}),
            ("put a policy", "iam:PutRolePolicy", {}),
            (
                "attach a policy",
                "iam:AttachRolePolicy",
                {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnly"},
            ),
            (
                "attach the managed policy",
                "iam:AttachRolePolicy",
                {"iam:PolicyARN": f"{IAM}:policy/SecureS3Access-{NAME}"},
            ),
            ("detach a policy", "iam:DetachRolePolicy", {"iam:PolicyARN": f"{IAM}:policy/x"}),
            ("take the boundary", "iam:DeleteRolePermissionsBoundary", {}),
            ("take the identity", "sts:AssumeRole", {}),
            ("end the life", "iam:DeleteRole", {}),
        )
    },
    **{
        f"rewrite {policy}": Ask("iam:CreatePolicyVersion", f"{IAM}:policy/{policy}-{NAME}")
        for policy in (
            "SecureStorageReview",
            "SecureStorageReviewFiles",
            "SecureStoragePlan",
            "SecureStoragePlanFiles",
            "SecureStorageDeploy",
            "SecureStorageDeployFiles",
            "SecureStorageState",
        )
    },
    "change the provider": Ask("iam:AddClientIDToOpenIDConnectProvider", f"{IAM}:oidc-provider/{ISSUER}"),
    "make a role": Ask("iam:CreateRole", f"{IAM}:role/eve"),
    "hand a role to a service": Ask("iam:PassRole", f"{IAM}:role/etl"),
    "attach a policy to another role": Ask(
        "iam:AttachRolePolicy", f"{IAM}:role/etl", {"iam:PolicyARN": f"{IAM}:policy/SecureS3Access-{NAME}"}
    ),
}

MAY = {
    "review": {**READS, **ENCRYPTS, **COMPARES, **STORES_REVIEWS},
    "plan": {**READS, **ENCRYPTS, **COMPARES, **READS_COMMIT, **STORES_PLANS, **READS_REVIEWS},
    "deploy": {
        **READS,
        **ENCRYPTS,
        **COMPARES,
        **READS_COMMIT,
        **TAKES_PLANS,
        **RECORDS,
        **DEPLOYS,
    },
}
EVERYTHING = {**MAY["review"], **MAY["plan"], **MAY["deploy"], **NEVER}


@pytest.fixture(scope="module")
def around(stacks: dict[str, Stack]) -> dict[Literal["state", "data"], Deployment]:
    """The buckets with their keys, whose own policies have a say."""
    return {
        "state": deployment(f"secure-storage-{NAME}-state", stacks[f"secure-storage-{NAME}-state"]),
        "data": deployment(f"secure-storage-{NAME}", stacks[f"secure-storage-{NAME}"]),
    }


def allowed(
    engine: Engine,
    role: Role,
    around: Mapping[Literal["state", "data"], Deployment],
    asked: Mapping[str, Ask],
) -> set[str]:
    """Which of the requests a role gets an answer to."""
    policies = {
        **role.policies,
        **{f"{kind} {name}": one.policies[name] for kind, one in around.items() for name in OF_RESOURCES},
        "another key policy": LEFT_TO_IAM,
        "open key policy": LEFT_TO_IAM,
    }
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.arn.rpartition('/')[2]}/run"
    requests = [
        EngineRequest(
            principal=session,
            action=one.action,
            resource=KEYS.get(one.resource, one.resource),
            account=ACCOUNT,
            context=_context(one, role),
            identity=list(role.policies),
            resource_policy=_policy_of_resource(one),
        )
        for one in asked.values()
    ]
    answers = engine.evaluate(requests, policies)
    assert [key for answer in answers for key in answer.ignored] == []
    return {what for what, answer in zip(asked, answers, strict=True) if answer.result == "Allowed"}


OF_RESOURCES = ("bucket policy", "key policy")
LEFT_TO_IAM: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "LeftToIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"{IAM}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


def _context(one: Ask, role: Role) -> dict[str, str | list[str]]:
    who = {"aws:PrincipalArn": role.arn, "aws:PrincipalAccount": ACCOUNT}
    if one.action.startswith("s3:"):
        signed = {"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}
        return {**who, **signed, "aws:SecureTransport": "true", "s3:TlsVersion": "1.3", **one.context}
    if one.action.startswith("kms:"):
        about: dict[str, str | list[str]] = {
            "kms:CallerAccount": ACCOUNT,
            "kms:ResourceAliases": [ALIASES[one.resource]],
        }
        if one.action in ("kms:Decrypt", "kms:GenerateDataKey"):
            about |= {
                "kms:EncryptionContext:aws:s3:arn": BUCKETS[one.resource],
                "kms:EncryptionContextKeys": ["aws:s3:arn"],
            }
        return {**who, **TAGS[one.resource], **about, **one.context}
    return {**who, **one.context}


def _policy_of_resource(one: Ask) -> str | None:
    if one.action.startswith("kms:"):
        return f"{one.resource} key policy"
    for kind in ("state", "data"):
        if one.resource == BUCKETS[kind] or one.resource.startswith(f"{BUCKETS[kind]}/"):
            return f"{kind} bucket policy"
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_may_do_its_work_and_nothing_else(
    kind: str, engine: Engine, roles: dict[str, Role], around: dict[Literal["state", "data"], Deployment]
) -> None:
    assert allowed(engine, roles[kind], around, EVERYTHING) == set(MAY[kind])


def without(role: Role, mutant: Mutant) -> Role:
    return Role(role.arn, role.provider, role.trust, {**role.policies, mutant.policy: mutant.document})


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, f"SecureStorage{kind.title()}Files-{NAME}") for kind in KINDS],
)
def test_no_part_of_what_is_allowed_with_plans_can_go_without_notice(
    kind: str,
    name: str,
    engine: Engine,
    roles: dict[str, Role],
    around: dict[Literal["state", "data"], Deployment],
) -> None:
    policy = roles[kind].policies[name]
    mutants = [without_statement(name, policy, one["Sid"]) for one in policy["Statement"]]
    mutants += without_part(name, policy)
    assert len(mutants) > len(policy["Statement"])
    unnoticed = [
        str(one)
        for one in mutants
        if allowed(engine, without(roles[kind], one), around, EVERYTHING) == set(MAY[kind])
    ]
    assert unnoticed == []


TOKENS = {
    **{
        f"{sub} for {aud} from {ref}": claims(sub, aud, ref)
        for sub in (PULL_REQUEST, MAIN, ENVIRONMENT)
        for aud in ("sts.amazonaws.com", None)
        for ref in ("refs/heads/main", MERGE)
    },
    **NOBODY,
}


@pytest.mark.real
@pytest.mark.parametrize("kind", KINDS)
def test_no_part_of_the_trust_can_go_without_notice(
    kind: str, engine: Engine, roles: dict[str, Role]
) -> None:
    role = roles[kind]

    def let_in(trust: Document) -> set[str]:
        changed = Role(role.arn, role.provider, trust, role.policies)
        return {who for who, token in TOKENS.items() if takes(engine, changed, token)}

    mutants = list(without_part("trust policy", role.trust))
    assert len(mutants) >= 2
    assert [str(one) for one in mutants if let_in(one.document) == let_in(role.trust)] == []


@pytest.mark.parametrize("stack", CI_STACKS)
def test_policies_have_only_actions_and_condition_keys_that_exist(
    stack: str, engine: Engine, stacks: dict[str, Stack]
) -> None:
    for kind in KINDS:
        found = role(stacks[stack], kind)
        assert (
            engine.lint(
                {**found.trust, "Statement": [{**found.trust["Statement"][0], "Resource": "*"}]}, "resource"
            )
            == []
        )
        assert len(found.policies) == 2
        for name, policy in found.policies.items():
            assert engine.lint(policy, "identity") == [], name


@pytest.mark.parametrize("stack", CI_STACKS)
def test_sessions_last_an_hour_and_each_claim_is_compared_exactly(
    stack: str, stacks: dict[str, Stack]
) -> None:
    for one in stacks[stack]["resource"]["aws_iam_role"].values():
        assert one["max_session_duration"] == 3600
        (statement,) = json.loads(one["assume_role_policy"])["Statement"]
        compared = {key for block in statement["Condition"].values() for key in block}
        by_environment = one["name"].endswith("-deploy")
        assert compared == {f"{ISSUER}:aud", f"{ISSUER}:sub", *([f"{ISSUER}:ref"] * by_environment)}
        assert statement["Condition"].keys() <= {"StringEquals", "StringEqualsIfExists"}
        assert {f"{ISSUER}:aud", f"{ISSUER}:sub"} <= statement["Condition"]["StringEquals"].keys()
        assert not re.search(r"[*?]", json.dumps(statement["Condition"]))
