"""The settings of one environment: what each may be. settings/combinations.py says what fits together."""

from typing import Annotated, ClassVar, Literal

from settings import resource_names
from settings.defaults import (
    DecidedByLoader,
    NamedAfterEnvironment,
    StrictUnlessDev,
)
from settings.lifecycle import LifecycleSettings
from settings.malware_scan import MalwareScanSettings
from settings.protection import (
    AuditSettings,
    CorsSettings,
    EventsSettings,
    ImportSettings,
    InventorySettings,
    LoggingSettings,
    ObjectLockSettings,
    ReplicationSettings,
)
from settings.sections import (
    AccessSettings,
    CiSettings,
    EncryptionSettings,
    GrantSettings,
    NetworkSettings,
    PresignSettings,
    Section,
    StateSettings,
    TerraformSettings,
)
from settings.types import (
    AccountId,
    BucketName,
    Region,
    Tags,
)

from pydantic import Field

__all__ = [
    "AccessSettings",
    "AuditSettings",
    "CiSettings",
    "CorsSettings",
    "EncryptionSettings",
    "GrantSettings",
    "NetworkSettings",
    "PresignSettings",
    "Settings",
    "StateSettings",
    "TerraformSettings",
]


class Settings(Section):
    """Everything about one environment. Only `account_id` may be None."""

    set_by_loader: ClassVar[frozenset[str]] = frozenset({"environment"})

    environment: str = Field(description="The environment's name, which is that of its file.")
    region: Annotated[Region, DecidedByLoader("`AWS_REGION`, else `us-east-1`")] = Field(
        description="The AWS region; by default AWS_REGION, else us-east-1.", examples=["eu-central-1"]
    )
    account_id: AccountId | None = Field(
        None,
        description="The AWS account, 12 digits. Where set, nothing deploys into any other account.",
        examples=["111122223333"],
    )
    bucket_name: Annotated[BucketName, NamedAfterEnvironment(resource_names.DEFAULT_BUCKET)] = Field(
        description="The name of the bucket, by S3's naming rules.", examples=["acme-prod-data"]
    )
    bucket_namespace: Literal["global", "account-regional"] = Field(
        "global",
        description='"account-regional": the names of all buckets end with account and region, as in '
        '"acme-111122223333-eu-central-1-an", and nobody else can take them. It needs a version 6 of the '
        "provider. A change replaces every bucket.",
        examples=["account-regional"],
    )
    protect: Annotated[bool, StrictUnlessDev()] = Field(
        description="true: no plan can destroy the bucket and its key. false: destroying empties the bucket. "
        "By default true, except in dev and in ephemeral environments.",
        examples=[True],
    )
    access: AccessSettings = Field(description="Who may use the bucket and its key.")
    network: NetworkSettings = Field(description="Where requests for objects may come from.")
    encryption: EncryptionSettings = Field(description="How objects are encrypted.")
    presign: PresignSettings = Field(description="What presigned URLs may do.")
    state: StateSettings = Field(description="Where Terraform keeps its state.")
    terraform: TerraformSettings = Field(description="What Terraform runs with.")
    ci: CiSettings = Field(description="Who may take the roles with which CI plans and deploys.")
    logging: LoggingSettings = Field(description="Server access logs: who asked what of the bucket.")
    lifecycle: LifecycleSettings = Field(description="What becomes of objects with time.")
    object_lock: ObjectLockSettings = Field(description="How long no version can be deleted.")
    replication: ReplicationSettings = Field(description="A copy of the bucket in another region.")
    inventory: InventorySettings = Field(description="A regular list of all objects.")
    audit: AuditSettings = Field(description="CloudTrail for the objects, and alarms.")
    events: EventsSettings = Field(description="Notifications about objects.")
    malware_scan: MalwareScanSettings = Field(
        description="Objects are scanned for malware, and read only if none was found."
    )
    cors: CorsSettings = Field(description="Which web pages may use presigned URLs from a browser.")
    import_: ImportSettings = Field(alias="import", description="What exists already and is taken over.")
    tags: Annotated[Tags, DecidedByLoader("`{}`")] = Field(
        description="Tags of every resource, added to Environment, Project, Purpose, DataClassification and, "
        "where REPOSITORY and COMMIT_AUTHOR are set, Repository and Author.",
        examples=[{"CostCenter": "4711"}],
    )
