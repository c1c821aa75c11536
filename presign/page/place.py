"""Where pages are: in the bucket, below a name that nobody can guess, at a host that no other bucket has."""

import hashlib
import os
import secrets
from base64 import b64encode
from urllib.parse import urlsplit

from presign import check, endpoint, http, reserved
from presign.errors import PageError
from presign.page.document import Page
from presign.prepare import Prepared, within_life
from presign.signer import MAX_EXPIRES

LONGEST_LINK = 8000  # characters; mail and chat programs cut longer ones
_SENT_WITHIN = 60  # seconds
_GRACE = 24 * 60 * 60  # seconds, for which a page can still say that it has expired
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TESTS = "PRESIGN_PAGES_ON_LOOPBACK"


def require_own_host(prepared: Prepared) -> None:
    """Raise PageError where others' pages have the same origin as the bucket's, and could read its links.

    So it must be AWS, with the bucket's name in the host. For tests, PRESIGN_PAGES_ON_LOOPBACK=1 also allows
    a server on this machine.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    url, bucket = urlsplit(prepared.bucket_url), prepared.stack.bucket
    host = url.hostname or ""
    if host in _LOOPBACK and os.environ.get(_TESTS) == "1":
        return
    if not endpoint.is_aws(host):
        why = f"{url.netloc} is not AWS, and other pages may have its origin"
    elif not host.startswith(f"{bucket}.") or url.path != "/":
        why = f"the bucket's name is not in its host, {host}, which other buckets share"
        why += ", as for all names with dots" if "." in bucket else ""
    else:
        return
    raise PageError(f"no page can be stored in this bucket: {why}; write the page to a file: -o page.html")


def room(prepared: Prepared, name: str) -> int:
    """Return how many characters may follow the ``#`` in the link of a page."""
    return LONGEST_LINK - len(_link(prepared, _key("0" * 32, name))) - 1


def store(prepared: Prepared, name: str, page: Page) -> tuple[str, str, bool]:
    """Store the page as ``_presign/RANDOM/NAME``, and return its key and its link. Raises PageError.

    The last value is whether the link works only once the page was scanned for malware.
    """
    key = _key(secrets.token_hex(16), name)
    digest = b64encode(hashlib.sha256(page.html).digest()).decode()
    headers = {
        **prepared.stack.upload_headers,
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "x-amz-checksum-sha256": digest,
    }
    plan = prepared.signer.plan("PUT", min(_SENT_WITHIN, prepared.expires), headers)
    url = plan.url(key)
    reply = http.send("PUT", url, headers, prepared.profile, page.html)
    if reply.status >= 300:
        raise PageError(
            f"cannot store the page {key}: S3 refuses it ({reply.status}): {check.why(prepared, url, reply)}"
        )
    answer = check.ask(prepared, key)
    if answer.problem and not answer.unscanned:
        raise PageError(f"the page was stored, and its link does not work: {answer.problem}")
    fragment = f"#{page.fragment}" if page.fragment else ""
    return key, f"{_link(prepared, key)}{fragment}", answer.unscanned


def _key(random: str, name: str) -> str:
    return f"{reserved.FOLDER}{random}/{name}"


def _link(prepared: Prepared, key: str) -> str:
    longest = min(prepared.expires + _GRACE, prepared.stack.max_seconds, MAX_EXPIRES)
    expires, _ = within_life(longest, prepared.credentials, prepared.signer.now())
    return prepared.signer.plan("GET", expires).url(key)
