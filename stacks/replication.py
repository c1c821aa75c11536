"""Replication, on which the stacks of an environment have to agree."""

from dataclasses import replace

from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.policies import Document, Perimeter, Statement
from constructs_lib.policies.place import Place
from constructs_lib.policies.replica_bucket_policy import replica_bucket_policy
from constructs_lib.policies.replication_policy import Side, key_statements, replication_boundary
from constructs_lib.policies.scanned_objects import Scan
from constructs_lib.private_bucket import PrivateBucket
from constructs_lib.replication import Choices, Replication
from constructs_lib.secure_bucket import SecureBucket
from settings import resource_names
from settings.model import Settings
from stacks.account import Account
from stacks.links import links_of

from cdktf import ITerraformDependable
from constructs import Construct


def boundary(settings: Settings, place: Place) -> Document:
    """Return the permissions boundary."""
    source, replica = _sides(settings, place)
    return replication_boundary(source=source, replica=replica)


def source_key_statements(settings: Settings, place: Place) -> list[Statement]:
    """Return the statements with which the data's key lets the role in."""
    if not settings.replication.enabled:
        return []
    source, _ = _sides(settings, place)
    back, role_arn = settings.replication.replica_modifications, replication_role_arn(settings, place)
    return key_statements(source, role_arn=role_arn, read=True, written=back)


def writer_back(settings: Settings, place: Place) -> str | None:
    """Return the role that writes to the data bucket what changed about replicas, if one does."""
    replication = settings.replication
    back = replication.enabled and replication.replica_modifications
    return replication_role_arn(settings, place) if back else None


def replicate(
    scope: Construct,
    settings: Settings,
    *,
    account: Account,
    bucket: SecureBucket,
    key_arn: str | None,
    perimeter: Perimeter,
    scan: Scan | None,
    last: ITerraformDependable,
) -> ITerraformDependable:
    """Add the replica, and return the last setting of the data bucket.

    Args:
        scope: the environment's stack.
        settings: the environment.
        account: where it is.
        bucket: the data bucket.
        key_arn: its key; None with SSE-S3.
        perimeter: where requests for objects may come from.
        scan: how the replicas are scanned; None if they are not.
        last: the setting of the data bucket that comes before.
    """
    replication, object_lock = settings.replication, settings.object_lock.mode is not None
    source, replica = _sides(settings, account.place)
    role_arn = replication_role_arn(settings, account.place)
    provider = account.provider_elsewhere("replica", replica.place.region)
    if key_arn is not None:
        key = EncryptionKey(
            scope,
            "replica-key",
            alias=replication.key_alias,
            description=f"Encrypts {replication.bucket}",
            place=replica.place,
            bucket_arn=replica.bucket_arn,
            principals=settings.access.principals,
            extra_statements=key_statements(
                replica, role_arn=role_arn, read=replication.replica_modifications, written=True
            ),
            deploy_role=settings.access.deploy_role,
            rotation_days=settings.encryption.key_rotation_days,
            deletion_days=settings.encryption.key_deletion_days,
            protect=settings.protect,
            provider=provider,
        )
        source, replica = replace(source, key_arn=key_arn), replace(replica, key_arn=key.arn)
    replicas = PrivateBucket(
        scope,
        "replica-bucket",
        bucket_name=replication.bucket,
        key_arn=replica.key_arn,
        policy=replica_bucket_policy(
            bucket_arn=replica.bucket_arn,
            key_arn=replica.key_arn,
            role_arn=role_arn,
            links=links_of(settings),
            perimeter=perimeter,
            scan=scan,
        ),
        object_lock=object_lock,
        protect=settings.protect,
        provider=provider,
    )
    return Replication(
        scope,
        "replication",
        source=source,
        source_bucket=bucket.id,
        replica=replica,
        replica_bucket=replicas.id,
        provider=provider,
        role_name=resource_names.replication_role(settings.environment),
        policy_name=resource_names.replication_policy(settings.environment),
        boundary_arn=account.place.iam(f"policy/{resource_names.replication_boundary(settings.environment)}"),
        choices=Choices(
            storage_class=replication.storage_class,
            delete_markers=replication.delete_markers,
            both_ways=replication.replica_modifications,
            time_control=replication.time_control,
        ),
        object_lock=object_lock,
        depends_on=[last, replicas.last_setting],
    ).setting


def replication_role_arn(settings: Settings, place: Place) -> str:
    """Return the ARN of the role that S3 replicates with."""
    return place.iam(f"role/{resource_names.replication_role(settings.environment)}")


def _sides(settings: Settings, place: Place) -> tuple[Side, Side]:
    """Return source and replica, whose keys are not known here; `place` is of the account."""
    replication = settings.replication
    source, replica = replace(place, region=settings.region), replace(place, region=replication.region or "")
    return (
        Side("Source", place.bucket(settings.bucket_name), source, None),
        Side("Replica", place.bucket(replication.bucket), replica, None),
    )
