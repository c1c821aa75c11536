"""What a change of a KMS key, of its alias or of a grant does to what it encrypts."""

from collections.abc import Iterator

from review.attributes import number, texts
from review.facts.kinds import KEYS
from review.model import Finding, careful, dangerous, good
from review.rules.buckets import key_name
from review.rules.registry import Subject, rule

YEAR, LONGEST = 365, 30
"""The days after which a key rotates, and is deleted, if they are not set.

https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
"""


@rule(KEYS, "is_enabled", "enabled", new=False)
def enabled(it: Subject) -> Iterator[Finding]:
    """Judge whether the key can be used."""
    if it.now.get("is_enabled", it.now.get("enabled")):
        yield good("the key can be used again")
    else:
        yield dangerous("the key is disabled: nothing that it encrypts can be read or written")


@rule(KEYS, "enable_key_rotation", "rotation_period_in_days", new=False)
def rotation(it: Subject) -> Iterator[Finding]:
    """Judge whether and how often the key's material is replaced."""
    was, rotates = it.was.get("enable_key_rotation"), it.now.get("enable_key_rotation")
    if bool(was) != bool(rotates):
        yield good("the key rotates now") if rotates else dangerous("the key no longer rotates")
        return
    old, new = (number(one.get("rotation_period_in_days")) or YEAR for one in (it.was, it.now))
    if rotates and old != new:
        tell = careful if new > old else good
        yield tell("the key rotates every {} days now, and every {} before", int(new), int(old))


@rule(KEYS, "deletion_window_in_days", new=False)
def deletion_window(it: Subject) -> Iterator[Finding]:
    """Judge for how long a deleted key can be restored."""
    old, new = (number(one.get("deletion_window_in_days")) or LONGEST for one in (it.was, it.now))
    if old != new:
        tell = dangerous if new < old else good
        yield tell("a deleted key can be restored for {} days now, and for {} before", int(new), int(old))


@rule([*KEYS, "aws_kms_key_policy"], "bypass_policy_lockout_safety_check")
def bypass(it: Subject) -> Iterator[Finding]:
    """Judge whether AWS refuses a key policy that locks its caller out."""
    if it.now.get("bypass_policy_lockout_safety_check") is True:
        yield dangerous("AWS no longer checks that somebody can still change the key policy")


@rule(KEYS, "multi_region", new=False)
def multi_region(it: Subject) -> Iterator[Finding]:
    """Judge whether the key may be copied to other regions; this stands in no key that changes in place."""
    yield careful("multi_region of the key changes to {}", it.now.get("multi_region"))


@rule("aws_kms_alias", "target_key_id", "target_key_arn", new=False)
def alias(it: Subject) -> Iterator[Finding]:
    """Judge which key an alias points to."""
    old, new = (one.get("target_key_id") for one in (it.was, it.now))
    if key_name(old) != key_name(new):
        new = new if isinstance(new, str) else "a key that is not known yet"
        yield dangerous("the alias points to another key: {}, and was {}", new, old)


# A grant gives access that no policy shows. https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
@rule(
    "aws_kms_grant", "grantee_principal", "operations", "constraints", "retiring_principal", "key_id", "name"
)
def grant(it: Subject) -> Iterator[Finding]:
    """Judge who may use a key by a grant."""
    who, what = it.now.get("grantee_principal"), ", ".join(sorted(texts(it.now.get("operations"))))
    own = it.around.own_accounts
    stranger = isinstance(who, str) and own and not any(f":{account}:" in who for account in own)
    tell = dangerous if stranger else careful
    yield tell("a grant lets {} use the key: {}", who, what or "nothing")
