"""``presign multipart``: what is left of uploads in parts."""

import json
from typing import Unpack

from presign import report
from presign.options import PlaceOptions, format_option, place_options

import click


class LeftOptions(PlaceOptions):
    """What ``list`` is given."""

    prefix: str
    format: str


class AbortOptions(PlaceOptions):
    """What ``abort`` is given."""

    key: str
    upload_id: str | None


@click.group(short_help="List or abort uploads in parts.")
def multipart() -> None:
    """List or abort what is left of uploads in parts: S3 keeps and charges their parts until then."""


@multipart.command(
    "list",
    epilog="\b\nExample:\n  presign multipart list --outputs outputs.json reports/",
    short_help="List the uploads that were not completed.",
)
@click.argument("prefix", default="")
@place_options
@format_option("text", "json")
def listed(**options: Unpack[LeftOptions]) -> None:
    """List the uploads in parts whose keys start with PREFIX and that were not completed.

    The credentials need s3:ListBucketMultipartUploads.
    """
    # Loaded only here, as all of presign starts with this module.
    from presign import duration, keys
    from presign.multipart.s3 import Uploads
    from presign.prepare import prepare

    prepared = prepare(options)
    prefix = keys.in_bucket(options["prefix"], prepared.stack.bucket)
    left = list(Uploads(prepared, options).left(prefix))
    if options["format"] == "json":
        rows = [
            {"key": one.key, "upload_id": one.upload_id, "begun_at": duration.iso(one.begun_at)}
            for one in left
        ]
        report.write(json.dumps(rows, indent=2))
        return
    for one in left:
        report.write(f"{duration.iso(one.begun_at)}  {report.printable(one.key)}  {one.upload_id}")
    if not left:
        click.echo("No upload in parts is left", err=True)


@multipart.command(
    epilog="\b\nExample:\n  presign multipart abort --outputs outputs.json reports/november.csv",
    short_help="End uploads and remove their parts.",
)
@click.argument("key")
@click.argument("upload_id", required=False)
@place_options
def abort(**options: Unpack[AbortOptions]) -> None:
    """End the uploads in parts to the object KEY, or only UPLOAD_ID, and remove their parts.

    The credentials need s3:AbortMultipartUpload, and without UPLOAD_ID
    s3:ListBucketMultipartUploads.
    """
    from presign import keys
    from presign.errors import MultipartError
    from presign.multipart.s3 import Uploads
    from presign.prepare import prepare

    prepared = prepare(options)
    key = keys.in_bucket(options["key"], prepared.stack.bucket)
    uploads = Uploads(prepared, options)
    if options["upload_id"] is None:
        ids = [one.upload_id for one in uploads.left(key) if one.key == key]
    else:
        ids = [options["upload_id"]]
    if not ids:
        raise MultipartError(f"there is no upload in parts to {key!r}: 'presign multipart list' shows all")
    for upload_id in ids:
        uploads.abort(key, upload_id)
        report.write(f"Aborted the upload {upload_id} to {report.printable(key)}")
