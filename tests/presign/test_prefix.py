"""`presign bulk get s3://BUCKET/PREFIX/` and `presign list`, against a real server."""

import csv
import json
import urllib.request
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path

from presign import listing
from tests.presign.presign_support import BUCKET, Presign, refusing

import pytest
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")

HARD = [
    "a b",
    "a+b",
    "a%20b",
    "ü/é 日本",
    "a//b",
    "line\nbreak",
    'quo"te,',
    "s3://x/y",
    "tab\tend",
    "*",
    "z/",
]


@pytest.fixture(scope="module")
def bucket(s3: S3Client, s3_endpoint: str) -> S3Client:
    """The bucket, with versions, objects below many/ and hard/, and two that are archived."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key in HARD:
        s3.put_object(Bucket=BUCKET, Key=f"hard/{key}", Body=key.encode())
    connection = HTTPConnection(s3_endpoint.removeprefix("http://"))  # five times as fast as put_object
    for number in range(1_205):  # more than a page
        one = {"Bucket": BUCKET, "Key": f"many/{number:04}"}
        link = s3.generate_presigned_url("put_object", Params=one)
        connection.request("PUT", link.removeprefix(s3_endpoint), body=b"")
        assert connection.getresponse().read() == b""
    connection.close()
    s3.put_object(Bucket=BUCKET, Key="cold/a", Body=b"a")
    s3.put_object(Bucket=BUCKET, Key="cold/g", Body=b"g", StorageClass="GLACIER")
    s3.put_object(Bucket=BUCKET, Key="cold/d", Body=b"d", StorageClass="DEEP_ARCHIVE")
    for body in (b"one", b"two", b"three"):
        s3.put_object(Bucket=BUCKET, Key="old/k", Body=body)
    s3.put_object(Bucket=BUCKET, Key="old/gone", Body=b"gone")
    s3.delete_object(Bucket=BUCKET, Key="old/gone")
    return s3


@pytest.fixture
def place(bucket: S3Client, outputs: str) -> Sequence[str]:
    return ("--outputs", outputs)


def rows() -> list[tuple[str, str]]:
    with Path("out.csv").open(newline="") as file:
        return [(row["key"], row["url"]) for row in csv.DictReader(file)]


def content(url: str) -> bytes:
    with urllib.request.urlopen(url) as response:  # noqa: S310
        body: bytes = response.read()
    return body


def test_every_object_below_a_prefix_gets_its_link(presign: Presign, place: Sequence[str]) -> None:
    result = presign("bulk", "get", *place, f"s3://{BUCKET}/many/", "-o", "out.csv")
    assert (result.code, result.err.partition(" in ")[0]) == (0, "1,205 links"), result.err
    assert [key for key, _ in rows()] == [f"many/{number:04}" for number in range(1_205)]


def test_links_of_hard_keys_fetch_their_objects(presign: Presign, place: Sequence[str]) -> None:
    assert presign("bulk", "get", *place, "--prefix", "hard/", "-o", "out.csv").code == 0
    found = {key: content(url).decode() for key, url in rows()}
    assert found == {f"hard/{key}": key for key in HARD}


def test_a_prefix_need_not_end_with_a_slash(presign: Presign, place: Sequence[str]) -> None:
    assert presign("bulk", "get", *place, "--prefix", "many/12", "-o", "out.csv").code == 0
    assert [key for key, _ in rows()] == [f"many/120{number}" for number in range(5)]


@pytest.mark.parametrize("args", [[f"s3://{BUCKET}"], [f"s3://{BUCKET}/"], ["--prefix", ""]])
def test_a_whole_bucket_is_listed(presign: Presign, place: Sequence[str], args: list[str]) -> None:
    assert presign("bulk", "get", *place, *args, "-o", "out.csv").code == 0
    assert {"many/0000", "hard/a b", "old/k"} <= {key for key, _ in rows()}


def test_archived_objects_are_counted_and_left_out(presign: Presign, place: Sequence[str]) -> None:
    command = ("bulk", "get", *place, f"s3://{BUCKET}/cold/", "-o", "out.csv")
    result = presign(*command)
    assert [key for key, _ in rows()] == ["cold/a"]
    assert (
        "Left out: 2 archived objects, which must be restored first (--archived includes them)" in result.err
    )
    result = presign(*command, "--archived")
    assert [key for key, _ in rows()] == ["cold/a", "cold/d", "cold/g"]
    assert "Left out" not in result.err


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_version_gets_its_own_link(presign: Presign, place: Sequence[str], form: str) -> None:
    result = presign("bulk", "get", *place, "--prefix", "old/", "-o", f"out.{form}", "--all-versions")
    assert result.code == 0, result.err
    assert "Left out: 1 delete markers\n" in result.err
    if form == "csv":
        found = rows()
    else:
        documents = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
        assert all(f"versionId={row['version_id']}" in row["url"] for row in documents)
        found = [(row["key"], row["url"]) for row in documents]
    contents = sorted((key, content(url)) for key, url in found)
    assert contents == [("old/gone", b"gone"), *(("old/k", body) for body in (b"one", b"three", b"two"))]


def test_a_killed_run_is_resumed(presign: Presign, place: Sequence[str]) -> None:
    command = ("bulk", "get", *place, "--prefix", "many/", "-o", "out.csv")
    assert presign(*command).code == 0
    whole = Path("out.csv").read_bytes()
    Path("out.csv.partial").write_bytes(whole[: len(whole) * 9 // 10])
    Path("out.csv").unlink()
    result = presign(*command, "--resume")
    assert result.code == 0, result.err
    assert Path("out.csv").read_bytes() == whole


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.txt", "out.csv.gz"])
@pytest.mark.parametrize(("prefix", "at"), [("many/", 0.9), ("hard/", 0.3), ("hard/", 0.6)])
def test_a_resumed_run_lists_on_after_its_last_key(
    presign: Presign, place: Sequence[str], s3: S3Client, name: str, prefix: str, at: float
) -> None:
    command = ("bulk", "get", *place, "--prefix", prefix, "-o", name)
    early = {"Bucket": BUCKET, "Key": f"{prefix}!early"}
    s3.put_object(**early)  # type: ignore[arg-type]
    assert presign(*command).code == 0
    whole = Path(name).read_bytes()
    cut = len(whole) if name.endswith(".gz") and prefix == "hard/" else int(len(whole) * at)
    Path(f"{name}.partial").write_bytes(whole[:cut])
    Path(name).unlink()
    s3.delete_object(**early)  # type: ignore[arg-type]
    result = presign(*command, "--resume")
    assert result.code == 0, result.err
    assert Path(name).read_bytes() == whole
    assert result.err.startswith(f"{1_206 if prefix == 'many/' else len(HARD) + 1:,} links in ")


@pytest.mark.parametrize("row", ["a,b", "{}", "[]", "null", '{"key": 1}', "many/0001,http://x", '"'])
@pytest.mark.parametrize("form", ["csv", "jsonl", "url"])
def test_a_partial_file_that_is_not_of_this_run_is_refused(
    presign: Presign, place: Sequence[str], form: str, row: str
) -> None:
    Path("out.csv.partial").write_text(f"key,url\n{row}\n")
    options = ("--format", form, "--prefix", "many/", "-o", "out.csv", "--resume")
    result = presign("bulk", "get", *place, *options)
    if result.code == 0:  # there is no whole row, so it starts again
        assert form == "csv"
        assert row == '"'
        return
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "cannot resume: the partial file was made from another manifest" in result.err


def test_a_run_of_another_prefix_is_not_resumed(presign: Presign, place: Sequence[str]) -> None:
    assert presign("bulk", "get", *place, "--prefix", "many/0", "-o", "out.csv").code == 0
    Path("out.csv").rename("out.csv.partial")
    result = presign("bulk", "get", *place, "--prefix", "hard/", "-o", "out.csv", "--resume")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "cannot resume" in result.err


def test_what_is_revoked_is_a_bad_row(presign: Presign, place: Sequence[str]) -> None:
    path = Path(place[1])
    document = json.loads(path.read_text())
    document["secure-storage-dev"]["PresignRevoked"] = ["hard/a b", "hard/ü/"]
    path.write_text(json.dumps(document))
    assert presign("bulk", "get", *place, "--prefix", "hard/", "-o", "out.csv").code == 3
    assert not {"hard/a b", "hard/ü/é 日本"} & {key for key, _ in rows()}
    report = Path("out.csv.errors").read_text()
    assert report.count("\n") == 2
    assert f"s3://{BUCKET}/hard/ row 2: links for 'hard/a b' are revoked" in report


def test_nothing_below_a_prefix_is_said(presign: Presign, place: Sequence[str]) -> None:
    result = presign("bulk", "get", *place, "--prefix", "report*", "-o", "out.csv")
    assert result.code == 0
    assert result.err.startswith("0 links in out.csv")
    assert "Warning: S3 lists no objects there: compare the prefix with 'presign list'\n" in result.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["get", "s3://other/p/"], "'s3://other/p/' is not in the bucket of these outputs"),
        (["get", f"s3://{BUCKET}/p"], "give it with / at its end, or --prefix"),
        (["get", "m.txt", "--prefix", "p"], "--prefix goes without MANIFEST"),
        (
            ["get", "m.txt", "--all-versions"],
            "--archived and --all-versions are for listings and inventories",
        ),
        (["get", "m.txt", "--archived"], "--archived and --all-versions are for listings and inventories"),
        (["put", f"s3://{BUCKET}/p/"], "lists objects that are there already"),
        (["put"], "missing argument 'MANIFEST'"),
        (["put", "--prefix", "p/"], "no such option"),
    ],
)
def test_misuse_is_one_line(presign: Presign, place: Sequence[str], args: list[str], message: str) -> None:
    Path("m.txt").write_text("a\n")
    result = presign("bulk", *args, *place, "-o", "out.csv")
    assert (result.code > 0, result.out, result.err.count("\n")) == (True, "", 1), result.err
    assert message.lower() in result.err.lower()
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("args", "needed"),
    [
        (
            ["bulk", "get", "--prefix", "p/", "-o", "out.csv"],
            "s3:ListBucket: SecureS3Access-dev and SecureS3Read-dev allow it",
        ),
        (["list", "p/"], "s3:ListBucket: SecureS3Access-dev and SecureS3Read-dev allow it"),
        (
            ["list", "--all-versions", "p/"],
            "s3:ListBucketVersions: none of this project's IAM policies allows it",
        ),
    ],
)
def test_a_refused_list_is_one_line(
    presign: Presign, place: Sequence[str], args: list[str], needed: str
) -> None:
    with refusing(403, "AccessDenied", "no") as url:
        result = presign(*args, *place, "--endpoint-url", url)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith(f"Error: cannot list s3://{BUCKET}/p/: the credentials need {needed}")


def test_objects_are_listed_for_people(presign: Presign, place: Sequence[str]) -> None:
    result = presign("list", *place, "cold/")
    assert result.code == 0
    assert [line.split()[1:] for line in result.out.splitlines()] == [
        ["1", "cold/a"],
        ["1", "cold/d", "(DEEP_ARCHIVE)"],
        ["1", "cold/g", "(GLACIER)"],
    ]
    assert result.err == "3 objects, 3 bytes\n"
    assert r"  hard/line\nbreak" in presign("list", *place, f"s3://{BUCKET}/hard/").out


def test_objects_are_listed_for_programs(presign: Presign, place: Sequence[str]) -> None:
    found = json.loads(presign("list", *place, "hard/", "--format", "json").out)
    assert {row["key"]: row["size"] for row in found} == {f"hard/{key}": len(key.encode()) for key in HARD}
    assert all(row["modified"].endswith("Z") for row in found)
    assert len(json.loads(presign("list", *place, "many/", "--format", "json").out)) == 1_205
    assert json.loads(presign("list", *place, "none/", "--format", "json").out) == []
    versions = json.loads(presign("list", *place, "old/", "--format", "json", "--all-versions").out)
    assert sorted((row["key"], row["latest"], row["delete_marker"]) for row in versions) == [
        ("old/gone", False, False),
        ("old/gone", True, True),
        ("old/k", False, False),
        ("old/k", False, False),
        ("old/k", True, False),
    ]


@pytest.mark.parametrize(
    ("url", "endpoint", "style"),
    [
        ("https://my-bucket.s3.eu-west-1.amazonaws.com/", "https://s3.eu-west-1.amazonaws.com/", "virtual"),
        ("http://localhost:9000/my-bucket/", "http://localhost:9000/", "path"),
        ("https://proxy/s3/my-bucket/", "https://proxy/s3/", "path"),
    ],
)
def test_the_host_that_is_asked_is_that_of_the_links(url: str, endpoint: str, style: str) -> None:
    assert listing.endpoint_of(url, "my-bucket") == (endpoint, style)
