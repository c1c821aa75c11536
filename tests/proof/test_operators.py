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
MFA_ABSENT = {"Null": {"aws:MultiFactorAuthPresent": "true"}}
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


PREFIX = "s3:prefix"
EMPTY = {"StringEquals": {PREFIX: ""}}


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"StringEquals": {PREFIX: ["", "home/"]}}, EMPTY, "yes"),
        ({"StringEquals": {PREFIX: "home/"}}, EMPTY, "no"),
        ({"StringNotEquals": {PREFIX: ""}}, EMPTY, "no"),
        ({"StringNotEquals": {PREFIX: ""}}, {"StringLike": {PREFIX: "?*"}}, "yes"),
        ({"StringLike": {PREFIX: "*"}}, EMPTY, "yes"),
        ({"StringLike": {PREFIX: "?*"}}, EMPTY, "no"),
        ({"StringLike": {PREFIX: "?*"}}, {"StringLike": {PREFIX: "*"}}, "no"),
        ({"Null": {PREFIX: "false"}}, EMPTY, "unknown"),
        ({"Null": {PREFIX: "true"}}, EMPTY, "unknown"),
        ({"Null": {PREFIX: "false"}}, {"StringLike": {PREFIX: "?*"}}, "yes"),
        # "or if the context key value resolves to a null dataset, such as an empty string"
        ({"ForAllValues:StringEquals": {PREFIX: "home/"}}, EMPTY, "yes"),
        ({"ForAnyValue:StringEquals": {PREFIX: ""}}, EMPTY, "no"),
    ],
)
def test_an_empty_value(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given, LIST) == expected


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


def number(value: str) -> dict[str, Any]:
    return {"NumericEquals": {NUMBER: value}}


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"NumericEquals": {NUMBER: "1.2"}}, number("1.20"), "yes"),
        ({"NumericNotEquals": {NUMBER: "1.2"}}, number("1.20"), "no"),
        ({"NumericNotEquals": {NUMBER: "1.2"}}, {"Null": {NUMBER: "true"}}, "yes"),
        ({"NumericLessThan": {NUMBER: "10"}}, number("9"), "yes"),
        ({"NumericLessThan": {NUMBER: "10"}}, number("10"), "no"),
        ({"NumericLessThanEquals": {NUMBER: "10"}}, number("10"), "yes"),
        ({"NumericGreaterThan": {NUMBER: 10}}, number("10.001"), "yes"),
        ({"NumericGreaterThanEquals": {NUMBER: "10"}}, number("10.0"), "yes"),
        ({"NumericLessThan": {NUMBER: ["5", "10"]}}, number("9"), "yes"),
        # Between two thresholds lies a number.
        ({"NumericLessThanEquals": {NUMBER: "1.2"}}, {"NumericLessThan": {NUMBER: "1.25"}}, "no"),
        ({"NumericLessThan": {NUMBER: "1.25"}}, {"NumericLessThanEquals": {NUMBER: "1.2"}}, "yes"),
        # No number is below nothing, and none is text.
        ({"NumericGreaterThanEquals": {NUMBER: "0"}}, {"Null": {NUMBER: "false"}}, "yes"),
        ({"NumericEquals": {NUMBER: "ten"}}, number("10"), "unknown"),
        ({"StringEquals": {NUMBER: "10"}}, number("10"), "unknown"),
    ],
)
def test_numbers(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given, LIST) == expected


def moment(value: str) -> dict[str, Any]:
    return {"DateEquals": {DATE: value}}


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"DateLessThan": {DATE: "2026-01-01T00:00:00Z"}}, moment("2025-12-31T23:59:59Z"), "yes"),
        ({"DateLessThan": {DATE: "2026-01-01T00:00:00Z"}}, moment("2026-01-01T00:00:00Z"), "no"),
        ({"DateLessThanEquals": {DATE: "2026-01-01"}}, moment("2026-01-01T00:00:00Z"), "yes"),
        ({"DateGreaterThan": {DATE: "1767225600"}}, moment("2026-01-01T00:00:01Z"), "yes"),
        ({"DateGreaterThan": {DATE: "1767225600"}}, moment("2026-01-01T00:00:00Z"), "no"),
        ({"DateEquals": {DATE: "2026-01-01T01:00:00+01:00"}}, moment("2026-01-01T00:00:00Z"), "yes"),
        ({"DateNotEquals": {DATE: "2026-01-01T00:00:00Z"}}, moment("2026-01-01T00:00:00Z"), "no"),
        ({"NumericGreaterThanEquals": {"aws:EpochTime": 10}}, {"DateEquals": {"aws:EpochTime": "10"}}, "yes"),
        ({"DateEquals": {DATE: "yesterday"}}, moment("2026-01-01T00:00:00Z"), "unknown"),
    ],
)
def test_dates(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given) == expected


