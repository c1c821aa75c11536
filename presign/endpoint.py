"""Where a bucket answers: the URL that object keys are appended to."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from presign.errors import EndpointError


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
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        endpoint_url = f"https://s3.{region}.{suffix}"
    _check(endpoint_url)
    parts = urlsplit(endpoint_url)
    path = parts.path.rstrip("/") + "/"
    if "." in bucket or _has_no_subdomains(parts.hostname or ""):
        return f"{parts.scheme}://{parts.netloc}{path}{bucket}/"
    return f"{parts.scheme}://{bucket}.{parts.netloc}{path}"


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


def _has_no_subdomains(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
