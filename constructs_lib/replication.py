"""Replication of a bucket to one in another region."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from constructs_lib import aws
from constructs_lib.access_policy import AccessPolicy
from constructs_lib.arguments import Arn, BucketName, RoleName, Text, checked
from constructs_lib.policies import to_json
from constructs_lib.policies.replication_policy import Side, directions, replication_policy, trust_policy

from cdktf import ITerraformDependable, TerraformProvider
from constructs import Construct

MINUTES = 15
"""The only time that S3 controls:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationTimeValue.html"""


@checked
@dataclass(frozen=True)
class Choices:
    """What is replicated, and how.

    Attributes:
        storage_class: of the replicas.
        delete_markers: whether deletions are replicated too.
        both_ways: whether what changes about replicas, such as tags, is replicated back.
        time_control: whether S3 guarantees that it takes 15 minutes at most.
    """

    storage_class: Text = "STANDARD"
    delete_markers: bool = False
    both_ways: bool = False
    time_control: bool = False


@checked
class Replication(Construct):
    """The role that S3 replicates with, and the rule to do it.

    What changes about replicas is replicated back only where both buckets have
    such a rule, so the replica bucket gets one too:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html

    Attributes:
        setting: the source's replication configuration, for what has to wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        source: Side,
        source_bucket: BucketName,
        replica: Side,
        replica_bucket: BucketName,
        provider: TerraformProvider,
        role_name: RoleName,
        policy_name: Text,
        boundary_arn: Arn,
        choices: Choices,
        object_lock: bool = False,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create role, policy and rule.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            source: the bucket that is replicated; its key has to let the role in (`key_statements`).
            source_bucket: that bucket's name.
            replica: the bucket that it is replicated to, and its key, which has to as well.
            replica_bucket: that bucket's name.
            provider: the provider of the replica's region.
            role_name: the name of the role.
            policy_name: the name of its managed policy.
            boundary_arn: the permissions boundary that the role gets.
            choices: what is replicated, and how.
            object_lock: whether versions are locked, which replicas are then as well.
            depends_on: what comes before; the versioning of both buckets has to.
        """
        super().__init__(scope, construct_id)
        sources, _ = directions(source, replica, both_ways=choices.both_ways)
        role = aws.IamRole(
            self,
            "role",
            name=role_name,
            description="Replicates one bucket to another, and nothing else",
            assume_role_policy=to_json(trust_policy(sources=sources)),
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
                delete_markers=choices.delete_markers,
                both_ways=choices.both_ways,
                object_lock=object_lock,
            ),
        )
        attachment = aws.IamRolePolicyAttachment(self, "attachment", role=role.name, policy_arn=policy.arn)
        self.setting: ITerraformDependable = aws.S3BucketReplicationConfigurationA(
            self,
            "configuration",
            bucket=source_bucket,
            role=role.arn,
            rule=[_rule(replica, choices)],
            depends_on=[*depends_on, attachment],
        )
        if choices.both_ways:
            aws.S3BucketReplicationConfigurationA(
                self,
                "configuration-back",
                bucket=replica_bucket,
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
