"""What AWS's pages leave open is never "nothing more": who an entry names, and which keys a request has."""

from collections.abc import Mapping
from typing import Any

from proof import Action, Caller, DocumentError, Resource, compare, denied, nobody, policy
from proof.words import difference_lines
from tests.proof.ask import ACCOUNT, OBJECTS, OTHER, answer, decision, document, statement

import pytest

READ = Action("s3:GetObject") & Resource(OBJECTS)
OWN = statement(Sid="Own", Principal={"AWS": ACCOUNT})
OPEN = "undecided for another account: it depends on "
NOTHING = ["The new policy allows nothing more."]


def more(new: Mapping[str, Any]) -> list[str]:
    """What the policy of a resource allows more with a further statement, in words."""
    old, both = (policy(document(*one)) for one in ([OWN], [OWN, dict(new)]))
    return list(difference_lines(compare(old, both, account=ACCOUNT, only_more=True).more))


# Principals


@pytest.mark.parametrize(
    "name",
    [
        "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEF",
        "AROAEXAMPLEID1234567",
        "AIDAEXAMPLEID1234567",
        f"arn:aws:iam::{ACCOUNT}:group/readers",
        f"arn:aws:iam::{ACCOUNT}:role/a:b",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/etl/a/b",
        "arn:aws:iam::1234:root",
        "1234",
        "",
    ],
)
def test_an_entry_of_a_form_that_no_caller_has_may_name_anybody(name: str) -> None:
    names = f"whom {{'AWS': {name!r}}} names"
    assert f"{OPEN}{names}" in more(statement(Sid="New", Principal={"AWS": name}))
    denies = decision(statement(Effect="Deny", Principal={"AWS": name}))
    assert answer(denies, denied(READ)) == "no"  # not anonymous callers
    spares = decision(statement(Effect="Deny", Principal=None, NotPrincipal={"AWS": name}))
    assert answer(spares, denied(READ)) == "unknown"


def test_an_entry_that_a_caller_has_names_nobody_else() -> None:
    assert more(statement(Sid="New", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})) == NOTHING
    (line,) = more(statement(Sid="New", Principal={"AWS": f"arn:aws:iam::{OTHER}:role/etl"}))
    assert line.startswith(f"the role etl of account {OTHER} could now read")


# Keys


ROLE_OF_ANOTHER = {"AWS": f"arn:aws:iam::{OTHER}:role/etl"}
FUNCTION = {"ArnLike": {"lambda:SourceFunctionArn": f"arn:aws:lambda:*:{OTHER}:function:*"}}


@pytest.mark.parametrize(
    "condition",
    [
        FUNCTION,
        {"ArnLike": {"ec2:SourceInstanceARN": "arn:aws:ec2:*:*:instance/*"}},
        {"NumericLessThan": {"ec2:RoleDelivery": "2.0"}},
        {"StringEquals": {"identitystore:UserId": "94482488-3041-7026-18f3-be45837cd0e4"}},
        {"StringLike": {"codebuild:ProjectArn": "*"}},
        {"StringEquals": {"cognito-identity.amazonaws.com:sub": "us-east-1:x"}},
        {"StringEquals": {"saml:sub": "x"}},
    ],
)
def test_a_session_of_a_role_may_have_a_key_that_another_service_put_into_it(
    condition: dict[str, Any],
) -> None:
    (line,) = more(statement(Sid="New", Principal=ROLE_OF_ANOTHER, Condition=condition))
    assert line.startswith(f"the role etl of account {OTHER} could now read")
    assert not any(line.startswith("anybody") for line in more(statement(Sid="New", Condition=condition)))


@pytest.mark.parametrize(
    "key", ["s3:KeyOfNextYear", "kms:ViaService", "token.actions.githubusercontent.com:sub", "lambda:Any"]
)
def test_a_key_that_the_table_does_not_have_for_the_service_may_be_there(key: str) -> None:
    new = statement(Sid="New", Principal=ROLE_OF_ANOTHER, Condition={"StringLike": {key: "*"}})
    assert more(new) == [f"{OPEN}whether {key.lower()} is there"]


@pytest.mark.parametrize(
    ("key", "action"),
    [
        ("s3:prefix", "s3:GetObject"),
        ("s3:x-amz-acl", "s3:GetObject"),
        ("aws:RequestTag/a", "s3:GetObject"),
        ("sns:Protocol", "sns:Publish"),
        ("cognito-identity.amazonaws.com:oaud", "sts:AssumeRole"),
    ],
)
def test_a_key_that_the_table_has_for_other_actions_alone_is_never_there(key: str, action: str) -> None:
    assert (
        more(statement(Sid="New", Action=action, Resource="*", Condition={"StringLike": {key: "*"}}))
        == NOTHING
    )


