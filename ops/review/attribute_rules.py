"""Rules about attributes of the kinds that our own stacks do not have; `ops.weakening` has the others."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ops.review.model import CAREFUL, DANGEROUS, GOOD

Json = Any
Attributes = Mapping[str, Json]

Said = tuple[str, str, tuple[str, ...]]


def plain(value: Json) -> str:
    """Return how an attribute is called that should be text."""
    return value if isinstance(value, str) else "(none)" if value is None else "…"


def _first(value: Json, *path: str) -> Json:
    """Return what lies at the end of `path` through blocks, of which Terraform makes lists; else None."""
    for name in path:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
    return value


_PUBLIC_ACLS = ("public-read-write", "public-read", "authenticated-read")


def _acl(was: Attributes, now: Attributes) -> Iterator[Said]:
    acl = now.get("acl")
    if acl in _PUBLIC_ACLS and was.get("acl") != acl:
        yield DANGEROUS, "the bucket's ACL is {}", (acl,)
    elif was.get("acl") in _PUBLIC_ACLS and acl == "private":
        yield GOOD, "the bucket's ACL is private", ()


def _role(was: Attributes, now: Attributes) -> Iterator[Said]:
    old, new = was.get("permissions_boundary"), now.get("permissions_boundary")
    if old and not new:
        yield DANGEROUS, "the role loses its permissions boundary {}", (plain(old),)
    elif new and not old and was:
        yield GOOD, "the role gets the permissions boundary {}", (plain(new),)
    elif old != new:
        yield CAREFUL, "the role's permissions boundary becomes {}", (plain(new),)


def _key(was: Attributes, now: Attributes) -> Iterator[Said]:
    name = "bypass_policy_lockout_safety_check"
    if now.get(name) is True and was.get(name) is not True:
        yield DANGEROUS, "AWS no longer checks that somebody can still change the key policy", ()


RULES: Mapping[str, Callable[[Attributes, Attributes], Iterator[Said]]] = {
    "aws_iam_role": _role,
    "aws_kms_key": _key,
    "aws_s3_bucket_acl": _acl,
}
"""What a change of such a resource means; the first argument is empty where it is new."""
