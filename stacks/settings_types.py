"""The types of single settings: text, lists and durations that AWS's rules hold for."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal

from stacks import aws_names, github_names, web_names
from stacks.aws_names import InvalidValueError
from stacks.settings_errors import Refusal, refuse

from pydantic import AfterValidator, BeforeValidator, Field

SHORTEST_EXPIRY = timedelta(minutes=1)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
LONGEST_EXPIRY = timedelta(days=7)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    # IAM tells no two names apart by case, so neither does this.
    folded = [name.casefold() for name in names]
    refuse(
        ((place,), InvalidValueError("must be listed only once"), name)
        for place, name in enumerate(names)
        if folded[place] in folded[:place]
    )
    return names


def _expiry(value: object) -> object:
    return aws_names.duration(value, SHORTEST_EXPIRY, LONGEST_EXPIRY) if isinstance(value, str) else value


def _valid_tags(tags: Mapping[str, str]) -> Mapping[str, str]:
    refuse(_wrong_tags(tags))
    return tags


def _wrong_tags(tags: Mapping[str, str]) -> Iterator[Refusal]:
    spelled: dict[str, str] = {}
    for key, value in tags.items():
        for check, given in ((aws_names.tag_key, key), (aws_names.tag_value, value)):
            try:
                check(given)
            except InvalidValueError as error:
                yield (key,), error, given
        other = spelled.setdefault(key.casefold(), key)
        if other != key:
            hint = "IAM tells no two keys apart by case"
            yield (key,), InvalidValueError(f'must differ from "{other}" by more than case', hint), key
    if len(tags) > 50:
        rule = "must be at most 50 tags, with those that are set for every environment"
        yield (), InvalidValueError(rule, f"there are {len(tags)}"), tags


BucketName = Annotated[str, AfterValidator(aws_names.bucket_name)]
KeyAlias = Annotated[str, AfterValidator(aws_names.kms_alias)]
Region = Annotated[str, AfterValidator(aws_names.region)]
AccountId = Annotated[str, AfterValidator(aws_names.account_id)]
# strict=False lets TOML's list become a tuple; what is in it stays strict.
Principals = Annotated[
    tuple[Annotated[str, AfterValidator(aws_names.principal_arn)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
]
RoleNames = Annotated[
    tuple[Annotated[str, AfterValidator(aws_names.role_name)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
]
RoleArn = Annotated[str, AfterValidator(aws_names.role_arn)]
PrincipalArn = Annotated[str, AfterValidator(aws_names.principal_arn)]
RoleArns = Annotated[tuple[RoleArn, ...], Field(strict=False), AfterValidator(_distinct)]
KeyPrefix = Annotated[str, AfterValidator(aws_names.key_prefix)]
IpRanges = Annotated[
    tuple[Annotated[str, AfterValidator(aws_names.ip_range)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
]
VpcEndpoints = Annotated[
    tuple[Annotated[str, AfterValidator(aws_names.vpc_endpoint_id)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
]
OrganizationId = Annotated[str, AfterValidator(aws_names.organization_id)]
GitHubRepository = Annotated[str, AfterValidator(github_names.repository)]
GitHubBranch = Annotated[str, AfterValidator(github_names.branch)]
GitHubEnvironment = Annotated[str, AfterValidator(github_names.environment)]
Expiry = Annotated[timedelta, BeforeValidator(_expiry)]
Tags = Annotated[Mapping[str, str], AfterValidator(_valid_tags)]
# What comes before a log's or an inventory's own key; S3 adds nothing between the two.
LogPrefix = Annotated[str, AfterValidator(aws_names.log_prefix)]
ExistingKey = Annotated[str, AfterValidator(aws_names.kms_key)]
Emails = Annotated[
    tuple[Annotated[str, AfterValidator(web_names.email)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
]
CorsOrigins = Annotated[
    tuple[Annotated[str, AfterValidator(web_names.origin)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
]
CorsMethods = Annotated[
    tuple[Literal["GET", "HEAD", "PUT", "POST", "DELETE"], ...],
    Field(strict=False, min_length=1),
    AfterValidator(_distinct),
]
CorsHeaders = Annotated[
    tuple[Annotated[str, AfterValidator(web_names.header)], ...],
    Field(strict=False),
    AfterValidator(_distinct),
]
