"""The settings of each environment: what they may be, and how they are read from environments/*.toml."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, ClassVar

from stacks import aws_names
from stacks.aws_names import InvalidValueError
from stacks.settings_defaults import (
    NamedAfterEnvironment,
    ci_role_names,
    environment_name,
    with_defaults,
)
from stacks.settings_errors import (
    Refusal,
    SettingsError,
    invalid,
    refuse,
    shown,
    toml_keys,
    unknown_key,
    validation_problems,
)
from stacks.settings_files import read_toml, toml_files
from stacks.settings_sections import (
    AccessSettings,
    CiSettings,
    EncryptionSettings,
    GrantSettings,
    NetworkSettings,
    PresignSettings,
    Section,
    StateSettings,
)
from stacks.settings_types import (
    AccountId,
    BucketName,
    Region,
    Tags,
)

from pydantic import Field, ValidationError, ValidationInfo, field_validator

__all__ = [
    "AccessSettings",
    "CiSettings",
    "EncryptionSettings",
    "GrantSettings",
    "NetworkSettings",
    "PresignSettings",
    "Settings",
    "SettingsError",
    "StateSettings",
    "load_environments",
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
    region: Region = Field(description="The AWS region; by default AWS_REGION, else us-east-1.")
    account_id: AccountId | None = Field(
        None, description="The AWS account, 12 digits. Where set, nothing deploys into any other account."
    )
    bucket_name: Annotated[BucketName, NamedAfterEnvironment("secure-{environment}-data-bucket")] = Field(
        description="The name of the bucket, by S3's naming rules."
    )
    protect: bool = Field(
        description="true: no plan can destroy the bucket and its key. false: destroying empties the bucket. "
        "By default true, except in dev and in ephemeral environments."
    )
    access: AccessSettings = Field(description="Who may use the bucket and its key.")
    network: NetworkSettings = Field(description="Where requests for objects may come from.")
    encryption: EncryptionSettings = Field(description="How objects are encrypted.")
    presign: PresignSettings = Field(description="What presigned URLs may do.")
    state: StateSettings = Field(description="Where Terraform keeps its state.")
    ci: CiSettings = Field(description="Who may take the roles with which CI plans and deploys.")
    tags: Tags = Field(
        description="Tags of every resource, added to Environment, Project, Purpose, DataClassification and, "
        "where REPOSITORY and COMMIT_AUTHOR are set, Repository and Author."
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
        ours = [name.casefold() for name in ci_role_names(info.data.get("environment", ""))]
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


def load_environments(directory: Path, environ: Mapping[str, str]) -> tuple[Settings, ...]:
    """Read and check the environments that `directory` describes, one in each *.toml file.

    Args:
        directory: where the files are; problems name them as it is written here.
        environ: os.environ or a part of it; an empty variable counts as unset. ENVIRONMENT_SUFFIX picks
            one environment, and a name without a file is an ephemeral one, made from dev.toml but with
            default names of its own. AWS_REGION is the default region; REPOSITORY and COMMIT_AUTHOR
            become tags.

    Returns:
        The settings, with every default filled in, sorted by the environment's name.

    Raises:
        SettingsError: with all problems of all files, or of the environment that was picked.
    """
    files = {path.stem: path for path in toml_files(directory)}
    sources = [_Source(name, path) for name, path in files.items()]
    picked = environ.get("ENVIRONMENT_SUFFIX") or None
    if picked is not None and picked not in files:
        sources.append(_ephemeral(picked, files, directory))
    loaded: dict[_Source, Settings] = {}
    problems: list[str] = []
    for source in sources:
        try:
            loaded[source] = _load(source, environ)
        except SettingsError as error:
            # The others are read only to see that the picked one takes none of their names.
            if picked in (None, source.environment):
                problems += error.problems
    problems += (
        line
        for (source, settings), (other, others) in combinations(loaded.items(), 2)
        if picked in (None, source.environment, other.environment)
        for line in (
            *_shared_names(source, settings, other, others),
            *_shared_provider(source, settings, other, others),
        )
    )
    if problems:
        raise SettingsError(problems)
    chosen = (settings for settings in loaded.values() if picked in (None, settings.environment))
    return tuple(sorted(chosen, key=lambda settings: settings.environment))


@dataclass(frozen=True)
class _Source:
    environment: str
    path: Path
    ephemeral: bool = False

    def __str__(self) -> str:
        file = self.path.as_posix()
        return f"{file} (for {self.environment})" if self.ephemeral else file


def _ephemeral(name: str, files: Mapping[str, Path], directory: Path) -> _Source:
    try:
        environment_name(name)
    except InvalidValueError as error:
        raise SettingsError([invalid("ENVIRONMENT_SUFFIX", error, name)]) from error
    if "dev" not in files:
        rule = f"must be one of {', '.join(files)}"
        hint = (
            f"any other environment is made from {(directory / 'dev.toml').as_posix()}, which does not exist"
        )
        raise SettingsError([invalid("ENVIRONMENT_SUFFIX", InvalidValueError(rule, hint), name)])
    return _Source(name, files["dev"], ephemeral=True)


def _load(source: _Source, environ: Mapping[str, str]) -> Settings:
    file = source.path.as_posix()
    try:
        environment_name(source.environment)
    except InvalidValueError as error:
        raise SettingsError([invalid(f"{file}: file name", error, source.environment)]) from error
    given = read_toml(source.path)
    problems = [
        unknown_key(f"{file}: {key}", key, toml_keys(Settings))
        for key in Settings.set_by_loader & given.keys()
    ]
    content, more = with_defaults(given, Settings, source.environment, environ, ephemeral=source.ephemeral)
    problems += more
    try:
        settings = Settings.model_validate(content)
    except ValidationError as error:
        problems += validation_problems(file, Settings, error)
    if problems:
        raise SettingsError(problems)
    return settings


def _names(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Give what AWS can hold only once: by key in the file, where it is unique, and last the name.

    A bucket's name is unique in its partition, an alias in its account and region.
    """
    account = settings.account_id or ""
    partition = aws_names.partition_of(settings.region)
    return {
        "bucket_name": ("bucket", partition, settings.bucket_name),
        "encryption.key_alias": ("alias", account, settings.region, settings.encryption.key_alias),
        "state.bucket": ("bucket", partition, settings.state.bucket),
        "state.key_alias": ("alias", account, settings.state.region, settings.state.key_alias),
    }


def _shared_names(source: _Source, settings: Settings, other: _Source, others: Settings) -> Iterator[str]:
    for key, name in _names(settings).items():
        for other_key, other_name in _names(others).items():
            if name == other_name:
                both = f"must differ from {other_key} in {other}, but both are {shown(name[-1])}"
                yield f"{source}: {key}: {both}"


def _shared_provider(source: _Source, settings: Settings, other: _Source, others: Settings) -> Iterator[str]:
    """An account has one provider for an issuer of tokens, so only one environment can make it."""
    both = (settings, others)
    if settings.account_id is None or settings.account_id != others.account_id:
        return
    if all(one.ci.repository is not None and one.ci.create_provider for one in both):
        yield (
            f"{source}: ci.create_provider: must be true in only one environment of account "
            f"{settings.account_id}, and it is in {other}"
        )
