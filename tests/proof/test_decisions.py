"""How several policies make one decision.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from typing import Any

from proof import (
    AWS_IDENTITY,
    Account,
    Action,
    Caller,
    Decision,
    Holds,
    Identity,
    Operation,
    Principal,
    Resource,
    When,
    always,
    denied,
    nobody,
    policy,
    prove,
)
from tests.proof.ask import ACCOUNT, BUCKET, OBJECTS, OTHER, ROLE, USER, answer, document, statement

import pytest

READ = Action("s3:GetObject") & Resource(OBJECTS)
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1111aaaa"
USE_KEY = Action("kms:Decrypt") & Resource(KEY)
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
FOREIGN = f"arn:aws:iam::{OTHER}:role/reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/etl/s1"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
OF_ETL = When({"ArnEquals": {"aws:PrincipalArn": ROLE}})
READS = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
NOTHING = policy(document(), "empty")


def bucket(*statements: dict[str, Any], identities: tuple[Identity, ...] = ()) -> Decision:
    return Decision(policy(document(*statements), "bucket"), ACCOUNT, identities)


def of_key(*statements: dict[str, Any], identities: tuple[Identity, ...] = ()) -> Decision:
    return Decision(policy(document(*statements), "key"), ACCOUNT, identities)


def key_use(**elements: Any) -> dict[str, Any]:
    return statement(Action="kms:Decrypt", Resource="*", **elements)


# Within the account


@pytest.mark.parametrize("named", [ROLE, USER, SESSION, FEDERATED])
def test_an_identity_that_is_named_needs_no_policy_of_its_own(named: str) -> None:
    who = Principal(named) & OF_ETL if named == SESSION else Principal(named)
    assert answer(bucket(statement(Principal={"AWS": named})), always(READ & who)) == "yes"


def test_an_account_that_is_named_delegates_and_grants_nothing() -> None:
    decision = bucket(statement(Principal={"AWS": ROOT}))
    assert answer(decision, always(READ & Principal(ROLE))) == "no"
    assert answer(decision, always(READ & Account(ACCOUNT) & Caller("root"))) == "yes"


def test_an_identity_policy_suffices_where_the_resource_has_none() -> None:
    reader = Identity((ROLE,), (policy(document(READS), "reads"),))
    assert answer(bucket(identities=(reader,)), always(READ & Principal(ROLE))) == "yes"
    assert (
        answer(bucket(identities=(reader,)), nobody(READ & Principal(USER))) == "no"
    )  # its policies are unknown
    silent = Identity((USER,), ())
    assert answer(bucket(identities=(silent,)), nobody(READ & Principal(USER))) == "yes"


@pytest.mark.parametrize(
    ("principal", "who", "bypassed"),
    [
        ({"AWS": ROLE}, ROLE, False),
        ({"AWS": SESSION}, ROLE, True),
        ({"AWS": USER}, USER, True),
        ("*", ROLE, True),
        ({"AWS": "*"}, ROLE, True),
        ({"AWS": ROOT}, ROLE, False),
    ],
)
def test_a_principal_named_by_role_or_account_keeps_the_limits_of_a_boundary(
    principal: Any, who: str, bypassed: bool
) -> None:
    limited = Identity((who,), (policy(document(READS), "reads"),), boundary=NOTHING)
    decision = bucket(statement(Principal=principal), identities=(limited,))
    asked = READ & Principal(who)
    if principal == {"AWS": SESSION}:
        asked = asked & Principal(SESSION)
    assert answer(decision, always(asked)) == ("yes" if bypassed else "no")
    assert answer(decision, nobody(asked)) == ("no" if bypassed else "yes")


def test_a_session_policy_limits_as_a_boundary_does() -> None:
    limited = Identity((ROLE,), (policy(document(READS), "reads"),), session=NOTHING)
    assert answer(bucket(identities=(limited,)), nobody(READ & Principal(ROLE))) == "yes"


DENY = policy(document({"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}, READS), "deny")


@pytest.mark.parametrize(
    "identity",
    [Identity((USER,), (DENY,)), Identity((USER,), (), boundary=DENY), Identity((USER,), (), session=DENY)],
)
def test_a_deny_anywhere_wins(identity: Identity) -> None:
    decision = bucket(statement(Principal={"AWS": USER}), identities=(identity,))
    assert answer(decision, nobody(READ & Principal(USER))) == "yes"
    assert answer(decision, denied(READ & Principal(USER))) == "yes"


# Other accounts, services and the anonymous


def test_another_account_needs_both_sides() -> None:
    named = bucket(statement(Principal={"AWS": FOREIGN}))
    assert answer(named, nobody(READ & Principal(FOREIGN))) == "no"
    assert answer(named, always(READ & Principal(FOREIGN))) == "no"
    reader = Identity((FOREIGN,), (policy(document(READS), "reads"),))
    both = bucket(statement(Principal={"AWS": OTHER}), identities=(reader,))
    assert answer(both, always(READ & Principal(FOREIGN))) == "yes"
    assert answer(bucket(identities=(reader,)), nobody(READ & Principal(FOREIGN))) == "yes"


def test_services_and_the_anonymous_have_only_the_resources_policy() -> None:
    assert answer(bucket(), nobody(READ & ~AWS_IDENTITY)) == "yes"
    assert answer(bucket(statement()), always(READ & Caller("anonymous", "service"))) == "yes"


def test_nobody_is_anonymous_for_kms() -> None:
    assert answer(of_key(key_use(Principal="*")), nobody(USE_KEY & Caller("anonymous"))) == "yes"


def test_the_owners_root_can_always_change_the_buckets_policy() -> None:
    deny = statement(Effect="Deny", Action="s3:*", Resource=BUCKET)
    own = Action("s3:PutBucketPolicy") & Resource(BUCKET) & Caller("root") & Account(ACCOUNT)
    assert answer(bucket(deny), always(own)) == "yes"
    assert answer(bucket(deny), denied(Action("s3:ListBucket") & Resource(BUCKET) & Caller("root"))) == "yes"
    foreign = Action("s3:PutBucketPolicy") & Resource(BUCKET) & Account(OTHER)
    assert answer(bucket(deny), nobody(foreign)) == "yes"


# KMS and trust


def test_an_identity_policy_alone_never_suffices_for_kms() -> None:
    user = Identity(
        (ROLE,), (policy(document({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}), "use"),)
    )
    mine = USE_KEY & Principal(ROLE)
    assert answer(of_key(identities=(user,)), nobody(mine)) == "yes"
    assert answer(of_key(key_use(Principal={"AWS": ROOT}), identities=(user,)), always(mine)) == "yes"
    assert answer(of_key(key_use(Principal={"AWS": ROOT})), always(mine)) == "no"
    assert answer(of_key(key_use(Principal={"AWS": ROLE})), always(mine)) == "yes"


def test_not_even_root_gets_into_a_key_that_does_not_let_it() -> None:
    root = USE_KEY & Account(ACCOUNT) & Caller("root")
    assert answer(of_key(), nobody(root)) == "yes"
    assert answer(of_key(key_use(Principal={"AWS": ACCOUNT})), always(root)) == "yes"


def test_a_trust_policy_must_allow() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/ci"
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    claims = {
        "StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/infra:ref:refs/heads/main"}
    }
    trust = policy(
        document(
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": claims,
            }
        ),
        "trust",
    )
    assume = Action("sts:AssumeRole*") & Resource(role)
    decision = Decision(trust, ACCOUNT)
    assert answer(decision, nobody(assume & ~Caller("web identity"))) == "yes"
    assert answer(decision, nobody(assume & ~When(claims))) == "yes"
    ours = Action("sts:AssumeRoleWithWebIdentity") & Resource(role) & When(claims)
    assert answer(decision, always(ours & Principal(federated=(provider,)))) == "yes"


# An operation


def operation(*of_the_key: dict[str, Any], bucket_key: str | None = BUCKET) -> Operation:
    objects = bucket(statement(Principal={"AWS": [ROLE, FOREIGN]}, Action=["s3:GetObject", "s3:PutObject"]))
    return Operation(objects, of_key(*of_the_key), KEY, "us-east-1", bucket_key)


VIA = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


def test_an_operation_on_a_kms_bucket_is_two_decisions() -> None:
    mine = READ & Principal(ROLE)
    assert answer(operation(), nobody(READ)) == "yes"
    through = key_use(Principal={"AWS": ROLE}, Condition=VIA)
    assert answer(operation(through), always(mine)) == "yes"
    elsewhere = key_use(
        Principal={"AWS": ROLE}, Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    )
    assert answer(operation(elsewhere), nobody(mine)) == "yes"
    writing = Action("s3:PutObject") & Resource(OBJECTS) & Principal(ROLE)
    assert answer(operation(through), nobody(writing)) == "yes"


def test_kms_sees_the_bucket_with_a_bucket_key_and_the_object_without() -> None:
    name = "kms:EncryptionContext:aws:s3:arn"
    mine = READ & Principal(ROLE)
    for_bucket = key_use(Principal={"AWS": ROLE}, Condition={"StringEquals": {name: BUCKET}})
    assert answer(operation(for_bucket), always(mine)) == "yes"
    assert answer(operation(for_bucket, bucket_key=None), nobody(mine)) == "yes"
    below = key_use(Principal={"AWS": ROLE}, Condition={"StringLike": {name: f"{BUCKET}/a/*"}})
    assert answer(operation(below, bucket_key=None), always(mine & Resource(f"{BUCKET}/a/b*"))) == "yes"
    assert answer(operation(below, bucket_key=None), nobody(mine & ~Resource(f"{BUCKET}/a/*"))) == "yes"


def test_another_account_needs_the_key_as_well() -> None:
    theirs = READ & Principal(FOREIGN)
    assert answer(operation(), nobody(theirs)) == "yes"
    assert answer(operation(key_use(Principal={"AWS": OTHER}, Condition=VIA)), nobody(theirs)) == "no"


def test_the_bucket_and_the_key_may_ask_for_different_values_of_the_callers_key() -> None:
    mine = READ & Principal(ROLE)
    named = key_use(Principal={"AWS": ACCOUNT}, Condition={"ArnLike": {"aws:PrincipalArn": f"{ROLE}*"}})
    used = operation(named)
    assert answer(used, nobody(READ & ~When({"ArnLike": {"aws:PrincipalArn": f"{ROLE}*"}}))) == "yes"
    assert answer(used, nobody(mine & OF_ETL, without_iam=True)) == "yes"
    assert answer(used, nobody(mine & OF_ETL)) == "no"


def test_nobody_without_credentials_reads_what_a_key_encrypts() -> None:
    public = Operation(bucket(statement()), of_key(key_use()), KEY, "us-east-1", BUCKET)
    assert answer(public, nobody(READ & Caller("anonymous"))) == "yes"
    assert answer(public, always(READ & Caller("anonymous"))) == "no"
    assert answer(public, denied(READ & Caller("anonymous"))) == "no"


def test_what_needs_no_key_is_decided_by_s3_alone() -> None:
    deleting = Action("s3:DeleteObject") & Resource(OBJECTS) & Caller("anonymous")
    objects = bucket(statement(Action="s3:DeleteObject"))
    assert answer(Operation(objects, of_key(), KEY, "us-east-1", BUCKET), always(deleting)) == "yes"


# What makes it true


def test_what_makes_a_claim_true_is_named_by_its_sid() -> None:
    tls = statement(Sid="Tls", Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    other = statement(Sid="Other", Effect="Deny", Action="s3:PutObject")
    decision = bucket(statement(Sid="All"), tls, other)
    plain = When({"Bool": {"aws:SecureTransport": "false"}})
    assert prove(decision, {"it": denied(READ & plain)})["it"] == Holds(("bucket/Tls",))
    assert prove(decision, {"it": always(READ & ~plain & Account(ACCOUNT) & ~Caller("root"))})["it"] == Holds(
        ("bucket/All",)
    )
