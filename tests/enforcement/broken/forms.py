"""Forms that are sent otherwise than they were made."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from presign import form
from presign.credentials import Credentials
from tests.enforcement.broken.bench import Bench, Case, cause, keys_of
from tests.enforcement.clients import send_by_requests


@cause("the form's field Content-Type must begin with 'image/', and does not")
def form_with_another_type(bench: Bench) -> Case:
    return posted(bench, {"Content-Type": "text/html"}, "--content-type", "image/*")


@cause("the form sends a field that its policy does not name: x-amz-meta-extra")
def form_with_a_field_more(bench: Bench) -> Case:
    return posted(bench, {"x-amz-meta-extra": "1"})


@cause("the form's policy or signature was changed")
def form_with_another_policy(bench: Bench) -> Case:
    far = base64.b64encode(b'{"expiration": "2999-01-01T00:00:00Z", "conditions": []}').decode()
    return posted(bench, {"policy": far})


@cause("the file is larger than the form")
def form_with_too_much(bench: Bench) -> Case:
    return posted(bench, {}, "--max-size", "3")


@cause("the form has expired: it worked until ")
def form_that_expired(bench: Bench) -> Case:
    made = bench.made("post", key="in/")
    old = form.fields(
        form.Rules("in/"),
        bucket=bench.place.bucket,
        region="us-east-1",
        credentials=Credentials(*keys_of(bench)),
        headers=bench.place.headers,
        content_type=None,
        expires=900,
        now=datetime.now(UTC) - timedelta(minutes=16),
    )
    return sent_form({**made, "fields": old})


def posted(bench: Bench, change: dict[str, str], *options: str) -> Case:
    """Upload by a form with other fields than its own."""
    made = bench.made("post", *options, key="in/")
    answer = sent_form({**made, "fields": {**made["fields"], **change}}).answer
    return Case(json.dumps(made), answer)


def sent_form(made: dict[str, Any]) -> Case:
    Path("file").write_bytes(b"content")
    answer = send_by_requests(made, Path("file"))
    assert answer.code
    return Case(json.dumps(made), answer.body.decode())
