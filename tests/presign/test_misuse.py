"""What is misused or fails ends with one line, and the exit code says which of the two."""

from tests.presign.presign_support import OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

PARTS = ("--multipart", "--size", "6GB")
MISUSES = [
    (2, ["get"], "missing argument 'KEY'"),
    (2, ["fetch", "k"], "no such command 'fetch'"),
    (2, ["put", "k", "--version-id", "v"], "no such option '--version-id'"),
    (2, ["get", "k", "--expires", "soon"], "'soon' is not a duration"),
    (2, ["post", "in/", "--max-size", "big"], "'big' is not a size"),
    (2, ["post", "in/", "--format", "url"], "'url' is not one of 'text', 'json', 'curl'"),
    (2, ["completion", "tcsh"], "'tcsh' is not one of"),
    (1, ["get", "k", "--expires", "8d"], "8 days is longer than S3 allows"),
    (1, ["post", "in/", "--expires", "8d"], "8 days is longer than S3 allows"),
    (1, ["get", ""], "the key is empty"),
    (1, ["put", "s3://other-bucket/k"], "is not in the bucket of these outputs"),
    (1, ["get", "k", "--version-id", ""], "the version id is empty"),
    (
        1,
        ["get", "k", "--version-id", "v\n"],
        "'v\\n' is not a version id: give one without spaces and line breaks",
    ),
    (1, ["get", "k", "--version-id", "\udcff"], "'\\udcff' is not a version id"),
    (1, ["get", "k", "--download-as", "a/b"], "'a/b' cannot be the name to save as"),
    (1, ["put", "k", "--checksum", "sha512:00"], "'sha512:00' is not a checksum"),
    (1, ["put", "k", "--checksum", "sha256:00"], "'00' is not a digest of sha256"),
    (1, ["put", "k", "--content-type", "csv"], "'csv' is not a content type"),
    (2, ["put", "k", "--multipart"], "an upload in parts needs the file's size"),
    (2, ["put", "k", "--multipart", "--file", "gone"], "an upload in parts needs the file's size"),
    (1, ["put", "k", "--multipart", "--file", "."], ". is no regular file"),
    (1, ["put", "k", "--multipart", "--file", "/dev/zero", "--format", "html"], "/dev/zero is no regular"),
    (1, ["put", "k", "--multipart", "--size", "6GB", "--file", "/dev/null"], "/dev/null is no regular file"),
    (1, ["put", "k", "--file", "/dev/null", "--format", "curl"], "S3 must know the size of an upload"),
    (1, ["post", "in/", "--file", "."], ". is no regular file"),
    (2, ["put", "k", "--size", "6GB"], "--size is for an upload in parts: add --multipart"),
    (2, ["put", "k", "--format", "sh"], "--format sh is for an upload in parts: add --multipart"),
    (1, ["put", "k", *PARTS, "--format", "curl"], "--format curl is not for an upload in parts"),
    (1, ["put", "k", *PARTS, "--checksum", "sha256:00"], "--checksum is not for an upload in parts"),
    (1, ["put", "k", *PARTS, "--part-size", "4MiB"], "parts cannot have 4,194,304 bytes"),
    (1, ["put", "k", *PARTS, "--part-size", "6GiB"], "parts cannot have 6,442,450,944 bytes"),
    (1, ["put", "k", *PARTS, "--part-size", "5000001"], "parts cannot have 5,000,001 bytes"),
    (
        1,
        ["put", "k", "--multipart", "--size", "1TB", "--part-size", "5MiB"],
        "give --part-size 96MiB",
    ),
    (1, ["put", "k", "--multipart", "--size", "49TiB"], "S3 takes objects of at most 53,687,091,200,000"),
    (1, ["put", "k", *PARTS, "--part-checksums"], "--part-checksums reads the file now"),
    (1, ["put", "k", *PARTS, "--expires", "8d"], "8 days is longer than S3 allows"),
    (1, ["put", "s3://other-bucket/k", *PARTS], "is not in the bucket of these outputs"),
    (
        1,
        ["put", "k", "--multipart", "--size", "20TiB", "--format", "powershell"],
        "parts of 2098 MiB are too large for PowerShell",
    ),
    (2, ["multipart", "abort"], "missing argument 'KEY'"),
    (1, ["put", "k", *PARTS, "--endpoint-url", "http://127.0.0.1:1"], "cannot begin an upload in parts"),
    (1, ["post", "in/", "--min-size", "2MB", "--max-size", "1MB"], "the sizes contradict each other"),
    (1, ["post", "in/", "--max-size", "6GiB"], "more than a form upload may have"),
    (1, ["post", "in/", "--key", "out/k"], "does not start with the prefix 'in/'"),
    (1, ["put", "k", "--endpoint-url", "http://s3.eu-west-1.amazonaws.com"], "policy denies plain http"),
    (1, ["show", "--endpoint-url", "https://s3.us-east-1.amazonaws.com"], "it is in us-east-1"),
    (1, ["get", "k", "--access-point", "name"], "'name' is not an access point"),
    (
        1,
        ["get", "k", "--access-point", "arn:aws:s3:us-east-1:111122223333:accesspoint/name"],
        "is in us-east-1, and the bucket in eu-west-1",
    ),
    (1, ["show", "--stack", "prod"], "there is no stack 'prod'"),
]


