"""From Python, links and forms are those of the command line, with the bucket's limits."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import presign
from presign import errors, form
from presign.opened import Bucket, PresignWarning
from tests.presign.presign_support import OutputsFile, Presign

import pytest
import requests

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)
SHA256 = f"sha256:{hashlib.sha256(b'data').hexdigest()}"

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("presign.prepare.utc_now", lambda: NOON)


@pytest.fixture
def bucket(outputs_file: OutputsFile) -> Bucket:
    return presign.open(outputs_file())


@pytest.fixture(name="run")
def command_line(request: pytest.FixtureRequest) -> Presign:
    found: Presign = request.getfixturevalue("presign")
    return found


def printed(run: Presign, outputs: str, *command: str) -> dict[str, Any]:
    result = run(command[0], "--outputs", outputs, "--format", "json", *command[1:])
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


def test_a_download_is_that_of_the_command_line(run: Presign, outputs_file: OutputsFile) -> None:
    link = presign.open(outputs_file()).get(
        "a/ü 1.csv", "1h", download_as="a.csv", content_type="text/csv", version_id="v"
    )
    options = ("--download-as", "a.csv", "--content-type", "text/csv", "--version-id", "v")
    theirs = printed(run, outputs_file(), "get", "--expires", "1h", *options, "a/ü 1.csv")
    assert (str(link), link.method, link.headers) == (theirs["url"], "GET", {})
    assert link.expires_at == datetime(2026, 11, 26, 13, 0, 0, tzinfo=UTC)


def test_an_upload_is_that_of_the_command_line(run: Presign, outputs_file: OutputsFile) -> None:
    link = presign.open(outputs_file()).put(
        "k", 60, metadata={"a": "b"}, tags=None, checksum=SHA256, if_none_match=True
    )
    options = ("--metadata", "a=b", "--checksum", SHA256, "--if-none-match")
    theirs = printed(run, outputs_file(), "put", "--expires", "60s", *options, "k")
    assert (link.url, link.headers) == (theirs["url"], theirs["headers"])


def test_a_form_is_that_of_the_command_line(run: Presign, outputs_file: OutputsFile) -> None:
    made = presign.open(outputs_file()).post("in/", max_size=1000, content_type="image/*", success_status=201)
    options = ("--max-size", "1000", "--content-type", "image/*", "--success-status", "201")
    theirs = printed(run, outputs_file(), "post", *options, "in/")
    changing = {"policy", "x-amz-signature", "x-amz-date"}
    assert made.url == theirs["url"]
    assert {name: made.fields[name] for name in made.fields if name not in changing} == {
        name: theirs["fields"][name] for name in theirs["fields"] if name not in changing
    }
    conditions = [
        json.loads(base64.b64decode(fields["policy"]))["conditions"]
        for fields in (made.fields, theirs["fields"])
    ]
    moment = [{"x-amz-date": made.fields["x-amz-date"]}, {"x-amz-date": theirs["fields"]["x-amz-date"]}]
    for rules in conditions:
        rules[:] = [rule for rule in rules if rule not in moment]
    assert conditions[0] == conditions[1]


def test_links_may_work_until_a_moment(bucket: Bucket) -> None:
    until = datetime(2026, 11, 26, 15, 30, tzinfo=timezone(timedelta(hours=2)))
    assert bucket.get("k", until).url == bucket.get("k", "90m").url


def test_many_links_are_those_of_each_key(bucket: Bucket) -> None:
    keys = ["a", "s3://secure-dev-data-bucket/b", "ü/c d"]
    assert list(bucket.urls(keys, "7d")) == [bucket.get(key, "7d").url for key in keys]
    assert list(bucket.urls(iter(keys), method="PUT")) == [bucket.put(key).url for key in keys]
    assert list(bucket.urls([])) == []


def test_the_limits_of_the_bucket_hold(outputs_file: OutputsFile) -> None:
    bucket = presign.open(outputs_file(PresignMaxSeconds=600, PresignRevoked=["old/"]))
    too_long: list[Callable[[], object]] = [
        lambda: bucket.get("k", "1h"),
        lambda: bucket.put("k", 601),
        lambda: bucket.post("in/", "11m"),
        lambda: bucket.urls(["k"], "1h"),
    ]
    for call in too_long:
        with pytest.raises(errors.ExpiryError, match="at most 10 minutes"):
            call()
    revoked: list[Callable[[], object]] = [
        lambda: bucket.get("old/k"),
        lambda: bucket.put("old/k"),
        lambda: bucket.post("old/"),
        lambda: list(bucket.urls(["k", "old/k"])),
    ]
    for call in revoked:
        with pytest.raises(errors.RevokedError, match="are revoked"):
            call()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda bucket: bucket.get("k", "soon"), errors.DurationError),
        (lambda bucket: bucket.get("k", 0), errors.DurationError),
        (lambda bucket: bucket.get("k", NOON.replace(tzinfo=None)), errors.MomentError),
        (lambda bucket: bucket.get("k", NOON), errors.PresignError),
        (lambda bucket: bucket.get("s3://another/k"), errors.ObjectKeyError),
        (lambda bucket: bucket.get("x" * 1025), errors.ObjectKeyError),
        (lambda bucket: list(bucket.urls(["s3://another/k"])), errors.ObjectKeyError),
        (lambda bucket: bucket.put("k", metadata={"a": "b\nc"}), errors.RequestError),
        (lambda bucket: bucket.post("in/", key="out/k"), errors.RequestError),
        (lambda bucket: bucket.post("in/", max_size=form.MAX_SIZE + 1), errors.RequestError),
        (lambda bucket: bucket.post("in/", success_redirect="javascript:alert(1)"), errors.RequestError),
        (lambda bucket: bucket.urls(["k"], method="DELETE"), ValueError),
    ],
)
def test_what_the_command_line_refuses_is_refused(
    bucket: Bucket, call: Callable[[Bucket], object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        call(bucket)


@pytest.mark.parametrize(
    ("method", "name"), [("get", "tags"), ("put", "inline"), ("post", "content_language")]
)
def test_what_a_method_does_not_know_is_not_ignored(bucket: Bucket, method: str, name: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        getattr(bucket, method)("in/", **{name: "x"})


def test_the_field_of_a_form_may_have_a_type_of_its_own(bucket: Bucket) -> None:
    made = bucket.post("in/", content_type="image/*", field_type="image/png")
    assert made.fields["Content-Type"] == "image/png"


def test_what_the_command_line_warns_of_is_a_warning(bucket: Bucket) -> None:
    with pytest.warns(PresignWarning, match=r"a '\*'") as found:
        bucket.get("reports/*")
    assert Path(found[0].filename) == Path(__file__)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bucket.get("reports/a")


@pytest.mark.parametrize("source", ["", "nowhere.json"])
def test_outputs_that_cannot_be_read_are_an_error(source: str) -> None:
    with pytest.raises(errors.OutputsError):
        presign.open(source)


def test_credentials_that_changed_in_the_environment_are_found(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Credential=test%2F" in bucket.get("k").url
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    assert "Credential=another%2F" in bucket.get("k").url


def test_import_loads_nothing(outputs_file: OutputsFile) -> None:
    script = (
        "import sys; before = set(sys.modules); import presign; print(sorted(set(sys.modules) - before));"
        "presign.open(sys.argv[1]).get('k'); print([m for m in ('boto3', 'botocore') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, outputs_file()]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    loaded, heavy = ran.stdout.splitlines()
    assert "presign.opened" not in loaded
    assert "click" not in loaded
    assert heavy == "[]"


def test_a_round_on_a_real_server(outputs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("presign.prepare.utc_now", lambda: datetime.now(UTC))
    bucket = presign.open(outputs)
    put = bucket.put("from python/ü.txt", "5m", content_type="text/plain", checksum=SHA256)
    assert requests.put(put.url, data=b"other", headers=put.headers, timeout=30).status_code == 400
    assert requests.put(put.url, data=b"data", headers=put.headers, timeout=30).ok
    posted = bucket.post("from python/", content_type="text/*", success_status=201)
    fields = {**posted.fields, "Content-Type": "text/csv"}
    answer = requests.post(posted.url, data=fields, files={"file": ("b.csv", b"b")}, timeout=30)
    assert answer.status_code == 201, answer.text
    urls = bucket.urls(["from python/ü.txt", "from python/b.csv"], "5m")
    assert [requests.get(url, timeout=30).content for url in urls] == [b"data", b"b"]
