"""Names of buckets that only one account can take: S3's account-regional namespace.

The names in it end with the account and the region, and S3 lets nobody else make such a bucket:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
"""

from collections.abc import Iterator
from typing import NamedTuple

from settings.model import Settings
from settings.names.aws import (
    ACCOUNT_REGIONAL,
    InvalidValueError,
    account_regional_suffix,
    is_account_regional,
)
from settings.names.provider import TESTED
from settings.problems import Conflict

WITHOUT = ("me-central-1", "me-south-1")
"""Regions that have no such namespace."""


class Made(NamedTuple):
    """A bucket that an environment makes: its name, its region, and the keys of both."""

    key: str
    name: str
    region_key: str
    region: str


def made_buckets(settings: Settings) -> Iterator[Made]:
    """Yield the buckets that an environment makes."""
    yield Made("bucket_name", settings.bucket_name, "region", settings.region)
    if settings.state.of is None:
        yield Made("state.bucket", settings.state.bucket, "state.region", settings.state.region)
    if settings.logging.makes_bucket:
        yield Made("logging.bucket", settings.logging.bucket, "region", settings.region)
    replication = settings.replication
    if replication.enabled and replication.region is not None:
        yield Made("replication.bucket", replication.bucket, "replication.region", replication.region)


def wrong_names(settings: Settings) -> Iterator[Conflict]:
    """Yield each name that is not in the namespace that the settings choose, and what that one lacks."""
    if settings.bucket_namespace != ACCOUNT_REGIONAL:
        for bucket in made_buckets(settings):
            # What exists can be kept with any version.
            if is_account_regional(bucket.name) and not settings.import_.bucket:
                rule = 'must not end with an account, a region and "-an" where bucket_namespace is "global"'
                yield bucket.key, InvalidValueError(rule), bucket.name
    elif settings.terraform.provider_version == TESTED:
        rule = f'must be "global" where terraform.provider_version is {TESTED}'
        hint = "account-regional names need version 6.40.0 or newer, see docs/longevity.md"
        yield "bucket_namespace", InvalidValueError(rule, hint), settings.bucket_namespace
    elif settings.account_id is None:
        rule = f'must be set where bucket_namespace is "{ACCOUNT_REGIONAL}"'
        yield "account_id", InvalidValueError(rule, "every bucket's name ends with the account"), None
    else:
        yield from _names_elsewhere(settings, settings.account_id)


def _names_elsewhere(settings: Settings, account_id: str) -> Iterator[Conflict]:
    for bucket in made_buckets(settings):
        suffix = account_regional_suffix(account_id, bucket.region)
        if bucket.region in WITHOUT:
            rule = f'must be another region where bucket_namespace is "{ACCOUNT_REGIONAL}"'
            yield bucket.region_key, InvalidValueError(rule, "S3 has no such names there"), bucket.region
        elif not bucket.name.endswith(suffix) or bucket.name == suffix:
            rule = f'must end with "{suffix}" where bucket_namespace is "{ACCOUNT_REGIONAL}"'
            yield bucket.key, InvalidValueError(rule), bucket.name
