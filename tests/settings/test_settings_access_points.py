"""[access] access_points: names and ARNs that policies can hold, of the bucket's own account and region."""

from pathlib import Path

from constructs_lib.policies import to_json
from constructs_lib.policies.access_policy import access_policy
from settings.names import s3 as s3_names
from settings.names.aws import InvalidValueError
from tests.settings.test_settings_combinations import problems

import pytest

ARN = "arn:aws:s3:us-east-1:111122223333:accesspoint/etl"


@pytest.mark.parametrize(
    "text",
    [
        "etl",
        "a" * 50,
        "0-9",
        "team--reports",
        ARN,
        "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/etl",
        "arn:aws-us-gov:s3:us-gov-west-1:111122223333:accesspoint/etl",
    ],
)
def test_the_name_or_the_arn_of_an_access_point_is_returned(text: str) -> None:
    assert s3_names.access_point(text) == text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "3 to 50"),
        ("ab", "3 to 50"),
        ("a" * 51, "3 to 50"),
        ("Etl", "lowercase"),
        ("my_point", "lowercase"),
        ("my.point", "lowercase"),
        ("etl*", "lowercase"),
        ("${etl}", "lowercase"),
        ("etl\n", "lowercase"),
        ("-etl", "no hyphen first"),
        ("etl-", "no hyphen first"),
        ("etl-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", "-s3alias"),
        ("etl--use1-az1--xa-s3", "--xa-s3"),
        (f"{ARN}/object/*", "its ARN"),
        (f"{ARN}\n", "its ARN"),
        ("arn:aws:s3:us-east-1:111122223333:accesspoint:etl", "its ARN"),
        ("arn:aws:s3:us-east-1:111122223333:accesspoint/*", "3 to 50"),
        ("arn:aws:s3:*:111122223333:accesspoint/etl", "its ARN"),
        ("arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap", "its ARN"),
        (
            "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/etl",
            "its ARN",
        ),
        ("arn:aws:s3:::bucket", "its ARN"),
        ("https://etl-111122223333.s3-accesspoint.us-east-1.amazonaws.com", "lowercase"),
    ],
)
def test_what_is_no_access_point_is_refused(text: str, rule: str) -> None:
    with pytest.raises(InvalidValueError, match=rule):
        s3_names.access_point(text)


def settings(*points: str, account: str | None = "111122223333") -> str:
    of = "" if account is None else f'account_id = "{account}"\n'
    return f"{of}[access]\naccess_points = {list(points)}".replace("'", '"')


FOREIGN = ARN.replace("111122223333", "999988887777")
WRONG = {
    "in another region": (
        settings("etl", ARN.replace("us-east-1", "eu-west-1")),
        'access.access_points[1]: must be in the bucket\'s region, which is "us-east-1", '
        'not "arn:aws:s3:eu-west-1:111122223333:accesspoint/etl"',
    ),
    "in another partition": (
        settings("arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/etl"),
        'access.access_points[0]: must begin with "arn:aws:", as region is "us-east-1", '
        'not "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/etl"',
    ),
    "of another account": (
        settings(FOREIGN),
        f'access.access_points[0]: must be of account_id, "111122223333", not "{FOREIGN}"',
    ),
    "of an account that cannot be compared": (
        settings(FOREIGN, account=None),
        f'access.access_points[0]: must be a name where account_id is not set, not "{FOREIGN}"; '
        'set account_id, or give "etl"',
    ),
    "twice": (settings("etl", "etl"), 'access.access_points[1]: must be listed only once, not "etl"'),
    "too many": (
        settings(*(f"point-{number}" for number in range(21))),
        "access.access_points: must list at most 20, as IAM takes policies of 6,144 characters, not a list; "
        "there are 21",
    ),
    "no list": (
        '[access]\naccess_points = "etl"',
        'access.access_points: must be a list, like ["a", "b"], not "etl"',
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_it_is_refused_in_one_line(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, line = WRONG[what]
    assert problems(tmp_path, monkeypatch, prod=text) == (f"environments/prod.toml: {line}",)


@pytest.mark.parametrize(
    "text",
    [settings("etl", account=None), settings(ARN), settings(*(f"point-{number}" for number in range(20)))],
)
def test_names_and_the_accounts_own_arns_are_taken(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problems(tmp_path, monkeypatch, prod=text) == ()


def test_the_longest_names_fit_into_the_policies_that_iam_takes() -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    arns = [f"arn:aws-us-gov:s3:us-gov-west-1:111122223333:accesspoint/{'x' * 48}{n:02}" for n in range(20)]
    policy = access_policy(
        bucket_arn=f"arn:aws-us-gov:s3:::{'b' * 63}",
        key_arn="arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/11111111-2222-3333-4444-555555555555",
        access_points=arns,
    )
    assert len(to_json(policy)) < 6_144
