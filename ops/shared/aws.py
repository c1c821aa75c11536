"""boto3 for ops: the credentials that Terraform uses, short waits, and errors in one line."""

import contextlib
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

from ops.shared.errors import OpsError

Client = Any
"""A boto3 client; boto3 makes its classes as it runs."""


def client(service: str, region: str) -> Client:
    """Return a boto3 client of `service` in `region`, with the credentials that Terraform would use.

    Raises:
        OpsError: the profile or the files that name the credentials cannot be used.
    """
    import boto3  # only here, as every command of ops would have to wait for it
    import botocore.session
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
    with one_line_errors():
        session = botocore.session.Session()
        session.register_component("data_loader", _loader())
        make: Any = boto3.Session(
            botocore_session=session
        ).client  # its type is a list of all services by name
        return make(service, region_name=region, config=config)


@cache
def _loader() -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
    """Return what reads the descriptions of services. Shared, as that is most of what a client costs."""
    from botocore.loaders import create_loader

    return create_loader()


@contextlib.contextmanager
def one_line_errors(doing: str = "") -> Iterator[None]:
    """Turn what boto3 raises in the block into an OpsError that begins with what we were `doing`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        problem = " ".join(str(error).split())
        raise OpsError(f"{doing}: {problem}" if doing else problem) from error


def get_object(s3: Any, **which: str) -> bytes | None:  # noqa: ANN401 - boto3 makes its classes as it runs
    """Return an object of S3, or None where there is none; raises boto3's ClientError for all else."""
    try:
        body: bytes = s3.get_object(**which)["Body"].read()
    except s3.exceptions.ClientError as error:
        if error_code(error) == "NoSuchKey":
            return None
        raise
    return body


CONFLICT_WAITS = (0.2, 0.4, 0.8, 1.6)
"""Seconds before each further try of a write that another request was in the way of."""


def put_new(s3: Any, body: bytes, **where: str) -> bool:  # noqa: ANN401 - boto3 makes its classes as it runs
    """Write an object of S3 where there is none, and tell whether it was written; else there is one already.

    Where another request for the same key is under way, S3 answers 409, which says nothing about whether an
    object will be there: AWS says to retry, and boto3 retries no 409. It does retry where an answer was lost:
    the object that is there already may be the one that was to be written, which `put_own` finds out.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    waits = iter(CONFLICT_WAITS)
    while True:
        try:
            s3.put_object(**where, Body=body, IfNoneMatch="*")
        except s3.exceptions.ClientError as error:
            if error_code(error) == "PreconditionFailed":
                return False
            wait = next(waits, None) if error_code(error) == "ConditionalRequestConflict" else None
            if wait is None:
                raise
            time.sleep(wait)
        else:
            return True


def put_own(s3: Any, body: bytes, where: dict[str, str], **how: str) -> bool:  # noqa: ANN401
    """Write an object of S3 where there is none, and tell whether what is there now is `body`.

    `where` names the object, `how` has what else to say of it.
    """
    return put_new(s3, body, **where, **how) or get_object(s3, **where) == body


REFUSED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation"}
"""Error codes of a call that the credentials may not make. S3's HEAD answers have no body, only a status."""


def refused(error: BaseException) -> bool:
    """Tell whether AWS refused because the credentials may not; an OpsError as what it came from."""
    cause = error.__cause__ if isinstance(error, OpsError) else error
    return isinstance(cause, Exception) and error_code(cause) in REFUSED


def error_code(error: Exception) -> str:
    """Return the error code of what AWS answered, such as `NoSuchBucket` or, without a body, `404`."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
