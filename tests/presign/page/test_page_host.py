"""Pages are stored only where no other page has their origin."""

from pathlib import Path

from presign.errors import PageError
from presign.page import place
from tests.presign.page.page_support import LOOPBACK, prepared
from tests.presign.presign_support import OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")


@pytest.mark.parametrize(
    ("bucket", "endpoint", "why"),
    [
        ("my.dotted.bucket", None, "as for all names with dots"),
        ("my-bucket", "https://minio.example.com", "minio.example.com is not AWS"),
        ("my-bucket", "http://127.0.0.1:9000", "127.0.0.1:9000 is not AWS"),
        ("my-bucket", "https://s3.eu-west-1.amazonaws.com.evil.example", "is not AWS"),
        ("my-bucket", "https://my-bucket.example.com", "is not AWS"),
    ],
)
def test_a_shared_host_is_refused(
    presign: Presign, outputs_file: OutputsFile, bucket: str, endpoint: str | None, why: str
) -> None:
    options = ["--endpoint-url", endpoint] if endpoint else []
    for command in (["page", "put", "inbox/"], ["page", "get", "a"]):
        result = presign(*command, "--outputs", outputs_file(S3BucketName=bucket), *options)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert "no page can be stored in this bucket: " in result.err
        assert why in result.err


def test_path_style_is_refused(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("aws-config").write_text("[default]\ns3 =\n  addressing_style = path\n")
    result = presign("page", "put", "--outputs", outputs_file(), "inbox/")
    assert result.code == 1
    assert "the bucket's name is not in its host, s3.eu-west-1.amazonaws.com" in result.err


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_ENDPOINT_URL": "https://bucket.vpce-0a1b2c3d-x.s3.eu-west-1.vpce.amazonaws.com"},
    ],
)
def test_a_host_of_the_buckets_own_is_taken(
    outputs_file: OutputsFile, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    place.require_own_host(prepared(outputs_file()))


def test_for_tests_a_server_on_this_machine_can_be_allowed_and_no_other(
    outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LOOPBACK, "1")
    place.require_own_host(prepared(outputs_file(), "http://127.0.0.1:9000"))
    with pytest.raises(PageError):
        place.require_own_host(prepared(outputs_file(), "http://127.0.0.1.example.com"))
    monkeypatch.setenv(LOOPBACK, "0")
    with pytest.raises(PageError):
        place.require_own_host(prepared(outputs_file(), "http://127.0.0.1:9000"))
