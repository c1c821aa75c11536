"""boto3 for ops: the credentials that Terraform uses, short waits, and errors in one line."""

import contextlib
from collections.abc import Iterator
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

from ops.shared.errors import OpsError

if TYPE_CHECKING:
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

    Args:
        service: as boto3 names it, such as `s3`.
        region: where it is asked.
        options: further arguments of boto3's `client`; those of its `config`, a mapping, add to our own.

    Raises:
        OpsError: the profile or the files that name the credentials cannot be used.
    """
    import boto3  # only here, as every command of ops would have to wait for it
    import botocore.session
    from botocore.config import Config

    own: Any = options.pop("config", {})
    settings: Any = {
        "connect_timeout": 5,
        "read_timeout": 20,
        "retries": {"mode": "standard", "total_max_attempts": 3},
        **own,
    }
    with one_line_errors():
        session = botocore.session.Session(event_hooks=copy(_hooks()), include_builtin_handlers=False)
        session.register_component("data_loader", _loader())
        make: Any = boto3.Session(botocore_session=session).client
        return make(service, region_name=region, config=Config(**settings), **options)


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
    cause = error.__cause__ if isinstance(error, OpsError) else error
    return isinstance(cause, Exception) and error_code(cause) in REFUSED


def error_code(error: Exception) -> str:
    """Return the error code of what AWS answered, such as `NoSuchBucket` or, without a body, `404`."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
