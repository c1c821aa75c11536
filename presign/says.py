"""What an upload says of the object, and what a download says of its answer.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

import re
from collections.abc import Callable, Mapping
from typing import TypedDict
from urllib.parse import quote

from presign import checksums, needs, request
from presign.errors import RequestError

STORAGE_CLASSES = (
    *("STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA"),
    *("GLACIER_IR", "GLACIER", "DEEP_ARCHIVE", "REDUCED_REDUNDANCY"),
)
"""Those of a general purpose bucket."""

SUCCESS_STATUSES = (200, 201, 204)
TAGGING, FORM_TAGGING = "x-amz-tagging", "tagging"

# Compiled where they are needed: one link should not wait for it.
_TEXT = r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?"
_METADATA_NAME = r"[A-Za-z0-9_.-]+"
_MAX_METADATA = 2048  # bytes, of all names and values
_WEB_PAGE = r"https?://[A-Za-z0-9\[][\x21-\x7e]*"
_CODING = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_LANGUAGE = r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
_MAX_TAGS, _MAX_TAG_NAME, _MAX_TAG_VALUE = 10, 128, 256  # characters in UTF-16
_TAG_SIGNS = set(" +-=._:/@")


class UploadSays(TypedDict, total=False):
    """What an upload says; each may be None or left out.

    ``checksum`` is such as ``sha256:DIGEST``. With ``if_none_match`` the upload replaces no object.
    """

    content_type: str | None
    checksum: str | None
    metadata: Mapping[str, str] | None
    tags: Mapping[str, str] | None
    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None
    storage_class: str | None
    if_none_match: bool


class FormSays(TypedDict, total=False):
    """What a form says; each may be None or left out. ``content_type`` may end with ``/*``.

    ``field_type`` is then what the field Content-Type says, such as ``image/png``.
    ``success_redirect`` is where browsers go after the upload; ``success_status`` is 200, 201 or 204.
    """

    content_type: str | None
    field_type: str | None
    checksum: str | None
    metadata: Mapping[str, str] | None
    tags: Mapping[str, str] | None
    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    storage_class: str | None
    success_redirect: str | None
    success_status: int | None


class DownloadSays(TypedDict, total=False):
    """What a download says; each may be None or left out.

    ``download_as`` is the name under which browsers save the file, and ``inline`` has them show it. The
    others replace what the object's upload said.
    """

    version_id: str | None
    download_as: str | None
    inline: bool
    content_type: str | None
    cache_control: str | None
    content_language: str | None


def headers(says: UploadSays) -> dict[str, str]:
    """Return the headers of an upload. Raises RequestError for what S3 or HTTP cannot carry."""
    given = [
        ("content-type", says.get("content_type"), request.content_type),
        ("cache-control", says.get("cache_control"), _cache_control),
        ("content-disposition", says.get("content_disposition"), _content_disposition),
        ("content-encoding", says.get("content_encoding"), _content_encoding),
        ("content-language", says.get("content_language"), _content_language),
        ("x-amz-storage-class", says.get("storage_class"), _storage_class),
    ]
    found = _checked(given)
    if tags := says.get("tags"):
        found[TAGGING] = _tagging(tags)
    if says.get("if_none_match"):
        found["if-none-match"] = "*"
    checksum = says.get("checksum")
    summed = {} if checksum is None else checksums.header(checksum)
    return found | _metadata(says.get("metadata") or {}) | summed


def fields(says: FormSays) -> dict[str, str]:
    """Return the fields of a form, but the content type. Raises RequestError as ``headers`` does.

    A form has its tags as XML, in a field of another name than the header:
    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
    """
    found = headers(
        UploadSays(
            checksum=says.get("checksum"),
            metadata=says.get("metadata"),
            cache_control=says.get("cache_control"),
            content_disposition=says.get("content_disposition"),
            content_encoding=says.get("content_encoding"),
            storage_class=says.get("storage_class"),
        )
    )
    if "content-md5" in found:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html has no condition
        # for it, and a field without one can be left out.
        raise RequestError("a form's policy cannot demand an MD5 digest: give another, as in sha256:DIGEST")
    if tags := says.get("tags"):
        found[FORM_TAGGING] = _tagging_xml(tags)
    redirect, status = says.get("success_redirect"), says.get("success_status")
    if redirect is not None:
        if status is not None:
            raise RequestError("a form answers with a redirect or with a status: give one of the two")
        if not re.fullmatch(_WEB_PAGE, redirect):
            raise RequestError(f"{redirect!r} is not a page to go to: give a URL with https:// or http://")
        found["success_action_redirect"] = redirect
    if status is not None:
        if status not in SUCCESS_STATUSES:
            raise RequestError(f"a form cannot answer with {status}: give 200, 201 or 204")
        found["success_action_status"] = str(status)
    for name, value in found.items():
        # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        if "$" in value:
            raise RequestError(f"{name} cannot be {value!r}: S3 refuses a '$' in a form")
    return found


def doubts(headers: Mapping[str, str]) -> list[str]:
    """Say what is doubtful about an upload with these headers."""
    if TAGGING not in headers and FORM_TAGGING not in headers:
        return []
    allowed = needs.allowed("s3:PutObjectTagging", "")
    return [f"the signer needs s3:PutObjectTagging for the tags: {allowed}"]


def query(says: DownloadSays) -> dict[str, str]:
    """Return the parameters of a download. Raises RequestError for what S3 or HTTP cannot carry."""
    found = {}
    version = says.get("version_id")
    if version is not None:
        if not version.strip():
            raise RequestError("the version id is empty: leave --version-id out for the newest version")
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
        if " " in version or not version.isprintable():
            raise RequestError(f"{version!r} is not a version id: give one without spaces and line breaks")
        found["versionId"] = version
    name, inline = says.get("download_as"), says.get("inline")
    if name is not None or inline:
        disposition = "inline" if inline else "attachment"
        found["response-content-disposition"] = request.content_disposition(name, disposition)
    given = [
        ("response-content-type", says.get("content_type"), request.content_type),
        ("response-cache-control", says.get("cache_control"), _cache_control),
        ("response-content-language", says.get("content_language"), _content_language),
    ]
    return found | _checked(given)


def _checked(given: list[tuple[str, str | None, Callable[[str], str]]]) -> dict[str, str]:
    return {name: check(value) for name, value, check in given if value is not None}


def _text(what: str, value: str) -> str:
    """Return ``value`` if a header can carry it as it is, and curl sends it."""
    if not re.fullmatch(_TEXT, value):
        raise RequestError(
            f"{what} cannot be {value!r}: give printable ASCII characters, without blanks at the ends"
        )
    return value


def _cache_control(value: str) -> str:
    return _text("the cache-control", value)


def _content_disposition(value: str) -> str:
    return _text("the content-disposition", value)


def _content_encoding(value: str) -> str:
    codings = [coding.strip(" ") for coding in value.split(",")]
    if "aws-chunked" in map(str.lower, codings):
        raise RequestError("the content-encoding cannot be aws-chunked: a link's content is sent as it is")
    if not all(re.fullmatch(_CODING, coding) for coding in codings):
        raise RequestError(f"{value!r} is not a content-encoding: give one such as gzip or br")
    return _text("the content-encoding", value)


def _content_language(value: str) -> str:
    if not all(re.fullmatch(_LANGUAGE, tag.strip(" ")) for tag in value.split(",")):
        raise RequestError(f"{value!r} is not a content-language: give one such as de, or de-CH, fr-CH")
    return _text("the content-language", value)


def _storage_class(value: str) -> str:
    if value not in STORAGE_CLASSES:
        raise RequestError(f"{value!r} is not a storage class: give one of {', '.join(STORAGE_CLASSES)}")
    return value


def _metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in metadata.items():
        if not re.fullmatch(_METADATA_NAME, name):
            raise RequestError(f"{name!r} cannot be a metadata name: give letters, digits, '-', '_' and '.'")
        # S3 keeps names in lower case: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
        header = f"x-amz-meta-{name.lower()}"
        if header in found:
            raise RequestError(f"the metadata {name.lower()!r} is given twice: S3 keeps names in lower case")
        found[header] = _text(f"the metadata {name!r}", value)
    size = sum(len(name) - len("x-amz-meta-") + len(value) for name, value in found.items())
    if size > _MAX_METADATA:
        raise RequestError(f"the metadata has {size:,} bytes: S3 takes at most {_MAX_METADATA:,}")
    return found


def _tagging(tags: Mapping[str, str]) -> str:
    _require_tags(tags)
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in tags.items())


def _require_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > _MAX_TAGS:
        raise RequestError(f"an object cannot have {len(tags)} tags: S3 takes at most {_MAX_TAGS}")
    for name, value in tags.items():
        _require_tag_text("name", name, 1, _MAX_TAG_NAME)
        _require_tag_text(f"value of {name!r}", value, 0, _MAX_TAG_VALUE)
        if name.lower().startswith("aws:"):
            raise RequestError(f"the tag {name!r} cannot start with aws:, which AWS keeps for itself")


def _tagging_xml(tags: Mapping[str, str]) -> str:
    _require_tags(tags)  # they then have no character that XML escapes
    pairs = (f"<Tag><Key>{name}</Key><Value>{value}</Value></Tag>" for name, value in tags.items())
    return f"<Tagging><TagSet>{''.join(pairs)}</TagSet></Tagging>"


def _require_tag_text(what: str, text: str, least: int, most: int) -> None:
    size = sum(2 if character > "\uffff" else 1 for character in text)
    if not least <= size <= most:
        raise RequestError(f"the tag's {what} has {size} characters: S3 takes {least} to {most}")
    if any(
        not (character.isalpha() or character.isnumeric() or character in _TAG_SIGNS) for character in text
    ):
        raise RequestError(
            f"the tag's {what} cannot be {text!r}: give letters, digits, spaces and {' '.join('+-=._:/@')}"
        )
