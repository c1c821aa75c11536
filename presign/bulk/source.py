"""Opens what lists the keys, after a look at what cannot be meant."""

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

from presign import reserved
from presign.bulk.inventory import Inventory
from presign.bulk.inventory_files import S3, LocalFiles, S3Files
from presign.bulk.manifest import Layout, ManifestFile, Source, format_of
from presign.bulk.options import BulkGetOptions, BulkOptions
from presign.bulk.prefix import Prefix
from presign.bulk.resume import ANOTHER
from presign.bulk.rows import Left
from presign.bulk.said import DOWNLOAD, UPLOAD
from presign.errors import BulkError, ManifestError
from presign.keys import in_bucket
from presign.outputs import Outputs
from presign.prepare import Prepared

import click

_LISTED = ("inventory", "listing", "json")
_COLUMNS = ("csv", "tsv", "jsonl")
_WORDS = {
    "text": "a key a line",
    "json": "the JSON of the AWS CLI",
    "s3-batch": "the CSV of S3 Batch",
    "inventory": "an inventory",
    "listing": "a prefix",
}
_OUTPUT_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "url"}


def formats(method: str, options: BulkGetOptions) -> tuple[str, str]:
    """Return the manifest's and the output's format, after a look at what cannot be meant."""
    name = options["output"]
    manifest_format = _manifest_format(method, options)
    if options["manifest"] == "-" == options["outputs"]:
        raise click.UsageError("standard input cannot hold both the outputs and the manifest")
    if options["scanned"]:
        _require_one_run(options)
    if name == "-" and options["resume"]:
        raise click.UsageError("--resume needs a file: standard output cannot be resumed")
    if (
        method == "GET"
        and manifest_format not in _LISTED
        and (options["archived"] or options["all_versions"])
    ):
        raise click.UsageError(
            "--archived and --all-versions are for listings and inventories, which tell what is which"
        )
    _require_different(options)
    suffix = PurePath(name.removesuffix(".gz")).suffix.lower()
    form = options["format"] or ("csv" if name == "-" else _OUTPUT_SUFFIXES.get(suffix))
    if not form:
        raise click.UsageError(f"cannot tell the format of {name} by its name: give --format")
    if options["column"] is not None and manifest_format not in (*_COLUMNS, "parquet"):
        raise click.UsageError(
            f"--column is for a manifest with columns or fields: CSV, TSV, JSON lines or Parquet, not "
            f"{_WORDS.get(manifest_format, manifest_format)}"
        )
    return manifest_format, form


def _require_one_run(options: BulkGetOptions) -> None:
    """Refuse what does not go with asking for tags, which may be others in the next run."""
    if options["resume"]:
        raise click.UsageError(
            "--scanned cannot be resumed, as objects were scanned since: leave --resume out"
        )


def columns(method: str, options: BulkGetOptions, manifest_format: str, form: str) -> dict[str, str]:
    """Return the columns with what each row says, by the names of ``said.DOWNLOAD`` or ``said.UPLOAD``."""
    given = {
        "version_id": options["version_column"],
        "download_as": options["download_as_column"],
        "content_type": options["content_type_column"],
        "checksum": options.get("checksum_column"),
    }
    found = {name: column for name, column in given.items() if column is not None}
    if found:
        named = " and ".join((UPLOAD if method == "PUT" else DOWNLOAD)[name] for name in found)
        if manifest_format not in _COLUMNS:
            raise click.UsageError(f"a manifest in CSV, TSV or JSON lines has columns or fields for {named}")
        if method == "PUT" and form == "url":
            raise click.UsageError(f"{named} needs an output with headers: csv or jsonl")
    return found


