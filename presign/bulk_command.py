"""The command line of many links: ``presign bulk get MANIFEST`` and ``presign bulk put MANIFEST``."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, Unpack

from presign import credentials, duration, endpoint, find, outputs
from presign.bulk_report import BadRows, Progress, say
from presign.errors import BulkError, ManifestError
from presign.options import Decorator, PlaceOptions, expires_option, place_options
from presign.signer import Signer

import click

if TYPE_CHECKING:
    from presign.bulk import Done
    from presign.inventory import Inventory
    from presign.manifest import Layout, Source

_SOME_ROWS_BAD = 3
_OUTPUT_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "url"}


class BulkOptions(PlaceOptions):
    """What ``bulk get`` and ``bulk put`` are given; ``expires`` is in seconds."""

    manifest: str
    output: str
    manifest_format: str | None
    column: str
    format: str | None
    errors: str | None
    resume: bool
    jobs: int
    expires: int | None


def _bulk_options(command: Callable[..., None]) -> Callable[..., None]:
    options: list[Decorator] = [
        click.argument("manifest"),
        click.option(
            "-o",
            "--output",
            required=True,
            metavar="OUT",
            help="The file to write, compressed if it ends with .gz; - is standard output.",
        ),
        click.option(
            "--manifest-format",
            type=click.Choice(["text", "csv", "jsonl", "inventory"]),
            help="A key a line, CSV with a header, JSON lines, or an S3 Inventory. Default: by its name (.txt"
            " or none, .csv, .jsonl or .ndjson, manifest.json). Compression with gzip is found out.",
        ),
        click.option(
            "--column",
            "--field",
            metavar="NAME",
            default="key",
            show_default=True,
            help="The CSV column or JSON field with the key.",
        ),
        click.option(
            "--format",
            type=click.Choice(["csv", "jsonl", "url"]),
            help="CSV or JSON lines with key and url, or only the URLs. Default: by OUT's name (.csv, .jsonl "
            "or .ndjson, .txt for URLs), csv for standard output.",
        ),
        click.option(
            "--errors",
            metavar="FILE",
            help="Where bad rows are reported. Default: OUT.errors; standard error for -o -.",
        ),
        click.option(
            "--resume",
            is_flag=True,
            help="Go on after the last whole row of OUT.partial, which a killed run left. It takes the same "
            "manifest, options and credentials, and the links keep the first run's expiry.",
        ),
        click.option(
            "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that sign."
        ),
        place_options,
        expires_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    no_args_is_help=False,
    short_help="Make a link for every key in a list.",
    epilog="\b\nExample:\n  presign bulk get --outputs outputs.json --expires 7d keys.txt -o out/links.csv",
)
def bulk() -> None:
    """Make a link for every key in a list, however long."""


@bulk.command(
    epilog="\b\nExample:\n  presign bulk get --outputs outputs.json --expires 7d in/keys.csv -o links.csv.gz",
    short_help="Make links that download objects.",
)
@_bulk_options
def get(**options: Unpack[BulkOptions]) -> None:
    """Make a link that downloads for every key in MANIFEST (- is standard input).

    MANIFEST may be an S3 Inventory's manifest.json, also in S3 (s3://BUCKET/KEY), with data files in CSV or
    Parquet: of the latest version of each object that it lists.

    All links are signed for the moment at which the command starts, however long it runs, and expire
    together. OUT appears when all is done. Bad rows are reported with their line, and the exit code is
    then 3.
    """
    _run("GET", options)


@bulk.command(
    epilog="\b\nExample:\n  presign bulk put --outputs outputs.json --jobs 4 keys.jsonl -o out/links.jsonl",
    short_help="Make links that upload objects.",
)
@_bulk_options
def put(**options: Unpack[BulkOptions]) -> None:
    """Make a link that uploads for every key in MANIFEST (- is standard input).

    MANIFEST may be an S3 Inventory's manifest.json, also in S3 (s3://BUCKET/KEY), with data files in CSV or
    Parquet: of the latest version of each object that it lists.

    All links are signed for the moment at which the command starts, however long it runs, and expire
    together. OUT appears when all is done. Bad rows are reported with their line, and the exit code is
    then 3. Uploads must send exactly the headers that are printed at the end.
    """
    _run("PUT", options)


def _run(method: str, options: BulkOptions) -> None:
    # Loaded here, since one link should not wait for what many need.
    from presign.bulk import Job, Output, Remains, remains, results
    from presign.manifest import Layout

    manifest_format, form = _formats(options)
    stack = find.locate(options)
    expires = duration.choose(options["expires"], stack.max_seconds)
    bucket_url = endpoint.bucket_url(stack.bucket, stack.region, options["endpoint_url"])
    found = credentials.resolve(options["profile"], os.environ)

    name = options["output"]
    target = None if name == "-" else Output(Path(name))
    left = remains(target.partial, form) if target and options["resume"] else Remains()
    started = left.signed_at or datetime.now(UTC)
    headers = stack.upload_headers if method == "PUT" else {}
    plan = Signer(
        access_key=found.access_key,
        secret_key=found.secret_key,
        session_token=found.session_token,
        region=stack.region,
        bucket_url=bucket_url,
        clock=lambda: started,
    ).plan(method, expires, headers)
    if plan.expires_at <= datetime.now(UTC):
        raise BulkError(
            f"cannot resume: the links of the partial file expired at {duration.iso(plan.expires_at)}: "
            "run again without --resume"
        )
    layout = Layout(manifest_format, options["column"])
    job = Job(layout, plan, form, compress=name.endswith(".gz"))
    errors = options["errors"] or (f"{name}.errors" if target else None)

    with _source(options, layout, stack) as source:
        progress = Progress(source)
        with target.open(left.end) if target else contextlib.nullcontext(sys.stdout.buffer) as out:
            # Where a process cannot be given an open file, its rows come back to this one.
            fd = out.fileno() if target and os.name == "posix" else None
            done = results(job, source.batches(), options["jobs"], left, fd)
            if not left.rows:
                out.write(job.header)
            count, bad, dotted = _write(done, out, progress, errors)

    where = name if target else "standard output"
    say(f"{count:,} {'link' if count == 1 else 'links'} in {where}, until {duration.iso(plan.expires_at)}")
    if skipped := getattr(source, "skipped", 0):
        say(f"Left out: {skipped:,} delete markers and versions that are not the latest")
    for header, value in headers.items() if count else ():
        say(f"Uploads must send {header}: {value}")
    if dotted:
        say(
            f"Warning: {dotted:,} {'key has' if dotted == 1 else 'keys have'} a '.' or '..' part, which "
            "browsers and most HTTP clients rewrite: use curl --path-as-is"
        )
    if plan.expires_at <= datetime.now(UTC):
        say("Warning: the links have already expired: give a longer --expires")
    elif found.expires_at and found.expires_at < plan.expires_at:
        say(
            f"Warning: the credentials expire at {duration.iso(found.expires_at)}, and the links then too",
        )
    elif found.session_token and not found.expires_at and expires > 60 * 60:
        say("Warning: the credentials are temporary: when they expire, the links do too, even if earlier")
    if bad:
        say(f"Error: {bad:,} bad {'row' if bad == 1 else 'rows'}{f': see {errors}' if errors else ''}")
        click.get_current_context().exit(_SOME_ROWS_BAD)


def _formats(options: BulkOptions) -> tuple[str, str]:
    """Return the manifest's and the output's format, after a look at what cannot be meant."""
    from presign.manifest import format_of

    manifest, name = options["manifest"], options["output"]
    if manifest == "-" == options["outputs"]:
        raise click.UsageError("standard input cannot hold both the outputs and the manifest")
    if name == "-" and options["resume"]:
        raise click.UsageError("--resume needs a file: standard output cannot be resumed")
    manifest_format = options["manifest_format"] or format_of(manifest)
    if manifest.startswith("s3://") and manifest_format != "inventory":
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
def _source(options: BulkOptions, layout: "Layout", stack: outputs.Outputs) -> Iterator["Source"]:
    """Open what lists the keys."""
    from presign.manifest import ManifestFile

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


def _inventory(path: str, options: BulkOptions, stack: outputs.Outputs) -> "Inventory":
    from presign.inventory import Inventory
    from presign.inventory_files import S3, LocalFiles, S3Files

    if path.startswith(S3):
        place = S3Files(path, stack.region, options["profile"], options["endpoint_url"])
        return Inventory(place, stack.bucket)
    return Inventory(LocalFiles(path), stack.bucket)


def _write(
    results: Iterable["Done"], out: BinaryIO, progress: Progress, errors: str | None
) -> tuple[int, int, int]:
    """Write all links and report bad rows; return how many there are of each, and of dotted keys."""
    count = bad = dotted = 0
    with BadRows(errors) as report:
        out.flush()
        for done in results:
            out.write(done.data)
            out.flush()  # other processes may write next
            count += done.count
            bad += len(done.bad)
            dotted += done.dotted
            report.write(done.bad)
            progress.show(count + bad)
        progress.end()
    return count, bad, dotted
