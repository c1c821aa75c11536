"""What a lifecycle deletes or archives that it did not before, whatever its rules' names, and Object Lock.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from review.attributes import Attributes, Json, blocks, first, number
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule
from review.rules.scope import Scope, scope_of

FILTERS = ("object_size_greater_than", "object_size_less_than", "prefix")
INNER = (
    "abort_incomplete_multipart_upload.days_after_initiation",
    *(f"expiration.{name}" for name in ("date", "days", "expired_object_delete_marker")),
    *(f"filter.{name}" for name in (*FILTERS, "tag")),
    *(f"filter.and.{name}" for name in (*FILTERS, "tags")),
    *(f"noncurrent_version_expiration.{name}" for name in ("newer_noncurrent_versions", "noncurrent_days")),
    *(
        f"noncurrent_version_transition.{name}"
        for name in ("newer_noncurrent_versions", "noncurrent_days", "storage_class")
    ),
    *(f"transition.{name}" for name in ("date", "days", "storage_class")),
    *("id", "prefix", "status"),
)
INLINE = (
    *("id", "prefix", "tags", "enabled", "abort_incomplete_multipart_upload_days"),
    *(f"expiration.{name}" for name in ("date", "days", "expired_object_delete_marker")),
    *(f"transition.{name}" for name in ("date", "days", "storage_class")),
    "noncurrent_version_expiration.days",
    *(f"noncurrent_version_transition.{name}" for name in ("days", "storage_class")),
)


NO_DATA = ("incomplete uploads", "delete markers")
DAY = len("2030-01-01")


@dataclass(frozen=True)
class Deed:
    """What a rule does to some objects.

    Attributes:
        rule: what the rule is called.
        what: `objects`, `earlier versions`, one of `NO_DATA`, or what is moved, with its storage class.
        scope: to which.
        date: on which day; empty where it counts days.
        days: after how many days.
        kept: how many newer versions are kept.
    """

    rule: str
    what: str
    scope: Scope
    date: str
    days: float
    kept: float = 0

    def reaches(self, other: "Deed") -> bool:
        """Return whether this does all that `other` does, and not later."""
        both = bool(self.date and other.date)
        return (
            self.what == other.what
            and self.scope.covers(other.scope)
            and (self.date[:DAY] <= other.date[:DAY] if both else self.date == other.date)
            and self.days <= other.days
            and self.kept <= other.kept
        )


@rule("aws_s3_bucket_lifecycle_configuration", *(f"rule.{path}" for path in INNER))
def lifecycle(it: Subject) -> Iterator[Finding]:
    """Judge a lifecycle by what it does to which objects."""
    old, new = (blocks(side.get("rule")) for side in (it.was, it.now))
    yield from _compared(old, new, ("status", "Enabled"))


@rule("aws_s3_bucket_lifecycle_configuration", "transition_default_minimum_object_size")
def smallest(it: Subject) -> Iterator[Finding]:
    """Judge whether small objects are moved, too; by default S3 leaves those below 128 KB where they are."""
    if it.now.get("transition_default_minimum_object_size") == "varies_by_storage_class":
        yield careful("the lifecycle moves objects of less than 128 KB as well")


@rule("aws_s3_bucket", *(f"lifecycle_rule.{path}" for path in INLINE))
def inline_lifecycle(it: Subject) -> Iterator[Finding]:
    """Judge the lifecycle that a bucket sets itself."""
    old, new = (blocks(side.get("lifecycle_rule")) for side in (it.was, it.now))
    yield from _compared(old, new, ("enabled", True))


def _compared(
    old: Sequence[Attributes], new: Sequence[Attributes], on: tuple[str, Json]
) -> Iterator[Finding]:
    """Compare two lifecycles; `on` is the attribute, and its value, of a rule that is enabled."""
    states = {one.get("id"): one.get(on[0]) == on[1] for one in new}
    old, new = ([one for one in rules if one.get(on[0]) == on[1]] for rules in (old, new))
    before, after = ([deed for one in rules for deed in _deeds(one)] for rules in (old, new))
    for deed in after:
        if deed.what not in NO_DATA and not any(one.reaches(deed) for one in before):
            yield _new(deed, [one for one in before if one.what == deed.what and one.scope == deed.scope])
    for one in old:
        deeds = list(_deeds(one))
        ended = [deed for deed in deeds if not _done(deed, after)]
        if (ended or not deeds) and not states.get(one.get("id")):
            how = "disabled" if one.get("id") in states else "removed"
            yield careful(f"lifecycle rule {{}} is {how}", one.get("id"))
        else:
            yield from (_ended(deed, after) for deed in ended)


def _ended(deed: Deed, after: Sequence[Deed]) -> Finding:
    goes_on = any((one.rule, one.what) == (deed.rule, deed.what) for one in after)
    verb, less = "deletes" if deed.what.endswith("s") else "moves", "fewer" if goes_on else "no"
    return careful(f"lifecycle rule {{}} {verb} {less} {deed.what} now", deed.rule)


def _done(deed: Deed, others: Sequence[Deed]) -> bool:
    return any(one.what == deed.what and one.scope.covers(deed.scope) for one in others)


def _new(deed: Deed, before: Sequence[Deed]) -> Finding:
    where = f" below {deed.scope.prefix}" if deed.scope.prefix else ""
    if not deed.what.endswith("s"):
        return careful("lifecycle rule {} moves {}", deed.rule, f"{deed.what}{where} {_when(deed)}")
    fewer = [one.kept for one in before if one.days == deed.days and one.kept > deed.kept]
    if fewer:
        words = "lifecycle rule {} keeps {} of the versions it deletes, not {}"
        return dangerous(words, deed.rule, int(deed.kept) or "none", int(fewer[0]))
    return dangerous(f"lifecycle rule {{}} deletes {deed.what}{{}}", deed.rule, f"{where} {_when(deed)}")


def _when(deed: Deed) -> str:
    return f"on {deed.date}" if deed.date else f"after {deed.days:g} days"


def _deeds(one: Attributes) -> Iterator[Deed]:
    name, scope = str(one.get("id")), scope_of(one)
    for block in blocks(one.get("expiration")):
        if block.get("date") or number(block.get("days")):
            yield Deed(name, "objects", scope, str(block.get("date") or ""), number(block.get("days")) or 0)
        if block.get("expired_object_delete_marker") is True:
            yield Deed(name, "delete markers", scope, "", 0)
    if one.get("abort_incomplete_multipart_upload") or one.get("abort_incomplete_multipart_upload_days"):
        yield Deed(name, "incomplete uploads", scope, "", 0)
    for block in blocks(one.get("noncurrent_version_expiration")):
        days, kept = _noncurrent_days(block), _kept(block)
        if days or kept:
            yield Deed(name, "earlier versions", scope, "", days, kept)
    for path, what in (("transition", "objects"), ("noncurrent_version_transition", "earlier versions")):
        for block in blocks(one.get(path)):
            days = number(block.get("days")) or _noncurrent_days(block)
            moved = f"{what} to {block.get('storage_class')}"
            yield Deed(name, moved, scope, str(block.get("date") or ""), days, _kept(block))


def _noncurrent_days(block: Attributes) -> float:
    return number(block.get("noncurrent_days")) or number(block.get("days")) or 0


def _kept(block: Attributes) -> float:
    return number(block.get("newer_noncurrent_versions")) or 0


LOCK = tuple(f"rule.default_retention.{name}" for name in ("mode", "days", "years"))


@rule("aws_s3_bucket_object_lock_configuration", *LOCK, "object_lock_enabled")
def object_lock(it: Subject) -> Iterator[Finding]:
    """Judge the lock that new versions get; those that there are keep theirs."""
    yield from _locked(*(first(one, "rule", "default_retention") or {} for one in (it.was, it.now)))


@rule("aws_s3_bucket", "object_lock_configuration.rule.default_retention")
def inline_object_lock(it: Subject) -> Iterator[Finding]:
    """Judge the lock of new versions that a bucket sets itself."""
    path = ("object_lock_configuration", "rule", "default_retention")
    yield from _locked(*(first(one, *path) or {} for one in (it.was, it.now)))


def _locked(before: Json, after: Json) -> Iterator[Finding]:
    old, new = (first(one, "mode") for one in (before, after))
    days = [
        int((number(first(one, "days")) or 0) + 365 * (number(first(one, "years")) or 0))
        for one in (before, after)
    ]
    if not new:
        if old:
            yield dangerous("new versions are no longer locked")
        return
    if not old:
        yield good("new versions are locked for {} days now: {}", days[1], new)
        return
    if old == "COMPLIANCE" and new != old:
        words = "Object Lock is weaker: anyone with the permission can lift it: {}, and was {}"
        yield dangerous(words, new, old)
    elif new == "COMPLIANCE" and old != new:
        yield good("Object Lock is stronger: nobody can lift it")
    if days[0] != days[1]:
        tell = dangerous if days[1] < days[0] else good
        yield tell("objects are locked for {} days, and were for {}", days[1], days[0])
