"""docs/requests.svg shows what the table of requests says, and every Deny of the bucket policy."""

from tests.policy.drawing import IAM, KEY, PICTURE, answers, denying, picture

import pytest


def test_the_picture_is_what_the_table_says() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "run `make docs`"


def test_every_deny_of_the_bucket_policy_stops_a_request_and_so_does_a_missing_allow() -> None:
    stopped = {gate for one in answers().values() for gate in one.stopped}
    assert stopped == {*denying(), IAM, KEY}


@pytest.mark.parametrize("words", ["upload with the printed headers", "download by a link"])
def test_what_presign_makes_is_allowed(words: str) -> None:
    assert answers()[words].stopped == ()
