"""What a change of access logs, inventory or replication does to records and copies."""

from collections.abc import Iterator

from review.accounts import foreign
from review.attributes import Attributes, Json, blocks, by_name, first
from review.masking import is_unknown
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule
from review.rules.scope import scope_of


@rule("aws_s3_bucket_logging", "target_bucket", "target_prefix")
def logging(it: Subject) -> Iterator[Finding]:
    """Judge where requests are logged."""
    yield from logged(it.was, it.now)


def logged(before: Attributes, after: Attributes) -> Iterator[Finding]:
    """Judge where requests were and are logged, by `target_bucket` and `target_prefix`."""
    old, new = before.get("target_bucket"), after.get("target_bucket")
    prefixes = [one.get("target_prefix") for one in (before, after)]
    if old and not new:
        yield dangerous("requests are no longer logged")
    elif new and not old:
        yield good("requests are logged to {}", new)
    elif old != new:
        yield dangerous("requests are logged to {}, and were to {}", new, old)
    elif prefixes[0] != prefixes[1]:
        # The log bucket's policy lets logs in below one prefix, and S3 drops the others without a word.
        yield dangerous("requests are logged below {}, and were below {}", prefixes[1], prefixes[0])


@rule("aws_s3_bucket_logging", "target_grant")
def log_grants(it: Subject) -> Iterator[Finding]:
    """Judge who else may read the logs."""
    yield dangerous("the logs' ACL lets others in, or others than before")


INVENTORY = ("filter", "included_object_versions", "optional_fields", "schedule")


@rule("aws_s3_bucket_inventory", "destination", "enabled")
def inventory(it: Subject) -> Iterator[Finding]:
    """Judge where the list of every object is written; the other bucket may be in any account."""
    path = ("destination", "bucket", "account_id")
    account = first(it.now, *path)
    stranger = foreign(account, it.around.own_accounts) if it.now.get("enabled") else None
    if stranger and not (it.was.get("enabled") and first(it.was, *path) == account):
        yield stranger("the inventory is written to a bucket of another account: {}", account)
    if it.was.get("enabled") and not it.now.get("enabled"):
        yield careful("the inventory is no longer written")
    elif it.now.get("enabled") and not it.was.get("enabled"):
        yield careful("an inventory is written")
    else:
        old, new = (first(one, "destination", "bucket", "bucket_arn") for one in (it.was, it.now))
        if old != new:
            yield dangerous("the inventory is written to {}", new)
        else:
            yield careful("the inventory is written in another way")


@rule("aws_s3_bucket_inventory", *INVENTORY, new=False)
def inventory_contents(it: Subject) -> Iterator[Finding]:
    """Judge what stands in the inventory."""
    yield careful("the inventory lists something else, or at other times")


KEY_OF_COPIES = ("destination", "encryption_configuration", "replica_kms_key_id")


@rule("aws_s3_bucket_replication_configuration", "rule", "role")
def replication(it: Subject) -> Iterator[Finding]:
    """Judge where new objects are copied to."""
    old, new = (_enabled(one) for one in (it.was, it.now))
    for name in sorted(old.keys() - new.keys()):
        twins = [
            one for one in new.keys() - old.keys() if {**new[one], "id": name} == {**old[name], "id": name}
        ]
        if twins:  # only its name differs
            new[name] = new.pop(twins[0])
    for name in sorted(old.keys() | new.keys()):
        yield from _replicated(name, old.get(name), new.get(name), it)
    if it.was.get("role") and it.was.get("role") != it.now.get("role"):
        yield careful("objects are copied by another role: {}", it.now.get("role"))


def _replicated(name: str, old: Attributes | None, new: Attributes | None, it: Subject) -> Iterator[Finding]:
    if new is None:
        yield dangerous("new objects are no longer replicated by the rule {}", name)
        return
    key = first(new, *KEY_OF_COPIES)
    stranger = foreign(key, it.around.own_accounts)
    if stranger and (old is None or first(old, *KEY_OF_COPIES) != key):
        yield stranger("the copies are encrypted with the key {} of another account", key)
    to, account = _destination(new), first(new, "destination", "account")
    stranger = foreign(account, it.around.own_accounts)
    if stranger and (old is None or first(old, "destination", "account") != account):
        yield stranger("new objects are copied to {} of another account: {}", to, account)
    if old is None:
        # A bucket's ARN has no account: only one of the plan or of the state is known to be ours.
        if not (stranger or (it.begins and _is_ours(to, it))):
            yield careful("new objects are replicated to {}", to)
    elif _destination(old) != to:
        yield dangerous("new objects are replicated to {}, and were to {}", to, _destination(old))
    elif not scope_of(new).covers(scope_of(old)):
        yield dangerous("the rule {} replicates fewer new objects", name)
    elif {**old, "id": name} != {**new, "id": name}:
        yield careful("the rule {} replicates in another way", name)


def _is_ours(bucket: Json, it: Subject) -> bool:
    return is_unknown(bucket) or str(bucket).rpartition(":::")[2] in it.around.own_buckets


def _enabled(side: Attributes) -> dict[str, Attributes]:
    return by_name((one for one in blocks(side.get("rule")) if one.get("status") == "Enabled"), "id")


def _destination(one: Attributes) -> Json:
    return first(one, "destination", "bucket")
