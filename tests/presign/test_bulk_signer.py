"""Many links at once are the same as single ones, from any iterable and in any process."""

import pickle
from datetime import UTC, datetime

from presign.errors import ObjectKeyError
from presign.signer import Plan, Signer
from tests.presign.botocore_support import CASES, distinct_keys

import pytest


def test_many_links_equal_single_ones() -> None:
    plan = CASES["put-kms"].plan
    keys = distinct_keys(2_500)
    assert list(plan.urls(keys)) == [plan.url(key) for key in keys]
    assert list(plan.urls([])) == []


def test_a_pickled_plan_signs_many() -> None:
    plan = CASES["get"].plan
    copied: Plan = pickle.loads(pickle.dumps(plan))  # noqa: S301
    assert list(copied.urls(["a", "b"])) == list(plan.urls(["a", "b"]))


def test_keys_are_taken_as_they_are_needed() -> None:
    endless = iter(lambda: "key", None)
    assert next(CASES["get"].plan.urls(endless)).startswith("https://my-bucket.s3.eu-west-1")


@pytest.mark.parametrize("bad", ["", "x" * 1025, "a\udc80"])
def test_a_bad_key_among_many_is_refused(bad: str) -> None:
    with pytest.raises(ObjectKeyError):
        list(CASES["get"].plan.urls(["a", bad, "b"]))


def test_a_plan_with_other_values_is_that_of_these_values() -> None:
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    signer = Signer(
        access_key="AKIA", secret_key="s", region="r", bucket_url="http://b/", clock=lambda: moment
    )
    common = {"x-amz-meta-a": "1"}
    plan = signer.plan("PUT", 60, common)
    for own in (
        {"content-type": "a/b"},
        {"Content-Type": "c/d"},
        {"x-amz-meta-a": "2"},
        {"content-type": "e/f"},
    ):
        plan = plan.also(own, {})
        common = {**common, **{name.lower(): value for name, value in own.items()}}
        assert plan.url("k") == signer.plan("PUT", 60, common).url("k")
    assert plan.also({}, {"versionId": "v"}).url("k") == signer.plan(
        "PUT", 60, common, {"versionId": "v"}
    ).url("k")