def address(value: str) -> dict[str, Any]:
    return {"IpAddress": {IP: value}}


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"IpAddress": {IP: "203.0.113.0/24"}}, address("203.0.113.7/32"), "yes"),
        ({"IpAddress": {IP: "203.0.113.0/24"}}, address("203.0.113.0/23"), "no"),
        ({"IpAddress": {IP: "203.0.113.7"}}, address("203.0.113.7/32"), "yes"),
        ({"IpAddress": {IP: ["0.0.0.0/1", "128.0.0.0/1"]}}, address("0.0.0.0/0"), "yes"),
        ({"IpAddress": {IP: "2001:db8::/32"}}, address("2001:db8:1::/48"), "yes"),
        ({"NotIpAddress": {IP: "203.0.113.0/24"}}, address("203.0.113.7"), "no"),
        ({"NotIpAddress": {IP: "203.0.113.0/24"}}, {"Null": {IP: "true"}}, "yes"),
        # IPv4 and IPv6 share no address, though 203.0.113.0 and ::cb00:7100 are the same number.
        ({"IpAddress": {IP: "::cb00:7100/120"}}, address("203.0.113.0/24"), "no"),
        ({"NotIpAddress": {IP: "::/0"}}, address("203.0.113.0/24"), "yes"),
        # AWS does not say what an IPv6 address means without a prefix.
        ({"IpAddress": {IP: "2001:db8::1"}}, address("2001:db8::1/128"), "unknown"),
        ({"IpAddress": {IP: "everywhere"}}, address("203.0.113.7"), "unknown"),
    ],
)
def test_addresses(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given) == expected


def arn(value: str) -> dict[str, Any]:
    return {"StringEquals": {ARN: value}}


ETL = "arn:aws:iam::111122223333:role/team/etl"


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"ArnEquals": {ARN: ETL}}, arn(ETL), "yes"),
        ({"ArnEquals": {ARN: "arn:aws:iam::*:role/*"}}, arn(ETL), "yes"),
        ({"ArnLike": {ARN: "arn:aws:iam::111122223333:role/team/et?"}}, arn(ETL), "yes"),
        ({"ArnLike": {ARN: "arn:aws:iam::111122223333:role/Team/etl"}}, arn(ETL), "no"),
        ({"ArnNotEquals": {ARN: "arn:aws:iam::*:role/team/*"}}, arn(ETL), "no"),
        ({"ArnNotLike": {ARN: "arn:aws:iam::*:role/app/*"}}, arn(ETL), "yes"),
        # The first five segments are compared one by one, where StringLike lets * run over colons.
        ({"ArnLike": {ARN: "arn:*:role/team/etl"}}, arn(ETL), "unknown"),
        ({"ArnLike": {ARN: "arn:aws:*:*:*:role/team/etl"}}, arn(ETL), "yes"),
        ({"ArnLike": {ARN: "arn:*:iam:*:111122223333:role/*:etl"}}, arn(ETL), "no"),
        ({"StringLike": {ARN: "arn:*:role/team/etl"}}, arn(ETL), "yes"),
        ({"ArnLike": {ARN: "not an ARN"}}, arn(ETL), "unknown"),
    ],
)
def test_arns(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given) == expected


def flag(value: str) -> dict[str, Any]:
    return {"Bool": {FLAG: value}}


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"Bool": {FLAG: "true"}}, flag("true"), "yes"),
        ({"Bool": {FLAG: True}}, flag("true"), "yes"),
        ({"Bool": {FLAG: "true"}}, flag("false"), "no"),
        ({"Bool": {FLAG: ["true", "false"]}}, {"Null": {FLAG: "false"}}, "yes"),
        ({"StringEquals": {FLAG: "false"}}, flag("false"), "yes"),
        ({"StringNotEquals": {FLAG: "true"}}, flag("false"), "yes"),
        ({"Bool": {FLAG: "True"}}, flag("true"), "unknown"),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, MFA_ABSENT, "yes"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, MFA_ABSENT, "no"),
    ],
)
def test_flags(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given) == expected


BINARY = "aws:PrincipalTag/blob"


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"BinaryEquals": {BINARY: "QmFzZQ=="}}, {"StringEquals": {BINARY: "QmFzZQ=="}}, "yes"),
        ({"BinaryEquals": {BINARY: "QmFzZQ=="}}, {"StringEquals": {BINARY: "QmFzZg=="}}, "no"),
        ({"BinaryEquals": {BINARY: "no base64"}}, {"StringEquals": {BINARY: "no base64"}}, "unknown"),
    ],
)
def test_binary(condition: dict[str, Any], given: dict[str, Any], expected: str) -> None:
    assert meets(condition, given) == expected
