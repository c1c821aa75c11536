"""The types of single settings: text, lists and durations that AWS's rules hold for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from settings import durations, moments
from settings.names import aws as aws_names
from settings.names import github as github_names
from settings.names import s3 as s3_names
from settings.names import web as web_names
from settings.names.aws import InvalidValueError
from settings.names.provider import TESTED, provider_version
from settings.names.tags import tag_key, tag_value
from settings.problems import Refusal, refuse

from pydantic import AfterValidator, BeforeValidator, Field


@dataclass(frozen=True)
class Limits:
    """Says to people what a type's checks let through."""

    text: str


SHORTEST_EXPIRY = timedelta(minutes=1)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
LONGEST_EXPIRY = timedelta(days=7)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    # IAM ignores the case of names, so this does too.
    _each_once(names, [name.casefold() for name in names])
    return names


def _distinct_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    _each_once(keys, keys)
    return keys


def _each_once(names: Sequence[str], compared: Sequence[str]) -> None:
    refuse(
        ((place,), InvalidValueError("must be listed only once"), name)
        for place, name in enumerate(names)
        if compared[place] in compared[:place]
    )


def _at_least_one(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise InvalidValueError("must list at least one")
    return names


def _few_access_points(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > MOST_ACCESS_POINTS:
        rule = f"must list at most {MOST_ACCESS_POINTS}, as IAM takes policies of 6,144 characters"
        raise InvalidValueError(rule, f"there are {len(names)}")
    return names


def _few_prefixes(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    refuse(
        (
            (place,),
            InvalidValueError("must not be empty", "without prefixes the whole bucket is scanned"),
            one,
        )
        for place, one in enumerate(prefixes)
        if not one
    )
    if len(prefixes) > MOST_SCAN_PREFIXES:
        rule = f"must list at most {MOST_SCAN_PREFIXES}, as GuardDuty takes no more"
        raise InvalidValueError(rule, f"there are {len(prefixes)}")
    return prefixes


def _expiry(value: object) -> object:
    return durations.duration(value, SHORTEST_EXPIRY, LONGEST_EXPIRY) if isinstance(value, str) else value


def _valid_tags(tags: Mapping[str, str]) -> Mapping[str, str]:
    refuse(_wrong_tags(tags))
    return tags


def _wrong_tags(tags: Mapping[str, str]) -> Iterator[Refusal]:
    spelled: dict[str, str] = {}
    for key, value in tags.items():
        for check, given in ((tag_key, key), (tag_value, value)):
            try:
                check(given)
            except InvalidValueError as error:
                yield (key,), error, given
        other = spelled.setdefault(key.casefold(), key)
        if other != key:
            hint = "IAM ignores the case of tag keys"
            yield (key,), InvalidValueError(f'must differ from "{other}" by more than case', hint), key
    if len(tags) > 50:
        rule = "must be at most 50 tags, including those of every environment"
        yield (), InvalidValueError(rule, f"there are {len(tags)}"), tags


BucketName = Annotated[
    str,
    AfterValidator(aws_names.bucket_name),
    Limits("S3's naming rules: 3 to 63 lowercase letters, digits, hyphens and dots"),
]
KeyAlias = Annotated[
    str,
    AfterValidator(aws_names.kms_alias),
    Limits("alias/ and up to 250 letters, digits, slashes, underscores and hyphens"),
]
Region = Annotated[
    str, AfterValidator(aws_names.region), Limits("a region of the partitions aws, aws-cn and aws-us-gov")
]
AccountId = Annotated[str, AfterValidator(aws_names.account_id), Limits("12 digits")]
# strict=False lets TOML's list become a tuple; what is in it stays strict.
Principals = Annotated[
    tuple[Annotated[str, AfterValidator(aws_names.principal_arn)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each the ARN of a role, a user or an account's root, without wildcards; each once"),
]
RoleNames = Annotated[
    tuple[Annotated[str, AfterValidator(aws_names.role_name)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each a role's name, of 1 to 64 characters; each once"),
]
RoleArn = Annotated[str, AfterValidator(aws_names.role_arn), Limits("the ARN of a role")]
PrincipalArn = Annotated[
    str,
    AfterValidator(aws_names.principal_arn),
    Limits("the ARN of a role, a user or an account's root, without wildcards"),
]
RoleArns = Annotated[
    tuple[RoleArn, ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each the ARN of a role; each once"),
]
# The managed policies name each, with its objects, and hold 6,144 characters.
MOST_ACCESS_POINTS = 20
AccessPoints = Annotated[
    tuple[Annotated[str, AfterValidator(s3_names.access_point)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    AfterValidator(_few_access_points),
    Limits(f"each a name or an ARN; each once, at most {MOST_ACCESS_POINTS}"),
]
KeyPrefix = Annotated[str, AfterValidator(aws_names.key_prefix), Limits("up to 1024 bytes, without * ? $ %{")]
# https://docs.aws.amazon.com/guardduty/latest/ug/how-malware-protection-for-s3-gdu-works.html
MOST_SCAN_PREFIXES = 5
ScanPrefixes = Annotated[
    tuple[KeyPrefix, ...],
    Field(strict=False),
    AfterValidator(_distinct_keys),
    AfterValidator(_few_prefixes),
    Limits(f"each up to 1024 bytes, without * ? $ %{{; each once, at most {MOST_SCAN_PREFIXES}"),
]
RevokedKeys = Annotated[
    tuple[Annotated[str, AfterValidator(s3_names.key_or_folder)], ...],
    Field(strict=False),
    AfterValidator(_distinct_keys),
    Limits("each a key, or a prefix that ends with a slash; up to 1024 bytes, without * ? $ %{; each once"),
]
IpRanges = Annotated[
    tuple[Annotated[str, AfterValidator(aws_names.ip_range)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each in CIDR notation, of public addresses; each once"),
]
VpcEndpoints = Annotated[
    tuple[Annotated[str, AfterValidator(aws_names.vpc_endpoint_id)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each vpce- and 8 or 17 hexadecimal digits; each once"),
]
OrganizationId = Annotated[
    str, AfterValidator(aws_names.organization_id), Limits("o- and 10 to 32 letters and digits")
]
GitHubRepository = Annotated[
    str, AfterValidator(github_names.repository), Limits("org/repo, or org@id/repo@id")
]
GitHubBranch = Annotated[str, AfterValidator(github_names.branch), Limits("the name of a branch")]
GitHubEnvironment = Annotated[
    str, AfterValidator(github_names.environment), Limits("the name of an environment on GitHub")
]
ProviderVersion = Annotated[
    str,
    AfterValidator(provider_version),
    Limits(
        f'"{TESTED}", or an exact version from 6.40.0 on and below 7 where provider_version_untested is true'
    ),
]
Expiry = Annotated[timedelta, BeforeValidator(_expiry), Limits("1m to 7d; a number and one of s, m, h, d")]
Moment = Annotated[datetime, AfterValidator(moments.moment), Limits("without quotes, in whole seconds")]
Tags = Annotated[
    Mapping[str, str],
    AfterValidator(_valid_tags),
    Limits("at most 50 with the given ones; AWS's rules for tags"),
]
# What comes before a log's or an inventory's own key; S3 adds nothing between the two.
LogPrefix = Annotated[
    str,
    AfterValidator(aws_names.log_prefix),
    Limits("a folder of up to 512 bytes that ends with a slash; not AWSLogs/ or inventory/"),
]
ExistingKey = Annotated[str, AfterValidator(aws_names.kms_key), Limits("a key's id or ARN")]
Emails = Annotated[
    tuple[Annotated[str, AfterValidator(web_names.email)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each an address; each once"),
]
CorsOrigins = Annotated[
    tuple[Annotated[str, AfterValidator(web_names.origin)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each https:// and a host, with a port if it has one; http:// only for localhost; *"),
]
CorsMethods = Annotated[
    tuple[Literal["GET", "HEAD", "PUT", "POST", "DELETE"], ...],
    Field(strict=False),
    AfterValidator(_at_least_one),
    AfterValidator(_distinct),
    Limits("GET, HEAD, PUT, POST, DELETE; at least one"),
]
ExposedHeaders = Annotated[
    tuple[Annotated[str, AfterValidator(web_names.exposed_header)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each the whole name of a header"),
]
CorsHeaders = Annotated[
    tuple[Annotated[str, AfterValidator(web_names.header)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
    Limits("each the name of a header, with at most one *"),
]