def test_not_every_service_that_calls_on_says_so_in_called_via() -> None:
    through_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    key = {"Action": "kms:Decrypt", "Resource": "*", "Principal": ROLE_OF_ANOTHER, "Sid": "New"}
    for absent in ("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"):
        (line,) = more(statement(**key, Condition=through_s3 | {"Null": {absent: "true"}}))
        assert line.startswith(f"the role etl of account {OTHER} could now decrypt with")
        direct = {"Null": {absent: "false"}, "Bool": {"aws:ViaAWSService": "false"}}
        assert more(statement(**key, Condition=direct)) == NOTHING


@pytest.mark.parametrize(
    ("service", "key", "expected"),
    [
        ("rolesanywhere.amazonaws.com", "aws:PrincipalTag/x509Subject/CN", "unknown"),
        ("ec2.amazonaws.com", "aws:username", "yes"),
        ("ec2.amazonaws.com", "aws:CalledVia", "yes"),
        ("ec2.amazonaws.com", "aws:MultiFactorAuthAge", "yes"),
        ("ec2.amazonaws.com", "aws:PrincipalOrgID", "yes"),
        ("ec2.amazonaws.com", "aws:FederatedProvider", "yes"),
    ],
)
def test_a_service_lacks_a_key_only_where_a_page_says_so(service: str, key: str, expected: str) -> None:
    trust = statement(
        Principal={"Service": service},
        Action="sts:AssumeRole",
        Resource=None,
        Condition={"Null": {key: "false"}},
    )
    assert answer(decision(trust), nobody(Action("sts:AssumeRole") & Caller("service"))) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [("s3:authType", "unknown"), ("s3:signatureAge", "unknown"), ("aws:PrincipalTag/a", "yes")],
)
def test_an_anonymous_caller_lacks_a_key_only_where_a_page_says_so(key: str, expected: str) -> None:
    keyed = statement(Condition={"Null": {key: "false"}})
    assert answer(decision(keyed), nobody(READ & Caller("anonymous"))) == expected


def test_the_call_of_an_identity_provider_has_an_account_that_no_page_tells() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"
    trust = {
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Resource": None,
        "Principal": {"Federated": provider},
    }
    asked = nobody(Action("sts:AssumeRoleWithWebIdentity") & Caller("web identity"))
    of_account = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
    assert answer(decision(statement(**trust, Condition=of_account)), asked) == "unknown"
    absent = {"Null": {"aws:PrincipalAccount": "true"}}
    assert answer(decision(statement(**trust, Condition=absent)), asked) == "yes"


@pytest.mark.parametrize("name", ["ec2.amazonaws.com.cn", "spot.ec2.internal", "ec2.amazonaws.com"])
def test_a_service_is_met_by_its_name_in_a_condition_whatever_its_form(name: str) -> None:
    new = statement(Sid="New", Condition={"StringEquals": {"aws:PrincipalServiceName": name}})
    assert more(new) == [f"the service {name} could now read s3://data/x (New allows it)"]


# Keys that say the same


def test_both_keys_of_the_moment_tell_one_moment() -> None:
    past, since = {"aws:CurrentTime": "2020-01-01T00:00:00Z"}, {"aws:EpochTime": "1700000000"}
    condition = {"DateLessThan": past, "NumericGreaterThan": since}
    assert more(statement(Sid="New", Principal=ROLE_OF_ANOTHER, Condition=condition)) == NOTHING
    condition = {"DateGreaterThan": past, "NumericGreaterThan": since}
    (line,) = more(statement(Sid="New", Principal=ROLE_OF_ANOTHER, Condition=condition))
    assert "aws:currenttime = 2023-11-14T22:13:21Z with aws:epochtime = 2023-11-14T22:13:21Z" in line


@pytest.mark.parametrize(
    ("action", "key", "names"),
    [
        ("kms:CreateKey", "aws:RequestTag/a", "aws:TagKeys"),
        ("s3:PutObject", "s3:RequestObjectTag/a", "s3:RequestObjectTagKeys"),
        ("kms:Decrypt", "kms:EncryptionContext:a", "kms:EncryptionContextKeys"),
    ],
)
def test_a_name_that_a_key_has_is_in_the_list_of_names(action: str, key: str, names: str) -> None:
    tagged = {"StringEquals": {key: "1"}}
    new = statement(Sid="New", Action=action, Resource="*", Principal=ROLE_OF_ANOTHER, Condition=tagged)
    other = {"ForAllValues:StringNotEquals": {names: ["a", "A"]}}
    assert more(new | {"Condition": tagged | other}) == NOTHING
    (line,) = more(new | {"Condition": tagged | {"ForAllValues:StringNotEquals": {names: "a"}}})
    assert f"with {key.lower()} = 1 with {names.lower()} = A" in line  # names of keys have no case


@pytest.mark.parametrize(
    "elements",
    [
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": []}}},
        {"Condition": {"Null": {"aws:PrincipalOrgID": []}}},
        {"Principal": {"AWS": []}},
    ],
)
def test_an_empty_list_is_refused(elements: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="name at least one"):
        more(statement(Sid="New", **elements))
