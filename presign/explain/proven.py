"""Signs a link again, where the environment has the secret key of its access key id."""

from collections.abc import Mapping
from dataclasses import replace

from presign.errors import PresignError
from presign.explain.compare import known_headers
from presign.explain.link import Link
from presign.outputs import Outputs
from presign.signer import Signer

_METHODS = ("GET", "PUT", "HEAD", "DELETE", "POST")


def proven(link: Link, outputs: Outputs | None, environ: Mapping[str, str]) -> Link:
    """Return the link with the method for which it is signed, or marked as changed.

    It is returned as it is where the key is another's, a signed header's value is not known, or the link is
    for another service than S3, such as S3 Object Lambda.
    """
    secret = environ.get("AWS_SECRET_ACCESS_KEY", "")
    headers = known_headers(link, outputs)
    ours = secret and link.scope[0] == environ.get("AWS_ACCESS_KEY_ID") and link.scope[3:4] == ["s3"]
    if not ours or link.signed_at is None or link.expires is None or set(link.signed_headers) - set(headers):
        return link
    signed_at, path = link.signed_at, link.path.removeprefix("/")
    signer = Signer(
        access_key=link.scope[0],
        secret_key=secret,
        session_token=link.get("X-Amz-Security-Token") or None,
        region=link.region,
        bucket_url=f"{link.parts.scheme}://{link.parts.netloc}/",
        clock=lambda: signed_at,
    )
    for method in [link.method] if link.method else _METHODS:
        try:
            plan = signer.plan(method, link.expires, headers, link.parameters)
            url = plan.url(path) if path else plan.bucket_url()
        except PresignError:
            return link
        if url.endswith(f"={link.get('X-Amz-Signature')}"):
            return replace(link, method=method)
    return replace(link, changed=True)
