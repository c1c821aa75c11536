"""Reads what the storage stack says about its bucket.

Three shapes are read: ``cdktf deploy --outputs-file F`` writes
``{stack: {name: value}}``, ``terraform output -json`` writes
``{name: {"value": …, "type": …, "sensitive": …}}``, and a Terraform state has
the latter under ``outputs``.
"""

import errno
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeGuard

from presign.errors import OutputsError
from presign.revoked import NOTHING, Revoked
from presign.scanned import NOTHING as NOT_SCANNED
from presign.scanned import Scan

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
# A header that could carry a line break would change the request that is signed.
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")

_WRAPPER = ("[command]", "::")  # its command line, and workflow commands such as ::debug::
_NEEDED = ("S3BucketName", "S3BucketRegion", "UploadHeaders", "PresignMaxSeconds")


@dataclass(frozen=True)
class Outputs:
    """The outputs of one storage stack.

    ``upload_headers`` is what an upload must send, ``max_seconds`` the longest
    that the bucket lets a link live. ``kms_key_arn`` is empty where the bucket
    is encrypted with SSE-S3; the other two ARNs are empty where the outputs
    lack them. ``access_points`` are the ARNs of those that the policy names, and
    ``revoked`` is which links do not work. ``object_lock`` is false where the outputs do not tell, and
    ``scan`` is then of nothing.
    """

    bucket: str
    region: str
    upload_headers: Mapping[str, str]
    max_seconds: int
    bucket_arn: str = ""
    kms_key_arn: str = ""
    policy_arn: str = ""
    access_points: tuple[str, ...] = ()
    revoked: Revoked = NOTHING
    object_lock: bool = False
    scan: Scan = NOT_SCANNED


def read(source: str, stack: str | None = None) -> Outputs:
    """Read the outputs from the file ``source``, or from standard input where it is ``-``.

    ``stack`` chooses among several storage stacks in one file. Raises
    OutputsError, which names the file and everything that is missing.
    """
    where = "standard input" if source == "-" else source
    try:
        text = _stdin() if source == "-" else Path(source).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or error
        raise OutputsError(f"cannot read the outputs in {where}: {reason}") from error
    if not text.strip():
        raise OutputsError(f"the outputs in {where} are empty: did the command that wrote them fail?")
    return parse(_parsed(text, where), where, stack)


def parse(document: object, where: str, stack: str | None = None) -> Outputs:
    """Turn a parsed outputs document of any shape into Outputs; ``where`` is for the messages."""
    if isinstance(document, dict) and "terraform_version" in document:
        document = document.get("outputs")
    values = _pick_stack(document, where, stack)
    missing = [name for name in _NEEDED if values.get(name) in (None, "")]
    if missing:
        raise OutputsError(
            f"the outputs in {where} lack {', '.join(missing)}: they must be those of the storage stack, "
            "written by 'cdktf deploy --outputs-file FILE' or 'terraform output -json'"
        )
    return Outputs(
        bucket=_text(values, "S3BucketName", where, _BUCKET, "a bucket name"),
        region=_text(values, "S3BucketRegion", where, _REGION, "an AWS region"),
        upload_headers=_headers(values["UploadHeaders"], where),
        max_seconds=_seconds(values["PresignMaxSeconds"], where),
        bucket_arn=str(values.get("S3BucketArn") or ""),
        kms_key_arn=str(values.get("KMSKeyArn") or ""),
        policy_arn=str(values.get("IAMPolicyArn") or ""),
        access_points=_texts(values, "S3AccessPointArns", where, "ARNs"),
        revoked=Revoked(_texts(values, "PresignRevoked", where, "keys"), _moment(values, where)),
        object_lock=_flag(values, "ObjectLock", where),
        scan=_scan(values.get("MalwareScan"), where),
    )


