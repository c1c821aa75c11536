"""The rules of S3 for a lifecycle, from these pages and its error messages.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from settings.lifecycle import LifecycleRuleSettings, LifecycleSettings, TransitionSettings
from settings.names.aws import InvalidValueError
from settings.problems import Conflict

MOST_RULES = 1_000
"""Rules that a bucket can have."""

NEXT: dict[str, tuple[str, ...]] = {
    "STANDARD_IA": ("INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"),
    "INTELLIGENT_TIERING": ("ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"),
    "ONEZONE_IA": ("GLACIER", "DEEP_ARCHIVE"),
    "GLACIER_IR": ("GLACIER", "DEEP_ARCHIVE"),
    "GLACIER": ("DEEP_ARCHIVE",),
    "DEEP_ARCHIVE": (),
}
"""The storage classes that objects can move to next."""

FIRST_DAY = {"STANDARD_IA": 30, "ONEZONE_IA": 30}
"""The first day on which objects can move to a storage class."""

SHORTEST_STAY = {"STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER_IR": 90, "GLACIER": 90}
"""The fewest days that objects stay in a storage class before a rule moves them again."""


def wrong_rules(settings: LifecycleSettings) -> Iterator[Conflict]:
    """Yield what S3 would refuse."""
    prefixes: list[str] = []
    for number, rule in enumerate(settings.rules):
        key = f"lifecycle.rules[{number}]"
        if rule.prefix in prefixes:
            other = prefixes.index(rule.prefix)
            error = InvalidValueError(
                f"must differ from that of lifecycle.rules[{other}]", "put what they do into one rule"
            )
            yield f"{key}.prefix", error, rule.prefix
        prefixes.append(rule.prefix)
        yield from _wrong_rule(key, rule)
    count = len(settings.rules) + ("" not in prefixes)
    if count > MOST_RULES:
        error = InvalidValueError(
            f"must be at most {MOST_RULES} rules, including the rule for all objects", f"there are {count}"
        )
        yield "lifecycle.rules", error, settings.rules


def _wrong_rule(key: str, rule: LifecycleRuleSettings) -> Iterator[Conflict]:
    if not any((rule.transitions, rule.noncurrent_transitions, *_expirations(rule))):
        error = InvalidValueError(
            "must do something", "like expiration_days, noncurrent_expiration_days or transitions"
        )
        yield key, error, rule.prefix
    if rule.newer_noncurrent_versions is not None and rule.noncurrent_expiration_days is None:
        error = InvalidValueError("may only be set together with noncurrent_expiration_days")
        yield f"{key}.newer_noncurrent_versions", error, rule.newer_noncurrent_versions
    if rule.expired_object_delete_markers and rule.expiration_days is not None:
        error = InvalidValueError(
            "must be left out where expiration_days is set", "which already removes such delete markers"
        )
        yield f"{key}.expired_object_delete_markers", error, True
    for name, transitions in (
        ("transitions", rule.transitions),
        ("noncurrent_transitions", rule.noncurrent_transitions),
    ):
        yield from _wrong_transitions(f"{key}.{name}", transitions)
    for name, days, transitions in (
        ("expiration_days", rule.expiration_days, rule.transitions),
        ("noncurrent_expiration_days", rule.noncurrent_expiration_days, rule.noncurrent_transitions),
    ):
        last = max((one.days for one in transitions), default=None)
        if days is not None and last is not None and days <= last:
            error = InvalidValueError(f"must be more than {last}, the days of the last transition")
            yield f"{key}.{name}", error, days


def _expirations(rule: LifecycleRuleSettings) -> tuple[object, ...]:
    # newer_noncurrent_versions alone does nothing.
    return rule.expiration_days, rule.noncurrent_expiration_days, rule.expired_object_delete_markers


def _wrong_transitions(key: str, transitions: Sequence[TransitionSettings]) -> Iterator[Conflict]:
    classes = [one.storage_class for one in transitions]
    for number, one in enumerate(transitions):
        if one.storage_class in classes[:number]:
            error = InvalidValueError("must differ between the transitions of a rule")
            yield f"{key}[{number}].storage_class", error, one.storage_class
        first = FIRST_DAY.get(one.storage_class, 0)
        if one.days < first:
            error = InvalidValueError(f"must be at least {first} where storage_class is {one.storage_class}")
            yield f"{key}[{number}].days", error, one.days
    if len(set(classes)) < len(classes):
        return
    in_time = sorted(enumerate(transitions), key=lambda one: (one[1].days, -len(NEXT[one[1].storage_class])))
    for (_, before), (number, after) in pairwise(in_time):
        if after.storage_class not in NEXT[before.storage_class]:
            onward = ", ".join(NEXT[before.storage_class]) or "none"
            error = InvalidValueError(
                f"must be a storage class that {before.storage_class}, of day {before.days}, can move to",
                f"allowed: {onward}",
            )
            yield f"{key}[{number}].storage_class", error, after.storage_class
            continue
        earliest = before.days + SHORTEST_STAY.get(before.storage_class, 1)
        if after.days < earliest:
            error = InvalidValueError(
                f"must be at least {earliest}, as objects move to {before.storage_class} on day {before.days}"
            )
            yield f"{key}[{number}].days", error, after.days
