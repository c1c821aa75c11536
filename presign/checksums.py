"""Checksums that the content of an upload must have: S3 refuses any other content.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import base64
import binascii
import re

from presign.errors import RequestError

_BYTES = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32, "md5": 16}


HEADERS = tuple("content-md5" if name == "md5" else f"x-amz-checksum-{name}" for name in _BYTES)


def header(text: str) -> dict[str, str]:
    """Return the header for ``ALGORITHM:DIGEST``; the digest is in hexadecimal or base64."""
    name, colon, digest = text.partition(":")
    algorithm = name.lower().replace("-", "")
    size = _BYTES.get(algorithm)
    if size is None or not colon:
        raise RequestError(
            f"{text!r} is not a checksum: give {', '.join(_BYTES)} and the digest, as in sha256:DIGEST"
        )
    try:
        if len(digest) == 2 * size and re.fullmatch("[0-9a-fA-F]+", digest):
            data = bytes.fromhex(digest)
        else:
            data = base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != size:
        raise RequestError(
            f"{digest!r} is not a digest of {algorithm}: give its {2 * size} hexadecimal digits, or its "
            f"{size} bytes in base64"
        )
    encoded = base64.b64encode(data).decode()
    return {HEADERS[list(_BYTES).index(algorithm)]: encoded}
