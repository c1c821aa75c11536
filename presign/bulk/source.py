"""Opens what lists the keys, after a look at what cannot be meant."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

from presign.bulk.inventory import Inventory
from presign.bulk.inventory_files import S3, LocalFiles, S3Files
from presign.bulk.manifest import Layout, ManifestFile, Source, format_of
from presign.bulk.options import BulkOptions
from presign.errors import ManifestError
from presign.outputs import Outputs

import click

_OUTPUT_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "url"}


def formats(options: BulkOptions) -> tuple[str, str]:
    """Return the manifest's and the output's format, after a look at what cannot be meant."""
    manifest, name = options["manifest"], options["output"]
    if manifest == "-" == options["outputs"]:
        raise click.UsageError("standard input cannot hold both the outputs and the manifest")
    if name == "-" and options["resume"]:
        raise click.UsageError("--resume needs a file: standard output cannot be resumed")
    manifest_format = options["manifest_format"] or format_of(manifest)
    if manifest.startswith(S3) and manifest_format != "inventory":
        raise click.UsageError(f"only the manifest.json of an S3 Inventory is read from S3, not {manifest}")
    if manifest == "-" and manifest_format == "inventory":
        raise click.UsageError(
            "standard input cannot hold an inventory: its data files are found by its place"
        )
    paths = [Path(path).resolve() for path in (manifest, name, options["errors"]) if path and path != "-"]
    if len(set(paths)) < len(paths):
        raise click.UsageError("the manifest, OUT and the errors must be different files")
    if not manifest_format:
        raise click.UsageError(f"cannot tell the format of {manifest} by its name: give --manifest-format")
    suffix = PurePath(name.removesuffix(".gz")).suffix.lower()
    form = options["format"] or ("csv" if name == "-" else _OUTPUT_SUFFIXES.get(suffix))
    if not form:
        raise click.UsageError(f"cannot tell the format of {name} by its name: give --format")
    return manifest_format, form


@contextlib.contextmanager
def opened(options: BulkOptions, layout: Layout, stack: Outputs) -> Iterator[Source]:
    """Open what lists the keys."""
    path = options["manifest"]
    if layout.format == "inventory":
        yield _inventory(path, options, stack)
        return
    try:
        file = sys.stdin.buffer if path == "-" else Path(path).open("rb")  # noqa: SIM115
        file.peek(1)  # type: ignore[union-attr]
    except (OSError, ValueError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ManifestError(f"cannot read the manifest {path}: {reason}") from error
    try:
        yield ManifestFile(file, layout)  # type: ignore[arg-type]
    finally:
        if path != "-":
            file.close()


def _inventory(path: str, options: BulkOptions, stack: Outputs) -> Inventory:
    if path.startswith(S3):
        place = S3Files(path, stack.region, options["profile"], options["endpoint_url"])
        return Inventory(place, stack.bucket)
    return Inventory(LocalFiles(path), stack.bucket)
