"""The options of ``presign bulk get`` and ``presign bulk put``."""

from typing import NotRequired

from presign.options import Decorator, LifeOptions, expires_option, place_options, together

import click


class BulkOptions(LifeOptions):
    """What ``bulk get`` and ``bulk put`` are given."""

    manifest: str | None
    output: str
    manifest_format: str | None
    column: str | None
    format: str | None
    errors: str | None
    resume: bool
    content_type_column: str | None
    checksum_column: NotRequired[str | None]


class BulkGetOptions(BulkOptions):
    """What ``bulk get`` is given: also how the bucket's objects are chosen."""

    prefix: str | None
    archived: bool
    scanned: bool
    all_versions: bool
    version_column: str | None
    download_as_column: str | None


def _column_option(name: str, what: str) -> Decorator:
    return click.option(
        f"--{name}-column",
        f"--{name}-field",
        metavar="NAME",
        help=f"The column or JSON field with {what}; a row may leave it empty.",
    )


listing_options = together(
    click.option(
        "--prefix",
        metavar="PREFIX",
        help="Instead of MANIFEST: the objects whose keys start with PREFIX, as S3 lists them.",
    ),
    click.option(
        "--archived",
        is_flag=True,
        help="Of a listing or an inventory, also objects in an archive, which must be restored first.",
    ),
    click.option(
        "--scanned",
        is_flag=True,
        help="Ask S3 for the tags of each object that is scanned for malware, and leave out what was not "
        "found clean. It takes s3:GetObjectTagging, and a request for each object.",
    ),
    click.option(
        "--all-versions",
        is_flag=True,
        help="Of a listing or an inventory, also versions that are not the latest, each with its own link.",
    ),
    _column_option("version", "the id of the version that each link is for"),
    _column_option("download-as", "the name under which browsers save each file"),
    _column_option("content-type", "the content type of each answer"),
)

upload_options = together(
    click.option(
        "--checksum-column",
        "--checksum-field",
        metavar="NAME",
        help="The CSV column or JSON field with the checksum that each upload must have, as sha256:DIGEST. "
        "OUT then has the header that the upload must send as well.",
    ),
    _column_option("content-type", "the content type that each upload must have, which OUT then has as well"),
)


bulk_options = together(
    click.argument("manifest", required=False),
    click.option(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help="The file to write, compressed if it ends with .gz; - is standard output.",
    ),
    click.option(
        "--manifest-format",
        type=click.Choice(["text", "csv", "tsv", "jsonl", "json", "parquet", "s3-batch", "inventory"]),
        help="A key a line, CSV or TSV with a header, JSON lines, what 'aws s3api list-objects-v2' writes "
        "(json), Parquet, the CSV of S3 Batch Operations, or an S3 Inventory. Default: by its name (.txt or "
        "none, .csv, .tsv, .jsonl or .ndjson, .json, .parquet, manifest.json). Compression with gzip is "
        "found out.",
    ),
    click.option(
        "--column",
        "--field",
        metavar="NAME",
        help="The column or JSON field with the key. Default: key.",
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
        help="Resume after the last whole row of OUT.partial, which a killed run left. It takes the same "
        "manifest, options and credentials, and the links keep the first run's expiry.",
    ),
    place_options,
    expires_option,
)
