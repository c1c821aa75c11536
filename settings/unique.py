"""What only one thing can have: every such name, and the rules about them, in one table."""

from collections.abc import Iterator
from itertools import combinations, product
from typing import NamedTuple

from settings.bucket_namespace import made_buckets
from settings.model import Settings
from settings.names import aws as aws_names
from settings.names.aws import InvalidValueError
from settings.problems import Conflict, shown


class Taken(NamedTuple):
    """A name in AWS that an environment takes, or a key that it takes over.

    Attributes:
        key: the setting that chooses it.
        region: of an alias or a key, which is unique in its region and account; None for a bucket, whose
            name is unique in its partition.
        name: the name; of a key its id.
    """

    key: str
    region: str | None
    name: str


def taken(settings: Settings) -> list[Taken]:
    """Return the names that an environment takes."""
    logging, replication, audit = settings.logging, settings.replication, settings.audit
    found = [Taken(bucket.key, None, bucket.name) for bucket in made_buckets(settings)]
    # Logs of a bucket in itself would be logged in turn, without end.
    if logging.existing_bucket is not None:
        found.append(Taken("logging.existing_bucket", None, logging.existing_bucket))
    if settings.encryption.mode == "sse-kms":
        found.append(Taken("encryption.key_alias", settings.region, settings.encryption.key_alias))
    if settings.import_.key is not None:
        found.append(Taken("import.key", settings.region, settings.import_.key.rpartition("/")[2]))
    if settings.state.of is None:
        found.append(Taken("state.key_alias", settings.state.region, settings.state.key_alias))
    if replication.enabled and replication.region is not None:
        found.append(Taken("replication.key_alias", replication.region, replication.key_alias))
    if audit.enabled:
        found.append(Taken("audit.key_alias", settings.region, audit.key_alias))
    return found


def taken_twice(settings: Settings) -> Iterator[Conflict]:
    """Yield each setting with the name of an earlier one: its key, the rule, and the name."""
    for earlier, one in combinations(taken(settings), 2):
        if earlier[1:] == one[1:]:
            elsewhere = one.region not in (None, settings.region)
            rule = f"must differ from {earlier.key}"
            rule += ", which is in the same region" if elsewhere else ""
            yield one.key, InvalidValueError(rule), one.name


def claims(settings: Settings) -> frozenset[object]:
    """Return what `taken_by_both` compares: of two that have none in common, it yields nothing."""
    provider = {"provider"} if _makes_provider(settings) else set()
    return frozenset({one[1:] for one in taken(settings)} | provider)


def taken_by_both(settings: Settings, other: Settings, file: str) -> Iterator[str]:
    """Yield a line for each name or thing that two environments take, without the file of the first.

    Args:
        settings: an environment.
        other: another one.
        file: the file of the other.
    """
    accounts = {settings.account_id, other.account_id}
    same_account = len(accounts) == 1 or None in accounts  # one that is not set may be the other
    same_partition = aws_names.partition_of(settings.region) == aws_names.partition_of(other.region)
    for mine, theirs in product(taken(settings), taken(other)):
        # A log bucket that exists may serve several environments.
        logs = {mine.key, theirs.key}
        if "logging.existing_bucket" in logs and all(key.startswith("logging.") for key in logs):
            continue
        if mine[1:] == theirs[1:] and (same_partition if mine.region is None else same_account):
            both = f"must differ from {theirs.key} in {file}, but both are {shown(mine.name)}"
            hint = "; if their accounts differ, set account_id in both"
            yield f"{mine.key}: {both}{hint if mine.region is not None and len(accounts) == 2 else ''}"
    # An account has one provider for the tokens of an issuer.
    both_make_it = _makes_provider(settings) and _makes_provider(other)
    if both_make_it and len(accounts) == 1 and settings.account_id is not None:
        yield (
            f"ci.create_provider: must be true in only one environment of account {settings.account_id}, "
            f"and it is in {file}"
        )


def _makes_provider(settings: Settings) -> bool:
    return settings.ci.repository is not None and settings.ci.create_provider
