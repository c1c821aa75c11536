"""Outputs are found in the checkout and in a state in S3, and never guessed."""

import json
import os
from pathlib import Path
from typing import Any

from tests.presign.presign_support import OUTPUTS, Presign

import boto3
import pytest

pytestmark = pytest.mark.usefixtures("keys")


def write(path: Path, bucket: str, age: int = 0, stack: str = "dev") -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({stack: {**OUTPUTS, "S3BucketName": bucket}}))
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))


def state(**changes: object) -> bytes:
    values = {name: {"value": value, "type": "string"} for name, value in OUTPUTS.items()}
    return json.dumps({"version": 4, "terraform_version": "1.11.0", "outputs": values, **changes}).encode()


@pytest.mark.parametrize("name", ["outputs.json", "outputs.dev.json", "cdktf.out/outputs.json"])
def test_the_outputs_of_this_checkout_are_used_and_named(
    presign: Presign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "cdktf.json").touch()
    write(tmp_path / name, "found-bucket")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    result = presign("get", "--format", "url", "k")
    assert (result.code, result.err) == (0, f"Using the outputs in {tmp_path / name}\n")
    assert result.out.startswith("https://found-bucket.")


def test_the_newest_outputs_of_one_bucket_are_used(presign: Presign, tmp_path: Path) -> None:
    write(tmp_path / "outputs.old.json", "found-bucket", age=100)
    write(tmp_path / "outputs.new.json", "found-bucket", age=10)
    assert presign("get", "k").err == f"Using the outputs in {tmp_path / 'outputs.new.json'}\n"


def test_outputs_of_several_buckets_are_named_and_none_is_chosen(presign: Presign, tmp_path: Path) -> None:
    write(tmp_path / "outputs.dev.json", "dev-bucket", age=10)
    write(tmp_path / "outputs.prod.json", "prod-bucket", stack="prod")
    result = presign("get", "k")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert f"{tmp_path / 'outputs.prod.json'} (bucket prod-bucket)" in result.err
    assert f"{tmp_path / 'outputs.dev.json'} (bucket dev-bucket)" in result.err
    chosen = presign("get", "--stack", "dev", "--format", "url", "k")
    assert chosen.out.startswith("https://dev-bucket.")


def test_what_is_wrong_with_the_only_outputs_is_said(presign: Presign, tmp_path: Path) -> None:
    (tmp_path / "outputs.dev.json").write_text("{")
    result = presign("get", "k")
    assert result.code == 1
    assert "outputs.dev.json are not JSON" in result.err


def test_a_state_may_be_a_file(presign: Presign) -> None:
    assert presign("get", "--outputs", "-", "k", stdin=state()).code == 0


def test_a_state_in_s3_is_read(presign: Presign, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    options: dict[str, Any] = {"endpoint_url": s3_endpoint, "region_name": "us-east-1"}
    client = boto3.client("s3", **options)
    client.create_bucket(Bucket="state-bucket")
    client.put_object(Bucket="state-bucket", Key="dev/terraform.tfstate", Body=state())
    client.put_object(Bucket="state-bucket", Key="text", Body=b"text")
    client.put_object(Bucket="state-bucket", Key="json", Body=b"{}")
    source = "s3://state-bucket/dev/terraform.tfstate"
    result = presign("get", "--outputs", source, "--format", "url", "k")
    assert (result.code, result.err) == (0, "")
    assert "/secure-dev-data-bucket/k?" in result.out
    for key, problem in (
        ("gone", "cannot read the outputs in s3://state-bucket/gone: "),
        ("text", "are not JSON"),
        ("json", "s3://state-bucket/json is not a Terraform state"),
    ):
        failed = presign("get", "--outputs", f"s3://state-bucket/{key}", "k")
        assert (failed.code, failed.err.count("\n")) == (1, 1)
        assert problem in failed.err


def test_a_bucket_alone_is_no_state(presign: Presign) -> None:
    assert "give s3://BUCKET/KEY" in presign("get", "--outputs", "s3://bucket", "k").err
