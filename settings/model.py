"""The settings of one environment: what they may be. settings/loading.py reads them."""

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar

from settings import resource_names
from settings.defaults import (
    DecidedByLoader,
    NamedAfterEnvironment,
    StrictUnlessDev,
)
from settings.names import aws as aws_names
from settings.names.aws import InvalidValueError
from settings.problems import (
    Refusal,
    refuse,
)
from settings.protection import (
    AuditSettings,
    CorsSettings,
    EventsSettings,
    ImportSettings,
    InventorySettings,
    LifecycleSettings,
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
)
from settings.types import (
    AccountId,
    BucketName,
    Region,
    Tags,
)

from pydantic import Field, ValidationInfo, field_validator

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
]


def _of_another_partition(
    arns: Iterable[tuple[tuple[str | int, ...], str]], region: str | None
) -> Iterator[Refusal]:
    if region is not None:
        partition = aws_names.partition_of(region)
        error = InvalidValueError(f'must begin with "arn:{partition}:", as region is "{region}"')
        yield from ((at, error, arn) for at, arn in arns if aws_names.arn_partition(arn) != partition)


class Settings(Section):
    """All there is to know about one environment. Nothing but `account_id` may be None."""

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
    ci: CiSettings = Field(description="Who may take the roles with which CI plans and deploys.")
    logging: LoggingSettings = Field(description="Server access logs: who asked what of the bucket.")
    lifecycle: LifecycleSettings = Field(description="What becomes of objects with time.")
    object_lock: ObjectLockSettings = Field(description="How long no version can be deleted.")
    replication: ReplicationSettings = Field(description="A copy of the bucket in another region.")
    inventory: InventorySettings = Field(description="A regular list of all objects.")
    audit: AuditSettings = Field(description="CloudTrail for the objects, and alarms.")
    events: EventsSettings = Field(description="Notifications about objects.")
    cors: CorsSettings = Field(description="Which web pages may use presigned URLs from a browser.")
    import_: ImportSettings = Field(alias="import", description="What exists already and is taken over.")
    tags: Annotated[Tags, DecidedByLoader("`{}`")] = Field(
        description="Tags of every resource, added to Environment, Project, Purpose, DataClassification and, "
        "where REPOSITORY and COMMIT_AUTHOR are set, Repository and Author.",
        examples=[{"CostCenter": "4711"}],
    )

    @field_validator("access")
    @classmethod
    def _arns_are_of_this_partition_and_account(
        cls, access: AccessSettings, info: ValidationInfo
    ) -> AccessSettings:
        arns: list[tuple[tuple[str | int, ...], str]] = [
            *((("principals", place), arn) for place, arn in enumerate(access.principals)),
            *((("readers", place, "principal"), one.principal) for place, one in enumerate(access.readers)),
            *((("writers", place, "principal"), one.principal) for place, one in enumerate(access.writers)),
        ]
        if access.deploy_role is not None:
            arns.append((("deploy_role",), access.deploy_role))
        refuse(_of_another_partition(arns, info.data.get("region")))
        account = info.data.get("account_id")
        refuse(
            (place, InvalidValueError(f'must be of account_id, "{account}"', "a grant lets others in"), arn)
            for place, arn in arns
            if place[0] == "principals" and account not in (None, aws_names.arn_account(arn))
        )
        ours = [name.casefold() for name in resource_names.ci_roles(info.data.get("environment", ""))]
        # Who deploys can rewrite the managed policy, so a role of CI could give itself anything through it.
        rule = InvalidValueError("must be another role than those of CI, which never use the data")
        refuse(
            (("attach_to_roles", place), rule, name)
            for place, name in enumerate(access.attach_to_roles)
            if name.casefold() in ours
        )
        return access

    @field_validator("network")
    @classmethod
    def _exempt_roles_are_of_this_partition(
        cls, network: NetworkSettings, info: ValidationInfo
    ) -> NetworkSettings:
        arns = ((("exempt_roles", place), arn) for place, arn in enumerate(network.exempt_roles))
        refuse(_of_another_partition(arns, info.data.get("region")))
        return network

    @field_validator("encryption")
    @classmethod
    def _principals_have_a_key_to_use(
        cls, encryption: EncryptionSettings, info: ValidationInfo
    ) -> EncryptionSettings:
        access = info.data.get("access")
        if encryption.mode == "sse-s3" and access and access.principals:
            rule = 'must be "sse-kms" where access.principals is set'
            refuse([(("mode",), InvalidValueError(rule), encryption.mode)])
        return encryption

    @field_validator("state")
    @classmethod
    def _state_is_apart_from_the_data(cls, state: StateSettings, info: ValidationInfo) -> StateSettings:
        region = info.data.get("region")
        encryption = info.data.get("encryption")
        refusals: list[Refusal] = []
        if state.bucket == info.data.get("bucket_name"):
            rule = "must be another bucket than bucket_name"
            refusals.append((("bucket",), InvalidValueError(rule), state.bucket))
        if region and aws_names.partition_of(region) != aws_names.partition_of(state.region):
            rule = f'must be in the same AWS partition as region, which is "{region}"'
            refusals.append((("region",), InvalidValueError(rule), state.region))
        if encryption and region == state.region and encryption.key_alias == state.key_alias:
            rule = "must be another alias than encryption.key_alias"
            refusals.append((("key_alias",), InvalidValueError(rule), state.key_alias))
        refuse(refusals)
        return state
