"""What a link or a form does not allow is refused by each server, and nothing is stored.

Every test ends with the same link or form, unchanged: it works, so it was the change that was refused.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ops.demo.main_job import tampered
from presign import Signer, form
from presign.credentials import Credentials
from presign.endpoint import bucket_url
from tests.enforcement.bucket import ALGORITHM_HEADER, KEY_HEADER
from tests.enforcement.clients import document, send_by_requests
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest

Made = dict[str, Any]
"""A link or a form as `--format json` prints it."""

CodeOf = Callable[..., str]

DATA = b"content"
SIGNATURE = {"SignatureDoesNotMatch"}
# Servers differ in what they look at first.
POLICY_OR_SIGNATURE = SIGNATURE | {"AccessDenied"}


@pytest.fixture
def code_of(tmp_path: Path) -> CodeOf:
    """Sends what was made, with some content, and returns S3's word for a refusal, or nothing."""

    def code(made: Made, content: bytes = DATA) -> str:
        (tmp_path / "file").write_bytes(content)
        return send_by_requests(made, tmp_path / "file").code

    return code


@pytest.fixture
def key() -> str:
    """A key that nobody has used."""
    return f"{uuid.uuid4()}.bin"


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        (lambda link: {"url": tampered(link["url"])}, SIGNATURE),
        (lambda link: {"url": link["url"].replace("Expires=900", "Expires=901")}, SIGNATURE),
        (lambda link: {"url": link["url"].replace(".bin?", ".bin2?")}, SIGNATURE),
        (lambda link: {"method": "GET"}, SIGNATURE),
        (lambda link: {"headers": {**link["headers"], "content-type": "text/html"}}, SIGNATURE),
        (lambda link: {"headers": {**link["headers"], ALGORITHM_HEADER: "AES256"}}, POLICY_OR_SIGNATURE),
        (lambda link: {"headers": {**link["headers"], KEY_HEADER: "alias/other"}}, SIGNATURE),
        (lambda link: {"headers": without(link["headers"], "content-type")}, SIGNATURE),
        (lambda link: {"headers": without(link["headers"], ALGORITHM_HEADER)}, POLICY_OR_SIGNATURE),
        (lambda link: {"headers": without(link["headers"], KEY_HEADER)}, SIGNATURE),
    ],
    ids=[
        "signature",
        "longer life",
        "other key",
        "other method",
        "other type",
        "other encryption",
        "other KMS key",
        "no type",
        "no encryption",
        "no KMS key",
    ],
)
def test_an_upload_that_is_not_the_one_signed(
    place: Place,
    presign: Presign,
    key: str,
    code_of: CodeOf,
    change: Callable[[Made], Made],
    allowed: set[str],
) -> None:
    link = document(presign, "put", "--content-type", "text/csv", key)
    before = place.listed()
    assert code_of({**link, **change(link)}) in allowed
    assert place.listed() == before
    assert code_of(link) == ""
    assert place.stored(key) == DATA


@pytest.mark.parametrize(
    "change",
    [
        lambda url: tampered(url),
        lambda url: url.replace("Expires=900", "Expires=901"),
        lambda url: url.replace(".bin?", ".bin2?"),
    ],
    ids=["signature", "longer life", "other key"],
)
def test_a_download_that_is_not_the_one_signed(
    place: Place, presign: Presign, key: str, code_of: CodeOf, change: Callable[[str], str]
) -> None:
    place.store(key, DATA)
    place.store(f"{key}2", DATA)
    link = document(presign, "get", key)
    changed = change(link["url"])
    assert changed != link["url"]
    assert code_of({**link, "url": changed}) == "SignatureDoesNotMatch"
    assert code_of({**link, "method": "PUT"}, b"other") in POLICY_OR_SIGNATURE
    assert place.stored(key) == DATA
    assert code_of(link) == ""


def test_another_version_or_name_than_the_one_signed(
    place: Place, presign: Presign, key: str, code_of: CodeOf
) -> None:
    old, new = place.store(key, b"old"), place.store(key, b"new")
    link = document(presign, "get", "--version-id", old, "--download-as", "one.bin", key)
    assert code_of({**link, "url": link["url"].replace(old, new)}) == "SignatureDoesNotMatch"
    assert code_of({**link, "url": link["url"].replace("one.bin", "two.bin")}) == "SignatureDoesNotMatch"
    assert code_of(link) == ""


