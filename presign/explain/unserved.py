"""What S3 does not serve, however it is signed: the same rules by which presign refuses to make a link.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""

import re
from urllib.parse import unquote

from presign import endpoint, keys
from presign.errors import ObjectKeyError
from presign.explain.cause import Cause
from presign.explain.link import Link
from presign.signer import encode_keys

_WITH_PRESIGN = "Make the link with presign"
_BARE = re.compile(r"\+|%(?![0-9A-Fa-f]{2})")
_ELSEWHERE = ("custom", "unknown")  # places whose rules are not known


def _user(link: Link) -> Cause | None:
    if link.parts.username is None:
        return None
    return Cause(
        "the link has a user name before its host: clients send it as an Authorization header, in addition "
        "to the signature, and S3 takes one of them",
        "Remove what is between '//' and '@'",
    )


def _host(link: Link) -> Cause | None:
    if link.place.kind == "website":
        return Cause(
            "the host is of a website, and takes no signed links", f"{_WITH_PRESIGN}, for the bucket"
        )
    if link.place.kind in _ELSEWHERE or not link.region:
        return None
    host = (link.parts.hostname or "").removeprefix(f"{link.place.bucket}.")
    elsewhere = endpoint.misplaced(host, link.region)
    if not elsewhere:
        return None
    return Cause(
        f"the link is signed for the region {link.region}, and its host is in {elsewhere}",
        f"{_WITH_PRESIGN} and the bucket's outputs",
    )


def _key(link: Link) -> Cause | None:
    """Find a key that no object can have, or that S3 reads as another one."""
    try:
        unquote(link.parts.path, errors="strict")
        encode_keys([link.place.key] if link.place.key else [])
    except UnicodeDecodeError:
        return Cause(
            "the path is not UTF-8, as S3 keys must be", f"{_WITH_PRESIGN}, which encodes the key so"
        )
    except ObjectKeyError as error:
        return Cause(str(error), "Make a link for another key")
    why = keys.s3_cannot_have(link.place.key, virtual=_virtual(link))
    if why:
        return Cause(why, "Make a link for another key, or with the bucket in the path")
    bare = None if link.place.kind in _ELSEWHERE else _BARE.search(link.parts.path)
    if bare:
        what = "reads as a space" if bare[0] == "+" else "cannot read"
        return Cause(
            f"the path has a '{bare[0]}' that is not escaped, which S3 {what}",
            "Use the link as presign printed it: it escapes every character of the key",
        )
    return None


def _virtual(link: Link) -> bool:
    host = link.parts.hostname or ""
    return link.place.kind not in _ELSEWHERE and host.startswith(f"{link.place.bucket}.")


def untrusted(link: Link) -> list[Cause]:
    """Say where no certificate of S3 covers the host, so that nothing is asked, unless an answer came.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    if link.parts.scheme != "https" or "." not in link.place.bucket or not _virtual(link):
        return []
    return [
        Cause(
            "the bucket's name has dots, and S3's certificate covers no such host: clients refuse to connect",
            f"{_WITH_PRESIGN}, which puts such a bucket into the path",
        )
    ]


CHECKS = (_user, _host, _key)
"""Each returns what is wrong with a link, or None."""
