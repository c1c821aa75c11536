"""What AWS's pages leave open is never "nothing more": who an entry names, and which keys a request has."""

from collections.abc import Mapping
from typing import Any

from proof import Action, Resource, compare, denied, policy
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
