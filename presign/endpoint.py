"""Where a bucket answers: the URL that object keys are appended to."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from presign.errors import EndpointError

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_ACCESS_POINT = re.compile(
    r"arn:aws(-[a-z]+)*:s3:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
    r":accesspoint[/:](?P<name>[a-z0-9][a-z0-9-]{1,48}[a-z0-9])"
)
_MULTI_REGION = re.compile(r"arn:aws(-[a-z]+)*:s3::[0-9]{12}:accesspoint[/:].+")
# Of regions that begin so; a test compares them with botocore's own data of partitions.
_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}
_AWS = "amazonaws.com"
DNS_SUFFIXES = (_AWS, *_SUFFIXES.values())
"""What the names of AWS's own hosts end with, in all partitions."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Which of a region's endpoints is asked for, and where in the URL the bucket is: auto, path or virtual.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
    """

    fips: bool = False
    dualstack: bool = False
    accelerate: bool = False
    style: str = "auto"


_USUAL = Variant()


def bucket_url(bucket: str, region: str, endpoint_url: str | None = None, variant: Variant = _USUAL) -> str:
    """Return the bucket's URL, which ends with ``/``.

    Without ``endpoint_url`` it is the regional virtual host: the global host
    redirects, and a redirect breaks the signature. Path style is used for a
    bucket name with dots, which no wildcard TLS certificate covers, and, as
    boto3 does, for other servers than AWS unless ``variant`` says virtual. An
    endpoint goes before FIPS and dual-stack. Raises EndpointError for an
    ``endpoint_url`` that is not a plain http(s) URL, and for what S3 has not.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    if variant.accelerate:
        return _accelerated(bucket, region, endpoint_url, variant)
    on_aws = endpoint_url is None
    if endpoint_url is None:
        endpoint_url = f"https://{_host('s3', region, variant)}"
    _check(endpoint_url)
    parts = urlsplit(endpoint_url)
    host = parts.hostname or ""
    if is_aws(host):
        _check_on_aws(endpoint_url, parts.scheme, host, region)
        on_aws = True
    path = parts.path.rstrip("/") + "/"
    netloc = parts.netloc.lower()
    if on_aws and host.startswith(f"{bucket}."):
        return f"{parts.scheme}://{netloc}{path}"
    style = ("virtual" if on_aws else "path") if variant.style == "auto" else variant.style
    if style == "path" or "." in bucket or _is_address(host):
        return f"{parts.scheme}://{netloc}{path}{bucket}/"
    return f"{parts.scheme}://{bucket}.{netloc}{path}"


def access_point_url(
    arn: str, region: str, endpoint_url: str | None = None, variant: Variant = _USUAL
) -> str:
    """Return the URL of the access point ``arn``, which ends with ``/``.

    Raises EndpointError where it is no access point of ``region``, or with an
    ``endpoint_url``: access points are found only on AWS itself.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
    """
    if _MULTI_REGION.fullmatch(arn):
        raise EndpointError(
            f"{arn} is a Multi-Region access point, whose links take SigV4A, a signature for many regions "
            "that presign does not make: use an access point of the bucket's region, or the bucket itself"
        )
    match = _ACCESS_POINT.fullmatch(arn)
    if not match:
        raise EndpointError(
            f"{arn!r} is not an access point: give its ARN, arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME"
        )
    if match["region"] != region:
        raise EndpointError(f"the access point {arn} is in {match['region']}, and the bucket in {region}")
    if endpoint_url is not None:
        raise EndpointError(f"an access point cannot be used with the endpoint {endpoint_url!r}")
    if variant.accelerate:
        raise EndpointError("an access point cannot be used with S3 Transfer Acceleration")
    return f"https://{match['name']}-{match['account']}.{_host('s3-accesspoint', region, variant)}/"


def _accelerated(bucket: str, region: str, endpoint_url: str | None, variant: Variant) -> str:
    """Return the bucket's URL for Transfer Acceleration, which must be on for the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html
    """
    reasons = {
        f"the endpoint {endpoint_url!r}": endpoint_url is not None,
        "FIPS": variant.fips,
        "a bucket name with dots": "." in bucket,
        f"the region {region}": region.startswith(tuple(_SUFFIXES)),
    }
    for reason, given in reasons.items():
        if given:
            raise EndpointError(
                f"S3 Transfer Acceleration (use_accelerate_endpoint) cannot be used with {reason}"
            )
    return f"https://{bucket}.s3-accelerate{'.dualstack' if variant.dualstack else ''}.{_AWS}/"


def in_host(bucket_url: str) -> bool:
    """Return whether the bucket's URL has the bucket, or its access point, in the host's name, on AWS."""
    parts = urlsplit(bucket_url)
    return is_aws(parts.hostname or "") and parts.path == "/"


def misplaced(host: str, region: str) -> str:
    """Return where a host of AWS is, if it does not serve ``region``: another region or partition."""
    named = [label for each in host.split(".") if _REGION.fullmatch(label := each.removeprefix("s3-"))]
    if named and named[-1] != region:  # a bucket's name, before it, may look the same
        return named[-1]
    return "" if host.endswith(f".{_suffix(region)}") else f"another partition than {_suffix(region)}"


def is_aws(host: str) -> bool:
    """Return whether a host name is one of AWS's own."""
    return host.endswith(tuple(f".{suffix}" for suffix in DNS_SUFFIXES))


def _host(service: str, region: str, variant: Variant) -> str:
    if variant.fips and region.startswith("cn-"):
        raise EndpointError(f"S3 has no FIPS endpoint in {region}: unset AWS_USE_FIPS_ENDPOINT")
    fips, dualstack = "-fips" if variant.fips else "", ".dualstack" if variant.dualstack else ""
    return f"{service}{fips}{dualstack}.{region}.{_suffix(region)}"


def _suffix(region: str) -> str:
    return next((suffix for start, suffix in _SUFFIXES.items() if region.startswith(start)), _AWS)


def _check(endpoint_url: str) -> None:
    try:
        parts = urlsplit(endpoint_url)
        _ = parts.port  # raises where it is not a port number
    except ValueError as error:
        raise EndpointError(f"the endpoint {endpoint_url!r} is not a URL: {error}") from error
    plain = endpoint_url.isascii() and endpoint_url.isprintable() and not set(endpoint_url) & set(" ?#@'\"\\")
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise EndpointError(
            f"the endpoint {endpoint_url!r} cannot be used: give http:// or https:// and a host (and port), "
            "such as http://localhost:4566 (--endpoint-url, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL)"
        )


def _check_on_aws(endpoint_url: str, scheme: str, host: str, region: str) -> None:
    """Refuse an endpoint of AWS that would refuse the link: one without TLS, or of another region."""
    if host.startswith("vpce-"):
        raise EndpointError(
            f"the endpoint {endpoint_url!r} cannot be used: a VPC endpoint has its buckets below "
            f"{scheme}://bucket.{host}: give that"
        )
    if scheme == "http":
        raise EndpointError(
            f"the endpoint {endpoint_url!r} cannot be used: the bucket's policy denies plain http, give https://"
        )
    elsewhere = misplaced(host, region)
    if elsewhere:
        raise EndpointError(
            f"the endpoint {endpoint_url!r} cannot be used: it is in {elsewhere}, and the bucket in {region}"
        )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
