"""The rules of the data bucket's lifecycle, made of the settings."""

from collections.abc import Sequence

from constructs_lib.lifecycle import LifecycleRule, Transition, rule_id
from settings.lifecycle import LifecycleRuleSettings, LifecycleSettings, TransitionSettings


def lifecycle_rules(settings: LifecycleSettings) -> list[LifecycleRule]:
    """Return the rules: one for all objects, which also aborts unfinished uploads, and the others.

    S3 refuses two rules with the same prefix, so everything for all objects is in one rule.
    """
    rules = {"": LifecycleRuleSettings.model_validate({})} | {rule.prefix: rule for rule in settings.rules}
    days = settings.abort_incomplete_multipart_upload_days
    return [_rule(rule, None if prefix else days) for prefix, rule in rules.items()]


def _rule(rule: LifecycleRuleSettings, abort_upload_days: int | None) -> LifecycleRule:
    return LifecycleRule(
        id=rule_id(rule.prefix),
        prefix=rule.prefix,
        transitions=_transitions(rule.transitions),
        expiration_days=rule.expiration_days,
        expired_delete_markers=rule.expired_object_delete_markers,
        noncurrent_transitions=_transitions(rule.noncurrent_transitions),
        noncurrent_days=rule.noncurrent_expiration_days,
        newer_noncurrent_versions=rule.newer_noncurrent_versions,
        abort_upload_days=abort_upload_days,
    )


def _transitions(transitions: Sequence[TransitionSettings]) -> list[Transition]:
    in_time = sorted(transitions, key=lambda one: one.days)
    return [Transition(days=one.days, storage_class=one.storage_class) for one in in_time]