@pytest.mark.parametrize(("code", "arguments", "words"), MISUSES)
def test_a_misuse_is_one_line(
    presign: Presign,
    outputs_file: OutputsFile,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.setenv("PRESIGN_OUTPUTS", outputs_file())
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # where nobody listens, four more take ten seconds
    result = presign(*arguments)
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert result.err.startswith("Error: ")
    assert words in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "missing command (see 'presign --help')"),
        (["lists"], "no such command 'lists'. Did you mean 'list'? (see 'presign --help')"),
        (["--bogus"], "no such option '--bogus' (see 'presign --help')"),
        (["put"], "missing argument 'KEY' (see 'presign put --help')"),
        (["get", "a", "b"], "got unexpected extra argument (b) (see 'presign get --help')"),
        (
            ["get", "--otputs", "f", "k"],
            "no such option '--otputs'. Did you mean '--outputs'? (see 'presign get --help')",
        ),
        (
            ["get", "k"],
            "no outputs given: name their file with --outputs FILE or in PRESIGN_OUTPUTS "
            "(see 'presign get --help')",
        ),
        (
            ["get", "--expires", "soon", "k"],
            "invalid value for '--expires': 'soon' is not a duration: give a whole number above zero and "
            "a unit (s, m, h or d), such as 15m, 1h or 7d (see 'presign get --help')",
        ),
        (
            ["get", "--format", "xml", "k"],
            "invalid value for '--format': 'xml' is not one of 'text', 'json', 'curl', 'url', "
            "'python', 'powershell' "
            "(see 'presign get --help')",
        ),
        (
            ["put", "--file", "-", "k"],
            "invalid value for '--file': S3 must know the size of an upload beforehand: give a file "
            "(see 'presign put --help')",
        ),
    ],
)
def test_wrong_usage_exits_2_with_one_line(presign: Presign, arguments: list[str], message: str) -> None:
    result = presign(*arguments)
    assert (result.code, result.out, result.err) == (2, "", f"Error: {message}\n")


@pytest.mark.parametrize("expires", ["0", "0m", "-5m", "1.5h", "", "7 days"])
def test_an_expiry_that_is_no_duration_is_wrong_usage(
    presign: Presign, outputs_file: OutputsFile, expires: str
) -> None:
    result = presign("get", "--outputs", outputs_file(), "--expires", expires, "k")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith("Error: invalid value for '--expires': ")


@pytest.mark.parametrize(
    ("arguments", "changes", "message"),
    [
        (["k", "--outputs", "no.json"], {}, "cannot read the outputs in no.json: No such file or directory"),
        (["k"], {"S3BucketName": None}, "lack S3BucketName: they must be those of the storage stack"),
        (["k", "--stack", "x"], {}, "there is no stack 'x' in "),
        (["k", "--expires", "2h"], {"PresignMaxSeconds": 3600}, "2 hours is longer than this bucket allows"),
        (["k", "--expires", "8d"], {}, "an expiry of 8 days is longer than S3 allows: at most 7 days"),
        ([""], {}, "the key is empty"),
        (["x" * 1025], {}, "has 1025 bytes in UTF-8: S3 keys have 1 to 1024 bytes"),
        (["a\udcff"], {}, r"the key 'a\udcff' is not valid UTF-8"),
        (["k", "--endpoint-url", "localhost:1"], {}, "the endpoint 'localhost:1' cannot be used"),
        (
            ["k", "--profile", "nobody"],
            {},
            "from the profile 'nobody': The config profile (nobody) could not",
        ),
    ],
)
def test_what_fails_exits_1_with_one_line(
    presign: Presign,
    outputs_file: OutputsFile,
    arguments: list[str],
    changes: dict[str, object],
    message: str,
) -> None:
    result = presign("put", "--outputs", outputs_file(**changes), *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("Error: ")
    assert message in result.err


def test_no_credentials_is_one_line(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = presign("get", "--outputs", outputs_file(), "k")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("Error: no AWS credentials found")


def test_an_expiry_longer_than_the_bucket_allows_is_refused_before_credentials_are_looked_for(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    result = presign(
        "get", "--outputs", outputs_file(PresignMaxSeconds=60), "--expires", "2m", "--profile", "x", "k"
    )
    assert "longer than this bucket allows" in result.err
