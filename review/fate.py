"""What it means that a resource is destroyed, replaced or forgotten, with any attributes."""

from collections.abc import Iterator
from dataclasses import replace

from review.around import Around
from review.attributes import Attributes, Json, leaves
from review.facts.harmless import WHOSE_POLICY
from review.facts.kinds import GRANTS, GUARDS, HOLDS_DATA, KEYS, OWNED_BY, POLICIES
from review.masking import is_unknown
from review.model import Finding, careful, dangerous
from review.plan import Change
from review.rules import RULES
from review.rules.buckets import key_name

BUCKETS = ("aws_s3_bucket", "aws_s3_directory_bucket")

OPEN_WITHOUT = "aws_vpc_endpoint_policy"
"""A policy without which nothing is refused, so that what uses it goes on."""


def fate(change: Change, was: Attributes, around: Around) -> Iterator[Finding]:
    """Yield what happens to the resource and to its contents."""
    kind, action = change.type, change.action
    if change.deposed and action == "destroy":
        yield _left_over(kind)
    elif kind in HOLDS_DATA:
        yield from _of_data(change, was)
    elif action in ("forget", "forget and create"):
        yield careful(f"Terraform forgets {GUARDS.get(kind, 'it')}: it stays in AWS as it is, unmanaged")
    elif kind in GUARDS and around.goes_with_its_bucket(was):
        return
    elif kind in GUARDS and action == "destroy":
        yield dangerous(f"{GUARDS[kind]} is removed")
    elif action == "replace" and kind in GUARDS:
        yield careful(f"{GUARDS[kind]} is replaced: it does not exist in between")
    elif action == "replace" and _is_used(kind):
        yield careful("it is replaced: it does not exist in between")
    elif action == "destroy" and kind == OPEN_WITHOUT:
        yield careful("it is destroyed: the endpoint lets everything through")
    elif action == "destroy" and _is_used(kind):
        yield careful("it is destroyed: whatever uses it stops working")


def left_in_place(change: Change) -> Change:
    """Return `change` as what it does: with `skip_destroy`, the provider destroys nothing in AWS.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_log_group
    """
    does = {"destroy": "forget", "replace": "forget and create"}.get(change.action)
    stays = isinstance(change.before, dict) and change.before.get("skip_destroy") is True
    return replace(change, action=does) if does and stays and not change.deposed else change


FILLED_IN = ("account_id", "region")
"""What the provider fills in, so that it is unknown for each new resource that does not set it."""


def owners_of_policy(kind: str, was: Attributes, now: Attributes) -> tuple[Json, Json] | None:
    """Return whose policy a resource was, and whose it becomes, if that is somebody else.

    Args:
        kind: its type; only one that is nothing but a policy belongs to somebody.
        was: its attributes before.
        now: its attributes after, with placeholders for unknown values.
    """
    names = (*WHOSE_POLICY, *OWNED_BY.get(kind, ())) if kind.endswith("_policy") else ()
    for name in names:
        old, new = (next(iter(leaves(side, name)), None) for side in (was, now))
        if old and new and key_name(old) != key_name(new) and not (is_unknown(new) and name in FILLED_IN):
            return old, new
    return None


def _is_used(kind: str) -> bool:
    return kind in RULES or kind in GRANTS or kind in POLICIES


def _left_over(kind: str) -> Finding:
    if kind in HOLDS_DATA:
        return dangerous(f"{HOLDS_DATA[kind]} that an earlier replacement left over is destroyed")
    return careful("what an earlier replacement left over is destroyed")


def _of_data(change: Change, was: Attributes) -> Iterator[Finding]:
    what = HOLDS_DATA[change.type]
    if change.action in ("forget", "forget and create"):
        yield dangerous(
            f"Terraform forgets {what}: it stays in AWS, and prevent_destroy no longer protects it"
        )
    if change.action not in ("destroy", "replace"):
        return
    how = "is destroyed" if change.action == "destroy" else "is destroyed, and a new one is created"
    if change.type in KEYS:
        yield _key(f"{what} {how}", was)
    elif change.type not in BUCKETS:
        yield dangerous(f"{what} {how}: what it holds is lost")
    elif was.get("force_destroy") is True:
        yield dangerous(f"{what} {how}, with every object and version in it")
    else:
        yield dangerous(f"{what} {how}; the apply fails while it holds objects")


def _key(how: str, was: Attributes) -> Finding:
    days, key = was.get("deletion_window_in_days"), was.get("key_id")
    window = days if isinstance(days, int) else "at most 30"
    words = f"{how}: its deletion is scheduled, and after {{}} days everything it encrypted is lost"
    remedy = (
        "keep the key first, because a deploy would create another: "
        f"`aws kms cancel-key-deletion --key-id {key}`, then `aws kms enable-key --key-id {key}`"
    )
    return dangerous(words, window, remedy=remedy)
