"""Nothing but `presign page` makes a link or a form for the folder of the pages."""

import json
from collections.abc import Callable
from pathlib import Path

import presign as package
from presign.errors import PresignError
from presign.opened import Bucket
from tests.presign.presign_support import OutputsFile, Presign

import pytest
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")

REFUSED = "for the pages of 'presign page'"


@pytest.mark.parametrize(
    "command",
    [
        ["get", "_presign/x.html"],
        ["get", "s3://secure-dev-data-bucket/_presign/x.html"],
        ["put", "_presign/sw.js"],
        ["put", "--multipart", "--size", "6GB", "_presign/a/b"],
        ["post", "_presign/"],
        ["post", "_presign/abc/"],
        ["post", "--key", "_presign/x", "_presign/"],
        ["post", "--key", "_presign/x", ""],
        ["post", ""],
        ["post", "_"],
        ["post", "_presign"],
        ["page", "put", ""],
        ["page", "put", "_presign/"],
        ["page", "get", "_presign/"],
        ["page", "get", "_presign/x"],
        ["bulk", "get", "s3://secure-dev-data-bucket/_presign/", "-o", "-"],
    ],
)
def test_no_command_makes_a_link_for_it(
    presign: Presign, outputs_file: OutputsFile, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("presign.page.place.require_own_host", lambda prepared: None)
    result = presign(*command, "--outputs", outputs_file())
    assert (result.code, result.out) == (1, ""), result
    assert REFUSED in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("key", ["_presigned/x", "_presign", "a/_presign/x", "_Presign/x"])
def test_other_keys_are_not_meant(presign: Presign, outputs_file: OutputsFile, key: str) -> None:
    for command in (["get", key], ["put", key], ["post", "--key", key, key[0]], ["post", f"{key}x/"]):
        assert (presign(*command, "--outputs", outputs_file()).code) == 0


def test_it_is_a_bad_row_of_every_manifest(presign: Presign, outputs_file: OutputsFile) -> None:
    manifests = {
        "keys.txt": "a\n_presign/x\n",
        "keys.csv": "key\na\n_presign/x\n",
        "keys.jsonl": '{"key": "a"}\n{"key": "_presign/x"}\n',
        "keys.tsv": "key\tn\na\t1\ns3://secure-dev-data-bucket/_presign/x\t2\n",
    }
    for name, text in manifests.items():
        Path(name).write_text(text)
        result = presign("bulk", "put", name, "-o", "-", "--outputs", outputs_file())
        assert result.code == 3, name
        assert REFUSED in result.err
        assert "_presign" not in result.out
        assert "/a?" in result.out


def test_lists_of_s3_leave_it_out_and_say_so(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("list.json").write_text(json.dumps({"Contents": [{"Key": "a"}, {"Key": "_presign/r/x.html"}]}))
    result = presign("bulk", "get", "list.json", "-o", "-", "--outputs", outputs_file())
    assert result.code == 0
    assert "Left out: 1 objects in _presign/: pages of 'presign page'" in result.err
    assert "_presign" not in result.out


def test_a_listing_of_the_bucket_leaves_it_out(presign: Presign, outputs: str, s3: S3Client) -> None:
    for key in ("_presign/r/x.html", "reserved/a"):
        s3.put_object(Bucket="presign-test-bucket", Key=key, Body=b"")
    result = presign("bulk", "get", "s3://presign-test-bucket/", "-o", "-", "--outputs", outputs)
    assert result.code == 0, result.err
    assert "_presign" not in result.out
    assert "/reserved/a?" in result.out


@pytest.mark.parametrize(
    "call",
    [
        lambda bucket: bucket.get("_presign/x"),
        lambda bucket: bucket.put("_presign/x"),
        lambda bucket: bucket.post("_presign/"),
        lambda bucket: bucket.post(""),
        lambda bucket: list(bucket.urls(["a", "_presign/x"])),
    ],
)
def test_python_makes_no_link_for_it(outputs_file: OutputsFile, call: Callable[[Bucket], object]) -> None:
    with pytest.raises(PresignError, match=REFUSED):
        call(package.open(outputs_file()))
