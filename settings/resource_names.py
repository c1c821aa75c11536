"""The name of everything in AWS that this project names: each is spelled here, and nowhere else.

They are contracts: changing one replaces the resource. Settings can change those that begin with `DEFAULT_`,
which have the environment's name at `{environment}`. An environment's name has up to 40 characters.
"""

from typing import NamedTuple

PROJECT = "secure-s3-storage"
"""The value of the tag `Project`, which every resource has."""

DEFAULT_BUCKET = "secure-{environment}-data-bucket"
DEFAULT_KEY_ALIAS = "alias/secure-s3-key-{environment}"
DEFAULT_STATE_BUCKET = "secure-{environment}-terraform-state"
DEFAULT_STATE_KEY_ALIAS = "alias/secure-{environment}-terraform-state"
DEFAULT_LOG_BUCKET = "secure-{environment}-access-logs"
DEFAULT_REPLICA_BUCKET = "secure-{environment}-data-replica"
DEFAULT_REPLICA_KEY_ALIAS = "alias/secure-s3-replica-{environment}"
DEFAULT_AUDIT_KEY_ALIAS = "alias/secure-s3-audit-{environment}"

STACK_PREFIX = "secure-storage-"
"""What the names of all stacks begin with, before the environment's."""

GUESTS_CI = "ci-of-guests/"
"""What the keys of CI's files begin with in the state bucket of another environment."""


def storage_stack(environment: str) -> str:
    """Return the name of the stack of the data bucket."""
    return f"{STACK_PREFIX}{environment}"


def state_stack(environment: str) -> str:
    """Return the name of the stack of the state bucket."""
    return f"{STACK_PREFIX}{environment}-state"


def ci_stack(environment: str) -> str:
    """Return the name of the stack of CI's roles."""
    return f"{STACK_PREFIX}{environment}-ci"


def state_key(stack: str) -> str:
    """Return the key of a stack's state in the state bucket."""
    return f"{stack}/terraform.tfstate"


class CiFolders(NamedTuple):
    """What the keys of CI's files in the state bucket begin with, by what they are."""

    review: str
    plans: str
    deployed: str


def ci_folders(environment: str, *, guest: bool) -> CiFolders:
    """Return the folders of CI's files in the state bucket.

    Args:
        environment: whose files they are.
        guest: whether the bucket is another environment's. The kind then comes first, so that one rule of
            the bucket's lifecycle ends the plans of all guests.
    """
    kinds = CiFolders._fields
    return CiFolders(
        *(f"{GUESTS_CI}{kind}/{environment}/" if guest else f"ci/{environment}/{kind}/" for kind in kinds)
    )


def trail(environment: str) -> str:
    """Return the name of the CloudTrail trail."""
    return f"secure-storage-{environment}"


def alarm_topic(environment: str) -> str:
    """Return the name of the SNS topic that alarms are published to."""
    return f"secure-storage-{environment}-alarms"


def alarm_rule(environment: str, alarm: str) -> str:
    """Return the name of an alarm's EventBridge rule, which has 64 characters at most."""
    return f"secure-{environment}-{alarm}"


def replication_role(environment: str) -> str:
    """Return the name of the role that S3 replicates with; at most 63 of the 64 characters that IAM takes."""
    return f"secure-storage-{environment}-replica"


def replication_policy(environment: str) -> str:
    """Return the name of that role's managed policy."""
    return f"SecureS3Replication-{environment}"


def replication_boundary(environment: str) -> str:
    """Return the name of that role's permissions boundary.

    The state stack makes it, which only an administrator deploys: without it, a role that deploys the bucket
    and writes the replication role's policy could give itself anything through that role.
    """
    return f"SecureS3ReplicationBoundary-{environment}"


def scan_role(environment: str) -> str:
    """Return the name of the role with which GuardDuty scans the bucket."""
    return f"secure-storage-{environment}-scan"


def scan_policy(environment: str) -> str:
    """Return the name of that role's managed policy."""
    return f"SecureS3Scan-{environment}"


def scan_boundary(environment: str) -> str:
    """Return the name of that role's permissions boundary; the reason is as for `replication_boundary`."""
    return f"SecureS3ScanBoundary-{environment}"


class DataPolicies(NamedTuple):
    """The names of the managed policies for a team's roles: all use, reading only, uploading only."""

    access: str
    read: str
    write: str


def data_policies(environment: str) -> DataPolicies:
    """Return the names of the managed policies for a team's roles."""
    return DataPolicies(*(f"SecureS3{kind.title()}-{environment}" for kind in DataPolicies._fields))


def state_policy(environment: str) -> str:
    """Return the name of the managed policy for the use of the state."""
    return f"SecureStorageState-{environment}"


class CiRoles(NamedTuple):
    """The names of CI's roles: for a pull request, for the main branch, and for a job in the environment."""

    review: str
    plan: str
    deploy: str


def ci_roles(environment: str) -> CiRoles:
    """Return the names of the roles with which CI plans and deploys an environment."""
    return CiRoles(*(f"secure-storage-{environment}-{kind}" for kind in CiRoles._fields))


def ci_policies(role: str, environment: str, count: int) -> list[str]:
    """Return the names of the managed policies that let a role of CI deploy or plan, in their order.

    The number comes before the environment's name, because `prod-2` can be an environment too.

    Args:
        role: which one, as `CiRoles` calls it.
        environment: the environment.
        count: how many there are.
    """
    numbers = ("" if number == 1 else number for number in range(1, count + 1))
    return [f"SecureStorage{role.title()}{number}-{environment}" for number in numbers]


def ci_files_policy(role: str, environment: str) -> str:
    """Return the name of the managed policy that lets a role of CI use stored plans and reviews."""
    return f"SecureStorage{role.title()}Files-{environment}"
