"""For every kind of link and any key, the signer's bytes are botocore's."""

from collections.abc import Iterator

from tests.example_count import examples
from tests.presign.botocore_support import (
    CASES,
    distinct_keys,
    links_of_auth,
    links_of_client,
    noon_in_botocore,
)

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

object_keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300).filter(
    lambda key: len(key.encode()) <= 1024
)
HARD = [
    " ",
    "+",
    "%",
    "%2F",
    "//",
    "/a",
    "a//b",
    ".",
    "..",
    "./a/../b",
    "é",
    "日本😀",
    "\x00\n\x7f",
    "x" * 1024,
]


@pytest.fixture(scope="module", autouse=True)
def frozen_clock() -> Iterator[None]:
    with noon_in_botocore():
        yield


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=20)
@given(keys=st.lists(object_keys, min_size=1, max_size=20))
@example(keys=[*HARD, "x" * 1024])
def test_links_equal_those_of_the_client(name: str, keys: list[str]) -> None:
    case = CASES[name]
    assert list(case.plan.urls(keys)) == links_of_client(case, keys)


def compare(count: int) -> int:
    """Compare ``count`` distinct keys, of which every case has its share, and return how many were."""
    keys = distinct_keys(count)
    compared = set()
    for number, case in enumerate(CASES.values()):
        share = keys[number :: len(CASES)]
        for key, ours, theirs in zip(share, case.plan.urls(share), links_of_auth(case, share), strict=True):
            assert ours == theirs, f"{case}: {key!r}"
            compared.add(key)
    return len(compared)


def test_links_of_many_keys_equal_those_of_botocores_signer() -> None:
    count = examples(6_500)
    assert compare(count) == count


@pytest.mark.slow
def test_links_of_100_000_distinct_keys_equal_those_of_botocores_signer() -> None:
    compared = compare(104_000)
    print(f"{compared:,} distinct keys compared, no difference")
    assert compared >= 100_000
