"""Requests in words."""

from proof import Witness, sentence
from proof.facts import Kind

import pytest


def witness(kind: Kind, arn: str | None, action: str, resource: str, **context: tuple[str, ...]) -> Witness:
    account = "111122223333" if arn and ":iam:" in arn else None
    named = {key.replace("_", ":"): values for key, values in context.items()}
    return Witness(kind, arn, arn, account, action, resource, named)


ROLE = "arn:aws:iam::111122223333:role/team/etl"
OBJECT = "arn:aws:s3:::acme/secret/x"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            witness("anonymous", None, "s3:GetObject", OBJECT, aws_securetransport=("false",)),
            "anybody could read s3://acme/secret/x over plain HTTP",
        ),
        (
            witness("anonymous", None, "s3:GetObject", OBJECT, aws_securetransport=("true",)),
            "anybody could read s3://acme/secret/x",
        ),
        (
            witness("role", ROLE, "s3:ListBucket", "arn:aws:s3:::acme", s3_prefix=("a/",)),
            "the role team/etl of account 111122223333 could list s3://acme with s3:prefix = a/",
        ),
        (
            witness(
                "service", "sns.amazonaws.com", "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1"
            ),
            "the service sns.amazonaws.com could decrypt with arn:aws:kms:eu-west-1:111122223333:key/1",
        ),
        (
            witness("root", "arn:aws:iam::111122223333:root", "kms:CreateKey", "*"),
            "the root of account 111122223333 could do kms:CreateKey",
        ),
        (
            witness("user", "arn:aws:iam::111122223333:user/ada", "iam:GetRole", ROLE),
            f"the user ada of account 111122223333 could do iam:GetRole on {ROLE}",
        ),
    ],
)
def test_a_request_is_a_sentence(given: Witness, expected: str) -> None:
    assert sentence(given) == expected
