"""The sections about data protection and audit: logs, retention, replication, alarms."""

from typing import Annotated, Literal

from settings import resource_names
from settings.defaults import NamedAfterEnvironment, StrictUnlessDev
from settings.lifecycle import LONGEST_DAYS, StorageClass
from settings.sections import Section
from settings.types import (
    BucketName,
    CorsHeaders,
    CorsMethods,
    CorsOrigins,
    Emails,
    ExistingKey,
    ExposedHeaders,
    KeyAlias,
    KeyPrefix,
    LogPrefix,
    Region,
)

from pydantic import Field


class LoggingSettings(Section):
    """Server access logs: who asked what of the bucket."""

    enabled: Annotated[bool, StrictUnlessDev()] = Field(
        description="Whether S3 logs the requests. By default true, except in dev and in ephemeral "
        "environments.",
        examples=[True],
    )
    bucket: Annotated[BucketName, NamedAfterEnvironment(resource_names.DEFAULT_LOG_BUCKET)] = Field(
        description="The name of the log bucket, which is created, and closed to all but log delivery.",
        examples=["acme-prod-access-logs"],
    )
    existing_bucket: BucketName | None = Field(
        None,
        description="A log bucket that exists already and is used instead, in the region and account of "
        "the data bucket; its own policy has to let log delivery write.",
        examples=["acme-central-logs"],
    )
    prefix: LogPrefix = Field(
        "access/", description="What the keys of access logs begin with.", examples=["prod-data/"]
    )
    retention_days: int = Field(
        365,
        ge=1,
        le=LONGEST_DAYS,
        description="Days after which the log bucket deletes what it holds, inventories and trails too.",
        examples=[90],
    )

    @property
    def makes_bucket(self) -> bool:
        """Whether there is a log bucket of our own."""
        return self.enabled and self.existing_bucket is None

    @property
    def target(self) -> str:
        """The bucket that takes the logs, if there are any."""
        return self.existing_bucket or self.bucket


class ObjectLockSettings(Section):
    """How long no version can be deleted. It can be chosen only when the bucket is made."""

    mode: Literal["governance", "compliance"] | None = Field(
        None,
        description='"governance": only holders of s3:BypassGovernanceRetention can delete a locked version. '
        '"compliance": nobody can, not even AWS. Without a mode there is no Object Lock.',
        examples=["governance"],
    )
    days: int | None = Field(
        None, ge=1, le=36_500, description="Days that a version is locked.", examples=[30]
    )
    years: int | None = Field(
        None, ge=1, le=100, description="Years that a version is locked, instead of days.", examples=[7]
    )


class ReplicationSettings(Section):
    """A copy of the bucket in another region, which is made with a key of its own."""

    enabled: bool = Field(False, description="Whether objects are replicated.", examples=[True])
    region: Region | None = Field(
        None, description="The other region, in the same partition.", examples=["eu-west-1"]
    )
    bucket: Annotated[BucketName, NamedAfterEnvironment(resource_names.DEFAULT_REPLICA_BUCKET)] = Field(
        description="The name of the bucket there.", examples=["acme-prod-data-replica"]
    )
    key_alias: Annotated[KeyAlias, NamedAfterEnvironment(resource_names.DEFAULT_REPLICA_KEY_ALIAS)] = Field(
        description="The alias of its KMS key.", examples=["alias/acme-prod-replica"]
    )
    storage_class: Literal["STANDARD"] | StorageClass = Field(
        "STANDARD", description="The storage class of the replicas.", examples=["STANDARD_IA"]
    )
    delete_markers: bool = Field(
        False, description="Whether a deletion is replicated too, as a delete marker.", examples=[True]
    )
    replica_modifications: bool = Field(
        False,
        description="Whether changed metadata of replicas, such as tags, is replicated back.",
        examples=[True],
    )
    time_control: bool = Field(
        False,
        description="Whether AWS guarantees, for a price, that replication takes 15 minutes at most.",
        examples=[True],
    )


class InventorySettings(Section):
    """A regular list of all objects, written to the log bucket; `presign bulk` reads it as a manifest."""

    enabled: bool = Field(False, description="Whether the list is written.", examples=[True])
    frequency: Literal["daily", "weekly"] = Field("weekly", description="How often.", examples=["daily"])
    format: Literal["parquet", "csv"] = Field("parquet", description="In which format.", examples=["csv"])
    noncurrent_versions: bool = Field(
        False, description="Whether it also lists noncurrent versions.", examples=[True]
    )
    prefix: KeyPrefix = Field(
        "", description="Which keys it lists, by what they begin with; all where empty.", examples=["raw/"]
    )


class AuditSettings(Section):
    """CloudTrail for the objects, and alarms when somebody weakens the bucket or its key."""

    enabled: bool = Field(
        False, description="Whether there are a trail, alarms and their topic.", examples=[True]
    )
    data_events: Literal["read", "write", "all"] = Field(
        "write", description="Which requests for objects the trail records.", examples=["all"]
    )
    management_events: bool = Field(
        True,
        description="Whether the trail also records changes of the account, without which the alarms stay "
        "silent. false where another trail of the account records them already.",
        examples=[False],
    )
    notify: Emails = Field(
        (),
        description="Addresses that get the alarms by e-mail, once they have confirmed it.",
        examples=[["ops@example.com"]],
    )
    key_alias: Annotated[KeyAlias, NamedAfterEnvironment(resource_names.DEFAULT_AUDIT_KEY_ALIAS)] = Field(
        description="The alias of the KMS key of trail and topic, separate from the data's key, so that "
        "an alarm about the data's key still arrives.",
        examples=["alias/acme-prod-audit"],
    )


class EventsSettings(Section):
    """Notifications about objects."""

    eventbridge: bool = Field(
        False, description="Whether S3 sends every change of an object to EventBridge.", examples=[True]
    )


class CorsSettings(Section):
    """Which web pages may use presigned URLs from a browser; by default none."""

    allowed_origins: CorsOrigins = Field(
        (),
        description='Origins of the pages, like "https://app.example.com"; none switches CORS off.',
        examples=[["https://app.example.com"]],
    )
    allowed_methods: CorsMethods = Field(
        ("GET", "HEAD", "PUT"),
        description="The methods that they may use: GET, HEAD, PUT, POST or DELETE.",
        examples=[["GET"]],
    )
    allowed_headers: CorsHeaders = Field(
        ("content-type", "x-amz-*"),
        description="The headers that their requests may have.",
        examples=[["content-type"]],
    )
    expose_headers: ExposedHeaders = Field(
        ("ETag", "x-amz-version-id"),
        description="The headers of the answer that the pages may read.",
        examples=[["ETag"]],
    )
    max_age_seconds: int = Field(
        3000,
        ge=0,
        le=86_400,
        description="Seconds that a browser may remember the answer to its question.",
        examples=[600],
    )


class ImportSettings(Section):
    """What exists already and is taken over, with all that is in it, instead of made."""

    bucket: bool = Field(
        False,
        description="true: the bucket called bucket_name exists in the account, and is taken over.",
        examples=[True],
    )
    key: ExistingKey | None = Field(
        None,
        description="The id or ARN of the existing KMS key that is taken over as the bucket's.",
        examples=["11111111-2222-3333-4444-555555555555"],
    )
    key_alias: bool = Field(
        False,
        description="true: encryption.key_alias exists already and stands for that key.",
        examples=[True],
    )
