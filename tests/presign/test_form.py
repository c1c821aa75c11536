"""Forms equal those of botocore, and have no rules that cannot be kept.

What forms do on servers that enforce is in tests/enforcement.
"""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from presign import form
from presign.credentials import Credentials
from presign.errors import ObjectKeyError, RequestError
from tests.presign.presign_support import BUCKET, OUTPUTS, REGION, OutputsFile, Presign

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointResolutionError
from mypy_boto3_s3 import S3Client

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
HEADERS = OUTPUTS["UploadHeaders"]

pytestmark = pytest.mark.usefixtures("keys")


@pytest.mark.parametrize("token", [None, "token//+="])
@pytest.mark.parametrize("key", ["photos/${filename}", "photos/ü 1.png"])
def test_a_form_equals_that_of_botocore(token: str | None, key: str) -> None:
    client: S3Client = boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(signature_version="s3v4"),
    )
    own = {**HEADERS, "Content-Type": "image/png"}
    conditions: list[Any] = [
        ["content-length-range", 1, 1000],
        *({name: value} for name, value in own.items()),
    ]
    with (
        patch.dict("os.environ", BOTO_DISABLE_CRT="true"),
        patch("botocore.auth.get_current_datetime", lambda: NOON),
        patch("botocore.signers.get_current_datetime", lambda: NOON),
    ):
        theirs = client.generate_presigned_post(
            BUCKET, key, Fields=dict(own), Conditions=conditions, ExpiresIn=900
        )
    ours = form.fields(
        form.Rules(
            "photos/", None if "$" in key else key, min_size=1, max_size=1000, content_type="image/png"
        ),
        bucket=BUCKET,
        region=REGION,
        credentials=Credentials("AKIA", "secret", token),
        headers=HEADERS,
        content_type=None,
        expires=900,
        now=NOON,
    )
    assert ours == theirs["fields"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"min_size": 2, "max_size": 1}, "contradict"),
        ({"max_size": form.MAX_SIZE + 1}, "at most 5368709120"),
        ({"key": "other/k"}, "does not start with the prefix 'in/'"),
        ({"prefix": "a/${filename}"}, "needs not be given"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        form.Rules(**{"prefix": "in/", **changes})


def test_a_prefix_that_leaves_no_room_for_a_name_is_refused() -> None:
    with pytest.raises(ObjectKeyError, match="1025 bytes"):
        form.Rules("x" * 1024)


def test_a_form_through_an_access_point_is_refused_as_botocore_refuses_it(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/team"
    result = presign("post", "--outputs", outputs_file(), "--access-point", arn, "in/")
    assert (result.code, result.out, result.err) == (
        2,
        "",
        "Error: no form can go through an access point: leave --access-point out, or make a link "
        "with 'presign put --access-point ARN KEY' (see 'presign post --help')\n",
    )
    client: S3Client = boto3.client("s3", region_name=REGION)
    with pytest.raises(EndpointResolutionError, match="not supported for this operation"):
        client.generate_presigned_post(arn, "in/k")


def test_json_and_text_hold_all_that_a_user_needs(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign("post", "--outputs", outputs_file(), "--format", "json", "--expires", "1h", "in/")
    document = json.loads(result.out)
    assert list(document) == ["url", "method", "expires_at", "fields", "min_size", "max_size", "curl"]
    assert document["url"] == "https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/"
    policy = json.loads(base64.b64decode(document["fields"]["policy"]))
    assert policy["expiration"] == document["expires_at"]
    text = presign("post", "--outputs", outputs_file(), "in/").out
    assert "Upload     s3://secure-dev-data-bucket/in/${filename}\nMethod     POST\n" in text
    assert "\nFields     key: in/${filename}\n           x-amz-server-side-encryption: aws:kms\n" in text


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (
            ["--content-language", "de"],
            "no form can say the content language: leave --content-language out",
        ),
        (["--if-none-match"], "no form can demand that the key is free: leave --if-none-match out"),
        (["--checksum", f"md5:{'0' * 32}"], "a form's policy cannot demand an MD5 digest: give another"),
        (["--field-type", "image/png"], "the form takes no content type: a type for its field goes with"),
        (
            ["--content-type", "a/b", "--field-type", "a/b"],
            "the form takes the content type a/b alone: a type",
        ),
        (["--content-type", "image/*", "--field-type", "a/b"], "'a/b' does not begin with 'image/'"),
        (["--content-type", "image/*", "--field-type", "image/"], "'image/' is not a content type"),
    ],
)
def test_what_no_form_can_have_is_one_line(
    presign: Presign, outputs_file: OutputsFile, option: list[str], reason: str
) -> None:
    result = presign("post", "--outputs", outputs_file(), *option, "in/")
    assert (result.code > 0, result.out, result.err.count("\n")) == (True, "", 1)
    assert result.err.startswith(f"Error: {reason}")


def test_the_field_has_a_type_of_its_own_and_the_policy_its_pattern(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    options = ["--format", "json", "--content-type", "image/*", "--field-type", "image/png"]
    made = json.loads(presign("post", "--outputs", outputs_file(), *options, "in/").out)["fields"]
    policy = json.loads(base64.b64decode(made["policy"]))
    assert made["Content-Type"] == "image/png"
    assert ["starts-with", "$Content-Type", "image/"] in policy["conditions"]


def test_a_form_has_its_tags_as_xml_and_holds_its_user_to_them(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    options = ["--format", "json", "--tag", "Art=Roh daten/ü", "--tag", "leer="]
    result = presign("post", "--outputs", outputs_file(), *options, "in/")
    made = json.loads(result.out)["fields"]
    tags = "<Tag><Key>Art</Key><Value>Roh daten/ü</Value></Tag><Tag><Key>leer</Key><Value></Value></Tag>"
    assert made["tagging"] == f"<Tagging><TagSet>{tags}</TagSet></Tagging>"
    assert {"tagging": made["tagging"]} in json.loads(base64.b64decode(made["policy"]))["conditions"]
    assert "needs s3:PutObjectTagging for the tags: none of this project's IAM policies" in result.err
