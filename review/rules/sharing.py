"""What is shared with other accounts without a policy: images, volumes' snapshots, and by AWS RAM."""

from collections.abc import Iterator

from review.accounts import foreign
from review.model import Finding, careful, dangerous
from review.rules.registry import Subject, rule

WITH = ("account_id", "group", "organization_arn", "organizational_unit_arn", "principal")
WHAT = {
    "aws_ami_launch_permission": ("image_id", "the image"),
    "aws_ram_principal_association": ("resource_share_arn", "what is shared through"),
    "aws_snapshot_create_volume_permission": ("snapshot_id", "the snapshot"),
}


@rule([*WHAT], *WITH, *(name for name, _ in WHAT.values()))
def shared(it: Subject) -> Iterator[Finding]:
    """Judge with whom something is shared."""
    name, what = WHAT[it.kind]
    if it.now.get("group") == "all":
        yield dangerous(f"anybody with an AWS account gets {what} {{}}", it.now.get(name))
        return
    who = next((it.now[one] for one in WITH if it.now.get(one)), None)
    tell = foreign(who, it.around.own_accounts) or careful
    yield tell(f"{{}} gets {what} {{}}", who, it.now.get(name))
