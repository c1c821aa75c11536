"""Outputs are found in the files of the checkout, and never guessed."""

import json
import os
from pathlib import Path

from tests.presign.presign_support import OUTPUTS, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")


def write(path: Path, bucket: str, age: int = 0, stack: str = "dev") -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({stack: {**OUTPUTS, "S3BucketName": bucket}}))
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))


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
