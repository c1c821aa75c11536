"""Cases of endpoints that were not followed, or refused, and should work as with boto3."""

import json
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from presign.endpoint import Variant, access_point_url, bucket_url
from presign.explain import place
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign

import boto3
import pytest
from botocore.config import Config


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The file for the profile `keys`, which has credentials."""
    (tmp_path / "aws-credentials").write_text(
        "[keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
    )
    return tmp_path / "aws-config"


AWS = "https://secure-dev-data-bucket.s3{}.amazonaws.com/"
VIRTUAL = "addressing_style = virtual\n"
PLACES = {
    # boto3 then takes the global host, which redirects.
    "nothing": ("", {}, AWS.format(".eu-west-1"), False),
    "endpoint_url": (
        "endpoint_url = http://minio:9000\n",
        {},
        "http://minio:9000/secure-dev-data-bucket/",
        True,
    ),
    "services": (
        "endpoint_url = http://other:1\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = http://a.b:2/c\n",
        {},
        "http://a.b:2/c/secure-dev-data-bucket/",
        True,
    ),
    "the environment goes first": (
        "endpoint_url = http://other:1\n",
        {"AWS_ENDPOINT_URL": "http://x:2"},
        "http://x:2/secure-dev-data-bucket/",
        True,
    ),
    "S3's own variable goes first": (
        "",
        {"AWS_ENDPOINT_URL": "http://x:2", "AWS_ENDPOINT_URL_S3": "http://y:3"},
        "http://y:3/secure-dev-data-bucket/",
        True,
    ),
    "an empty variable": (
        "endpoint_url = http://o:1\n",
        {"AWS_ENDPOINT_URL": ""},
        "http://o:1/secure-dev-data-bucket/",
        True,
    ),
    "ignored by variable": (
        "endpoint_url = http://o:1\n",
        {"AWS_ENDPOINT_URL": "http://x:2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE"},
        AWS.format(".eu-west-1"),
        False,
    ),
    "ignored by setting": (
        "endpoint_url = http://o:1\nignore_configured_endpoint_urls = true\n",
        {},
        AWS.format(".eu-west-1"),
        False,
    ),
    "FIPS by variable": (
        f"s3 =\n  {VIRTUAL}",
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        AWS.format("-fips.eu-west-1"),
        True,
    ),
    "FIPS by setting": (
        f"use_fips_endpoint = true\ns3 =\n  {VIRTUAL}",
        {},
        AWS.format("-fips.eu-west-1"),
        True,
    ),
    "FIPS not at all": (f"s3 =\n  {VIRTUAL}", {"AWS_USE_FIPS_ENDPOINT": "1"}, AWS.format(".eu-west-1"), True),
    "dual-stack by variable": (
        "",
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        AWS.format(".dualstack.eu-west-1"),
        True,
    ),
    "dual-stack by setting": (
        "use_dualstack_endpoint = true\n",
        {},
        AWS.format(".dualstack.eu-west-1"),
        True,
    ),
    "dual-stack of S3": (
        "s3 =\n  use_dualstack_endpoint = true\n",
        {},
        AWS.format(".dualstack.eu-west-1"),
        True,
    ),
    "both": (
        "use_dualstack_endpoint = true\nuse_fips_endpoint = true\n",
        {},
        AWS.format("-fips.dualstack.eu-west-1"),
        True,
    ),
    "an endpoint goes before both": (
        "use_dualstack_endpoint = true\nuse_fips_endpoint = true\nendpoint_url = http://o:1\n",
        {},
        "http://o:1/secure-dev-data-bucket/",
        True,
    ),
    "path style": (
        "s3 =\n  addressing_style = path\n",
        {},
        "https://s3.eu-west-1.amazonaws.com/secure-dev-data-bucket/",
        True,
    ),
    "virtual hosts": (
        f"endpoint_url = http://s3.example.com\ns3 =\n  {VIRTUAL}",
        {},
        "http://secure-dev-data-bucket.s3.example.com/",
        True,
    ),
    "path style, without blanks": (
        "s3 =\n  addressing_style=path\n",
        {},
        "https://s3.eu-west-1.amazonaws.com/secure-dev-data-bucket/",
        True,
    ),
    "virtual hosts on AWS": (f"s3 =\n  {VIRTUAL}", {}, AWS.format(".eu-west-1"), True),
    "virtual hosts of the environment's endpoint": (
        f"s3 =\n  {VIRTUAL}",
        {"AWS_ENDPOINT_URL_S3": "http://s3.example.com"},
        "http://secure-dev-data-bucket.s3.example.com/",
        True,
    ),
    "acceleration": ("s3 =\n  use_accelerate_endpoint = true\n", {}, AWS.format("-accelerate"), True),
    "acceleration, dual-stack": (
        "s3 =\n  use_accelerate_endpoint = true\n  use_dualstack_endpoint = true\n",
        {},
        AWS.format("-accelerate.dualstack"),
        True,
    ),
}


@pytest.mark.parametrize(
    ("case", "by"),
    [*((case, "profile") for case in PLACES), ("services", "variable"), ("services", "default")],
)
def test_endpoints_are_found_where_boto3_finds_them(
    presign: Presign,
    outputs_file: OutputsFile,
    profile: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    by: str,
) -> None:
    settings, environment, url, as_boto3 = PLACES[case]
    profile.write_text(
        f"[{'default' if by == 'default' else 'profile keys'}]\nregion = us-west-2\n{settings}"
    )
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if by == "variable":
        monkeypatch.setenv("AWS_PROFILE", "keys")
    named = ["--profile", "keys"] if by == "profile" else []
    result = presign("get", "--outputs", outputs_file(), *named, "--format", "url", "k")
    assert (result.code, result.err) == (0, "")
    assert result.out.partition("k?")[0] == url
    session = boto3.Session(profile_name="keys" if by == "profile" else None)
    client = session.client("s3", region_name="eu-west-1", config=Config(signature_version="s3v4"))
    theirs = client.generate_presigned_url(
        "get_object", Params={"Bucket": OUTPUTS["S3BucketName"], "Key": "k"}
    )
    assert (theirs.partition("k?")[0] == url) == as_boto3


@pytest.mark.parametrize(
    ("settings", "environment", "words"),
    [
        ("services = mine\n", {}, ""),  # without an endpoint there is nothing to look for
        ("x\n[endpoint", {}, "cannot read the endpoint in the AWS config: Unable to parse config file"),
        ("services = mine\n# endpoint\n", {}, "the AWS config has no section [services mine]"),
        (
            "s3 =\n  use_accelerate_endpoint = true\n",
            {"AWS_ENDPOINT_URL": "http://x"},
            "cannot be used with the endpoint 'http://x'",
        ),
        (
            "s3 =\n  use_accelerate_endpoint = true\n",
            {"AWS_USE_FIPS_ENDPOINT": "true"},
            "cannot be used with FIPS",
        ),
    ],
)
def test_endpoints_that_boto3_refuses_are_refused(
    presign: Presign,
    outputs_file: OutputsFile,
    profile: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: str,
    environment: dict[str, str],
    words: str,
) -> None:
    profile.write_text(f"[profile keys]\n{settings}")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = presign("get", "--outputs", outputs_file(), "--profile", "keys", "k")
    assert (result.code, result.err.count("\n")) == ((1, 1) if words else (0, 0))
    assert words in result.err


def test_an_endpoint_in_the_profile_does_not_stop_other_credentials(
    presign: Presign, outputs_file: OutputsFile, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 refuses a profile that is not there; keys in the environment need none."""
    profile.write_text("[profile other]\nendpoint_url = http://o:1\n")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    result = presign("get", "--outputs", outputs_file(), "--format", "url", "k")
    assert result.out.startswith(AWS.format(".eu-west-1"))


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://minio:9000", "http://minio:9000/secure-dev-data-bucket/"),
        ("http://LOCALHOST:9000", "http://localhost:9000/secure-dev-data-bucket/"),
        ("http://MinIO:9000/Base", "http://minio:9000/Base/secure-dev-data-bucket/"),
        (AWS.format(".eu-west-1"), AWS.format(".eu-west-1")),
        (
            "https://bucket.vpce-1a-2b.s3.eu-west-1.vpce.amazonaws.com",
            "https://secure-dev-data-bucket.bucket.vpce-1a-2b.s3.eu-west-1.vpce.amazonaws.com/",
        ),
    ],
)
def test_an_endpoint_by_name_works(
    presign: Presign,
    outputs_file: OutputsFile,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    url: str,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    command = ("get", "--outputs", outputs_file(), "--format", "url", "k", "--endpoint-url")
    assert presign(*command, endpoint).out.partition("k?")[0] == url


def test_a_vpc_endpoint_without_its_bucket_label_says_how_to_name_it(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    endpoint = "https://vpce-1a-2b.s3.eu-west-1.vpce.amazonaws.com"
    result = presign("get", "--outputs", outputs_file(), "--endpoint-url", endpoint, "k")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.endswith(
        "has its buckets below https://bucket.vpce-1a-2b.s3.eu-west-1.vpce.amazonaws.com: give that\n"
    )


def test_every_region_has_the_host_that_botocore_knows() -> None:
    listed = json.loads(files("botocore").joinpath("data", "partitions.json").read_text(encoding="utf-8"))
    for partition in listed["partitions"]:
        for region in partition["regions"]:
            if not region.endswith("-global"):
                suffix = partition["outputs"]["dnsSuffix"]
                assert bucket_url("b-1", region) == f"https://b-1.s3.{region}.{suffix}/"
                arn = f"arn:{partition['id']}:s3:{region}:111122223333:accesspoint/name"
                host = f"name-111122223333.s3-accesspoint.{region}.{suffix}"
                assert access_point_url(arn, region) == f"https://{host}/"


def test_explain_knows_the_hosts_of_every_region() -> None:
    listed = json.loads(files("botocore").joinpath("data", "partitions.json").read_text(encoding="utf-8"))
    regions = [region for one in listed["partitions"] for region in one["regions"] if "-global" not in region]
    assert {"us-isob-east-1", "eusc-de-east-1", "cn-north-1", "us-gov-west-1"} <= set(regions)
    for region in regions:
        variants = [Variant(), Variant(dualstack=True), Variant(style="path")]
        variants += (
            [] if region.startswith("cn-") else [Variant(fips=True), Variant(fips=True, dualstack=True)]
        )
        for variant in variants:
            url = urlsplit(f"{bucket_url('my.b-1', region, variant=variant)}a/k")
            assert place.of(url, None, None) == place.Place("my.b-1", "a/k", "regional", region)
            url = urlsplit(f"{bucket_url('b-1', region, variant=variant)}a/k")
            assert place.of(url, None, None) == place.Place("b-1", "a/k", "regional", region)


@pytest.mark.parametrize("start", ["b-1.bucket.vpce-1a-2b.s3", "bucket.vpce-1a-2b.s3"])
def test_explain_knows_the_hosts_of_vpc_endpoints(start: str) -> None:
    path = "a/k" if start.startswith("b-1") else "b-1/a/k"
    url = urlsplit(f"https://{start}.eu-west-1.vpce.amazonaws.com/{path}")
    assert place.of(url, None, None) == place.Place("b-1", "a/k", "regional", "eu-west-1")


def test_a_multi_region_access_point_says_why_it_cannot_be_signed(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    arn = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap"
    result = presign("get", "--outputs", outputs_file(), "--access-point", arn, "k")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "is a Multi-Region access point, whose links take SigV4A" in result.err
