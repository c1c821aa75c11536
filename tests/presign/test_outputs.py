"""Both shapes of outputs are read, and what is wrong with them is said in one line."""

import json
from pathlib import Path

from presign import outputs
from presign.errors import OutputsError
from tests.presign.presign_support import KEY_ARN, OUTPUTS

import pytest

EXPECTED = outputs.Outputs(
    bucket="secure-dev-data-bucket",
    region="eu-west-1",
    upload_headers=OUTPUTS["UploadHeaders"],
    max_seconds=604800,
    bucket_arn="arn:aws:s3:::secure-dev-data-bucket",
    kms_key_arn=KEY_ARN,
    policy_arn="arn:aws:iam::111122223333:policy/SecureS3Access-dev",
)


def cdktf(**changes: object) -> dict[str, dict[str, object]]:
    return {"secure-storage-dev": {**OUTPUTS, **changes}}


def terraform(**changes: object) -> dict[str, dict[str, object]]:
    values = {**OUTPUTS, **changes}
    return {name: {"sensitive": False, "type": "string", "value": value} for name, value in values.items()}


def problem(document: object, stack: str | None = None) -> str:
    with pytest.raises(OutputsError) as caught:
        outputs.parse(document, "outputs.json", stack)
    message = str(caught.value)
    assert "outputs.json" in message
    assert "\n" not in message
    return message


def test_the_outputs_of_cdktf_deploy_are_read() -> None:
    assert outputs.parse(cdktf(), "f") == EXPECTED


def test_the_outputs_of_terraform_output_are_read() -> None:
    assert outputs.parse(terraform(), "f") == EXPECTED


@pytest.mark.parametrize("number", [604800, "604800", 604800.0, "604800.0"])
def test_a_number_may_come_as_terraform_likes(number: object) -> None:
    assert outputs.parse(terraform(PresignMaxSeconds=number), "f") == EXPECTED


@pytest.mark.parametrize("absent", [None, ""])
def test_a_bucket_without_a_kms_key_has_an_empty_key_arn(absent: str | None) -> None:
    assert outputs.parse(cdktf(KMSKeyArn=absent), "f").kms_key_arn == ""


def test_a_bucket_may_need_no_upload_headers() -> None:
    assert outputs.parse(cdktf(UploadHeaders={}), "f").upload_headers == {}


def test_the_storage_stack_is_found_among_others() -> None:
    assert outputs.parse({"secure-storage-dev-state": {"StateBucket": "s"}, **cdktf()}, "f") == EXPECTED


def test_several_storage_stacks_are_named_and_one_must_be_chosen() -> None:
    document = {"two": {**OUTPUTS, "S3BucketName": "bucket-two"}, **cdktf()}
    assert problem(document).endswith("choose one with --stack: secure-storage-dev, two")
    assert outputs.parse(document, "f", "two").bucket == "bucket-two"


def test_a_stack_that_is_not_there_is_refused() -> None:
    assert problem(cdktf(), "prod") == "there is no stack 'prod' in outputs.json, only: secure-storage-dev"


def test_a_stack_cannot_be_chosen_in_the_outputs_of_terraform() -> None:
    assert "holds the outputs of a single stack" in problem(terraform(), "dev")


def test_everything_that_is_missing_is_named_in_one_line() -> None:
    document = cdktf(S3BucketName=None, PresignMaxSeconds=None)
    assert "lack S3BucketName, PresignMaxSeconds: they must be those of the storage stack" in problem(
        document
    )
    assert "lack S3BucketRegion, UploadHeaders:" in problem(terraform(S3BucketRegion="", UploadHeaders=None))


@pytest.mark.parametrize("document", [{}, {"a": {}, "b": {}}])
def test_outputs_without_a_storage_stack_lack_everything(document: object) -> None:
    assert "lack S3BucketName, S3BucketRegion, UploadHeaders, PresignMaxSeconds" in problem(document)


@pytest.mark.parametrize("document", [[], "text", 3, None, {"S3BucketName": "b"}, {"a": {}, "b": 1}])
def test_a_document_of_another_shape_is_refused(document: object) -> None:
    assert "have neither of the shapes that are read" in problem(document)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("S3BucketName", "No Bucket"),
        ("S3BucketName", "a/../b"),
        ("S3BucketName", 5),
        ("S3BucketRegion", "europe"),
        ("S3BucketRegion", "eu-west-1/"),
        ("S3BucketRegion", ["eu-west-1"]),
        ("UploadHeaders", "x: y"),
        ("UploadHeaders", {"x": 1}),
        ("UploadHeaders", {"x": ""}),
        ("UploadHeaders", {"x": "a\nb"}),
        ("UploadHeaders", {"x:y": "a"}),
        ("PresignMaxSeconds", "1h"),
        ("PresignMaxSeconds", 0),
        ("PresignMaxSeconds", -5),
        ("PresignMaxSeconds", 1.5),
        ("PresignMaxSeconds", True),
        ("PresignMaxSeconds", []),
    ],
)
def test_an_output_with_an_impossible_value_is_named(name: str, value: object) -> None:
    assert f"the output {name} in outputs.json" in problem(cdktf(**{name: value}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "are empty"),
        (b" \n", "are empty"),
        (b'{"a": ', "are not JSON"),
        (b"\xff\x80", "are not JSON"),
        (b"[" * 100_000, "are not JSON"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "outputs.json"
    path.write_bytes(content)
    with pytest.raises(OutputsError, match=f"the outputs in .*outputs.json {said}"):
        outputs.read(str(path))


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(cdktf()), encoding="utf-8-sig")
    assert outputs.read(str(path)) == EXPECTED


@pytest.mark.parametrize("path", ["missing.json", ".", "nul\0byte", "x" * 5000])
def test_a_file_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(OutputsError, match="cannot read the outputs in"):
        outputs.read(path)
