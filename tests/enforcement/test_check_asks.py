"""What `--check` sees of a server: an archived object, and whose certificates are trusted."""

from pathlib import Path

from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest


@pytest.mark.parametrize("place", ["MiniStack"], indirect=True)
def test_an_archived_object_is_seen(place: Place, presign: Presign) -> None:
    algorithm, arn = place.headers.values()
    stored = {"Bucket": place.bucket, "Key": "in-archive", "Body": b"x", "StorageClass": "DEEP_ARCHIVE"}
    place.s3.put_object(**stored, ServerSideEncryption=algorithm, SSEKMSKeyId=arn)
    result = presign("get", "--check", "in-archive")
    assert (result.code, result.out) == (1, "")
    assert "the object is archived and must be restored" in result.err
    assert "(it is in DEEP_ARCHIVE): restore it" in result.err


@pytest.mark.parametrize("place", ["SeaweedFS"], indirect=True)
def test_certificates_are_trusted_as_boto3_does(
    place: Place, presign: Presign, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.store("trusted", b"x")
    certificate = place.variables["SSL_CERT_FILE"]
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name)
    assert "certificate verify failed" in presign("get", "--check", "trusted").err
    Path("aws-config").write_text(f"[default]\nca_bundle = {certificate}\n")
    assert presign("get", "--check", "trusted").code == 0
    monkeypatch.setenv("AWS_CA_BUNDLE", "/dev/null")
    assert presign("get", "--check", "trusted").code == 1
    Path("aws-config").unlink()
    monkeypatch.delenv("AWS_CA_BUNDLE")
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        with monkeypatch.context() as patch:
            patch.setenv(name, certificate)
            assert presign("get", "--check", "trusted").code == 0, name
