"""`presign explain` names a bucket only where it knows the kind of host."""

import json

from presign.signer import Signer
from tests.presign.presign_support import OutputsFile, Presign

import pytest

ALIAS = "my-ap-abcdefghijklmnopqrstuvwxyz12-s3alias"


def link_to(url: str, region: str = "eu-west-1") -> str:
    signer = Signer(access_key="AKIAIOSFODNN7EXAMPLE", secret_key="s", region=region, bucket_url=url)
    return signer.url("GET", "a/b", 900)


@pytest.mark.parametrize(
    "host",
    [
        "olap-111122223333.s3-object-lambda.eu-west-1.amazonaws.com",
        "b--euw1-az1--x-s3.s3express-euw1-az1.eu-west-1.amazonaws.com",
        "ap-111122223333.op-01ac5d28a6a232904.s3-outposts.eu-west-1.amazonaws.com",
        "111122223333.s3-control.eu-west-1.amazonaws.com",
        "alias.mrap.accesspoint.s3-global.amazonaws.com",
        "ap-111122223333.accesspoint.vpce-1a2b3c4d-5e6f.s3.eu-west-1.vpce.amazonaws.com",
        "vpce-1a2b3c4d-5e6f.s3.eu-west-1.vpce.amazonaws.com",
        "secure-dev-data-bucket.s3.eu-west-1.amazonaws.com.",
        "s3.eu-west-1.amazonaws.com.",
    ],
)
def test_no_bucket_is_read_from_a_host_that_is_not_understood(
    presign: Presign, outputs_file: OutputsFile, host: str
) -> None:
    out = presign("explain", "--outputs", outputs_file(), link_to(f"https://{host}/")).out
    kind = "a kind of S3 host that presign does not know"
    assert out.startswith(f"Nothing wrong is found, but the link leads to {kind}.\n")
    assert f"\nPlace      {kind}, a/b\n" in out
    assert "\nBucket     not compared: the link does not name its bucket\n" in out
    document = json.loads(presign("explain", "--format", "json", link_to(f"https://{host}/")).out)
    assert (document["bucket"], document["key"]) == (None, "a/b")


@pytest.mark.parametrize(
    "url", [f"https://{ALIAS}.s3.eu-west-1.amazonaws.com/", f"https://s3.eu-west-1.amazonaws.com/{ALIAS}/"]
)
def test_an_alias_may_be_of_any_bucket(presign: Presign, outputs_file: OutputsFile, url: str) -> None:
    out = presign("explain", "--outputs", outputs_file(), link_to(url)).out
    assert out.startswith("Nothing is wrong with the link")
    assert f"\nPlace      access point with the alias {ALIAS}, a/b\n" in out
    assert "\nBucket     not compared: the link does not name its bucket\n" in out


def test_a_link_of_another_service_of_s3_is_not_called_changed(
    presign: Presign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    host = "https://olap-111122223333.s3-object-lambda.eu-west-1.amazonaws.com/"
    out = presign("explain", link_to(host).replace("%2Fs3%2F", "%2Fs3-object-lambda%2F")).out
    assert out.startswith("Nothing wrong is found, but")
    usual = link_to("https://bucket.s3.eu-west-1.amazonaws.com/").replace(
        "%2Fs3%2F", "%2Fs3-object-lambda%2F"
    )
    assert presign("explain", usual).out.startswith("The link is signed for the service ")


@pytest.mark.parametrize("escape", ["&amp;", "&AMP;", "&#38;", "&#038;", "&#x26;", "&#x026;", "&#X26;"])
def test_every_spelling_of_an_html_escape_is_read(presign: Presign, escape: str) -> None:
    url = link_to("https://bucket.s3.eu-west-1.amazonaws.com/")
    out = presign("explain", url.replace("&", escape)).out
    assert out.startswith("The link is escaped for HTML: '&amp;' stands where '&' was signed.\n")
    assert "\nAlso" not in out
