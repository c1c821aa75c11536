"""`ops new`: writes the file of a new environment, valid and whole, and overwrites none."""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from constructs_lib.policies.place import Place
from ops.deploy.names_in_aws import look_up_role
from ops.shared import aws
from ops.shared.errors import OpsError
from settings import resource_names
from settings.defaults import environment_name
from settings.files import environment_files
from settings.loading import load_environments
from settings.names import aws as aws_names
from settings.names.aws import InvalidValueError
from settings.problems import SettingsError, invalid

LONGEST_NAME = 63
"""The characters of a bucket's name: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""


@dataclass(frozen=True)
class Wanted:
    """What a new environment differs in from the defaults.

    Attributes:
        environment: its name.
        region: its region.
        account: its account; None where that is not known.
        roles: who may use the bucket, each a role's name, or the ARN of a role or a user of the account.
    """

    environment: str
    region: str
    account: str | None
    roles: Sequence[str] = ()


def refuse_existing(environment: str, directory: Path) -> None:
    """Raise an OpsError where a name is not possible, or its environment has a file."""
    try:
        environment_name(environment)
        found = environment_files(directory).get(environment)
    except InvalidValueError as error:
        raise OpsError(invalid("ENV", error, environment)) from error
    except SettingsError as error:
        raise OpsError("\n".join(error.problems)) from error
    if found is not None:
        raise OpsError(
            f"{found.as_posix()} exists already, and was not changed", "edit it, or remove it first"
        )


def write_new(wanted: Wanted, directory: Path) -> Path:
    """Write the file of a new environment, all at once, and return it.

    Args:
        wanted: the environment.
        directory: where the files of the environments are.

    Raises:
        OpsError: there is such a file, or the settings are wrong, each problem on a line; nothing is written.
    """
    refuse_existing(wanted.environment, directory)
    file, text = directory / f"{wanted.environment}.toml", "\n".join(_lines(wanted))
    _refuse_invalid(wanted.environment, text, directory)
    # A link appears at once, and never in the place of another file.
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".new-", suffix=".toml") as temporary:
        temporary.write(text.encode())
        temporary.flush()
        Path(temporary.name).chmod(0o644)  # as git keeps every file
        try:
            os.link(temporary.name, file)
        except FileExistsError as error:
            raise OpsError(f"{file.as_posix()} was written by somebody else just now, and stays") from error
    return file


def default_names(wanted: Wanted) -> list[str]:
    """Return the names of buckets that somebody else may have: those without the account's id in them."""
    names = (_name(template, wanted) for template in _BUCKETS)
    return [name for name in names if wanted.account is None or not name.endswith(wanted.account)]


_BUCKETS = (
    resource_names.DEFAULT_BUCKET,
    resource_names.DEFAULT_STATE_BUCKET,
    resource_names.DEFAULT_LOG_BUCKET,
)


def _name(template: str, wanted: Wanted) -> str:
    """Return the name of a bucket, with the account's id where it fits: nobody else can have taken it."""
    default = template.format(environment=wanted.environment)
    name = default if wanted.account is None else f"{default}-{wanted.account}"
    return name if len(name) <= LONGEST_NAME else default


def _lines(wanted: Wanted) -> Iterator[str]:
    bucket, state, logs = (json.dumps(_name(template, wanted)) for template in _BUCKETS)
    yield f"# {wanted.environment}. What is not here has its default: docs/settings.md."
    yield ""
    yield f"region = {json.dumps(wanted.region)}"
    if wanted.account is None:
        yield '# account_id = "111122223333"  # if set, nothing deploys into another account'
    else:
        yield f"account_id = {json.dumps(wanted.account)} # nothing deploys into another account"
    yield f"bucket_name = {bucket}"
    users = [_user(one, wanted) for one in wanted.roles]
    arns = [arn for arn, _ in users if arn is not None]
    names = [name for _, name in users if name is not None]
    if users:
        yield "\n[access]"
    if arns:
        yield f"principals = {json.dumps(arns)}"
    if names:
        yield f"attach_to_roles = {json.dumps(names)}"
    yield f"\n[state]\nbucket = {state}"
    yield f"\n[logging]\nbucket = {logs}\n"


def _user(given: str, wanted: Wanted) -> tuple[str | None, str | None]:
    """Return the ARN of who uses the bucket, where it is known, and the role that gets the managed policy."""
    if given.startswith("arn:"):
        return given, given.rpartition("/")[2] if ":role/" in given else None
    if wanted.account is None:
        return None, given
    place = Place(aws_names.partition_of(wanted.region), wanted.account, wanted.region)
    return place.iam(f"role/{given}"), given


def check_role(text: str) -> str:
    """Check a role's name, or the ARN of a role or a user; raises InvalidValueError."""
    return aws_names.principal_arn(text) if text.startswith("arn:") else aws_names.role_name(text)


def with_path(role: str, region: str) -> str | None:
    """Return the ARN of a role of the credentials' account, with its path, or None where there is none.

    Where AWS does not answer, it is the name as it was given.
    """
    if role.startswith("arn:"):
        return role
    try:
        with aws.one_line_errors():
            found = look_up_role(role, region)
    except OpsError:
        return role
    return None if found is None else str(found["Arn"])


def _refuse_invalid(environment: str, text: str, directory: Path) -> None:
    """Raise an OpsError unless the settings' own rules accept the new file among the others."""
    with tempfile.TemporaryDirectory(prefix="secure-s3-new-") as temporary:
        for name, file in environment_files(directory).items():
            Path(temporary, f"{name}.toml").write_bytes(file.read_bytes())
        Path(temporary, f"{environment}.toml").write_text(text, encoding="utf-8")
        try:
            load_environments(Path(temporary), {"ENVIRONMENT_SUFFIX": environment})
        except SettingsError as error:
            problems = (one.replace(temporary, directory.as_posix()) for one in error.problems)
            raise OpsError("\n".join(problems)) from error
