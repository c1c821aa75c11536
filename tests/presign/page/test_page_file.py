"""Pages as files: with a script where the bucket's CORS rules admit them, and else as a plain form."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from presign import http
from presign.errors import PageError
from presign.page import saved
from tests.presign.page.page_support import about
from tests.presign.presign_support import BUCKET, OutputsFile, Presign

import pytest
import requests
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")

METHODS = ("GET", "PUT", "POST")
HEADERS = ("content-md5", "if-none-match")


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, outputs: str, s3: S3Client) -> Iterator[None]:
    """The bucket has no CORS rules, before and after."""
    monkeypatch.setenv("PRESIGN_OUTPUTS", outputs)
    s3.delete_bucket_cors(Bucket=BUCKET)
    yield
    s3.delete_bucket_cors(Bucket=BUCKET)


def admit(
    s3: S3Client,
    *,
    origins: Sequence[str] = ("*",),
    methods: Sequence[str] = METHODS,
    headers: Sequence[str] = HEADERS,
    exposed: Sequence[str] = ("ETag",),
) -> None:
    rule: Any = {
        "AllowedOrigins": list(origins),
        "AllowedMethods": list(methods),
        "AllowedHeaders": list(headers),
        "ExposeHeaders": list(exposed),
    }
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})


def pages_stored(s3: S3Client) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="_presign/").get("Contents", [])]


def test_without_cors_it_is_a_plain_form(presign: Presign, s3: S3Client, tmp_path: Path) -> None:
    before = pages_stored(s3)
    result = presign("page", "put", "-o", "page.html", "--max-size", "10", "file/")
    assert (result.code, result.out) == (0, "")
    assert "The page is in page.html: a plain form for a file at a time, without progress" in result.err
    assert "do not admit pages from files (the origin null)" in result.err
    assert pages_stored(s3) == before
    html = (tmp_path / "page.html").read_text()
    assert "<script" not in html
    [url] = re.findall(r'action="([^"]+)"', html)
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', html)
    answer = requests.post(url, data=dict(fields), files={"file": ("a b.txt", b"x")}, timeout=30)
    assert answer.status_code == 201
    assert "<Key>file/a b.txt</Key>" in answer.text
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600  # who can read it can use it


def test_the_form_can_be_sent_to_the_buckets_origin_only(presign: Presign, s3_endpoint: str) -> None:
    html = presign("page", "put", "-o", "-", "file/").out
    assert f"form-action {s3_endpoint};" in html


def test_an_endpoint_that_no_policy_can_name_is_refused() -> None:
    with pytest.raises(PageError) as caught:
        saved._origin("http://[::1]:9000/bucket/")
    assert str(caught.value) == (
        "no page can send to [::1]:9000: a page's security policy cannot name an IPv6 address; "
        "give the endpoint a host name"
    )
    assert saved._origin("http://127.0.0.1:9000/a;b,c/") == "http://127.0.0.1:9000"


def test_with_cors_it_has_a_script_and_the_buckets_origin(
    presign: Presign, s3: S3Client, s3_endpoint: str, tmp_path: Path
) -> None:
    admit(s3)
    result = presign("page", "put", "-o", "page.html", "--large", "a:6GB", "file/")
    assert (result.code, result.out) == (0, "")
    assert "with progress, as the bucket's CORS rules admit pages from files, until 20" in result.err
    html = (tmp_path / "page.html").read_text()
    found = about(html, "")
    assert found["origin"] == s3_endpoint
    assert f"connect-src {s3_endpoint};" in html
    assert found["large"][0]["key"] == "file/a"
    assert found["fields"]["policy"]
    assert presign("multipart", "abort", "file/a").code == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"origins": ["https://app.example.com"]},
        {"methods": ["GET", "PUT"]},
        {"methods": ["GET", "HEAD"]},
    ],
)
def test_other_rules_admit_no_form_with_a_script(
    presign: Presign, s3: S3Client, rule: dict[str, Any]
) -> None:
    admit(s3, **rule)
    assert "a plain form" in presign("page", "put", "-o", "page.html", "file/").err


@pytest.mark.parametrize(
    "rule",
    [
        None,
        {"methods": ["GET", "POST"]},
        {"methods": ["PUT", "POST"]},
        {"headers": ["content-md5"]},
        {"headers": ["if-none-match"]},
        {"exposed": ["x-amz-version-id"]},
        {"origins": ["https://app.example.com"]},
    ],
)
def test_parts_need_more_and_are_refused_with_the_way_out(
    presign: Presign, s3: S3Client, rule: dict[str, Any] | None
) -> None:
    if rule is not None:
        admit(s3, **rule)
    result = presign("page", "put", "-o", "page.html", "--large", "a:6GB", "file/")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert "no page in a file can upload in parts" in result.err
    assert 'allowed_origins = ["*"]' in result.err
    assert not Path("page.html").exists()
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


@pytest.mark.parametrize(("options", "asked"), [((), 1), (("--large", "a:6GB"), 3)])
def test_s3_is_asked_once_for_each_thing(
    presign: Presign, s3: S3Client, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], asked: int
) -> None:
    admit(s3)
    sent: list[str] = []
    send = http.send

    def note(method: str, *others: Any) -> http.Reply:
        sent.append(method)
        return send(method, *others)

    monkeypatch.setattr(http, "send", note)
    assert presign("page", "put", "-o", "page.html", *options, "file/").code == 0
    assert sent == ["OPTIONS"] * asked
    if options:
        assert presign("multipart", "abort", "file/a").code == 0


def test_downloads_need_no_cors(presign: Presign, s3: S3Client, s3_endpoint: str, tmp_path: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="file/down", Body=b"x")
    result = presign("page", "get", "-o", "page.html", "file/down")
    assert (result.code, result.out) == (0, "")
    found = about((tmp_path / "page.html").read_text(), "")
    [[path, size, signature]] = found["files"]
    assert size == 1
    url = f"{found['origin']}{found['base']}{path}?{found['query']}{signature}"
    assert requests.get(url, timeout=30).content == b"x"


def test_a_bucket_with_dots_can_have_a_page_in_a_file(
    presign: Presign, s3: S3Client, outputs_file: OutputsFile
) -> None:
    s3.create_bucket(
        Bucket="dotted.pages.test", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    outputs = outputs_file(S3BucketName="dotted.pages.test")
    result = presign("page", "put", "--outputs", outputs, "-o", "p", "in/")
    assert (result.code, result.out) == (0, "")


def test_standard_output_has_the_page_alone(presign: Presign, s3: S3Client) -> None:
    result = presign("page", "put", "-o", "-", "file/")
    assert result.out.startswith("<!doctype html>")
    assert result.out.endswith("</html>\n")
    assert "The page is in standard output" in result.err


@pytest.mark.parametrize(
    ("options", "code", "problem"),
    [
        (["--format", "json"], 2, "--format is for a page in the bucket: leave it out with --output"),
        (["-o", "folder"], 1, "it is no ordinary file"),
        (["-o", "nowhere/page.html"], 1, "cannot write"),
        (["-o", "page.html", "--expires", "8d"], 1, "longer than S3 allows"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    presign: Presign, options: list[str], code: int, problem: str
) -> None:
    Path("folder").mkdir()
    options = options if "-o" in options else [*options, "-o", "page.html"]
    result = presign("page", "put", *options, "file/")
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert problem in result.err
    assert not Path("page.html").exists()


def test_where_s3_cannot_be_asked_it_is_one_line(presign: Presign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = presign("page", "put", "-o", "page.html", "file/")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "cannot reach S3" in result.err
