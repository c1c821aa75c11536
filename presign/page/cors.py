"""Whether the bucket lets pages that come from a file use its links.

Such a page has the origin ``null``. S3 itself says what the bucket's CORS rules admit, as it does to a
browser, and asks for no permission: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
"""

from presign import http
from presign.prepare import Prepared

_ORIGIN = "null"


def admits_forms(prepared: Prepared) -> bool:
    """Ask whether such a page may send forms, and see their progress. Raises CheckError."""
    return _admits(prepared, "POST", "")


def admits_parts(prepared: Prepared) -> bool:
    """Ask whether such a page may upload in parts, complete that, and so send forms. Raises CheckError."""
    return (
        _admits(prepared, "PUT", "content-md5", exposed="etag")
        and _admits(prepared, "POST", "if-none-match")
        and _admits(prepared, "GET", "")
    )


def _admits(prepared: Prepared, method: str, headers: str, exposed: str = "") -> bool:
    asked = {"Origin": _ORIGIN, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    # The path is of no concern to CORS rules; the bucket's own would be answered as a listing.
    reply = http.send("OPTIONS", f"{prepared.bucket_url}page", asked, prepared.profile)
    shown = reply.headers.get("Access-Control-Expose-Headers", "").lower().replace(" ", "").split(",")
    return (
        reply.status < 300
        and reply.headers.get("Access-Control-Allow-Origin") in ("*", _ORIGIN)
        and (not exposed or exposed in shown)
    )
