"""Where a bucket answers: the URL that object keys are appended to."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from presign.errors import EndpointError

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_ACCESS_POINT = re.compile(
    r"arn:aws(-cn|-us-gov)?:s3:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
    r":accesspoint[/:](?P<name>[a-z0-9][a-z0-9-]{1,48}[a-z0-9])"
)


def bucket_url(bucket: str, region: str, endpoint_url: str | None = None) -> str:
    """Return the bucket's URL, which ends with ``/``.

    Without ``endpoint_url`` it is the regional virtual host: the global host
    redirects, and a redirect breaks the signature. Path style is used where a
    virtual host cannot work: for a bucket name with dots, which no wildcard TLS
    certificate covers, and for an endpoint on an IP address or localhost.
    Raises EndpointError for an ``endpoint_url`` that is not a plain http(s) URL.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    if endpoint_url is None:
        endpoint_url = f"https://s3.{region}.{_suffix(region)}"
    _check(endpoint_url)
    parts = urlsplit(endpoint_url)
    _check_on_aws(endpoint_url, parts.scheme, parts.hostname or "", region)
    path = parts.path.rstrip("/") + "/"
    if "." in bucket or _has_no_subdomains(parts.hostname or ""):
        return f"{parts.scheme}://{parts.netloc}{path}{bucket}/"
    return f"{parts.scheme}://{bucket}.{parts.netloc}{path}"


def access_point_url(arn: str, region: str, endpoint_url: str | None = None) -> str:
    """Return the URL of the access point ``arn``, which ends with ``/``.

    Raises EndpointError where it is no access point of ``region``, or with an
    ``endpoint_url``: access points are found only on AWS itself.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
    """
    match = _ACCESS_POINT.fullmatch(arn)
    if not match:
        raise EndpointError(
            f"{arn!r} is not an access point: give its ARN, arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME"
        )
    if match["region"] != region:
        raise EndpointError(f"the access point {arn} is in {match['region']}, and the bucket in {region}")
    if endpoint_url is not None:
        raise EndpointError(f"an access point cannot be used with the endpoint {endpoint_url!r}")
    return f"https://{match['name']}-{match['account']}.s3-accesspoint.{region}.{_suffix(region)}/"


def _suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


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
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return
    if scheme == "http":
        raise EndpointError(
            f"the endpoint {endpoint_url!r} cannot be used: the bucket's policy denies plain http, give https://"
        )
    named = [label for label in host.split(".") if _REGION.fullmatch(label)]
    if named and region not in named:
        raise EndpointError(
            f"the endpoint {endpoint_url!r} cannot be used: it is in {named[0]}, and the bucket in {region}"
        )


def _has_no_subdomains(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
