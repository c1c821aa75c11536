"""AWS's naming rules: what is refused matters as much as what is let through."""

from settings.names import aws as aws_names
from settings.names.aws import InvalidValueError
from settings.names.tags import as_tag_value, tag_key, tag_value

import pytest


@pytest.mark.parametrize(
    "name", ["abc", "a" * 63, "0data9", "my.bucket", "data-bucket", "10.0.0", "1.2.3.4.5", "sthree", "a.-b"]
)
def test_bucket_name_that_s3_takes_is_returned(name: str) -> None:
    assert aws_names.bucket_name(name) == name


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "3 to 63"),
        ("ab", "3 to 63"),
        ("a" * 64, "3 to 63"),
        ("Data", "lowercase"),
        ("my_bucket", "lowercase"),
        ("büc", "lowercase"),
        ("bucket\n", "lowercase"),
        ("-data", "begin and end"),
        ("data-", "begin and end"),
        (".data", "begin and end"),
        ("my..bucket", "two dots"),
        ("192.168.5.4", "IP address"),
        ("999.1.2.3", "IP address"),
        ("xn--data", '"xn--"'),
        ("sthree-data", '"sthree-"'),
        ("amzn-s3-demo-data", '"amzn-s3-demo-"'),
        ("data-s3alias", '"-s3alias"'),
        ("data--ol-s3", '"--ol-s3"'),
        ("data.mrap", '".mrap"'),
        ("data--x-s3", '"--x-s3"'),
        ("data--table-s3", '"--table-s3"'),
        ("data-an", '"-an"'),
    ],
)
def test_bucket_name_that_s3_refuses_is_refused(name: str, rule: str) -> None:
    with pytest.raises(InvalidValueError, match=rule):
        aws_names.bucket_name(name)


@pytest.mark.parametrize("name", ["alias/a", "alias/team/Key_1-x", "alias/" + "a" * 250, "alias/awsome"])
def test_kms_alias_is_returned(name: str) -> None:
    assert aws_names.kms_alias(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "my-key", "alias/", "alias/aws/s3", "alias/a b", "alias/a:b", "alias/" + "a" * 251, "alias/a\n"],
)
def test_name_that_is_no_kms_alias_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError):
        aws_names.kms_alias(name)


def test_account_id_keeps_its_leading_zero() -> None:
    assert aws_names.account_id("012345678901") == "012345678901"


@pytest.mark.parametrize("text", ["", "12345678901", "1234567890123", "1234-5678-9012", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_anything_but_twelve_digits_is_no_account_id(text: str) -> None:
    with pytest.raises(InvalidValueError, match="12 digits"):
        aws_names.account_id(text)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("eu-central-2", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
    ],
)
def test_region_is_in_its_partition(region: str, partition: str) -> None:
    assert aws_names.region(region) == region
    assert aws_names.partition_of(region) == partition


@pytest.mark.parametrize("name", ["", "US-EAST-1", "us-east-1a", "aws-global", "eu", "x" * 100_000])
def test_region_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="must be an AWS region"):
        aws_names.region(name)


def test_mistyped_region_gets_the_nearest_one_suggested() -> None:
    with pytest.raises(InvalidValueError, match='did you mean "eu-central-1"'):
        aws_names.region("eu-centrl-1")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:role/data",
        "arn:aws:iam::111122223333:user/jane@example.org",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Data_0a1b",
        "arn:aws-us-gov:iam::111122223333:role/data",
    ],
)
def test_arn_of_a_role_a_user_or_an_account_is_a_principal(arn: str) -> None:
    assert aws_names.principal_arn(arn) == arn


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "*",
        "111122223333",
        "arn:aws:iam::11112222333:root",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:role/a\n",
        "arn:aws:iam::111122223333:role/two words",
        "arn:aws:iam::111122223333:role/" + "a" * 65,
        "arn:aws:iam::111122223333:policy/data",
        "arn:aws:s3:::bucket",
        "s3.amazonaws.com",
    ],
)
def test_anything_else_is_no_principal(arn: str) -> None:
    with pytest.raises(InvalidValueError, match="a role, a user or an account's root"):
        aws_names.principal_arn(arn)


def test_principal_with_a_wildcard_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="without wildcards"):
        aws_names.principal_arn("arn:aws:iam::111122223333:role/*")


def test_session_is_refused_and_its_role_named() -> None:
    with pytest.raises(InvalidValueError, match='"arn:aws:iam::111122223333:role/data"'):
        aws_names.principal_arn("arn:aws:sts::111122223333:assumed-role/data/jane")


def test_federated_session_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="behind the session"):
        aws_names.principal_arn("arn:aws:sts::111122223333:federated-user/jane")


def test_group_is_refused_because_no_policy_can_name_one() -> None:
    with pytest.raises(InvalidValueError, match="name its users"):
        aws_names.principal_arn("arn:aws:iam::111122223333:group/data")


@pytest.mark.parametrize("name", ["a", "Data_+=,.@-9", "r" * 64])
def test_role_name_is_returned(name: str) -> None:
    assert aws_names.role_name(name) == name


@pytest.mark.parametrize("name", ["", "r" * 65, "two words", "path/role", "rôle", "role\n", "role*"])
def test_name_that_iam_refuses_is_no_role_name(name: str) -> None:
    with pytest.raises(InvalidValueError, match="1 to 64"):
        aws_names.role_name(name)


def test_arn_in_place_of_a_role_name_is_refused_and_the_name_given() -> None:
    with pytest.raises(InvalidValueError, match='give "data"'):
        aws_names.role_name("arn:aws:iam::111122223333:role/team/data")


@pytest.mark.parametrize("key", ["Team", "cost:center", "Größe", "a b", "k" * 128, "awsome"])
def test_tag_key_is_returned(key: str) -> None:
    assert tag_key(key) == key


@pytest.mark.parametrize("key", ["", "k" * 129, "a,b", "a\nb", "aws:team", "AWS:team", "<x>"])
def test_tag_key_that_aws_refuses_is_refused(key: str) -> None:
    with pytest.raises(InvalidValueError):
        tag_key(key)


@pytest.mark.parametrize("value", ["", "jane@example.org", "v" * 256])
def test_tag_value_is_returned(value: str) -> None:
    assert tag_value(value) == value


@pytest.mark.parametrize("value", ["v" * 257, "a;b", "tab\t"])
def test_tag_value_that_aws_refuses_is_refused(value: str) -> None:
    with pytest.raises(InvalidValueError):
        tag_value(value)


def test_any_text_can_be_made_a_tag_value() -> None:
    assert as_tag_value("dependabot[bot]") == "dependabot_bot_"
    assert tag_value(as_tag_value("Zoë <z@x.org>\n" * 40))
