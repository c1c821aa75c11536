"""Cases of keys that were believed, and should not be: for one link, a form, and many alike."""

from pathlib import Path

from presign.form import MAX_SIZE
from tests.presign.presign_support import OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

BUCKET = "secure-dev-data-bucket"
DOUBTFUL = {
    "reports/*": "has a '*': a link is for one object",
    "https://example.com/a.csv": "looks like a URL: give the object's key alone",
    "S3://bucket/a.csv": "looks like a URL",
    f"arn:aws:s3:::{BUCKET}/a.csv": "looks like an ARN: give the object's key alone",
    "2026-11-22 06:41:05       1234 a.csv": "looks like a line of a listing",
    "                           PRE photos/": "looks like a line of a listing",
    "-rw-r--r-- 1 me me 4 Nov 22 06:41 a.csv": "looks like a line of a listing",
    " a.csv": "starts or ends with a blank: it becomes part of the object's name",
    "a.csv\t": "starts or ends with a blank",
    "a%20b.csv": "has a %-escape: it is taken as it is",
    "reports\\a.csv": "has a backslash: S3's folders are separated by / alone",
    "/a.csv": "starts with /: it becomes part of the object's name",
}
FINE = [
    "a.csv",
    "a b  c.csv",
    "100%+.csv",
    "2026-11-22/a.csv",
    "a:b",
    "ü",
    "PRE a",
    "a\nb",
    "-r",
    "arn",
    "x://y"[1:],
]


@pytest.fixture
def run(presign: Presign, outputs_file: OutputsFile) -> Presign:
    """Runs a command with the usual outputs."""
    return lambda *args: presign(*args[:1], "--outputs", outputs_file(), *args[1:])


@pytest.mark.parametrize("command", ["get", "put", "post"])
@pytest.mark.parametrize(("key", "words"), DOUBTFUL.items())
def test_a_key_that_cannot_be_meant_is_warned_of(run: Presign, command: str, key: str, words: str) -> None:
    more = ["--key", key] if command == "post" else []
    result = run(command, *more, "--", "" if command == "post" else key)
    assert result.code == 0
    assert f"Warning: the key {words}" in result.err


@pytest.mark.parametrize("command", ["get", "put"])
@pytest.mark.parametrize("key", FINE)
def test_other_keys_are_not_warned_of(run: Presign, command: str, key: str) -> None:
    result = run(command, "--", key)
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("method", ["get", "put"])
def test_many_keys_that_cannot_be_meant_are_counted(
    presign: Presign, outputs_file: OutputsFile, method: str
) -> None:
    Path("m.txt").write_text("".join(f"{key}\n" for key in ["fine", *DOUBTFUL, "a/*", "dir/"]))
    result = presign("bulk", method, "--outputs", outputs_file(), "m.txt", "-o", "out.csv")
    assert result.code == 0
    assert len(Path("out.csv").read_text().splitlines()) == 1 + 1 + len(DOUBTFUL) + 2
    assert "Warning: 2 keys have a '*' (such as 'reports/*'): a link is for one object" in result.err
    assert "Warning: 2 keys look like a URL (such as 'https://example.com/a.csv')" in result.err
    assert "Warning: 1 key looks like an ARN" in result.err
    assert "Warning: 3 keys look like a line of a listing" in result.err
    assert "Warning: 3 keys start or end with a blank" in result.err  # one is a line of a listing
    assert "Warning: 1 key has a %-escape" in result.err
    assert "Warning: 1 key has a backslash" in result.err
    assert "Warning: 1 key starts with /" in result.err
    assert "ends with / (such as " in result.err or "end with / (such as " in result.err


def test_one_doubtful_key_among_many_is_found(presign: Presign, outputs_file: OutputsFile) -> None:
    keys = [f"folder/{number}.csv" for number in range(50_000)]
    keys[40_000] = "folder/*"
    Path("m.txt").write_text("\n".join(keys))
    result = presign("bulk", "get", "--outputs", outputs_file(), "m.txt", "-o", "out.csv")
    assert [line for line in result.err.splitlines() if "Warning" in line] == [
        "Warning: 1 key has a '*' (such as 'folder/*'): a link is for one object: give its whole key, or a "
        "list of keys to 'presign bulk'"
    ]


def test_a_folder_to_download_and_a_folder_to_upload_to_are_warned_of(run: Presign) -> None:
    assert "the key ends with /: a link downloads one object, not a folder" in run("get", "reports/").err
    assert "the key ends with /: the object gets this very name: add the file's name" in run("put", "x/").err


def test_a_uri_of_this_bucket_names_its_key_everywhere(run: Presign) -> None:
    for command in ("get", "put"):
        url = run(command, "--format", "url", f"s3://{BUCKET}/a/b.csv").out
        assert url.startswith(f"https://{BUCKET}.s3.eu-west-1.amazonaws.com/a/b.csv?")
    assert '"key": "in/${filename}"' in run("post", "--format", "json", f"s3://{BUCKET}/in/").out


@pytest.mark.parametrize("command", [["get"], ["put"], ["post"], ["show", "--check"]])
def test_a_uri_of_another_bucket_is_refused_everywhere(run: Presign, command: list[str]) -> None:
    result = run(*command, "s3://other/in/")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert f"is not in the bucket of these outputs, {BUCKET}" in result.err


def test_a_prefix_without_a_slash_is_warned_of(run: Presign) -> None:
    assert (
        "Warning: the prefix does not end with /: a file NAME becomes photosNAME, not photos/NAME\n"
        in run("post", "photos").err
    )
    for args in (["photos/"], ["photos", "--key", "photos/x"]):
        assert run("post", *args).err == ""


@pytest.mark.parametrize(
    "args", [["in/", "--key", "in/a$$.txt"], ["$in/"], ["in/", "--content-type", "a/$b"]]
)
def test_a_form_that_s3_would_refuse_for_a_dollar_sign_is_refused(run: Presign, args: list[str]) -> None:
    result = run("post", *args)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert "has a '$', which S3 refuses in a form: make a link with 'presign put'" in result.err


def sparse(size: int) -> str:
    """Make a file of so many bytes that takes no space."""
    with Path("big").open("wb") as file:
        file.truncate(size)
    return "big"


@pytest.mark.parametrize(
    ("command", "problem", "way_out"),
    [
        (["put", "k"], "--format curl is not for big, which is over the 5,368,709,120 bytes", "--format sh"),
        (["post", "in/"], "big has 21,474,836,480 bytes, and one upload takes at", "presign put --multipart"),
    ],
)
def test_a_file_over_5_gib_is_refused_with_the_way_out(
    run: Presign, command: list[str], problem: str, way_out: str
) -> None:
    command = [*command, "--format", "curl", "--file"]
    assert run(*command, sparse(MAX_SIZE)).code == 0
    result = run(*command, sparse(20 * 1024**3))
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert problem in result.err
    assert way_out in result.err


@pytest.mark.parametrize("size", [9, 101])
def test_a_file_that_the_forms_sizes_leave_out_is_refused(run: Presign, size: int) -> None:
    command = ("post", "in/", "--min-size", "10", "--max-size", "100", "--file")
    assert run(*command, sparse(10)).code == 0
    assert f"big has {size} bytes, and the form takes 10 to 100 bytes" in run(*command, sparse(size)).err