def _manifest_format(method: str, options: BulkGetOptions) -> str:
    manifest = options["manifest"]
    if options["prefix"] is not None:
        if manifest is not None:
            raise click.UsageError("--prefix goes without MANIFEST: give one of them")
        return "listing"
    if manifest is None:
        raise click.UsageError("Missing argument 'MANIFEST'.")
    if manifest.startswith(S3) and not options["manifest_format"] and _is_prefix(manifest):
        if method != "GET":
            raise click.UsageError(
                f"{manifest} lists objects that are there already: give the keys to upload to in a manifest"
            )
        return "listing"
    manifest_format = options["manifest_format"] or format_of(manifest)
    if manifest.startswith(S3) and manifest_format != "inventory":
        raise click.UsageError(
            f"only the manifest.json of an S3 Inventory is read from S3, not {manifest}: for the objects "
            "below a prefix, give it with / at its end, or --prefix"
        )
    if manifest_format == "s3-batch" and method != "GET":
        raise click.UsageError(
            f"{manifest} names versions that are there already: give the keys to upload to in another format"
        )
    if manifest == "-" and manifest_format == "parquet":
        raise click.UsageError("standard input cannot hold Parquet, which is read from its end: give a file")
    if manifest == "-" and manifest_format == "inventory":
        raise click.UsageError(
            "standard input cannot hold an inventory: its data files are found by its place"
        )
    if not manifest_format:
        raise click.UsageError(f"cannot tell the format of {manifest} by its name: give --manifest-format")
    return manifest_format


def _is_prefix(url: str) -> bool:
    return url.endswith("/") or "/" not in url.removeprefix(S3)


def _require_different(options: BulkOptions) -> None:
    """Refuse a file that would be read and written at once, before any is opened."""
    name = options["output"]
    written = [] if name == "-" else [name, f"{name}.partial", options["errors"] or f"{name}.errors"]
    named = [*written, options["errors"] if name == "-" else None, options["manifest"], options["outputs"]]
    places = set()
    for path in filter(None, named):
        place = None if path.startswith(S3) else _identity(path)
        if place is not None and place in places:
            raise click.UsageError(
                f"{path} is named twice: the manifest, the outputs, OUT, OUT.partial and the errors "
                "must be different files"
            )
        places.add(place)


def _identity(path: str) -> object:
    """Return what tells an ordinary file, or one that is not there yet, from others; None for a device."""
    try:
        found = os.fstat(sys.stdin.fileno()) if path == "-" else Path(path).stat()
    except FileNotFoundError:
        return os.path.realpath(path)
    except (OSError, ValueError, AttributeError):
        return None  # opening it says why
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


@contextlib.contextmanager
def opened(options: BulkGetOptions, layout: Layout, prepared: Prepared, after: str = "") -> Iterator[Source]:
    """Open what lists the keys; a listing goes on ``after`` a key."""
    left = Left(options["archived"], options["all_versions"])
    if layout.format == "listing":
        prefix, uri = options["prefix"], options["manifest"] or ""
        if prefix is None:
            prefix = in_bucket(uri if uri.endswith("/") else f"{uri}/", layout.bucket)
        reserved.refuse(prefix)
        if after and not after.startswith(prefix):
            raise BulkError(ANOTHER)
        yield Prefix(prepared, prefix, left, after)
        return
    path = str(options["manifest"])
    if path == "-" and sys.stdin is None:
        raise ManifestError("cannot read the manifest: standard input is closed")
    if layout.format == "inventory":
        yield _inventory(path, options, prepared.stack, left)
        return
    try:
        file = sys.stdin.buffer if path == "-" else Path(path).open("rb")  # noqa: SIM115
        file.peek(1)  # type: ignore[union-attr]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ManifestError(f"cannot read the manifest {path}: {reason}") from error
    try:
        yield ManifestFile(file, layout, left)  # type: ignore[arg-type]
    finally:
        if path != "-":
            file.close()


def _inventory(path: str, options: BulkOptions, stack: Outputs, left: Left) -> Inventory:
    if path.startswith(S3):
        place = S3Files(path, stack.region, options["profile"], options["endpoint_url"])
        return Inventory(place, stack.bucket, left)
    return Inventory(LocalFiles(path), stack.bucket, left)
