"""ARNs, which one class makes."""

import re

from constructs_lib.policies.place import Place
from tests.conftest import ROOT
from tests.test_rooms import modules

PLACE = Place("aws-cn", "111122223333", "cn-north-1")


def test_arns_are_of_its_partition_account_and_region() -> None:
    assert PLACE.arn("sns", "alarms") == "arn:aws-cn:sns:cn-north-1:111122223333:alarms"
    assert PLACE.iam("role/etl") == "arn:aws-cn:iam::111122223333:role/etl"
    assert PLACE.bucket("acme") == "arn:aws-cn:s3:::acme"


def test_an_access_point_is_named_by_its_name_or_its_arn() -> None:
    arn = "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/reports"
    assert PLACE.access_point("reports") == PLACE.access_point(arn) == arn


def test_nobody_else_puts_an_arn_together() -> None:
    others = ("ops.embedded", "proof", "review", "presign")  # stand for AWS, or may not import it
    files = [file for module, file in modules() if not module.startswith(others)]
    built = {str(file.relative_to(ROOT)) for file in files if re.search(r'f"arn:\{', file.read_text())}
    assert built == {
        "constructs_lib/policies/place.py",
        "settings/names/aws.py",  # reads a session's ARN, and hints at its role's
    }