def test_other_content_than_that_of_the_checksum(
    place: Place, presign: Presign, key: str, code_of: CodeOf
) -> None:
    digest = hashlib.sha256(DATA).hexdigest()
    link = document(presign, "put", "--checksum", f"sha256:{digest}", key)
    before = place.listed()
    assert code_of(link, DATA + b"!") == "BadDigest"
    assert place.listed() == before
    assert code_of(link) == ""


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_link_that_has_expired(
    place: Place, presign: Presign, key: str, code_of: CodeOf, method: str
) -> None:
    place.store(key, DATA)
    headers = place.headers if method == "PUT" else {}

    def code(age: timedelta) -> str:
        signer = Signer(
            access_key=place.variables["AWS_ACCESS_KEY_ID"],
            secret_key=place.variables["AWS_SECRET_ACCESS_KEY"],
            region="us-east-1",
            bucket_url=bucket_url(place.bucket, "us-east-1", place.variables["AWS_ENDPOINT_URL"]),
            clock=lambda: datetime.now(UTC) - age,
        )
        url = signer.url(method, key, 900, headers)
        return code_of({"method": method, "url": url, "headers": headers})

    assert code(timedelta(minutes=16)) in {"AccessDenied", "ExpiredToken"}
    assert code(timedelta(minutes=14)) == ""


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        (lambda fields: {"x-amz-signature": flipped(fields["x-amz-signature"])}, SIGNATURE),
        (lambda fields: {"policy": prolonged(fields["policy"])}, SIGNATURE),
        (lambda fields: {"key": f"other/{form.FILENAME}"}, {"AccessDenied"}),
        (lambda fields: {"Content-Type": "text/html"}, {"AccessDenied"}),
        (lambda fields: {ALGORITHM_HEADER: "AES256"}, {"AccessDenied"}),
        (lambda fields: {KEY_HEADER: "alias/other"}, {"AccessDenied"}),
        (lambda fields: {"x-amz-meta-extra": "1"}, {"AccessDenied"}),
        (lambda fields: {"x-amz-acl": "public-read"}, {"AccessDenied"}),
    ],
    ids=[
        "signature",
        "longer life",
        "other prefix",
        "other type",
        "other encryption",
        "other KMS key",
        "one field more",
        "public",
    ],
)
def test_a_form_that_is_not_the_one_signed(
    place: Place,
    presign: Presign,
    key: str,
    code_of: CodeOf,
    change: Callable[[Made], Made],
    allowed: set[str],
) -> None:
    made = document(presign, "post", "--content-type", "image/*", f"{key}/")
    before = place.listed()
    assert code_of({**made, "fields": {**made["fields"], **change(made["fields"])}}) in allowed
    assert place.listed() == before
    assert code_of(made) == ""
    assert place.stored(f"{key}/file") == DATA


def test_a_form_that_lacks_any_of_its_fields(
    place: Place, presign: Presign, key: str, code_of: CodeOf
) -> None:
    made = document(presign, "post", "--content-type", "text/csv", f"{key}/")
    before = place.listed()
    for name in made["fields"]:
        assert code_of({**made, "fields": without(made["fields"], name)}) != "", name
    assert place.listed() == before
    assert code_of(made) == ""


@pytest.mark.parametrize(
    ("size", "code"), [(9, "EntityTooSmall"), (10, ""), (20, ""), (21, "EntityTooLarge")]
)
def test_a_form_upload_of_another_size(
    place: Place, presign: Presign, key: str, code_of: CodeOf, size: int, code: str
) -> None:
    made = document(presign, "post", "--min-size", "10", "--max-size", "20", f"{key}/")
    assert code_of(made, b"x" * size) == code
    assert (f"{key}/file" in place.listed()) == (not code)


@pytest.mark.parametrize(
    ("minutes", "headers", "code"),
    [
        (14, None, ""),
        (16, None, "AccessDenied"),
        (14, {}, "AccessDenied"),
        (14, {ALGORITHM_HEADER: "AES256"}, "AccessDenied"),
    ],
    ids=["alive", "expired", "no encryption", "other encryption"],
)
def test_a_form_that_is_signed_well_but_too_old_or_against_the_policy_of_the_bucket(
    place: Place,
    presign: Presign,
    key: str,
    code_of: CodeOf,
    minutes: int,
    headers: dict[str, str] | None,
    code: str,
) -> None:
    made = document(presign, "post", f"{key}/")
    made["fields"] = form.fields(
        form.Rules(f"{key}/"),
        bucket=place.bucket,
        region="us-east-1",
        credentials=Credentials(
            place.variables["AWS_ACCESS_KEY_ID"], place.variables["AWS_SECRET_ACCESS_KEY"]
        ),
        headers=place.headers if headers is None else headers,
        content_type=None,
        expires=900,
        now=datetime.now(UTC) - timedelta(minutes=minutes),
    )
    assert code_of(made) == code
    assert (f"{key}/file" in place.listed()) == (not code)


def without(values: dict[str, str], name: str) -> dict[str, str]:
    """Return the values but this one."""
    return {other: value for other, value in values.items() if other != name}


def flipped(signature: str) -> str:
    """Return another signature."""
    return ("1" if signature[0] == "0" else "0") + signature[1:]


def prolonged(policy: str) -> str:
    """Return a form's policy with an end far away."""
    document = json.loads(base64.b64decode(policy))
    return base64.b64encode(json.dumps({**document, "expiration": "2999-01-01T00:00:00Z"}).encode()).decode()
