"""``presign put --multipart``: begins an upload in parts, and hands out what completes it."""

from collections.abc import Mapping

from presign import curl, duration, keys, report, says
from presign.errors import RequestError
from presign.multipart import render, sizes, upload
from presign.multipart.s3 import Uploads
from presign.options import LifeOptions, life
from presign.prepare import Prepared, prepare
from presign.request import MAX_UPLOAD, size_of
from presign.signer import utc_now

import click

FORMATS = (*render.FORMATS, "html")
"""The last one is a page, which presign.page makes."""


class Wanted(LifeOptions, says.UploadSays):
    """What ``put`` was given for an upload in parts; the sizes are in bytes."""

    key: str
    file: str | None
    format: str | None
    check: bool
    access_point: str | None
    multipart: bool
    size: int | None
    part_size: int | None
    part_checksums: bool


def put(options: Wanted) -> None:
    """Begin the upload with the bucket's headers and those that were asked for, and print its links.

    Everything that can be refused is refused before the upload begins.
    """
    form = require_format(options)
    cut = sizes.cut(size(options), options["part_size"])
    render.require(form, cut)
    own, condition = split(says.headers(options))
    now = utc_now().replace(microsecond=0)
    prepared = prepare(options, life(options), options["access_point"], now, default=upload.DEFAULT_EXPIRES)
    key = keys.in_bucket(options["key"], prepared.stack.bucket)
    upload.require_key(prepared, key, own)
    warnings = [*keys.doubts(key, "PUT"), *says.doubts(own), *prepared.warnings]
    digests = upload.digests_of(options["file"] or "", cut) if options["part_checksums"] else []
    warnings += checked(prepared, options)
    uploads = Uploads(prepared, options, options["access_point"])
    with uploads.begun(key, {**prepared.stack.upload_headers, **own}) as begun:
        file = options["file"] or curl.local_name(key)
        made = upload.sign(prepared, key, file, cut, digests, condition, begun)
        report.write(render.render(made, form))
    report.warn([*warnings, *made.doubts()])
    click.echo(
        f"An upload to {report.printable(made.place)} has begun: {len(made.parts):,} parts of "
        f"{cut.part_size // sizes.MIB} MiB, until {duration.iso(made.expires_at)} (id {made.upload_id})",
        err=True,
    )


def checked(prepared: Prepared, options: Wanted) -> list[str]:
    """Ask S3 first, where that was asked for, and return what is doubtful. Raises CheckError."""
    if not options["check"]:
        return []
    from presign import check

    return check.ask_upload(prepared).require()


def split(headers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers that begin an upload, and those that complete it: only this replaces an object."""
    condition = {name: value for name, value in headers.items() if name == "if-none-match"}
    return {name: value for name, value in headers.items() if name not in condition}, condition


def require_format(options: Wanted) -> str:
    """Return the format; raises RequestError for what only one request can have."""
    form, why = options["format"] or "sh", "an upload in parts"
    if not options["multipart"]:
        why = f"{options['file']}, which is over the {MAX_UPLOAD:,} bytes (5 GiB) of one request"
    if form not in FORMATS:
        raise RequestError(f"--format {form} is not for {why}: use --format {', '.join(FORMATS)}")
    if options.get("checksum") is not None:
        raise RequestError(
            f"--checksum is not for {why}, as S3 compares each part: use --part-checksums with --file"
        )
    return form


def size(options: Wanted) -> int:
    """Return the most bytes that the file may have."""
    asked, file = options["size"], options["file"]
    found = size_of(file)
    if options["part_checksums"] and (found is None or (asked is not None and asked != found)):
        raise RequestError("--part-checksums reads the file now: give it with --file, and leave --size out")
    if asked is None and found is None:
        raise click.UsageError(
            "an upload in parts needs the file's size: give --file, with a file that is here, or --size 20GB"
        )
    if asked is not None and found is not None and found > asked:
        raise RequestError(f"{file} has {found:,} bytes, more than --size {asked:,}")
    return asked if asked is not None else found or 0
