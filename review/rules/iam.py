"""Who may do what by IAM: attachments, boundaries, users, groups, identity providers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from collections.abc import Iterator

from review.attributes import Json, number, texts
from review.facts.kinds import GRANTS
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule

ALL_POWERFUL = (
    "AdministratorAccess",
    "AdministratorAccess-Amplify",
    "AWSCloudFormationFullAccess",
    "IAMFullAccess",
    "PowerUserAccess",
    "AmazonS3FullAccess",
    "AWSKeyManagementServicePowerUser",
    "SystemAdministrator",
    "DatabaseAdministrator",
)
"""Managed policies of AWS with which everything is reached, or all data and keys."""


def _gets(whose: str, name: Json, arn: Json) -> Finding:
    powerful = isinstance(arn, str) and arn.rpartition("/")[2] in ALL_POWERFUL and ":iam::aws:" in arn
    return (dangerous if powerful else careful)(f"the {whose} {{}} gets the policy {{}}", name, arn)


@rule([*GRANTS], "policy_arn", *GRANTS.values())
def attachment(it: Subject) -> Iterator[Finding]:
    """Judge who gets a policy."""
    whose = GRANTS[it.kind]
    yield _gets(whose, it.now.get(whose), it.now.get("policy_arn"))


@rule("aws_iam_policy_attachment", "name", "policy_arn", "groups", "roles", "users")
def attachments(it: Subject) -> Iterator[Finding]:
    """Judge who gets a policy, and who loses it: whoever is not named here has it no more.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_policy_attachment
    """
    was, now = it.was.get("policy_arn"), it.now.get("policy_arn")
    if now != was:
        yield careful("nobody has the policy {} whom this attachment does not name", now)
    for whose in ("group", "role", "user"):
        old, new = (texts(one.get(f"{whose}s")) for one in (it.was, it.now))
        for name in sorted(new - old if now == was else new):
            yield _gets(whose, name, now)
        for name in sorted(old - new if now == was else old):
            yield careful(f"the {whose} {{}} no longer has {{}}", name, was)


@rule("aws_iam_policy", "attachment_count", new=False)
def attached(it: Subject) -> Iterator[Finding]:
    """Judge whether others got a policy than those whom the plan gives it to, which are left out before."""
    old, new = (number(one.get("attachment_count")) or 0 for one in (it.was, it.now))
    if new > old:
        yield careful("the policy {} is attached to {} more", it.now.get("name"), int(new - old))


@rule("aws_iam_role", "managed_policy_arns")
def managed_policies(it: Subject) -> Iterator[Finding]:
    """Judge the policies that a role has."""
    old, new = (texts(one.get("managed_policy_arns")) for one in (it.was, it.now))
    for arn in sorted(new - old):
        yield _gets("role", it.now.get("name"), arn)
    for arn in sorted(old - new):
        yield careful("the role {} no longer has {}", it.now.get("name"), arn)


@rule(("aws_iam_role", "aws_iam_user"), "permissions_boundary")
def boundary(it: Subject) -> Iterator[Finding]:
    """Judge what limits a role or a user, whatever its policies allow."""
    who = it.kind.removeprefix("aws_iam_")
    old, new = it.was.get("permissions_boundary"), it.now.get("permissions_boundary")
    if old and not new:
        yield dangerous(f"the {who} loses its permissions boundary {{}}", old)
    elif new and not old and not it.new:
        yield good(f"the {who} gets the permissions boundary {{}}", new)
    elif not it.new:
        yield careful(f"the {who}'s permissions boundary becomes {{}}", new)


HOUR = 3600


@rule("aws_iam_role", "max_session_duration")
def sessions(it: Subject) -> Iterator[Finding]:
    """Judge how long a session of the role lasts; an hour if it is not set."""
    old, new = (one.get("max_session_duration") or HOUR for one in (it.was, it.now))
    if not it.new and new != old:
        yield careful("a session of the role lasts up to {} seconds, and lasted {} before", new, old)


@rule("aws_iam_user", "name", "path", "force_destroy")
def user(it: Subject) -> Iterator[Finding]:
    """Judge a user who can sign in now, or whose new ARN no policy names."""
    if it.new:
        yield careful("the user {} is new: it may sign in", it.now.get("name"))
    elif any(it.was.get(one) != it.now.get(one) for one in ("name", "path")):
        yield careful("the user's ARN changes: policies that name the old ARN no longer apply")


@rule(("aws_iam_access_key", "aws_iam_user_login_profile"), "user", "status")
def credentials(it: Subject) -> Iterator[Finding]:
    """Judge a permanent credential of a user."""
    if it.now.get("status") == "Inactive":
        yield good("the access key of the user {} is deactivated", it.now.get("user"))
    else:
        what = "an access key" if it.kind == "aws_iam_access_key" else "a password"
        yield careful(f"the user {{}} has {what}, which works until it is revoked", it.now.get("user"))


@rule("aws_iam_saml_provider", "name", "saml_metadata_document")
def saml_provider(it: Subject) -> Iterator[Finding]:
    """Judge whom a company's directory lets sign in; the roles' trust policies say who gets which role."""
    yield careful("anyone who signs in at {} can be given roles of the account", it.now.get("name"))


@rule("aws_iam_user_group_membership", "user", "groups")
def membership(it: Subject) -> Iterator[Finding]:
    """Judge that a user gets what a group may do."""
    joined = texts(it.now.get("groups")) - texts(it.was.get("groups"))
    if joined:
        yield careful("the user {} joins {}", it.now.get("user"), ", ".join(sorted(joined)))
    else:
        yield careful("the user {} leaves groups", it.now.get("user"))


@rule("aws_iam_group_membership", "group", "name", "users")
def members(it: Subject) -> Iterator[Finding]:
    """Judge who gets what a group may do."""
    joined = texts(it.now.get("users")) - texts(it.was.get("users"))
    yield careful("the group {} gets {}", it.now.get("group"), ", ".join(sorted(joined)) or "fewer members")


@rule("aws_iam_openid_connect_provider", "url", "client_id_list", "thumbprint_list")
def identity_provider(it: Subject) -> Iterator[Finding]:
    """Judge whom the account lets sign in; the roles' trust policies say who gets which role."""
    yield careful("anyone who signs in at {} can be given roles of the account", it.now.get("url"))
