"""Makes a page, stores it and prints its link."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from presign import active, curl, duration, form, keys, report, reserved, says
from presign import make as links
from presign.errors import PageError, RequestError
from presign.multipart import put as in_parts
from presign.multipart import sizes, upload
from presign.options import life
from presign.page import about, cors, document, downloads, large, place, saved
from presign.page.large import Large
from presign.prepare import Prepared, prepare
from presign.signer import utc_now

import click

_PLAIN = "application/octet-stream"  # browsers save it, and never show it or run it

if TYPE_CHECKING:
    from presign.page.command import GetOptions, PageOptions, PutOptions

Rows = Sequence[tuple[str, str]]


def put(options: "PutOptions") -> None:
    """Make a page that uploads, and print its link or write it to a file."""
    default = upload.DEFAULT_EXPIRES if options["large"] else duration.DEFAULT_EXPIRES
    prepared = _prepared(options, default)
    prefix = keys.in_bucket(options["prefix"], prepared.stack.bucket)
    rules = form.rules(
        prefix, None, options["min_size"], options["max_size"], options["content_type"] or _PLAIN
    )
    warnings = _doubts(rules)
    if options["large"] and rules.any_subtype:
        raise RequestError(
            f"--content-type {options['content_type']} is not for a --large file, whose type is fixed when "
            "the page is made: give one type, such as video/mp4"
        )
    wanted = [
        _expected(prepared, name, f"{prefix}{name}", sizes.cut(size, None), {})
        for name, size in options["large"].items()
    ]
    locked = prepared.stack.object_lock
    files: Mapping[str, Any] = {}
    if locked:
        _require_large(wanted, options)
        reserved.refuse_form(prefix, None)
        warnings += ["the bucket has Object Lock: the page takes the --large files alone", *prepared.warnings]
    else:
        # With this status, S3 says where the object is, also to a form that has no script.
        made = links.post(prepared, rules, {"success_action_status": "201"})
        files = about.small_files(made, rules, visits=not options["same_folder"])
        warnings += made.warnings
    output = options["output"]
    if output is not None and wanted and not cors.admits_parts(prepared):
        saved.refuse_parts()
    if output is not None and not wanted and not cors.admits_forms(prepared):
        saved.plain_form(prepared, made, prefix, output)
        report.warn(warnings)
        return
    content_type = {"content-type": rules.content_type or _PLAIN}
    with large.begun(prepared, options, wanted, content_type, large.NEW) as uploads:
        rows = [("Uploads to", f"s3://{prepared.stack.bucket}/{prefix}"), *_in_parts(prepared, wanted)]
        whole = about.upload(prepared, _ends(prepared), large.about(prepared, wanted, uploads), files)
        _hand_out(prepared, "put", whole, rows, options)
    report.warn([*warnings, *_of_parts(uploads)])


def put_one(options: in_parts.Wanted) -> None:
    """Make a page that uploads one file in parts, and print its link."""
    in_parts.require_format(options)
    if options["access_point"] is not None:
        raise PageError("a page is stored in the bucket itself: leave --access-point out")
    if options["part_checksums"]:
        raise RequestError("--part-checksums is not for a page, which sends a checksum with each part anyway")
    headers, condition = in_parts.split(says.headers(options))
    _require_data(headers.get("content-type", ""))
    cut = sizes.cut(in_parts.size(options), options["part_size"])
    prepared = prepare(options, life(options), signed_at=_now(), default=upload.DEFAULT_EXPIRES)
    _require_place(prepared)
    key = keys.in_bucket(options["key"], prepared.stack.bucket)
    wanted = [_expected(prepared, curl.local_name(options["file"] or key), key, cut, headers)]
    warnings = [*keys.doubts(key, "PUT"), *says.doubts(headers), *prepared.warnings]
    warnings += in_parts.checked(prepared, options)
    with large.begun(prepared, options, wanted, headers, condition) as uploads:
        whole = about.upload(prepared, _ends(prepared), large.about(prepared, wanted, uploads), {})
        _store(prepared, "put", whole, _in_parts(prepared, wanted), "text")
    report.warn([*warnings, *_of_parts(uploads)])


def get(options: "GetOptions") -> None:
    """Make a page that downloads, and print its link or write it to a file."""
    prepared = _prepared(options, duration.DEFAULT_EXPIRES)
    found, prefix, left = downloads.find(prepared, options["keys"])
    marks, unscanned = downloads.leave_unclean(prepared, found)
    plan = prepared.signer.plan("GET", prepared.expires, {}, {"response-content-disposition": "attachment"})
    said = about.download(prepared, plan, prefix, list(found.items()), marks)
    rows = [("Downloads", f"{len(found):,} {'file' if len(found) == 1 else 'files'}")]
    _hand_out(prepared, "get", said, rows, options)
    report.warn([*left, *unscanned, *prepared.warnings])


def _prepared(options: "PageOptions", default: int) -> Prepared:
    """Prepare a page; raises PageError where it is to be stored and cannot be."""
    if options["output"] is not None and options["format"] != "text":
        raise click.UsageError("--format is for a page in the bucket: leave it out with --output")
    prepared = prepare(options, life(options), signed_at=_now(), default=default)
    if options["output"] is None:
        _require_place(prepared)
    return prepared


def _require_place(prepared: Prepared) -> None:
    """Raise PresignError where no page can be stored, or no link to one works."""
    prepared.stack.revoked.refuse(reserved.FOLDER)
    place.require_own_host(prepared)


def _require_large(wanted: Sequence[Large], options: "PutOptions") -> None:
    """Raise PageError where a bucket with Object Lock would get a page for a form, or options of one."""
    if not wanted:
        raise PageError(
            "the bucket has Object Lock, and takes no upload without a checksum, which a page's form cannot "
            "carry: name each file, which is then uploaded in parts with checksums: --large NAME:SIZE"
        )
    of_forms = {
        "--min-size": options["min_size"] > 0,
        "--max-size": options["max_size"] != form.MAX_SIZE,
        "--same-folder": options["same_folder"],
    }
    for name, given in of_forms.items():
        if given:
            raise PageError(
                f"the bucket has Object Lock, so the page takes the --large files alone, and {name} is not "
                "for them: leave it out"
            )


def _now() -> datetime:
    """Return a moment for which all links of a page are signed, so that they end together."""
    return utc_now().replace(microsecond=0)


def _ends(prepared: Prepared) -> datetime:
    return prepared.signer.now() + timedelta(seconds=prepared.expires)


def _expected(prepared: Prepared, name: str, key: str, cut: sizes.Parts, headers: Mapping[str, str]) -> Large:
    """Return a file that is expected. Raises PresignError for a key that gets no links."""
    upload.require_key(prepared, key, headers)
    return Large(name, key, cut)


def _in_parts(prepared: Prepared, wanted: Sequence[Large]) -> Rows:
    texts = [f"s3://{prepared.stack.bucket}/{one.key}, at most {one.parts.size:,} bytes" for one in wanted]
    return report.listed("In parts", texts)


def _of_parts(uploads: Sequence[upload.Upload]) -> Iterator[str]:
    return chain.from_iterable(one.doubts() for one in uploads)


def _require_data(content_type: str) -> None:
    """Raise RequestError for a type that browsers run."""
    if active.is_type(content_type):
        raise RequestError(
            f"no page takes {content_type}: browsers would run its scripts, with the bucket's own origin"
        )


def _doubts(rules: form.Rules) -> list[str]:
    """Raise RequestError for a type that browsers run; warn of one that may be such a type."""
    content_type = rules.content_type or ""
    if not rules.any_subtype:
        _require_data(content_type)
    if rules.any_subtype and content_type in ("application/", "image/", "text/"):
        return [
            f"{content_type}* may be HTML, SVG or XML, whose scripts browsers run: hand such files out with "
            "'presign page get' or --download-as alone"
        ]
    return []


def _hand_out(
    prepared: Prepared, kind: str, whole: Mapping[str, Any], rows: Rows, options: "PageOptions"
) -> None:
    if options["output"] is None:
        _store(prepared, kind, whole, rows, options["format"])
    else:
        saved.page(prepared, kind, whole, options["output"])


def _store(prepared: Prepared, kind: str, whole: Mapping[str, Any], rows: Rows, form: str) -> None:
    """Store the page, and print its link."""
    name = f"{'upload' if kind == 'put' else 'download'}.html"
    page = document.page(kind, whole, room=place.room(prepared, name))
    key, url, unscanned = place.store(prepared, name, page)
    expires = duration.iso(_ends(prepared))
    links_in = "url" if page.fragment else "page"
    where = {
        "url": "in the URL alone, after the #",
        "page": "in the page: anyone who may read it in the bucket can use them",
    }
    if form == "url":
        report.write(url)
    elif form == "json":
        made = {"url": url, "key": key, "links_in": links_in, "expires_at": expires}
        report.write(json.dumps(made, indent=2))
    else:
        table = [
            *rows,
            ("Expires", f"{expires} ({duration.words(prepared.expires)} from now)"),
            ("Signed by", prepared.signed_by),
            ("Stored as", f"s3://{prepared.stack.bucket}/{key}"),
            ("Its links", where[links_in]),
            ("Open", url),
        ]
        report.write(report.table(table))
    if unscanned:
        scanned = "the page itself is scanned for malware: its link answers 403 until it was found clean"
        report.warn([f"{scanned}; only then is it known whether these credentials may read it"])
