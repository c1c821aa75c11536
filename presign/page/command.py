"""``presign page``: a page for a browser, on which people upload or download."""

import unicodedata
from typing import Unpack

from presign.options import LifeOptions, Size, expires_option, format_option, place_options, together

import click

DOTS = (".", "..")


class PageOptions(LifeOptions):
    """What both commands are given."""

    format: str
    output: str | None


class PutOptions(PageOptions):
    """What ``page put`` is given; the sizes are in bytes."""

    prefix: str
    min_size: int
    max_size: int
    content_type: str | None
    same_folder: bool
    large: dict[str, int]


class GetOptions(PageOptions):
    """What ``page get`` is given."""

    keys: tuple[str, ...]


class NameAndSize(click.ParamType[tuple[str, int]]):
    """A file's name and size, such as video.mov:20GB."""

    name = "name:size"

    def convert(
        self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return the name, and the size in bytes; anything else is a usage error."""
        if isinstance(value, tuple):
            return value
        name, colon, size = value.rpartition(":")
        if not colon or not name.strip() or not name.isprintable() or set(name) & set("/\\") or name in DOTS:
            self.fail(f"{value!r} is not a file's name and size: give such as video.mov:20GB", param, ctx)
        return unicodedata.normalize("NFC", name), Size().convert(size, param, ctx)


def _by_name(
    ctx: click.Context, param: click.Parameter, values: tuple[tuple[str, int], ...]
) -> dict[str, int]:
    found = dict(values)
    if len(found) < len(values):
        raise click.BadParameter("two files have the same name: give each its own", ctx, param)
    return found


_page_options = together(
    place_options,
    expires_option,
    format_option("text", "json", "url"),
    click.option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write the page to a file, or to standard output (-), and store nothing in the bucket. Uploads "
        "then show progress only where [cors] of the bucket's settings admits every origin.",
    ),
)


@click.group(short_help="Make a page on which people upload or download.")
def page() -> None:
    """Make a page for a browser, on which people without a terminal upload or download.

    The page is stored in the bucket below _presign/ and handed out as one link.
    """


@page.command(
    epilog="\b\nExample:\n  presign page put --outputs outputs.json --expires 1d inbox/",
    short_help="Make a page that uploads files under a prefix.",
)
@click.argument("prefix")
@_page_options
@click.option("--min-size", type=Size(), metavar="SIZE", default="0", help="The least size of a file.")
@click.option(
    "--max-size", type=Size(), metavar="SIZE", default="5GiB", help="The most that a file has. Default: 5GiB."
)
@click.option("--content-type", metavar="TYPE", help="The files' type: text/csv, or any image with image/*.")
@click.option(
    "--large",
    type=NameAndSize(),
    metavar="NAME:SIZE",
    multiple=True,
    callback=_by_name,
    help="A file over 5 GiB, or of a bucket with Object Lock, that is uploaded in parts to PREFIX and NAME; "
    "SIZE is the most that it has. Several times. 'presign multipart abort' ends what was not used.",
)
@click.option(
    "--same-folder",
    is_flag=True,
    help="Upload to PREFIX itself. Else each visit of the page has a folder there, so that none replaces a "
    "file of another.",
)
def put(**options: Unpack[PutOptions]) -> None:
    """Make a page on which people upload files under PREFIX, and print its link.

    Anyone who has the link can upload any number of files until it expires, without
    AWS credentials.
    """
    # Loaded only here, as all of presign starts with this module.
    from presign.page import make

    make.put(options)


@page.command(
    epilog="\b\nExample:\n  presign page get --outputs outputs.json --expires 1d reports/",
    short_help="Make a page that downloads objects.",
)
@click.argument("keys", metavar="KEY|PREFIX/...", nargs=-1, required=True)
@_page_options
def get(**options: Unpack[GetOptions]) -> None:
    """Make a page on which people download objects, and print its link.

    Each argument is the key of an object, or a prefix that ends with /: all objects
    whose keys start with it. Anyone who has the link can download these until it
    expires, without AWS credentials.
    """
    from presign.page import make

    make.get(options)
