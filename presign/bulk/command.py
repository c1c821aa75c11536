"""The command line of many links: ``presign bulk get MANIFEST`` and ``presign bulk put MANIFEST``."""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from presign import duration, make, report
from presign.bulk.options import BulkGetOptions, BulkOptions, bulk_options, listing_options, upload_options
from presign.errors import BulkError
from presign.keys import Doubts
from presign.options import life
from presign.prepare import prepare

import click

if TYPE_CHECKING:
    from presign.bulk.job import Done
    from presign.bulk.report import Progress

_SOME_ROWS_BAD = 3


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
@bulk_options
@listing_options
def get(**options: Unpack[BulkGetOptions]) -> None:
    """Make a link that downloads for every key in MANIFEST (- is standard input).

    MANIFEST may be s3://BUCKET/PREFIX/ of the bucket itself: the objects that S3 lists below the prefix.

    MANIFEST may be an S3 Inventory's manifest.json, also in S3 (s3://BUCKET/KEY), with data files in CSV or
    Parquet. Links are for the latest version of each object, unless --all-versions is given.

    All links are signed for the moment at which the command starts, however long it runs, and expire
    together. OUT appears when all is done. Bad rows are reported with their line, and the exit code is
    then 3.
    """
    _run("GET", options)


@bulk.command(
    epilog="\b\nExample:\n  presign bulk put --outputs outputs.json keys.jsonl -o out/links.jsonl",
    short_help="Make links that upload objects.",
)
@bulk_options
@upload_options
def put(**options: Unpack[BulkOptions]) -> None:
    """Make a link that uploads for every key in MANIFEST (- is standard input).

    MANIFEST may be an S3 Inventory's manifest.json, also in S3 (s3://BUCKET/KEY), with data files in CSV or
    Parquet: of the latest version of each object that it lists.

    All links are signed for the moment at which the command starts, however long it runs, and expire
    together. OUT appears when all is done. Bad rows are reported with their line, and the exit code is
    then 3. Uploads must send exactly the headers that are printed at the end.
    """
    _run(
        "PUT",
        {
            **options,
            "prefix": None,
            "archived": True,
            "scanned": False,
            "all_versions": False,
            "version_column": None,
            "download_as_column": None,
        },
    )


def _run(method: str, options: BulkGetOptions) -> None:
    # Loaded here, since one link should not wait for what many need.
    from presign.bulk import resume, source
    from presign.bulk.job import Done, Job
    from presign.bulk.manifest import Layout
    from presign.bulk.report import Progress, say
    from presign.output import Output

    manifest_format, form = source.formats(method, options)
    name = options["output"]
    target = None if name == "-" else Output(Path(name))
    left = resume.remains(target.partial, form) if target and options["resume"] else resume.Remains()
    # Truncated, as the links have it, so that a resumed run comes to the same expiry.
    started = left.signed_at or datetime.now(UTC).replace(microsecond=0)
    prepared = prepare(options, life(options), signed_at=started)
    if options["scanned"]:
        prepared.stack.scan.require()
    headers = prepared.stack.upload_headers if method == "PUT" else {}
    columns = source.columns(method, options, manifest_format, form)
    if method == "PUT" and "checksum" not in columns:
        make.require_checksum(
            prepared.stack, {}, "name the manifest's column of checksums: --checksum-column"
        )
    plan = prepared.signer.plan(method, prepared.expires, headers)
    if plan.expires_at <= datetime.now(UTC):
        raise BulkError(
            f"cannot resume: the links of the partial file expired at {duration.iso(plan.expires_at)}: "
            "run again without --resume"
        )
    layout = Layout(
        manifest_format,
        options["column"] or "key",
        prepared.stack.bucket,
        prepared.stack.revoked,
        method == "PUT",
        prepared.virtual,
        columns,
    )
    job = Job(layout, method, plan, form, name.endswith(".gz"))
    errors = options["errors"] or (f"{name}.errors" if target else None)

    # S3 lists on after a key. Where keys are revoked, the rows before it are needed for their report.
    onward = bool(left.rows) and manifest_format == "listing" and not options["all_versions"]
    after = resume.last_key(job, left) if onward and not prepared.stack.revoked.keys else ""

    with source.opened(options, layout, prepared, after) as keys:
        progress = Progress(keys)
        with target.open(left.end) if target else contextlib.nullcontext(report.stdout().buffer) as out:
            batches = keys.batches()
            before = [Done(b"", left.rows, [], Doubts(method))] if after else resume.skip(job, batches, left)
            if options["scanned"]:
                from presign.bulk import scanned  # which asks S3

                signed = scanned.sign(job, batches, prepared, keys.left)
            else:
                signed = map(job.sign, batches)
            done = chain(before, signed)
            if not left.rows:
                out.write(job.header)
            count, bad, doubts = _write(done, out, progress, errors, Doubts(method))

    where = name if target else "standard output"
    say(f"{count:,} {'link' if count == 1 else 'links'} in {where}, until {duration.iso(plan.expires_at)}")
    for words in keys.left.words():
        say(f"Left out{' since it resumed' if after else ''}: {words}")
    for header, value in headers.items() if count else ():
        say(f"Uploads must send {header}: {value}")
    if layout.format == "listing" and not count + bad and not keys.left.counts:
        report.warn(["S3 lists no objects there: compare the prefix with 'presign list'"])
    warnings = [*prepared.warnings, *doubts.words()]
    if method == "GET" and count and not options["scanned"]:
        warnings += prepared.stack.scan.doubts()
    if plan.expires_at <= datetime.now(UTC):
        warnings.append("the links have already expired: give a longer --expires")
    report.warn(warnings)
    if bad:
        say(f"Error: {bad:,} bad {'row' if bad == 1 else 'rows'}{f': see {errors}' if errors else ''}")
        click.get_current_context().exit(_SOME_ROWS_BAD)


def _write(
    results: Iterable["Done"], out: BinaryIO, progress: "Progress", errors: str | None, doubts: Doubts
) -> tuple[int, int, Doubts]:
    """Write all links and report bad rows; return how many there are of each, and the doubts."""
    from presign.bulk.report import BadRows

    count = bad = 0
    with BadRows(errors) as report:
        for done in results:
            out.write(done.data)
            out.flush()  # a killed run keeps what it shows as done
            count += done.count
            bad += len(done.bad)
            doubts.add(done.doubts)
            report.write(done.bad)
            progress.show(count + bad)
        progress.end()
    return count, bad, doubts
