"""What AWS's pages say and policies are often written against; see docs/proof.md for the pages."""

from typing import Any

from proof import AWS_IDENTITY, Account, Action, Caller, Principal, Resource, When, Where, denied, nobody
from tests.proof.ask import ACCOUNT, OBJECTS, OTHER, ROLE, answer, decision, statement

KEY = "arn:aws:kms:us-east-1:111122223333:key/1111aaaa"
ALGORITHM, KEY_ID = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
WRITE = Action("s3:PutObject") & Resource(OBJECTS)
READ = Action("s3:GetObject") & Resource(OBJECTS)


def denies(condition: dict[str, Any], where: Where) -> str:
    """Whether a Deny of everything on the objects under a condition meets all requests of `where`."""
    return answer(decision(statement(Effect="Deny", Action="s3:*", Condition=condition)), denied(where))


def test_a_wrong_key_guarded_by_null_lets_the_managed_key_of_aws_pass() -> None:
    guarded = {"StringNotEquals": {KEY_ID: KEY}, "Null": {KEY_ID: "false"}}
    kms_without_key = WRITE & When({"StringEquals": {ALGORITHM: "aws:kms"}, "Null": {KEY_ID: "true"}})
    assert denies(guarded, kms_without_key) == "no"
    assert denies({"StringNotEquals": {KEY_ID: KEY}}, kms_without_key) == "yes"


def test_an_object_gets_another_key_by_other_actions_than_put_object() -> None:
    deny = decision(
        statement(Effect="Deny", Action="s3:PutObject", Condition={"StringNotEquals": {KEY_ID: KEY}})
    )
    wrong = When({"StringEquals": {KEY_ID: f"{KEY}x"}})
    for action in ("s3:PutObject", "s3:UpdateObjectEncryption", "s3:ReplicateObject"):
        expected = "yes" if action == "s3:PutObject" else "no"
        assert answer(deny, denied(Action(action) & Resource(OBJECTS) & wrong)) == expected


def test_the_age_of_a_signature_of_version_2_is_always_zero() -> None:
    old = {"NumericGreaterThan": {"s3:signatureAge": "600000"}}
    version_2 = READ & Account(OTHER) & When({"StringEquals": {"s3:signatureversion": "AWS"}})
    assert answer(decision(statement(Condition=old)), nobody(version_2)) == "yes"
    assert denies(old, version_2) == "no"


def test_what_no_policy_compares_is_free_all_the_same() -> None:
    aged = When({"Null": {"s3:signatureversion": "false"}, "NumericEquals": {"s3:signatureAge": "5"}})
    assert answer(decision(statement()), nobody(READ & aged)) == "no"
    direct = When({"Null": {"aws:ViaAWSService": "false", "aws:SourceIp": "false"}})
    assert answer(decision(statement()), nobody(READ & Caller("anonymous") & direct)) == "unknown"
    assert answer(decision(statement()), nobody(READ & AWS_IDENTITY & direct)) == "no"
    absent = When({"Null": {"aws:ViaAWSService": "true"}})
    assert answer(decision(statement()), nobody(READ & absent)) == "unknown"


def test_access_keys_have_no_flag_for_a_second_factor() -> None:
    without = (
        READ
        & Principal(f"arn:aws:iam::{ACCOUNT}:user/ada")
        & When({"Null": {"aws:MultiFactorAuthPresent": "true"}})
    )
    assert denies({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, without) == "no"
    assert denies({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, without) == "yes"


def test_a_deny_on_the_network_meets_services_and_what_they_call_for_others() -> None:
    outside = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    assert denies(outside, READ & Caller("service") & When({"Null": {"aws:SourceVpce": "true"}})) == "yes"
    exempt = outside | {"BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}}
    assert denies(exempt, READ & Caller("service")) == "no"
    assert denies(exempt, READ & AWS_IDENTITY & When({"Bool": {"aws:ViaAWSService": "true"}})) == "no"


def test_whether_a_direct_request_says_that_no_service_made_it_is_unknown() -> None:
    direct = READ & AWS_IDENTITY & When({"StringNotEquals": {"aws:ViaAWSService": "true"}})
    assert denies({"BoolIfExists": {"aws:ViaAWSService": "false"}}, direct) == "yes"
    assert denies({"Bool": {"aws:ViaAWSService": "false"}}, direct) == "unknown"


def test_a_condition_on_the_source_leaves_out_identities_or_meets_them_all() -> None:
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert answer(decision(statement(Condition=ours)), nobody(READ & Account(OTHER))) == "yes"
    assert denies({"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}, READ & AWS_IDENTITY) == "yes"


def test_for_all_values_in_an_allow_is_open_where_the_key_is_absent() -> None:
    tagged = statement(
        Action="s3:PutObject", Condition={"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["team"]}}
    )
    untagged = When({"Null": {"s3:RequestObjectTagKeys": "true"}})
    assert answer(decision(tagged), nobody(WRITE & Caller("anonymous") & untagged)) == "no"
    closed = tagged | {"Condition": tagged["Condition"] | {"Null": {"s3:RequestObjectTagKeys": "false"}}}
    assert answer(decision(closed), nobody(WRITE & Caller("anonymous") & untagged)) == "yes"


def test_what_a_service_has_as_its_principal_is_unknown() -> None:
    for key in ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType"):
        condition = {"StringNotLike": {key: "*111122223333*"}}
        assert denies(condition, READ & Caller("service")) == "unknown"
    organization = {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert denies(organization, READ & Caller("service")) == "yes"


def test_a_service_never_uses_a_key_through_another() -> None:
    through = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    key = decision(
        statement(
            Principal={"Service": "s3.amazonaws.com"}, Action="kms:Decrypt", Resource="*", Condition=through
        )
    )
    assert answer(key, nobody(Action("kms:Decrypt") & Resource(KEY) & Caller("service"))) == "yes"


def test_the_token_of_an_identity_provider_is_only_on_its_own_call() -> None:
    claim = {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/infra"}}
    trust = decision(statement(Action="sts:AssumeRole", Resource="*", Condition=claim))
    assert answer(trust, nobody(Action("sts:AssumeRole") & Resource(ROLE))) == "yes"
