"""The roles and users that policies name: KMS rejects a key policy that names a missing role or user."""

from collections.abc import Iterator

from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import look_up_role
from ops.preflight.verdict import Verdict, asked, bad, good
from ops.shared import aws
from settings.model import Settings
from settings.names.aws import arn_account

SUBJECT = "named principals"


def check(settings: Settings, caller: Caller) -> list[Verdict]:
    """Look for the roles and users of the caller's account that `[access]` names; no verdict without any.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html#KMS-CreateKey-request-Policy
    """
    named = dict(_named(settings, caller))
    return [asked(SUBJECT, lambda: _judge_named(settings, named))] if named else []


def _named(settings: Settings, caller: Caller) -> Iterator[tuple[str, str]]:
    """Yield each ARN with the setting that names it, but for the caller's own role, which exists."""
    access = settings.access
    grants = [*access.readers, *access.writers]
    named = [(one.principal, "access.readers and writers") for one in grants]
    named += [(arn, "access.principals") for arn in access.principals]
    if access.deploy_role is not None:
        named.append((access.deploy_role, "access.deploy_role"))
    for arn, setting in named:
        kind = arn.rpartition(":")[2].partition("/")[0]
        if kind in ("role", "user") and arn_account(arn) == caller.account and not _is(arn, caller):
            yield arn, setting


def _is(arn: str, caller: Caller) -> bool:
    """Whether the caller is that user, or has a session of that role; a session's ARN leaves out the path."""
    kind, _, session = caller.arn.rpartition(":")[2].partition("/")
    taken = kind == "assumed-role" and session.partition("/")[0] == arn.rpartition("/")[2] and ":role/" in arn
    return taken or caller.arn == arn


def _judge_named(settings: Settings, named: dict[str, str]) -> Verdict:
    missing = [arn for arn in named if not _exists(settings.region, arn)]
    if not missing:
        return good(SUBJECT, f"all {len(named)} of this account exist")
    arn, *more = missing
    others = f", nor {', '.join(more)}" if more else ""
    return bad(
        SUBJECT,
        f"there is no {arn} ({named[arn]}){others}; KMS and S3 refuse a policy that names it",
        "create it first, or correct the setting",
    )


def _exists(region: str, arn: str) -> bool:
    kind, _, path = arn.rpartition(":")[2].partition("/")
    name = path.rpartition("/")[2]
    if kind == "role":
        role = look_up_role(name, region)
        return role is not None and bool(role["Arn"] == arn)
    iam = aws.client("iam", region)
    try:
        return bool(iam.get_user(UserName=name)["User"]["Arn"] == arn)
    except iam.exceptions.NoSuchEntityException:
        return False
