"""Objects only from a network. The server sees from which address a request really comes."""

import json
import sys

from tests.enforcement.bucket import DENIED, Bucket, Deploy, client
from tests.enforcement.seaweedfs import OPERATOR

import pytest

INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.2"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, loopback has 127.0.0.1 only")


@pytest.fixture
def bucket(deploy: Deploy) -> Bucket:
    return deploy("loopback")


def test_objects_are_reached_from_inside_the_perimeter(bucket: Bucket) -> None:
    assert bucket.upload(source=INSIDE).outcome == "200"
    assert bucket.download(source=INSIDE).outcome == "200"


def test_objects_are_not_reached_from_outside_unless_without_the_statement(bucket: Bucket) -> None:
    assert bucket.upload(source=INSIDE).outcome == "200"
    assert bucket.upload(source=OUTSIDE).outcome == DENIED
    assert bucket.download(source=OUTSIDE).outcome == DENIED
    delete = bucket.link("DELETE", "uploads/report.csv")
    assert bucket.use("DELETE", delete, source=OUTSIDE).outcome == DENIED
    with bucket.without("DenyOutsidePerimeter"):
        assert bucket.upload(source=OUTSIDE).outcome == "200"
        assert bucket.download(source=OUTSIDE).outcome == "200"


@pytest.mark.parametrize("operation", ["get_object_tagging", "get_object_acl"])
def test_what_is_known_of_an_object_is_within_the_perimeter_as_its_content(
    bucket: Bucket, operation: str
) -> None:
    assert bucket.upload(source=INSIDE).outcome == "200"
    link = client(bucket.server, OPERATOR).generate_presigned_url(
        operation, Params={"Bucket": bucket.name, "Key": "uploads/report.csv"}
    )
    assert bucket.use("GET", link, source=INSIDE).outcome == "200"
    assert bucket.use("GET", link, source=OUTSIDE).outcome == DENIED
    with bucket.without("DenyOutsidePerimeter"):
        assert bucket.use("GET", link, source=OUTSIDE).outcome == "200"


def test_a_link_that_works_inside_is_worth_nothing_outside(bucket: Bucket) -> None:
    assert bucket.upload().outcome == "200"
    link = bucket.link("GET", "uploads/report.csv")
    assert bucket.use("GET", link, source=INSIDE).outcome == "200"
    assert bucket.use("GET", link, source=OUTSIDE).outcome == DENIED


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-Ip"])
def test_a_header_that_claims_another_address_changes_nothing(bucket: Bucket, header: str) -> None:
    assert bucket.upload().outcome == "200"
    link = bucket.link("GET", "uploads/report.csv")
    assert bucket.use("GET", link, {header: INSIDE}, source=OUTSIDE).outcome == DENIED
    assert bucket.use("GET", link, {header: OUTSIDE}, source=INSIDE).outcome == "200"


def test_headers_are_required_inside_the_perimeter_as_well(bucket: Bucket) -> None:
    assert bucket.upload({}, source=INSIDE).outcome == DENIED


def test_from_outside_the_policy_can_still_be_fixed(deploy: Deploy) -> None:
    # Its networks are those of documentation, RFC 5737: here everybody is outside.
    bucket = deploy("perimeter")
    assert bucket.upload().outcome == DENIED
    assert bucket.list(None).outcome == "200"
    policy = json.loads(client(bucket.server, OPERATOR).get_bucket_policy(Bucket=bucket.name)["Policy"])
    assert "DenyOutsidePerimeter" in [statement["Sid"] for statement in policy["Statement"]]
    with bucket.without("DenyOutsidePerimeter"):
        assert bucket.upload().outcome == "200"
