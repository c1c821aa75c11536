"""The curl command says what it should; tests/presign/test_real_requests.py runs it."""

from presign import curl

import pytest

URL = "https://b.s3.eu-west-1.amazonaws.com/a?X-Amz-Signature=1"


def test_a_download_saves_to_a_file() -> None:
    assert curl.command("GET", URL, {}, "a") == f"curl --fail --output a '{URL}'"


def test_an_upload_sends_the_headers_and_a_file() -> None:
    assert curl.command("PUT", URL, {"x-a": "b c", "x-d": "e"}, "a b") == (
        f"curl --fail-with-body -X PUT -H 'x-a: b c' -H 'x-d: e' --upload-file 'a b' '{URL}'"
    )


@pytest.mark.parametrize(
    ("file", "word"), [("-v", "./-v"), (".", "./."), ("it's", "'it'\"'\"'s'"), ("/a/b", "/a/b")]
)
def test_a_file_name_means_a_file_to_bash_and_to_curl(file: str, word: str) -> None:
    assert f"--upload-file {word} '" in curl.command("PUT", URL, {}, file)


@pytest.mark.parametrize("file", ["a[1-3]", "a{b,c}", "a#1", "a\\b"])
def test_a_file_name_with_curls_own_characters_turns_globbing_off(file: str) -> None:
    assert " --globoff " in curl.command("PUT", URL, {}, file)


@pytest.mark.parametrize(
    ("key", "rewritten"), [("a/../b", True), ("./b", True), ("..", True), ("a..b/.c", False)]
)
def test_dot_segments_are_kept_from_being_rewritten(key: str, rewritten: bool) -> None:
    url = f"https://b.s3.eu-west-1.amazonaws.com/{key}?X-Amz-Credential=a"
    assert (" --path-as-is " in curl.command("GET", url, {}, "f")) == rewritten


@pytest.mark.parametrize("key", ["a/", "a/.", "..", "."])
def test_a_key_that_looks_like_a_folder_keeps_its_name(key: str) -> None:
    line = curl.command("PUT", f"https://b.s3.eu-west-1.amazonaws.com/{key}?X-Amz-Credential=a", {}, "-f")
    assert " -H Content-Type: --data-binary @./-f 'https://" in line


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("reports/november.csv", "november.csv"),
        ("folder/", "folder"),
        ("/", "object"),
        ("a/..", "object"),
        ("a/.", "object"),
        ("a\n\x1b[31m\u202eb", "a__[31m_b"),
        ("é" * 500, "é" * 123),
    ],
)
def test_a_key_gives_a_possible_file_name(key: str, name: str) -> None:
    assert curl.local_name(key) == name
