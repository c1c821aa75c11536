"""``presign list``: the objects below a prefix."""

import json
from typing import TYPE_CHECKING, Unpack

from presign import duration, keys, report
from presign.options import PlaceOptions, format_option, place_options
from presign.prepare import prepare

import click

if TYPE_CHECKING:
    from presign.listing import Entry


class ListOptions(PlaceOptions):
    """What ``list`` is given."""

    prefix: str
    all_versions: bool
    format: str


@click.command(
    "list",
    epilog="\b\nExample:\n  presign list --outputs outputs.json reports/",
    short_help="List objects, their sizes and dates.",
)
@click.argument("prefix", default="")
@place_options
@click.option("--all-versions", is_flag=True, help="List older versions and delete markers, too.")
@format_option("text", "json")
def list_objects(**options: Unpack[ListOptions]) -> None:
    """List the objects whose keys start with PREFIX, or all.

    Their links are made by 'presign bulk get s3://BUCKET/PREFIX/'.
    """
    from presign import listing  # loaded only here, since one link should not wait for it

    prepared = prepare(options)
    prefix = keys.in_bucket(options["prefix"], prepared.stack.bucket)
    count = size = 0
    as_json = options["format"] == "json"
    for page in listing.pages(prepared, prefix, versions=options["all_versions"]):
        for entry in page:
            # An array as json.dumps(indent=2) writes it would need all of it at once.
            before = ("," if count else "[") + "\n  " if as_json else ""
            click.echo(before + (_json(entry) if as_json else _text(entry)), report.stdout(), nl=not as_json)
            count += 1
            size += entry.size
    if as_json:
        report.write("\n]" if count else "[]")
    objects = "version" if options["all_versions"] else "object"
    click.echo(f"{count:,} {objects}{'' if count == 1 else 's'}, {size:,} bytes", err=True)


def _json(entry: "Entry") -> str:
    row: dict[str, object] = {
        "key": entry.key,
        "size": entry.size,
        "modified": duration.iso(entry.modified),
        "storage_class": entry.storage or None,
    }
    if entry.version_id is not None:
        row |= {"version_id": entry.version_id, "latest": entry.latest, "delete_marker": entry.marker}
    return json.dumps(row)


def _text(entry: "Entry") -> str:
    size = "deleted" if entry.marker else f"{entry.size:,}"
    version = f"  {entry.version_id}" if entry.version_id is not None else ""
    from presign.listing import ARCHIVES

    archived = f"  ({entry.storage})" if entry.storage in ARCHIVES else ""
    return f"{duration.iso(entry.modified)} {size:>17}{version}  {report.printable(entry.key)}{archived}"