def _parsed(text: bytes, where: str) -> object:
    """Parse JSON; without the lines that setup-terraform's wrapper puts around it, where there are any.

    https://github.com/hashicorp/setup-terraform#readme
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        failure = error
    lines = text.decode(json.detect_encoding(text), "replace").splitlines()
    kept = [line for line in lines if not line.startswith(_WRAPPER)]
    hint = ""
    if len(kept) < len(lines):
        try:
            return json.loads("\n".join(kept))
        except (ValueError, RecursionError) as error:
            failure = error
        hint = ": give hashicorp/setup-terraform the input 'terraform_wrapper: false'"
    raise OutputsError(f"the outputs in {where} are not JSON: {failure}{hint}") from failure


def _stdin() -> bytes:
    if sys.stdin is None:  # closed by the program that started us
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read()


def _pick_stack(document: object, where: str, stack: str | None) -> Mapping[str, object]:
    if not isinstance(document, dict) or not all(isinstance(value, dict) for value in document.values()):
        raise OutputsError(
            f"the outputs in {where} have neither of the shapes that are read: those of "
            "'cdktf deploy --outputs-file FILE' and of 'terraform output -json'"
        )
    if document and all({"value", "type"} <= value.keys() for value in document.values()):
        if stack is not None:
            raise OutputsError(
                f"--stack {stack} cannot be chosen: {where} holds the outputs of a single stack"
            )
        return {name: output["value"] for name, output in document.items()}
    if stack is not None:
        if stack not in document:
            raise OutputsError(f"there is no stack {stack!r} in {where}, only: {_listed(document)}")
        return dict(document[stack])
    storage = [name for name, values in document.items() if "S3BucketName" in values]
    if len(storage) > 1:
        raise OutputsError(
            f"{where} holds several storage stacks: choose one with --stack: {_listed(storage)}"
        )
    if storage:
        return dict(document[storage[0]])
    # No storage stack: a lone stack is the one that is meant, and the caller says what it lacks.
    return dict(next(iter(document.values()))) if len(document) == 1 else {}


def _listed(names: object) -> str:
    return ", ".join(sorted(names)) if isinstance(names, (list, dict)) and names else "none"


def _text(values: Mapping[str, object], name: str, where: str, allowed: re.Pattern[str], what: str) -> str:
    value = values[name]
    if not isinstance(value, str) or not allowed.fullmatch(value):
        raise OutputsError(f"the output {name} in {where} is {value!r}, which is not {what}")
    return value


def _headers(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise OutputsError(
            f"the output UploadHeaders in {where} is {value!r}, not a map of header names to values"
        )
    for name, text in value.items():
        if not _HEADER_NAME.fullmatch(name) or not isinstance(text, str) or not _HEADER_VALUE.fullmatch(text):
            raise OutputsError(
                f"the output UploadHeaders in {where} has {name!r}: {text!r}, which is not a header"
            )
    return dict(value)


def _texts(values: Mapping[str, object], name: str, where: str, what: str) -> tuple[str, ...]:
    value = values.get(name) or []
    if not _are_texts(value):
        raise OutputsError(f"the output {name} in {where} is {value!r}, not a list of {what}")
    return tuple(value)


def _flag(values: Mapping[str, object], name: str, where: str) -> bool:
    value = values.get(name, False)
    if value in (True, False, "true", "false"):
        return value in (True, "true")
    raise OutputsError(f"the output {name} in {where} is {value!r}, not true or false")


def _scan(value: object, where: str) -> Scan:
    if value in (None, ""):
        return NOT_SCANNED
    if isinstance(value, dict):
        prefixes, enforced, names = value.get("Prefixes"), value.get("Enforced"), _scan_names(value)
        if _are_texts(prefixes) and isinstance(enforced, bool) and all(names):
            # A bucket that is scanned as a whole has all keys below "".
            return Scan(tuple(prefixes) or ("",), enforced, *names)
    raise OutputsError(
        f"the output MalwareScan in {where} is {value!r}, not an object with a list of Prefixes, Enforced "
        "(true or false), Tag and Clean"
    )


def _scan_names(value: Mapping[str, object]) -> list[str]:
    return [text if isinstance(text := value.get(name), str) else "" for name in ("Tag", "Clean")]


def _are_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _moment(values: Mapping[str, object], where: str) -> datetime | None:
    value = values.get("PresignRevokedBefore")
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise OutputsError(f"the output PresignRevokedBefore in {where} is {value!r}, not a date and time")
    return moment.astimezone(UTC)


def _seconds(value: object, where: str) -> int:
    # Terraform keeps numbers as it likes: 3600, 3600.0 or "3600".
    text = str(value).removesuffix(".0")
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,12}", text) or int(text) == 0:
        raise OutputsError(
            f"the output PresignMaxSeconds in {where} is {value!r}, not a number of seconds above zero"
        )
    return int(text)
