"""Who makes the simulated requests, and which policies of their own they hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib.event_patterns import ALARMS
from constructs_lib.scan_events import SCAN_ALARMS
from tests.policy.deployment import Deployment
from tests.policy.engine import Document

ORGANIZATION = "o-a1b2c3d4e5"
SESSIONS = {"new": "2026-11-26T10:00:00Z", "old": "2026-11-26T09:59:59Z"}
"""When the session of a role began: at the moment before which a variant revokes, and a second earlier."""


def everything(sid: str, actions: str) -> Document:
    """A policy of their own that lets somebody do `actions` with anything."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


OWN_POLICIES: Mapping[str, Document] = {
    "AdministratorAccess": everything("AdministratorAccess", "*"),
    "AllOfS3": everything("AllOfS3", "s3:*"),
    "AllOfKMS": everything("AllOfKMS", "kms:*"),
    "AllOfSNS": everything("AllOfSNS", "sns:*"),
}


@dataclass(frozen=True)
class Person:
    """Somebody who makes requests.

    Attributes:
        name: the role's or user's name, `role/etl`; a service's name; None for nobody in particular.
        policies: their own policies: of `OWN_POLICIES`, or managed ones of the deployment.
        account: their account, or the one that a service acts in; None for the bucket's own.
        organization: the AWS Organization that their account belongs to.
        source: the bucket that a service acts for: `this`, `another`, …; None where it does not say.
    """

    name: str | None
    policies: tuple[str, ...] = ()
    account: str | None = None
    organization: str | None = ORGANIZATION
    source: str | None = None

    def name_in(self, deployment: Deployment) -> str | None:
        """The name, with that of the environment in it."""
        return None if self.name is None else self.name.replace("{environment}", deployment.stack)

    def principal(self, deployment: Deployment) -> str | None:
        """The caller's ARN; a role's is that of a session, as in every real request."""
        if self.name is None or self.is_service:
            return self.name
        account = self.account or deployment.account
        kind, _, name = str(self.name_in(deployment)).partition("/")
        if kind == "role":
            return f"arn:{deployment.partition}:sts::{account}:assumed-role/{name}/session"
        return f"arn:{deployment.partition}:iam::{account}:{self.name_in(deployment)}"

    def identity(self, deployment: Deployment, session: str) -> dict[str, str]:
        """The condition keys that say who it is, and when a role's `session` began."""
        if self.name is None:
            # Who it is, or whether it is a service, is not known: these keys are there, and no others.
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
            return {
                "aws:PrincipalAccount": "anonymous",
                "aws:PrincipalType": "Anonymous",
                "aws:userid": "anonymous",
            }
        if self.is_service:
            who = {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": self.name}
            return who | self._source(deployment)
        account = self.account or deployment.account
        keys = {
            # A role's session has the ARN of the role here, and the engine does not add it by itself.
            "aws:PrincipalArn": f"arn:{deployment.partition}:iam::{account}:{self.name_in(deployment)}",
            "aws:PrincipalAccount": account,
            "aws:PrincipalIsAWSService": "false",
        }
        if self.name.startswith("role/"):
            keys["aws:TokenIssueTime"] = SESSIONS[session]
        return keys if self.organization is None else keys | {"aws:PrincipalOrgID": self.organization}

    def _source(self, deployment: Deployment) -> dict[str, str]:
        if self.source is None:
            return {}
        account = self.account or deployment.account
        name = f"secure-storage-{deployment.stack}"
        sources = {
            "another": f"{deployment.bucket.arn}-2",
            "trail": deployment.arn("cloudtrail", f"trail/{name}", account=account),
            "another trail": deployment.arn("cloudtrail", f"trail/{name}-2", account=account),
            **{
                f"{name} rule": deployment.arn(
                    "events", f"rule/secure-{deployment.stack}-{name}", account=account
                )
                for name in (*ALARMS, *SCAN_ALARMS, "another")
            },
        } | {bucket: one.arn for bucket, one in deployment.buckets.items()}
        return {"aws:SourceArn": sources[self.source], "aws:SourceAccount": account}

    @property
    def is_service(self) -> bool:
        """Whether it is an AWS service that acts for itself."""
        return self.name is not None and self.name.endswith(".amazonaws.com")


PEOPLE: Mapping[str, Person] = {
    # The bucket's own account. role/etl is the one that variants name in access.principals.
    "the team": Person("role/etl", ("SecureS3Access",)),
    "the team's reader": Person("role/etl", ("SecureS3Read",)),
    "the team's writer": Person("role/etl", ("SecureS3Write",)),
    "the team without a policy": Person("role/etl"),
    "the team with all of KMS": Person("role/etl", ("SecureS3Access", "AllOfKMS")),
    "the team with all of S3": Person("role/etl", ("AllOfS3",)),
    "ada": Person("user/ada", ("SecureS3Access",)),
    "another team": Person("role/marketing", ("SecureS3Access",)),
    "another team's reader": Person("role/marketing", ("SecureS3Read",)),
    "another team's writer": Person("role/marketing", ("SecureS3Write",)),
    "another team without a policy": Person("role/marketing"),
    "another team with all of S3": Person("role/marketing", ("AllOfS3",)),
    "another team with all of SNS": Person("role/marketing", ("AllOfSNS",)),
    "another organization's team": Person("role/etl", ("SecureS3Access",), organization="o-9z8y7x6w5v"),
    "the team of no organization": Person("role/etl", ("SecureS3Access",), organization=None),
    "an administrator": Person("role/admin", ("AdministratorAccess",)),
    "a key administrator": Person("role/key-admin", ("AllOfKMS",)),
    "the deploying role": Person("role/deploy", ("AdministratorAccess",)),
    "the deploying role without a policy": Person("role/deploy"),
    "CI": Person("role/ci", ("SecureStorageState",)),
    "CI that plans": Person("role/secure-storage-{environment}-plan", ("AdministratorAccess",)),
    "CI that reviews": Person("role/secure-storage-{environment}-review", ("AdministratorAccess",)),
    "CI that deploys": Person("role/secure-storage-{environment}-deploy", ("AdministratorAccess",)),
    "the break-glass role": Person("role/breakglass", ("AdministratorAccess",)),
    "the break-glass role without a policy": Person("role/breakglass"),
    "the deploying role of no organization": Person(
        "role/deploy", ("AdministratorAccess",), organization=None
    ),
    "the break-glass role of no organization": Person(
        "role/breakglass", ("AdministratorAccess",), organization=None
    ),
    # What S3 replicates with, and the same permissions in other hands.
    "the replication role": Person("role/secure-storage-{environment}-replica", ("SecureS3Replication",)),
    # What its boundary leaves room for: any key of the account, for these buckets.
    "the replication role with all of KMS": Person(
        "role/secure-storage-{environment}-replica", ("SecureS3Replication", "AllOfKMS")
    ),
    "the replication role without a policy": Person("role/secure-storage-{environment}-replica"),
    "a replication role with all of S3": Person("role/secure-storage-{environment}-replica", ("AllOfS3",)),
    "another role that may replicate": Person("role/replicator", ("SecureS3Replication",)),
    # What GuardDuty scans with, the same permissions in other hands, and who reads what was not found clean.
    "the scanner": Person("role/secure-storage-{environment}-scan", ("SecureS3Scan",)),
    "the scanner without a policy": Person("role/secure-storage-{environment}-scan"),
    "the scanner with all of KMS": Person("role/secure-storage-{environment}-scan", ("AllOfKMS",)),
    "a scanner with all of S3": Person("role/secure-storage-{environment}-scan", ("AllOfS3", "SecureS3Scan")),
    "the scanner with all of S3 and KMS": Person(
        "role/secure-storage-{environment}-scan", ("AllOfS3", "AllOfKMS")
    ),
    "another role that may scan": Person("role/scanner", ("SecureS3Scan",)),
    "the quarantine": Person("role/quarantine", ("AllOfS3",)),
    # Other accounts.
    "a stranger": Person("role/admin", ("AdministratorAccess",), "999988887777", "o-9z8y7x6w5v"),
    "a stranger without a policy": Person("role/admin", (), "999988887777", "o-9z8y7x6w5v"),
    "the reading account": Person("role/analyst", ("AllOfS3", "AllOfKMS"), "444455556666"),
    "the reading account without a policy": Person("role/analyst", (), "444455556666"),
    "the reading account without a policy for KMS": Person("role/analyst", ("AllOfS3",), "444455556666"),
    "the partner": Person("role/partner", ("AllOfS3", "AllOfKMS"), "777788889999"),
    "the partner without a policy": Person("role/partner", (), "777788889999"),
    "the partner's other role": Person("role/other", ("AllOfS3", "AllOfKMS"), "777788889999"),
    # Nobody, and AWS itself.
    "anybody": Person(None),
    "S3 itself": Person("s3.amazonaws.com"),
    "S3 log delivery": Person("logging.s3.amazonaws.com", source="this"),
    "S3 log delivery for another bucket": Person("logging.s3.amazonaws.com", source="another"),
    # A bucket's name is free again once the bucket is deleted.
    "S3 log delivery for a stranger's bucket of that name": Person(
        "logging.s3.amazonaws.com", account="999988887777", source="this"
    ),
    "S3 inventory": Person("s3.amazonaws.com", source="this"),
    "S3 inventory for another bucket": Person("s3.amazonaws.com", source="another"),
    "S3 inventory for a stranger's bucket of that name": Person(
        "s3.amazonaws.com", account="999988887777", source="this"
    ),
    "S3 inventory of the replica bucket": Person("s3.amazonaws.com", source="replica bucket"),
    "S3 inventory of a stranger's replica bucket of that name": Person(
        "s3.amazonaws.com", account="999988887777", source="replica bucket"
    ),
    "S3 log delivery that does not say for whom": Person("logging.s3.amazonaws.com"),
    "CloudTrail": Person("cloudtrail.amazonaws.com"),
    "CloudTrail for the trail": Person("cloudtrail.amazonaws.com", source="trail"),
    "CloudTrail for another trail": Person("cloudtrail.amazonaws.com", source="another trail"),
    "CloudTrail for a stranger's trail of that name": Person(
        "cloudtrail.amazonaws.com", account="999988887777", source="trail"
    ),
    **{
        f"EventBridge for the {alarm} rule": Person("events.amazonaws.com", source=f"{alarm} rule")
        for alarm in (*ALARMS, *SCAN_ALARMS)
    },
    "EventBridge for another rule": Person("events.amazonaws.com", source="another rule"),
    "EventBridge for a stranger's rule of that name": Person(
        "events.amazonaws.com", account="999988887777", source="key rule"
    ),
    "EventBridge that does not say for whom": Person("events.amazonaws.com"),
    "CloudWatch": Person("cloudwatch.amazonaws.com"),
}
