"""boto3 for ops: the credentials that Terraform uses, short waits, and errors in one line."""

import contextlib
import json
import os
from collections.abc import Iterator
from copy import copy
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, overload

from ops.shared.errors import OpsError

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.hooks import HierarchicalEmitter
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

Client = Any
"""A boto3 client; boto3 makes its classes as it runs."""


@overload
def client(service: Literal["iam"], region: str, **options: object) -> "IAMClient": ...
@overload
def client(service: Literal["kms"], region: str, **options: object) -> "KMSClient": ...
@overload
def client(service: Literal["s3"], region: str, **options: object) -> "S3Client": ...
@overload
def client(service: Literal["sts"], region: str, **options: object) -> "STSClient": ...
@overload
def client(service: str, region: str, **options: object) -> Client: ...
def client(service: str, region: str, **options: object) -> Client:
    """Return a boto3 client of `service` in `region`, with the credentials that Terraform would use.

    The same question gets the same client, which keeps its connections, while neither the variables, the
    user's files of AWS nor the trusted certificates change. So a role of a profile is taken once.

    Args:
        service: as boto3 names it, such as `s3`.
        region: where it is asked.
        options: further arguments of boto3's `client`; those of its `config`, a mapping, add to our own.

    Raises:
        OpsError: the profile or the files that name the credentials cannot be used.
    """
    own: Any = options.pop("config", {})
    settings: Any = {
        "connect_timeout": 5,
        "read_timeout": 20,
        "retries": {"mode": "standard", "total_max_attempts": 3},
        "max_pool_connections": 32,  # what is asked at once uses the same client
        **own,
    }
    with one_line_errors(), _ONE_AT_A_TIME:
        user = _user(options.get("verify"))
        made = _client(user, service, region, json.dumps(settings), tuple(sorted(options.items())))
        if made._request_signer._credentials is None:
            _client.cache_clear()  # the next question looks for credentials again
        return made


_ONE_AT_A_TIME = Lock()
"""A client may be used by several threads, but not a session."""

_User = tuple[tuple[tuple[str, str], ...], tuple[bytes, ...]]


def _user(verify: object) -> _User:
    """Return all that decides whose the credentials are, and by which way AWS is asked."""
    environ = os.environ
    files = (
        environ.get("AWS_CONFIG_FILE") or "~/.aws/config",
        environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials",
        verify or environ.get("AWS_CA_BUNDLE") or environ.get("REQUESTS_CA_BUNDLE") or os.devnull,
    )
    return tuple(sorted(environ.items())), tuple(_content(file) for file in files)


def _content(file: object) -> bytes:
    try:
        return Path(str(file)).expanduser().read_bytes()
    except (OSError, RuntimeError):  # RuntimeError: no home
        return b""


@lru_cache(maxsize=64)
def _client(
    user: _User, service: str, region: str, config: str, options: tuple[tuple[str, object], ...]
) -> Client:
    from botocore.config import Config

    make: Any = _session(user).client
    return make(service, region_name=region, config=Config(**json.loads(config)), **dict(options))


@lru_cache(maxsize=1)
def _session(_user: _User) -> "Session":
    import boto3  # only here, as every command of ops would have to wait for it
    import botocore.session

    session = botocore.session.Session(event_hooks=copy(_hooks()), include_builtin_handlers=False)
    session.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=session)


@cache
def _loader() -> Client:
    """Return what reads the descriptions of services. Shared, as that is most of what a client costs."""
    from botocore.loaders import create_loader

    return create_loader()


@cache
def _hooks() -> "HierarchicalEmitter":
    """Return boto's own hooks, for sessions to copy: to register them is most of what a session costs."""
    import botocore.session
    from botocore.hooks import HierarchicalEmitter

    hooks = HierarchicalEmitter()
    botocore.session.Session(event_hooks=hooks)
    return hooks


@contextlib.contextmanager
def one_line_errors(doing: str = "") -> Iterator[None]:
    """Turn what boto3 raises in the block into an OpsError that begins with what we were `doing`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        problem = " ".join(str(error).split())
        raise OpsError(f"{doing}: {problem}" if doing else problem) from error


REFUSED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation"}
"""Error codes of a call that the credentials may not make. S3's HEAD answers have no body, only a status."""


def refused(error: BaseException) -> bool:
    """Return whether AWS refused a call to these credentials, also where an OpsError was made of that."""
    cause: BaseException | None = error
    while isinstance(cause, OpsError):
        cause = cause.__cause__
    return isinstance(cause, Exception) and error_code(cause) in REFUSED


def error_code(error: Exception) -> str:
    """Return the error code of what AWS answered, such as `NoSuchBucket` or, without a body, `404`."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
