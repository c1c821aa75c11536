"""What two synthesized files say of a resource that is moved: it is compared with what it becomes."""

from typing import Any

from review.configurations import lifecycle_findings

import pytest

KEPT = {"lifecycle": {"prevent_destroy": True}}


def buckets(**named: Any) -> dict[str, Any]:
    return {"resource": {"aws_s3_bucket": named}}


def moved(*names: str) -> dict[str, Any]:
    return {"moved": [{"from": f"aws_s3_bucket.{one[0]}", "to": f"aws_s3_bucket.{one[1]}"} for one in names]}


@pytest.mark.parametrize("moves", [("ac",), ("ab", "bc"), ("bc", "ab"), ("ab", "bd", "dc")])
def test_what_is_moved_in_any_number_of_steps_is_protected_as_before(moves: tuple[str, ...]) -> None:
    assert not [*lifecycle_findings(buckets(a=KEPT), buckets(c=KEPT) | moved(*moves))]
    (gone,) = lifecycle_findings(buckets(a=KEPT), buckets(c={}) | moved(*moves))
    assert (gone.severity, gone.address) == ("dangerous", "aws_s3_bucket.c")


@pytest.mark.parametrize("moves", [(), ("ab",), ("ab", "ba"), ("aa",), ("cb",)])
def test_what_leaves_the_configuration_is_dangerous_whatever_is_moved(moves: tuple[str, ...]) -> None:
    gone, *_ = lifecycle_findings(buckets(a=KEPT), buckets(c=KEPT) | moved(*moves))
    assert gone.severity == "dangerous"
    assert "leaves the configuration" in gone.words
