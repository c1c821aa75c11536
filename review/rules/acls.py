"""Whom an ACL lets in: of a bucket, in its own resource or in the bucket's, and of an object.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from collections.abc import Iterator

from review.attributes import Attributes, blocks, first, texts
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule

OBJECTS = ("aws_s3_bucket_object", "aws_s3_object", "aws_s3_object_copy")
PUBLIC = ("public-read-write", "public-read", "authenticated-read")
OWNERS = ("private", "bucket-owner-read", "bucket-owner-full-control")
LOGS = "log-delivery-write"
NO_LOGS = "the bucket's ACL no longer lets S3 write access logs: they stop, unless its policy lets it"
GROUPS = {"AllUsers": "everybody", "AuthenticatedUsers": "everybody with an AWS account"}


@rule(("aws_s3_bucket", "aws_s3_bucket_acl", *OBJECTS), "acl")
def canned(it: Subject) -> Iterator[Finding]:
    """Judge an ACL that is called by its name."""
    what = "the object's ACL" if it.kind in OBJECTS else "the bucket's ACL"
    was, acl = it.was.get("acl"), it.now.get("acl")
    if acl in PUBLIC:
        yield dangerous(f"{what} is {{}}", acl)
    elif acl and acl not in OWNERS:
        yield careful(f"{what} is {{}}", acl)
    elif was in PUBLIC and acl:
        yield good(f"{what} is private")
    if was == LOGS and acl != LOGS:
        yield careful(NO_LOGS)


@rule(OBJECTS, "tags", "tags_all", new=False)
def object_tags(it: Subject) -> Iterator[Finding]:
    """Judge an object's tags: policies and lifecycle rules choose objects by them."""
    yield careful("the object's tags change: policies and lifecycle rules may select it by them")


@rule(("aws_s3_bucket", "aws_s3_object_copy"), "grant")
def grants(it: Subject) -> Iterator[Finding]:
    """Judge who gets what by the grants of an ACL."""
    what = "the object's ACL" if it.kind in OBJECTS else "the bucket's ACL"
    yield from _granted(what, _grants(it.was), _grants(it.now), first(it.now, "owner", "id"))


@rule("aws_s3_bucket_acl", "access_control_policy")
def access_control_policy(it: Subject) -> Iterator[Finding]:
    """Judge who gets what by the grants in the resource of a bucket's ACL."""
    old, new = (list(_in_policy(one)) for one in (it.was, it.now))
    owners = (first(one, "access_control_policy", "owner", "id") for one in (it.was, it.now))
    yield from _granted("the bucket's ACL", old, new, next(filter(None, owners), None))


Grant = tuple[str, str, tuple[str, ...]]
"""The group's URI, who else it is for, and what it allows."""


def _grants(side: Attributes) -> list[Grant]:
    return [_grant(one, one.get("permissions")) for one in blocks(side.get("grant"))]


def _in_policy(side: Attributes) -> Iterator[Grant]:
    for policy in blocks(side.get("access_control_policy")):
        for one in blocks(policy.get("grant")):
            for grantee in blocks(one.get("grantee")):
                yield _grant(grantee, [one.get("permission")])


def _grant(grantee: Attributes, permissions: object) -> Grant:
    who = grantee.get("id") or grantee.get("email_address") or ""
    return str(grantee.get("uri") or ""), str(who), tuple(sorted(texts(permissions)))


def _granted(what: str, old: list[Grant], new: list[Grant], owner: object) -> Iterator[Finding]:
    for uri, who, permissions in new:
        if (uri, who, permissions) in old or (who and who == owner and not uri):
            continue
        group = uri.rpartition("/")[2]
        words = f"{what} gives {', '.join(permissions)} to {{}}"
        yield dangerous(words, GROUPS.get(group) or who or group or "somebody")
    if any(_writes_logs(one) for one in old) and not any(_writes_logs(one) for one in new):
        yield careful(NO_LOGS)


def _writes_logs(grant: Grant) -> bool:
    return grant[0].endswith("/LogDelivery") and bool({"WRITE", "FULL_CONTROL"} & {*grant[2]})
