"""What a request carries besides its key is written as the standards say."""

import os
from pathlib import Path
from urllib.parse import unquote

from presign import request
from presign.errors import RequestError

import pytest
from hypothesis import given
from hypothesis import strategies as st


def test_a_plain_name_is_given_once() -> None:
    assert request.content_disposition("report 1.csv") == 'attachment; filename="report 1.csv"'


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("é ü.csv", "attachment; filename=\"_ _.csv\"; filename*=UTF-8''%C3%A9%20%C3%BC.csv"),
        ("100%.csv", "attachment; filename=\"100_.csv\"; filename*=UTF-8''100%25.csv"),
        ('a"b', 'attachment; filename="a\\"b"; filename*=UTF-8\'\'a%22b'),
    ],
)
def test_any_other_name_is_given_as_rfc_5987_says_too(name: str, header: str) -> None:
    assert request.content_disposition(name) == header


names = st.text(st.characters(codec="utf-8", exclude_characters="/\\"), min_size=1).filter(
    lambda name: name.isprintable() and name not in (".", "..")
)


@given(name=names)
def test_the_name_is_read_back_as_it_was(name: str) -> None:
    header = request.content_disposition(name)
    assert header.isascii()
    plain, starred, encoded = header.partition("; filename*=UTF-8''")
    assert unquote(encoded) == name if starred else plain == f'attachment; filename="{name}"'


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a\nb", ".."])
def test_what_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(RequestError, match="cannot be the name to save as"):
        request.content_disposition(name)


def test_a_file_to_show_may_have_a_name_too() -> None:
    assert request.content_disposition(None, "inline") == "inline"
    assert request.content_disposition("a.pdf", "inline") == 'inline; filename="a.pdf"'


@pytest.mark.parametrize("text", ["text/csv", "text/plain; charset=utf-8", 'a/b; c="d e"'])
def test_a_content_type_is_taken_as_it_is(text: str) -> None:
    assert request.content_type(text) == text


@pytest.mark.parametrize("text", ["", "csv", "text/", "text/csv\nx: y", "image/*;", "text/é"])
def test_what_is_no_content_type_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="is not a content type"):
        request.content_types(text)


def test_the_start_of_a_content_type_is_enough_for_a_form() -> None:
    assert request.content_types("image/*") == ("image/", True)
    assert request.content_types("image/png") == ("image/png", False)


def test_the_size_of_a_regular_file_is_known_and_what_is_not_here_may_be_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"123")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    assert request.size_of(None) is None
    assert request.size_of(str(tmp_path / "missing")) is None
    assert request.size_of(str(tmp_path / "link")) == 3
    for other in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(RequestError, match=f"^{other} is no regular file, and S3 must know the size"):
            request.size_of(str(other))
