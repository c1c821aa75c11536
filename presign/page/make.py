"""Makes a page, stores it and prints its link."""

import json
from typing import TYPE_CHECKING

from presign import active, duration, form, keys, report
from presign import make as links
from presign.errors import PageError, RequestError
from presign.options import life
from presign.page import about, document, downloads, place
from presign.prepare import Prepared, prepare

_PLAIN = "application/octet-stream"  # browsers save it, and never show it or run it

if TYPE_CHECKING:
    from datetime import datetime

    from presign.page.command import GetOptions, PutOptions


def put(options: "PutOptions") -> None:
    """Make a page that uploads, and print its link."""
    prepared = prepare(options, life(options))
    place.require_own_host(prepared)
    if prepared.stack.object_lock:
        raise PageError(
            "the bucket has Object Lock, and takes no upload without a checksum, which a page's form cannot "
            "carry: make a link for each file with 'presign put --checksum'"
        )
    prefix = keys.in_bucket(options["prefix"], prepared.stack.bucket)
    rules = form.rules(
        prefix, None, options["min_size"], options["max_size"], options["content_type"] or _PLAIN
    )
    doubts = _doubts(rules)
    made = links.post(prepared, rules, {})
    said = about.upload(prepared, made, rules, visits=not options["same_folder"])
    page = document.page("put", said, room=place.room(prepared, "upload.html"))
    key, url = place.store(prepared, "upload.html", page)
    row = ("Uploads to", f"s3://{prepared.stack.bucket}/{prefix}")
    _print(options["format"], prepared, page, key, url, made.expires_at, row)
    report.warn([*made.warnings, *doubts])


def get(options: "GetOptions") -> None:
    """Make a page that downloads, and print its link."""
    prepared = prepare(options, life(options))
    place.require_own_host(prepared)
    found, prefix, left = downloads.find(prepared, options["keys"])
    plan = prepared.signer.plan("GET", prepared.expires, {}, {"response-content-disposition": "attachment"})
    said = about.download(prepared, plan, prefix, list(found.items()))
    page = document.page("get", said, room=place.room(prepared, "download.html"))
    key, url = place.store(prepared, "download.html", page)
    row = ("Downloads", f"{len(found):,} {'file' if len(found) == 1 else 'files'}")
    _print(options["format"], prepared, page, key, url, plan.expires_at, row)
    report.warn([*left, *prepared.warnings])


def _doubts(rules: form.Rules) -> list[str]:
    """Raise RequestError for a type that browsers run; warn of one that may be such a type."""
    content_type = rules.content_type or ""
    if not rules.any_subtype and active.is_type(content_type):
        raise RequestError(
            f"no page takes {content_type}: browsers would run its scripts, with the bucket's own origin"
        )
    if rules.any_subtype and content_type in ("application/", "image/", "text/"):
        return [
            f"{content_type}* may be HTML, SVG or XML, whose scripts browsers run: hand such files out with "
            "'presign page get' or --download-as alone"
        ]
    return []


def _print(
    form: str,
    prepared: Prepared,
    page: document.Page,
    key: str,
    url: str,
    expires_at: "datetime",
    row: tuple[str, str],
) -> None:
    expires = duration.iso(expires_at)
    if form == "url":
        text = url
    elif form == "json":
        text = json.dumps(
            {"url": url, "key": key, "links_in": "url" if page.fragment else "page", "expires_at": expires},
            indent=2,
        )
    else:
        links = (
            "in the URL alone, after the #"
            if page.fragment
            else "in the page: anyone who may read it in the bucket can use them"
        )
        rows = [
            row,
            ("Expires", f"{expires} ({duration.words(prepared.expires)} from now)"),
            ("Signed by", prepared.signed_by),
            ("Stored as", f"s3://{prepared.stack.bucket}/{key}"),
            ("Its links", links),
            ("Open", url),
        ]
        text = report.table(rows)
    report.write(text)
