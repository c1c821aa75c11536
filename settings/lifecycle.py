"""The sections about the lifecycle of objects; settings/lifecycle_rules.py has S3's rules for them."""

from typing import Annotated, Literal

from settings.defaults import StrictUnlessDev
from settings.sections import Section
from settings.types import KeyPrefix

from pydantic import Field

StorageClass = Literal[
    "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"
]
"""The storage classes that objects can move to, in the order in which they can:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html"""

# S3 counts days in 32 bits.
LONGEST_DAYS = 2_147_483_647


class TransitionSettings(Section):
    """When objects move to a cheaper storage class."""

    days: int = Field(
        ge=0, le=LONGEST_DAYS, description="Days after the object, or newer version, was made.", examples=[30]
    )
    storage_class: StorageClass = Field(
        description="The storage class that they move to.", examples=["STANDARD_IA"]
    )


Transitions = Annotated[tuple[TransitionSettings, ...], Field(strict=False)]


class LifecycleRuleSettings(Section):
    """What becomes of the objects whose keys begin with a prefix."""

    prefix: KeyPrefix = Field(
        "", description="What the keys begin with; all keys where empty.", examples=["raw/"]
    )
    transitions: Transitions = Field(
        (),
        description="When current versions move to which storage class.",
        examples=[
            [{"days": 30, "storage_class": "STANDARD_IA"}, {"days": 90, "storage_class": "GLACIER_IR"}]
        ],
    )
    expiration_days: int | None = Field(
        None,
        ge=1,
        le=LONGEST_DAYS,
        description="Days after which a current version is deleted.",
        examples=[365],
    )
    noncurrent_transitions: Transitions = Field(
        (),
        description="When versions that were overwritten or deleted move to which storage class.",
        examples=[[{"days": 30, "storage_class": "STANDARD_IA"}]],
    )
    noncurrent_expiration_days: int | None = Field(
        None,
        ge=1,
        le=LONGEST_DAYS,
        description="Days after which a version that was overwritten or deleted is gone for good.",
        examples=[90],
    )
    newer_noncurrent_versions: int | None = Field(
        None,
        ge=1,
        le=100,
        description="How many of the noncurrent versions, the newest, are kept however old they are.",
        examples=[3],
    )
    expired_object_delete_markers: bool = Field(
        False, description="Whether delete markers without any older version are removed.", examples=[True]
    )


Rules = Annotated[tuple[LifecycleRuleSettings, ...], Field(strict=False)]


class LifecycleSettings(Section):
    """What becomes of objects with time."""

    enabled: Annotated[bool, StrictUnlessDev()] = Field(
        description="Whether the bucket has a lifecycle. By default true, except in dev and in ephemeral "
        "environments, as the provider waits a minute for it.",
        examples=[True],
    )
    abort_incomplete_multipart_upload_days: int = Field(
        7,
        ge=1,
        le=LONGEST_DAYS,
        description="Days after which an upload that was never completed is dropped.",
        examples=[3],
    )
    rules: Rules = Field(
        (),
        description="Further rules, each for the objects below a prefix; by default none.",
        examples=[[{"prefix": "raw/", "expiration_days": 365}]],
    )
