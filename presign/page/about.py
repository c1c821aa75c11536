"""What a page is about: the object that its script reads."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from presign import form
from presign.make import Form
from presign.prepare import Prepared
from presign.signer import Plan, encode_keys


def upload(
    prepared: Prepared, expires_at: datetime, large: Sequence[Mapping[str, Any]], files: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a page says that uploads: ``large`` files in parts, and others as ``files`` says."""
    return {**_common(prepared), "until": int(expires_at.timestamp()), "large": large, **files}


def small_files(made: Form, rules: form.Rules, *, visits: bool) -> dict[str, Any]:
    """Return what a page says of the files that the form ``made`` takes.

    With ``visits``, each visit of the page uploads to a folder of its own.
    """
    fields = {name: value for name, value in made.fields.items() if name != "key"}
    # As text, which packs better; the page encodes it again.
    fields["policy"] = base64.b64decode(fields["policy"]).decode()
    if rules.any_subtype:
        del fields["Content-Type"]  # the page fills in that of each file
    return {
        "prefix": rules.prefix,
        "visits": visits,
        "min": rules.min_size,
        "max": rules.max_size,
        "type": rules.content_type or "",
        "anySubtype": rules.any_subtype,
        "fields": fields,
    }


def download(
    prepared: Prepared,
    plan: Plan,
    prefix: str,
    files: Sequence[tuple[str, int]],
    marks: Mapping[str, int],
) -> dict[str, Any]:
    """Return what a page says that downloads ``files``, each a key and a size in bytes.

    ``marks`` has those that may have to be scanned for malware first.
    """
    urls = [plan.url(key) for key, _ in files]
    query = urls[0].partition("?")[2].rpartition("=")[0]
    return {
        **_common(prepared),
        "until": int(plan.expires_at.timestamp()),
        "prefix": prefix,
        "query": f"{query}=",
        "files": [
            [path, size, url.rpartition("=")[2], *([marks[key]] if key in marks else [])]
            for path, (key, size), url in zip(
                encode_keys([key for key, _ in files]), files, urls, strict=True
            )
        ],
    }


def _common(prepared: Prepared) -> dict[str, Any]:
    url = urlsplit(prepared.bucket_url)
    return {"bucket": prepared.stack.bucket, "base": url.path}
