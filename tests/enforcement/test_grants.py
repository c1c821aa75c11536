"""A reader and a writer with no rights but those that the bucket policy gives them."""

from tests.enforcement.bucket import DENIED, Bucket, Deploy
from tests.enforcement.seaweedfs import READER, WRITER

import pytest

PUBLISHED, INBOX, ELSEWHERE = "published/report.csv", "inbox/delivery.csv", "internal/salaries.csv"


@pytest.fixture(scope="session")
def bucket(deploy: Deploy) -> Bucket:
    """The shared bucket, in which the team put something everywhere."""
    bucket = deploy("sharing")
    for key in (PUBLISHED, INBOX, ELSEWHERE):
        assert bucket.upload(key=key).outcome == "200"
    return bucket


def test_the_reader_reads_below_the_prefix_and_only_there(bucket: Bucket) -> None:
    answer = bucket.download(PUBLISHED, who=READER)
    assert (answer.outcome, answer.body) == ("200", b"content")
    assert bucket.download(ELSEWHERE, who=READER).outcome == DENIED
    assert bucket.download(INBOX, who=READER).outcome == DENIED


def test_the_reader_lists_below_the_prefix_and_only_there(bucket: Bucket) -> None:
    answer = bucket.list("published/", who=READER)
    assert answer.outcome == "200"
    assert PUBLISHED.encode() in answer.body
    assert bucket.list("internal/", who=READER).outcome == DENIED
    assert bucket.list(None, who=READER).outcome == DENIED


def test_the_reader_writes_and_deletes_nowhere(bucket: Bucket) -> None:
    for key in (PUBLISHED, INBOX, ELSEWHERE):
        assert bucket.upload(key=key, who=READER).outcome == DENIED
        assert bucket.use("DELETE", bucket.link("DELETE", key, who=READER)).outcome == DENIED


def test_the_writer_writes_below_the_prefix_and_only_there(bucket: Bucket, key_arn: str) -> None:
    assert bucket.upload(key="inbox/new.csv", who=WRITER).outcome == "200"
    assert bucket.encryption("inbox/new.csv") == ("aws:kms", key_arn)
    assert bucket.upload(key=ELSEWHERE, who=WRITER).outcome == DENIED
    assert bucket.upload(key=PUBLISHED, who=WRITER).outcome == DENIED


def test_the_writer_reads_lists_and_deletes_nothing_not_even_its_own(bucket: Bucket) -> None:
    assert bucket.upload(key="inbox/own.csv", who=WRITER).outcome == "200"
    assert bucket.download("inbox/own.csv", who=WRITER).outcome == DENIED
    assert bucket.list("inbox/", who=WRITER).outcome == DENIED
    assert bucket.use("DELETE", bucket.link("DELETE", "inbox/own.csv", who=WRITER)).outcome == DENIED


def test_what_is_denied_to_everybody_is_denied_to_the_writer(bucket: Bucket) -> None:
    assert bucket.upload({}, key=INBOX, who=WRITER).outcome == DENIED
    assert bucket.upload(key=INBOX, who=WRITER, scheme="http").outcome == DENIED


def test_without_the_grants_neither_gets_in(bucket: Bucket) -> None:
    with bucket.without("AllowReader1List", "AllowReader1Get", "AllowWriter1Put"):
        assert bucket.download(PUBLISHED, who=READER).outcome == DENIED
        assert bucket.list("published/", who=READER).outcome == DENIED
        assert bucket.upload(key=INBOX, who=WRITER).outcome == DENIED
