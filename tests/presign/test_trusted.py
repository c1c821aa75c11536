"""The certificates that are trusted are read once for all requests, and others where others are named."""

from presign.http import _trusted, _trusting

import pytest
from botocore.httpsession import where


def test_certificates_are_read_once_for_each_place_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _trusting.cache_clear()
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", where())
    of_openssl = _trusted(None)
    assert _trusted(None) is of_openssl
    monkeypatch.setenv("AWS_CA_BUNDLE", where())
    of_the_bundle = _trusted(None)
    assert _trusted(None) is of_the_bundle is not of_openssl
    monkeypatch.delenv("AWS_CA_BUNDLE")
    monkeypatch.delenv("SSL_CERT_FILE")
    assert _trusted(None) is not of_openssl
