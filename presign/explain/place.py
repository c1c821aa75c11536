"""Which bucket and key a URL names.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from presign.endpoint import DNS_SUFFIXES, is_aws
from presign.outputs import Outputs

# No bucket is called as the part of a VPC endpoint's host is: what is there besides, such as an access point,
# is not known.
_ON_AWS = re.compile(
    r"(?:(?P<bucket>(?!(?:bucket\.)?vpce-)(?:(?!\.vpce-).)+?)\.)?(?:bucket\.vpce-[a-z0-9-]+\.)?"
    r"s3(?P<kind>-accelerate|-accesspoint|-website)?(?:-fips)?(?:\.dualstack)?"
    r"(?:[.-](?P<region>[a-z]{2,}(?:-[a-z]+)+-[0-9]+))?(?:\.vpce)?"
    rf"\.(?:{'|'.join(map(re.escape, DNS_SUFFIXES))})"
)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html reserves these.
_ALIASES = ("-s3alias", "--ol-s3", "--op-s3")


@dataclass(frozen=True)
class Place:
    """Where a link leads. ``bucket`` is an access point's name and account, or alias, where ``kind`` says so.

    ``kind`` is ``regional``, ``global`` (no region in the host), ``accelerate``, ``accesspoint``, ``alias``
    (of an access point), ``website``, ``unknown`` (another host of AWS: ``key`` is all of the path) or, away
    from AWS, ``custom``. ``region`` is the one in the host, or empty.
    """

    bucket: str
    key: str
    kind: str
    region: str

    @property
    def names_bucket(self) -> bool:
        """Whether it says which bucket it leads to, or which access point of the outputs."""
        return self.kind not in ("alias", "unknown")

    def __str__(self) -> str:
        names = {
            "accesspoint": f"access point {self.bucket}, ",
            "alias": f"access point with the alias {self.bucket}, ",
            "unknown": "a kind of S3 host that presign does not know, ",
        }
        return f"{names.get(self.kind, f's3://{self.bucket}/')}{self.key}"


def of(parts: SplitResult, outputs: Outputs | None, endpoint_url: str | None) -> Place:
    """Return the place of a URL; the outputs and the endpoint tell a virtual host from path style."""
    host, path = parts.hostname or "", unquote(parts.path).removeprefix("/")
    match = _ON_AWS.fullmatch(host)
    if match:
        kind = (match["kind"] or "").removeprefix("-")
        kind = kind or ("regional" if match["region"] else "global")
        bucket, key = (match["bucket"], path) if match["bucket"] else _first(path)
        return Place(bucket, key, "alias" if bucket.endswith(_ALIASES) else kind, match["region"] or "")
    if is_aws(host.removesuffix(".")):
        return Place("", path, "unknown", "")
    endpoint = urlsplit(endpoint_url or "")
    base = unquote(endpoint.path).strip("/")
    if base and path.startswith(f"{base}/"):
        path = path.removeprefix(f"{base}/")
    if outputs and host.startswith(f"{outputs.bucket}."):
        return Place(outputs.bucket, path, "custom", "")
    if endpoint.hostname and host.endswith(f".{endpoint.hostname}"):
        return Place(host.removesuffix(f".{endpoint.hostname}"), path, "custom", "")
    return Place(*_first(path), "custom", "")


def _first(path: str) -> tuple[str, str]:
    bucket, _, key = path.partition("/")
    return bucket, key
