"""Reads the settings of every environment from environments/*.toml, and checks them together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from settings.combinations import wrong_combinations
from settings.defaults import environment_name, with_defaults
from settings.files import environment_files, read_toml
from settings.model import Settings
from settings.names.aws import InvalidValueError
from settings.problems import (
    SettingsError,
    invalid,
    toml_keys,
    unknown_key,
    validation_problems,
)
from settings.shared_state import given_twice, with_backend_of, wrong_owner
from settings.unique import claims, taken_by_both

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
    wrong: dict[str, tuple[str, ...]] = {}
    for source in sources:
        try:
            loaded[source] = _load(source, environ)
        except SettingsError as error:
            wrong[source.environment] = error.problems
    # The others are read only to see that the picked one takes none of their names.
    problems = [one for name, of in wrong.items() if picked in (None, name) for one in of]
    loaded, more = _with_backends(loaded, wrong, picked)
    problems += more
    claimed = [(file, settings, claims(settings)) for file, settings in loaded.items()]
    problems += (
        f"{file}: {line}"
        for (file, settings, mine), (other_file, other, theirs) in combinations(claimed, 2)
        if picked in (None, settings.environment, other.environment) and not mine.isdisjoint(theirs)
        for line in taken_by_both(settings, other, str(other_file))
    )
    if problems:
        raise SettingsError(problems)
    chosen = (settings for settings in loaded.values() if picked in (None, settings.environment))
    return tuple(sorted(chosen, key=lambda settings: settings.environment))


def _with_backends(
    loaded: "Mapping[_Source, Settings]", wrong: Mapping[str, Iterable[str]], picked: str | None
) -> "tuple[dict[_Source, Settings], list[str]]":
    """Return the settings, each with the state bucket that it uses, and the problems with `state.of`."""
    owners = {source.environment: one for source, one in loaded.items() if not source.ephemeral}
    found, problems = dict(loaded), []
    for source, settings in loaded.items():
        of = settings.state.of
        if of is None:
            continue
        if of in wrong:
            # Its owner may be the reason: with a wrong file, nobody knows where the state is.
            refused = list(wrong[of])
        else:
            refused = [
                invalid(f"{source}: {key}", error, value)
                for key, error, value in wrong_owner(settings, owners)
            ]
        if not refused:
            found[source] = with_backend_of(settings, owners[of])
        elif picked in (None, source.environment, of):
            problems += refused
    return found, problems


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
    problems += (invalid(f"{file}: {key}", error, value) for key, error, value in given_twice(given))
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
