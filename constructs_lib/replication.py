"""Replication of a bucket to one in another region."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from constructs_lib import aws
from constructs_lib.access_policy import AccessPolicy
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.policies import Perimeter, to_json
from constructs_lib.policies.replica_bucket_policy import replica_bucket_policy
from constructs_lib.policies.replication_policy import (
    Side,
    directions,
    key_statements,
    replication_policy,
    trust_policy,
)
from constructs_lib.private_bucket import PrivateBucket

from cdktf import ITerraformDependable, TerraformProvider
from constructs import Construct

MINUTES = 15
"""The only time that S3 controls:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationTimeValue.html"""


@dataclass(frozen=True)
class Choices:
    """What is replicated, and how.

    Attributes:
        storage_class: of the replicas.
        delete_markers: whether deletions are replicated too.
        both_ways: whether what changes about replicas, such as tags, is replicated back.
        time_control: whether S3 guarantees that it takes 15 minutes at most.
    """

    storage_class: str = "STANDARD"
    delete_markers: bool = False
    both_ways: bool = False
    time_control: bool = False


class Replication(Construct):
    """A replica bucket with a key of its own, the role that S3 replicates with, and the rule to do it.

    What changes about replicas is replicated back only where both buckets have
    such a rule, so that the replica bucket then has one, too:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html

    Attributes:
        replica: the replica bucket.
        setting: the source's replication configuration, for what has to wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        source: Side,
        source_bucket: str,
        replica: Side,
        replica_bucket: str,
        replica_key_alias: str | None,
        partition: str,
        account_id: str,
        provider: TerraformProvider,
        role_name: str,
        policy_name: str,
        boundary_arn: str,
        principals: Sequence[str],
        perimeter: Perimeter,
        max_age_seconds: int,
        choices: Choices,
        rotation_days: int = 365,
        deletion_days: int = 30,
        object_lock: bool = False,
        protect: bool = True,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create all of it.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces bucket and key.
            source: the bucket that is replicated.
            source_bucket: that bucket's name.
            replica: the bucket to make; its key's ARN is not looked at.
            replica_bucket: that bucket's name.
            replica_key_alias: the alias of its key; None encrypts with SSE-S3, as the source does then.
            partition: `aws`, `aws-cn` or `aws-us-gov`.
            account_id: the account of both.
            provider: the provider of the replica's region.
            role_name: the name of the role; the source's key has to let it in (`key_statements`).
            policy_name: the name of its managed policy.
            boundary_arn: the permissions boundary that the role gets.
            principals: ARNs that may decrypt replicas; the account's root where empty.
            perimeter: where requests for replicas may come from.
            max_age_seconds: how old the signature of a link to a replica may be.
            choices: what is replicated, and how.
            rotation_days: days between rotations of the replica's key, 90 to 2560.
            deletion_days: days that KMS waits before it deletes that key, 7 to 30.
            object_lock: whether the source's objects are locked; the replicas are then as well.
            protect: whether a plan that destroys the replicas is refused.
            depends_on: what comes before; the source's versioning has to.
        """
        super().__init__(scope, construct_id)
        role_arn = f"arn:{partition}:iam::{account_id}:role/{role_name}"
        replica = replace(replica, key_arn=None)
        if replica_key_alias is not None:
            key = EncryptionKey(
                self,
                "key",
                alias=replica_key_alias,
                description=f"Encrypts {replica_bucket}",
                partition=partition,
                account_id=account_id,
                region=replica.region,
                bucket_arn=replica.bucket_arn,
                principals=principals,
                more=key_statements(
                    replica,
                    role_arn=role_arn,
                    partition=partition,
                    account_id=account_id,
                    read=choices.both_ways,
                    written=True,
                ),
                rotation_days=rotation_days,
                deletion_days=deletion_days,
                protect=protect,
                provider=provider,
            )
            replica = replace(replica, key_arn=key.key.arn)
        self.replica = PrivateBucket(
            self,
            "bucket",
            bucket_name=replica_bucket,
            key_arn=replica.key_arn,
            policy=replica_bucket_policy(
                bucket_arn=replica.bucket_arn, max_age_seconds=max_age_seconds, perimeter=perimeter
            ),
            object_lock=object_lock,
            protect=protect,
            provider=provider,
        )
        sources, _ = directions(source, replica, both_ways=choices.both_ways)
        role = aws.IamRole(
            self,
            "role",
            name=role_name,
            description="Replicates one bucket to another, and nothing else",
            assume_role_policy=to_json(trust_policy(sources=sources, account_id=account_id)),
            permissions_boundary=boundary_arn,
        )
        policy = AccessPolicy(
            self,
            "policy",
            name=policy_name,
            description="Replication of one bucket to another, and nothing else",
            document=replication_policy(
                source=source,
                replica=replica,
                partition=partition,
                delete_markers=choices.delete_markers,
                both_ways=choices.both_ways,
                object_lock=object_lock,
            ),
        )
        attachment = aws.IamRolePolicyAttachment(
            self, "attachment", role=role.name, policy_arn=policy.policy.arn
        )
        self.setting: ITerraformDependable = aws.S3BucketReplicationConfigurationA(
            self,
            "configuration",
            bucket=source_bucket,
            role=role.arn,
            rule=[_rule(replica, choices)],
            depends_on=[*depends_on, self.replica.last_setting, attachment],
        )
        if choices.both_ways:
            aws.S3BucketReplicationConfigurationA(
                self,
                "configuration-back",
                bucket=self.replica.bucket.id,
                role=role.arn,
                rule=[_rule(source, replace(choices, storage_class="STANDARD"))],
                provider=provider,
                depends_on=[self.setting],
            )


def _rule(destination: Side, choices: Choices) -> aws.S3BucketReplicationConfigurationRule:
    """Replicate every object; with a filter, even an empty one, as only such rules know delete markers.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
    """
    encrypted = destination.key_arn is not None
    return aws.S3BucketReplicationConfigurationRule(
        id="every-object",
        priority=1,
        status="Enabled",
        filter=aws.S3BucketReplicationConfigurationRuleFilter(prefix=""),
        delete_marker_replication=aws.S3BucketReplicationConfigurationRuleDeleteMarkerReplication(
            status="Enabled" if choices.delete_markers else "Disabled"
        ),
        source_selection_criteria=_criteria(encrypted=encrypted, both_ways=choices.both_ways),
        destination=aws.S3BucketReplicationConfigurationRuleDestination(
            bucket=destination.bucket_arn,
            storage_class=choices.storage_class,
            encryption_configuration=aws.S3BucketReplicationConfigurationRuleDestinationEncryptionConfiguration(
                replica_kms_key_id=destination.key_arn
            )
            if destination.key_arn is not None
            else None,
            # S3 takes a threshold only where it controls the time:
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_Metrics.html
            metrics=aws.S3BucketReplicationConfigurationRuleDestinationMetrics(
                status="Enabled",
                event_threshold=aws.S3BucketReplicationConfigurationRuleDestinationMetricsEventThreshold(
                    minutes=MINUTES
                )
                if choices.time_control
                else None,
            ),
            replication_time=aws.S3BucketReplicationConfigurationRuleDestinationReplicationTime(
                status="Enabled",
                time=aws.S3BucketReplicationConfigurationRuleDestinationReplicationTimeTime(minutes=MINUTES),
            )
            if choices.time_control
            else None,
        ),
    )


def _criteria(
    *, encrypted: bool, both_ways: bool
) -> aws.S3BucketReplicationConfigurationRuleSourceSelectionCriteria | None:
    """Without the first, S3 leaves out all that a KMS key encrypts; and it refuses none of both."""
    criteria = aws.S3BucketReplicationConfigurationRuleSourceSelectionCriteria
    if not encrypted and not both_ways:
        return None
    return criteria(
        sse_kms_encrypted_objects=aws.S3BucketReplicationConfigurationRuleSourceSelectionCriteriaSseKmsEncryptedObjects(
            status="Enabled"
        )
        if encrypted
        else None,
        replica_modifications=aws.S3BucketReplicationConfigurationRuleSourceSelectionCriteriaReplicaModifications(
            status="Enabled"
        )
        if both_ways
        else None,
    )
