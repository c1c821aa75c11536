"""The sections of a settings file, each a table with its keys, defaults and limits."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from settings import resource_names
from settings.defaults import DecidedByLoader, NamedAfterEnvironment
from settings.names.provider import TESTED
from settings.types import (
    LONGEST_EXPIRY,
    AccessPoints,
    BucketName,
    Expiry,
    GitHubBranch,
    GitHubEnvironment,
    GitHubRepository,
    IpRanges,
    KeyAlias,
    KeyPrefix,
    Moment,
    OrganizationId,
    PrincipalArn,
    Principals,
    ProviderVersion,
    Region,
    RevokedKeys,
    RoleArn,
    RoleArns,
    RoleNames,
    VpcEndpoints,
)

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A table of a settings file: frozen, with no other keys than its fields, and no conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class GrantSettings(Section):
    """A principal that the bucket policy and the key policy let in."""

    principal: PrincipalArn = Field(
        description="The ARN of a role, a user or an account's root, in this account or another.",
        examples=["arn:aws:iam::444455556666:role/analyst"],
    )
    prefix: KeyPrefix = Field(
        "", description="What the keys must begin with; all keys where empty.", examples=["published/"]
    )


Grants = Annotated[tuple[GrantSettings, ...], Field(strict=False)]


class AccessSettings(Section):
    """Who may use the bucket and its key."""

    principals: Principals = Field(
        (),
        description="ARNs of the roles, users or account roots that may use the key and the bucket. "
        "None means the account's root, so that IAM policies in the account decide.",
        examples=[["arn:aws:iam::111122223333:role/etl"]],
    )
    attach_to_roles: RoleNames = Field(
        (),
        description="Names (not ARNs) of the IAM roles that get the managed policy attached.",
        examples=[["etl"]],
    )
    access_points: AccessPoints = Field(
        (),
        description="Access points of the bucket through which the managed policies let their holders reach "
        "it, by name or ARN. They exist already: no plan makes them, and each must lead to this bucket.",
        examples=[["reports"]],
    )
    deploy_role: RoleArn | None = Field(
        None,
        description="The ARN of the role that deploys; it must exist. Settings that would lock it out are "
        "refused, it passes the network perimeter, and the keys let it change their policies, without which "
        "KMS makes none.",
        examples=["arn:aws:iam::111122223333:role/deploy"],
    )
    readers: Grants = Field(
        (),
        description="Who else may list and read: each a principal and, optionally, a prefix.",
        examples=[[{"principal": "arn:aws:iam::444455556666:root", "prefix": "published/"}]],
    )
    writers: Grants = Field(
        (),
        description="Who else may upload: each a principal and, optionally, a prefix.",
        examples=[[{"principal": "arn:aws:iam::777788889999:role/partner", "prefix": "inbox/"}]],
    )


class NetworkSettings(Section):
    """Where requests for objects may come from; empty means no limit."""

    vpc_endpoints: VpcEndpoints = Field(
        (), description="Ids of the VPC endpoints that may be used.", examples=[["vpce-0123456789abcdef0"]]
    )
    source_ips: IpRanges = Field(
        (),
        description="Public IP ranges that requests may come from, in CIDR notation.",
        examples=[["203.0.113.0/24"]],
    )
    organization_id: OrganizationId | None = Field(
        None, description="The organization that principals must belong to.", examples=["o-a1b2c3d4e5"]
    )
    exempt_roles: RoleArns = Field(
        (),
        description="ARNs of roles that pass from anywhere.",
        examples=[["arn:aws:iam::111122223333:role/breakglass"]],
    )
    listing: bool = Field(
        False,
        description="true: what limits requests for objects limits listing them too. Each plan of Terraform "
        "asks for that permission: access.deploy_role and the roles of [ci] pass, other people who plan from "
        "elsewhere must be in exempt_roles.",
        examples=[True],
    )

    @property
    def is_limited(self) -> bool:
        """Whether requests for objects are limited at all."""
        return bool(self.vpc_endpoints or self.source_ips or self.organization_id)


class EncryptionSettings(Section):
    """How objects are encrypted, and with which key."""

    mode: Literal["sse-kms", "sse-s3"] = Field(
        "sse-kms",
        description='"sse-kms" encrypts with a KMS key of our own, "sse-s3" with S3\'s keys.',
        examples=["sse-kms"],
    )
    require_upload_headers: bool = Field(
        True,
        description="true: an upload must name the encryption and the key. false: an upload without such "
        "headers is let through to default encryption. A wrong header is denied either way.",
        examples=[False],
    )
    key_alias: Annotated[KeyAlias, NamedAfterEnvironment(resource_names.DEFAULT_KEY_ALIAS)] = Field(
        description="The alias of the bucket's KMS key.", examples=["alias/acme-prod-data"]
    )
    key_rotation_days: int = Field(
        365,
        ge=90,
        le=2560,
        description="Days between two rotations of the key, from 90 to 2560.",
        examples=[180],
    )
    key_deletion_days: int = Field(
        30,
        ge=7,
        le=30,
        description="Days during which a deleted key can be restored, from 7 to 30.",
        examples=[7],
    )


class PresignSettings(Section):
    """What presigned URLs may do."""

    max_expiry: Expiry = Field(
        LONGEST_EXPIRY,
        description="How long a presigned URL may work, from 1m to 7d, the most that SigV4 allows. "
        "The bucket denies older signatures, and the presign utility refuses to make longer ones.",
        examples=["12h"],
    )
    revoke_issued_before: Moment | None = Field(
        None,
        description="Ends the links and forms of sessions that began before this moment, also those that "
        "they sign later. It must have passed. Links that the access key of an IAM user signed are not "
        "ended: lower max_expiry, or deactivate the key.",
        examples=[datetime(2026, 11, 26, 10, tzinfo=UTC)],
    )
    revoked: RevokedKeys = Field(
        (),
        description="Ends all links and forms for these keys, and for all keys below a prefix. "
        "Requests that are signed with credentials pass.",
        examples=[["reports/november.csv", "inbox/"]],
    )


class StateSettings(Section):
    """Where Terraform keeps its state: in a bucket of its own, or in that of another environment."""

    of: str | None = Field(
        None,
        description="The environment whose state bucket is used, instead of one of its own. It needs a file, "
        "the same account and region, and `state.shared = true`. No other key is set then.",
        examples=["prod"],
    )
    shared: bool = Field(
        False,
        description="true: other environments may name this one in `state.of`. The state bucket and its key "
        "are then always protected, and each role uses the key for its own objects only.",
        examples=[True],
    )
    bucket: Annotated[BucketName, NamedAfterEnvironment(resource_names.DEFAULT_STATE_BUCKET)] = Field(
        description="The bucket of the remote state, which locks it with a file.",
        examples=["acme-prod-terraform-state"],
    )
    region: Annotated[Region, DecidedByLoader("the environment's `region`")] = Field(
        description="The region of that bucket; by default the environment's.", examples=["eu-central-1"]
    )
    key_alias: Annotated[KeyAlias, NamedAfterEnvironment(resource_names.DEFAULT_STATE_KEY_ALIAS)] = Field(
        description="The alias of the KMS key that encrypts the state.",
        examples=["alias/acme-prod-terraform-state"],
    )
    lifecycle: bool = Field(
        True,
        description="true: earlier versions of a state expire after a year, CI's plans and reviews after 30 "
        "days. false: they stay until somebody deletes them, and the first `make bootstrap` is a minute "
        "faster, which the AWS provider waits for a lifecycle.",
        examples=[False],
    )


class CiSettings(Section):
    """Who may take the roles with which CI plans and deploys; without a repository there are none."""

    repository: GitHubRepository | None = Field(
        None,
        description='The repository on GitHub, "org/repo", or "org@1234/repo@5678" where the sub of its '
        "tokens has the ids of both. An ephemeral environment has none.",
        examples=["acme/storage"],
    )
    branch: GitHubBranch = Field(
        "main",
        description="The branch whose workflows plan what is deployed, look for drift, and deploy.",
        examples=["main"],
    )
    environment: Annotated[GitHubEnvironment, NamedAfterEnvironment("{environment}")] = Field(
        description="The environment on GitHub in which a job has to run that deploys.",
        examples=["production"],
    )
    create_provider: bool = Field(
        True,
        description="false: the account has the provider for GitHub's tokens already. It can have only one.",
        examples=[False],
    )


class TerraformSettings(Section):
    """What Terraform runs with."""

    provider_version: ProviderVersion = Field(
        TESTED,
        description="The exact version of the AWS provider; docs/longevity.md says how to change it.",
        examples=["6.45.0"],
    )
    provider_version_untested: bool = Field(
        False,
        description="true: take a version 6, although nobody has deployed with one yet.",
        examples=[True],
    )
