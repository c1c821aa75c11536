"""How grave it is that a policy allows more, and what one allows in words."""

from collections.abc import Sequence

from review.clauses import Clause
from review.model import DANGEROUS
from review.patterns import glob_covers
from review.who import Who, owner_of, subjects_of

HARMLESS_ANYWHERE = (
    "cloudwatch:PutMetricData",
    "ec2:Describe*",
    "ecr:GetAuthorizationToken",
    "iam:GetAccountSummary",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "sts:GetCallerIdentity",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
"""Actions that may be allowed on every resource: AWS supports no other, or they only list what exists.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""


def is_grave(kind: str, who: Who, gained: Sequence[Clause], before: Sequence[Clause]) -> bool:
    """Return whether it is dangerous that somebody may do more.

    Args:
        kind: the type of the resource that has the policy.
        who: who it is.
        gained: what they may do now.
        before: what was allowed before, to anybody.
    """
    if who.severity == DANGEROUS or any(_is_all_but(one) or _is_everything(one) for one in gained):
        return True
    if kind == "aws_iam_role":
        return (who.stranger and "cannot tell" in who.words) or _another_owner(gained, before)
    return any(one.principal is None and _is_everywhere(one) for one in gained)


def _is_all_but(one: Clause) -> bool:
    return any(element is not None and element[0] for element in (one.action, one.resource))


def _is_everything(one: Clause) -> bool:
    return one.action is not None and any(set(pattern) == {"*"} for pattern in one.action[1])


def _another_owner(gained: Sequence[Clause], before: Sequence[Clause]) -> bool:
    """Return whether a trust is now for another organization's sign-ins than those it was for."""
    known = {owner_of(subject) for one in before for subject in subjects_of(one)}
    return bool(known) and any(owner_of(one) not in known for clause in gained for one in subjects_of(clause))


def _is_everywhere(one: Clause) -> bool:
    """Return whether a clause of an identity policy allows all of a service, or something on everything."""
    actions, resources = (element[1] if element else frozenset() for element in (one.action, one.resource))
    if any(glob_covers(pattern, "service:*") or pattern.rstrip("*").endswith(":") for pattern in actions):
        return True
    if all(any(glob_covers(fine.lower(), each.lower()) for fine in HARMLESS_ANYWHERE) for each in actions):
        return False
    return any(_is_any_resource(pattern) for pattern in resources)


def _is_any_resource(pattern: str) -> bool:
    return set(pattern) == {"*"} or (pattern.startswith("arn:") and not pattern.split(":")[-1].strip("*/"))


READS, WRITES = ("Get", "List", "Head", "Describe", "Select"), ("Put", "Create", "Replicate", "Restore")
DELETES = ("Delete", "Abort", "Remove", "Schedule")


def deeds(gained: Sequence[Clause]) -> str:
    """Return in a few words what somebody may do now; the gravest first."""
    names = {action.partition(":")[2] for one in gained if one.action for action in one.action[1]}
    if any(one.action is None or one.action[0] for one in gained) or any(n.strip("*") == "" for n in names):
        return "do everything"
    found = [
        ("change the policy", any("Policy" in name and name.startswith(WRITES) for name in names)),
        ("delete", any(name.startswith(DELETES) for name in names)),
        ("decrypt", any(name.lower().startswith("decrypt") for name in names)),
        ("write", any(name.startswith(WRITES) and "Policy" not in name for name in names)),
        ("call it", any(name.startswith("Invoke") for name in names)),
        ("assume the role", any(name.lower().startswith("assumerole") for name in names)),
        ("read", any(name[:1].isupper() and name.startswith(READS) for name in names)),
    ]
    return " and ".join(words for words, does in found if does) or "do more"


def spelled(ones: Sequence[Clause]) -> str:
    """Return what clauses are about: their actions, and on what."""
    actions = _said(ones, "action")
    resources = _said(ones, "resource")
    return f"{actions} on {resources}" if resources else actions


def _said(ones: Sequence[Clause], name: str) -> str:
    elements = [element for one in ones if (element := getattr(one, name)) is not None]
    listed = sorted({value for negated, values in elements for value in values})
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    but = "all but " if any(negated for negated, _ in elements) else ""
    return but + ", ".join(listed[:5]) + more
