"""Reads the settings of every environment from environments/*.toml, and checks them together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from settings.combinations import wrong_combinations
from settings.defaults import environment_name, with_defaults
from settings.files import environment_files, read_toml
from settings.model import Settings
from settings.names import aws as aws_names
from settings.names.aws import InvalidValueError
from settings.problems import (
    SettingsError,
    invalid,
    shown,
    toml_keys,
    unknown_key,
    validation_problems,
)

from pydantic import ValidationError


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
    files = environment_files(directory)
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
    else:
        problems += (
            invalid(f"{file}: {key}", error, value) for key, error, value in wrong_combinations(settings)
        )
    if problems:
        raise SettingsError(problems)
    return settings


def _names(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Give what AWS can hold only once: by key in the file, where it is unique, and last the name.

    A bucket's name is unique in its partition, an alias in its account and region.
    """
    account = settings.account_id or ""
    partition = aws_names.partition_of(settings.region)
    key_alias = ("alias", account, settings.region, settings.encryption.key_alias)
    return {
        "bucket_name": ("bucket", partition, settings.bucket_name),
        **({"encryption.key_alias": key_alias} if settings.encryption.mode == "sse-kms" else {}),
        "state.bucket": ("bucket", partition, settings.state.bucket),
        "state.key_alias": ("alias", account, settings.state.region, settings.state.key_alias),
        **_names_of_protection(settings, account, partition),
    }


def _names_of_protection(settings: Settings, account: str, partition: str) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    if settings.logging.makes_bucket:
        names["logging.bucket"] = ("bucket", partition, settings.logging.bucket)
    replication = settings.replication
    if replication.enabled and replication.region is not None:
        names["replication.bucket"] = ("bucket", partition, replication.bucket)
        names["replication.key_alias"] = ("alias", account, replication.region, replication.key_alias)
    if settings.audit.enabled:
        names["audit.key_alias"] = ("alias", account, settings.region, settings.audit.key_alias)
    return names


def _shared_names(source: _Source, settings: Settings, other: _Source, others: Settings) -> Iterator[str]:
    for key, name in _names(settings).items():
        for other_key, other_name in _names(others).items():
            if name == other_name:
                both = f"must differ from {other_key} in {other}, but both are {shown(name[-1])}"
                yield f"{source}: {key}: {both}"
    # A log bucket that exists may serve several environments, but data and state are never mixed with logs.
    for mine, its, theirs, them in ((source, settings, other, others), (other, others, source, settings)):
        for key, bucket in (("bucket_name", them.bucket_name), ("state.bucket", them.state.bucket)):
            if its.logging.existing_bucket == bucket:
                both = f"must differ from {key} in {theirs}, but both are {shown(bucket)}"
                yield f"{mine}: logging.existing_bucket: {both}"


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
