"""Twenty misuses, and twenty errors of one line."""

from tests.presign.presign_support import OutputsFile, Presign

import pytest

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
    (1, ["get", "k", "--download-as", "a/b"], "'a/b' cannot be the name to save as"),
    (1, ["put", "k", "--checksum", "md5:00"], "'md5:00' is not a checksum"),
    (1, ["put", "k", "--checksum", "sha256:00"], "'00' is not a SHA-256 digest"),
    (1, ["put", "k", "--content-type", "csv"], "'csv' is not a content type"),
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


@pytest.mark.usefixtures("keys")
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
    result = presign(*arguments)
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert result.err.startswith("Error: ")
    assert words in result.err
