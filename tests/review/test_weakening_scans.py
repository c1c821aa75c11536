"""What drift and the review say of a scan for malware that sees less, or nothing."""

from typing import Any

from review.judge import attribute_findings as findings
from review.masking import UNKNOWN_VALUE
from review.model import CAREFUL, DANGEROUS, GOOD

import pytest

KIND = "aws_guardduty_malware_protection_plan"


def said(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[tuple[str, str]]:
    return [(one.severity, one.said) for one in findings(KIND, before, after)]


def plan(
    *prefixes: str, bucket: str = "data", status: str | None = "ENABLED", role: str = "arn:scan"
) -> dict[str, Any]:
    actions = [] if status is None else [{"tagging": [{"status": status}]}]
    protected = {"bucket_name": bucket, "object_prefixes": list(prefixes) or None}
    return {"role": role, "actions": actions, "protected_resource": [{"s3_bucket": [protected]}]}


@pytest.mark.parametrize(
    ("before", "after", "finding"),
    [
        (plan(), None, (DANGEROUS, "the scan for malware is removed")),
        (
            plan("in/", "out/"),
            plan("in/"),
            (DANGEROUS, "new objects below out/ are no longer scanned for malware"),
        ),
        (plan(), plan("in/"), (DANGEROUS, "new objects below every key are no longer scanned for malware")),
        (plan("in/"), plan("in/x/"), (DANGEROUS, "new objects below in/ are no longer scanned for malware")),
        (
            plan(),
            plan(bucket="x"),
            (DANGEROUS, "new objects of bucket data are no longer scanned for malware"),
        ),
        (
            plan(),
            plan(status="DISABLED"),
            (
                DANGEROUS,
                "scanned objects are not tagged with what was found: nobody sees it, or none is read",
            ),
        ),
        (plan(), plan(role="arn:other"), (CAREFUL, "objects are scanned by another role: arn:other")),
        (plan(status=None), plan(), (GOOD, "scanned objects are tagged with what was found")),
    ],
)
def test_a_change_of_the_scan_is_told(
    before: dict[str, Any], after: dict[str, Any] | None, finding: tuple[str, str]
) -> None:
    assert finding in said(before, after)


def test_a_prefix_that_is_replaced_by_a_wider_one_loses_nothing() -> None:
    assert said(plan("in/a/"), plan("in/")) == [(GOOD, "new objects below in/ are scanned for malware")]
    assert said(plan("in/"), plan()) == [(GOOD, "new objects below every key are scanned for malware")]


def test_a_scan_that_stays_is_not_told() -> None:
    assert said(plan("in/"), plan("in/")) == []


def test_a_new_scan_is_good_and_one_without_tags_is_not() -> None:
    assert said(None, plan("in/")) == [(GOOD, "new objects of bucket data are scanned for malware")]
    assert DANGEROUS in dict(said(None, plan(status=None)))


def unknown(place: str) -> dict[str, Any]:
    """Return a plan of which one value, or a block around it, is known only after apply."""
    found = plan("in/")
    (bucket,) = found["protected_resource"][0]["s3_bucket"]
    match place:
        case "protected_resource.s3_bucket.object_prefixes":
            bucket["object_prefixes"] = UNKNOWN_VALUE
        case "protected_resource.s3_bucket.object_prefixes[0]":
            bucket["object_prefixes"] = [UNKNOWN_VALUE]
        case "protected_resource.s3_bucket.bucket_name":
            bucket["bucket_name"] = UNKNOWN_VALUE
        case "actions.tagging.status":
            found["actions"] = [{"tagging": [{"status": UNKNOWN_VALUE}]}]
        case _:
            found[place] = UNKNOWN_VALUE
    return found


@pytest.mark.parametrize(
    "place",
    [
        "protected_resource.s3_bucket.object_prefixes",
        "protected_resource.s3_bucket.object_prefixes[0]",
        "protected_resource.s3_bucket.bucket_name",
        "protected_resource",
        "actions.tagging.status",
        "actions",
    ],
)
def test_what_is_known_only_after_apply_is_neither_good_nor_dangerous(place: str) -> None:
    found = said(plan("in/"), unknown(place))
    assert {severity for severity, _ in found} == {CAREFUL}
    assert (CAREFUL, f"its {place.removesuffix('[0]')} is known only after apply") in found


def test_a_new_scan_is_not_good_in_what_is_known_only_after_apply() -> None:
    prefixes = said(None, unknown("protected_resource.s3_bucket.object_prefixes"))
    assert prefixes == [
        (CAREFUL, "which new objects of bucket data are scanned is known only after apply"),
    ]
    assert said(None, unknown("actions")) == [
        (CAREFUL, "whether scanned objects are tagged is known only after apply"),
        (GOOD, "new objects of bucket data are scanned for malware"),
    ]
    # The name of a bucket that is made along with it is known only then, too.
    assert {severity for severity, _ in said(None, unknown("protected_resource.s3_bucket.bucket_name"))} == {
        GOOD
    }
