"""Each condition operator, as AWS documents it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from typing import Any

from tests.proof.ask import meets

import pytest

TEXT, NUMBER, IP, DATE = "s3:x-amz-acl", "s3:max-keys", "aws:SourceIp", "aws:CurrentTime"
TAGS, ARN, FLAG = "s3:RequestObjectTagKeys", "aws:PrincipalArn", "aws:SecureTransport"
PUT, LIST = "s3:PutObject", "s3:ListBucket"


def text(value: str) -> dict[str, Any]:
    return {"StringEquals": {TEXT: value}}


ABSENT = {"Null": {TEXT: "true"}}
NO_TAGS = {"Null": {TAGS: "true"}}


def tags(*values: str) -> dict[str, Any]:
    """The request has these values and no other."""
    return {
        "ForAllValues:StringEquals": {TAGS: list(values)},
        **{"ForAnyValue:StringEquals": {TAGS: values[0]}},
    }


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"StringEquals": {TEXT: ["private", "public"]}}, text("public"), "yes"),
        ({"StringEquals": {TEXT: "private"}}, text("Private"), "no"),
        ({"StringEquals": {TEXT: "private"}}, ABSENT, "no"),
        ({"StringEquals": {TEXT: "pri*"}}, text("private"), "no"),
        ({"StringEquals": {TEXT: "pri*"}}, text("pri${*}"), "yes"),
        ({"StringNotEquals": {TEXT: ["private", "public"]}}, text("public"), "no"),
        ({"StringNotEquals": {TEXT: ["private", "public"]}}, text("other"), "yes"),
        ({"StringNotEquals": {TEXT: "private"}}, ABSENT, "yes"),
        ({"StringEqualsIgnoreCase": {TEXT: "pRivate"}}, text("PriVate"), "yes"),
        ({"StringEqualsIgnoreCase": {TEXT: "private"}}, text("privates"), "no"),
        ({"StringNotEqualsIgnoreCase": {TEXT: "private"}}, text("PRIVATE"), "no"),
        ({"StringLike": {TEXT: "pri?at*"}}, text("private"), "yes"),
        ({"StringLike": {TEXT: "pri?at*"}}, text("priat"), "no"),
        ({"StringLike": {TEXT: "a${*}b"}}, text("axb"), "no"),
        ({"StringLike": {TEXT: "a${?}${$}b"}}, {"StringEquals": {TEXT: "a${?}$b"}}, "yes"),
        ({"StringNotLike": {TEXT: "pri*"}}, text("private"), "no"),
        ({"StringEqualsIfExists": {TEXT: "private"}}, ABSENT, "yes"),
        ({"StringEqualsIfExists": {TEXT: "private"}}, text("public"), "no"),
        ({"StringNotEqualsIfExists": {TEXT: "private"}}, ABSENT, "yes"),
        ({"Null": {TEXT: "true"}}, ABSENT, "yes"),
        ({"Null": {TEXT: "true"}}, text("private"), "no"),
        ({"Null": {TEXT: "false"}}, text("private"), "yes"),
        ({"Null": {TEXT: False}}, ABSENT, "no"),
        ({"StringEquals": {TEXT.upper(): "private"}}, text("private"), "yes"),
    ],
)
def test_text(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given, PUT) == expected


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"ForAllValues:StringEquals": {TAGS: ["a", "b"]}}, tags("a"), "yes"),
        ({"ForAllValues:StringEquals": {TAGS: ["a", "b"]}}, tags("a", "b"), "yes"),
        ({"ForAllValues:StringEquals": {TAGS: ["a"]}}, tags("a", "b"), "no"),
        ({"ForAllValues:StringEquals": {TAGS: ["a"]}}, NO_TAGS, "yes"),
        ({"ForAllValues:StringNotEquals": {TAGS: ["a"]}}, tags("b"), "yes"),
        ({"ForAllValues:StringNotEquals": {TAGS: ["a"]}}, tags("a"), "no"),
        ({"ForAllValues:StringNotEquals": {TAGS: ["a"]}}, NO_TAGS, "yes"),
        ({"ForAllValues:StringLikeIfExists": {TAGS: ["a*"]}}, NO_TAGS, "yes"),
        ({"ForAnyValue:StringEquals": {TAGS: ["a"]}}, tags("a", "b"), "yes"),
        ({"ForAnyValue:StringEquals": {TAGS: ["b"]}}, tags("a", "b"), "no"),
        ({"ForAnyValue:StringEquals": {TAGS: ["a"]}}, NO_TAGS, "no"),
        ({"ForAnyValue:StringNotEquals": {TAGS: ["a"]}}, tags("b"), "yes"),
        ({"ForAnyValue:StringNotEquals": {TAGS: ["a"]}}, tags("a"), "no"),
        # AWS's two rules contradict each other.
        ({"ForAnyValue:StringNotEquals": {TAGS: ["a"]}}, NO_TAGS, "unknown"),
        ({"ForAnyValue:StringEqualsIfExists": {TAGS: ["a"]}}, NO_TAGS, "unknown"),
        # AWS requires a set operator for a key with several values.
        ({"StringEquals": {TAGS: ["a"]}}, tags("a"), "unknown"),
        ({"StringEquals": {TAGS: ["a"]}}, NO_TAGS, "no"),
    ],
)
def test_several_values(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given, PUT) == expected
