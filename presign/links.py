"""``presign get`` and ``presign put``: one link."""

from typing import Unpack

from presign import curl, duration, make, report, request, says
from presign.options import (
    LifeOptions,
    Size,
    check_option,
    expires_option,
    format_option,
    life,
    object_options,
    pairs_option,
    place_options,
    together,
)
from presign.prepare import Prepared, prepare

import click


class LinkOptions(LifeOptions):
    """What ``get`` and ``put`` are both given."""

    key: str
    file: str | None
    check: bool
    access_point: str | None


class GetOptions(LinkOptions, says.DownloadSays):
    """What ``get`` is given."""

    format: str


class PutOptions(LinkOptions, says.UploadSays):
    """What ``put`` is given; the sizes are in bytes."""

    format: str | None
    multipart: bool
    size: int | None
    part_size: int | None
    part_checksums: bool


_link_options = together(
    click.argument("key"),
    place_options,
    expires_option,
    click.option(
        "--file", metavar="PATH", help="The local file in the curl command. Default: the key's last part."
    ),
    click.option("--access-point", metavar="ARN", help="The access point through which to reach the bucket."),
)


@click.command(
    epilog="\b\nExample:\n  presign get --outputs outputs.json --expires 1h reports/november.csv",
    short_help="Make a link that downloads an object.",
)
@_link_options
@format_option(*report.FORMATS, *report.SCRIPTS)
@check_option("is the object there, may these credentials read it, is the clock right")
@click.option("--version-id", metavar="ID", help="Download this version of the object.")
@click.option("--download-as", metavar="NAME", help="The name under which browsers save the file.")
@click.option("--inline", is_flag=True, help="Have browsers show the file, where they can.")
@click.option("--content-type", metavar="TYPE", help="The content type of the answer.")
@click.option("--cache-control", metavar="TEXT", help="How long caches keep the answer, as max-age=3600.")
@click.option("--content-language", metavar="TAG", help="The content language of the answer, such as de-CH.")
def get(**options: Unpack[GetOptions]) -> None:
    """Make a link that downloads the object KEY.

    Anyone who has the link can download until it expires, without AWS credentials.
    """
    query = says.query(options)
    prepared = prepare(options, life(options), options["access_point"])
    _print_link(make.link("GET", prepared, options["key"], {}, query), options, prepared, query)


@click.command(
    epilog="\b\nExample:\n  presign put --outputs outputs.json --file november.csv reports/november.csv",
    short_help="Make a link that uploads an object.",
)
@_link_options
@click.option(
    "--format",
    type=click.Choice([*report.FORMATS, *report.SCRIPTS, "sh", "html"]),
    help="Everything for people (text) or for programs (json), or only what is named; curl is for bash. For "
    "an upload in parts: a script (sh or powershell), json, or a page in the bucket (html), whose link is "
    "printed. Default: text, or sh.",
)
@check_option("is the bucket there, do these credentials work, is the clock right")
@click.option("--content-type", metavar="TYPE", help="The content type that the upload must have.")
@object_options
@click.option("--content-language", metavar="TAG", help="The content's language, such as de-CH.")
@pairs_option("--tag", "A tag of the object; up to ten times.", "tags")
@click.option("--if-none-match", is_flag=True, help="Upload only where no object has this key.")
@click.option("--multipart", is_flag=True, help="Upload in parts, as is done where --file is over 5 GiB.")
@click.option("--size", type=Size(), metavar="SIZE", help="With --multipart: the most that the file has.")
@click.option("--part-size", type=Size(), metavar="SIZE", help="With --multipart. Default: 64MiB, or more.")
@click.option("--part-checksums", is_flag=True, help="With --multipart: take only the content of --file.")
def put(**options: Unpack[PutOptions]) -> None:
    """Make a link that uploads a file to the object KEY.

    Anyone who has the link can upload until it expires, without AWS credentials.
    The upload must send exactly the headers that are printed with the link.
    A file over 5 GiB is uploaded in parts: a script with their links is printed.
    """
    if options["file"] == "-":
        raise click.BadParameter(
            "S3 must know the size of an upload beforehand: give a file", param_hint="'--file'"
        )
    if options["multipart"] or (request.size_of(options["file"]) or 0) > request.MAX_UPLOAD:
        # Loaded only here, as it takes boto3.
        if options["format"] == "html":
            from presign.page import make as pages

            pages.put_one(options)
        else:
            from presign.multipart import put as in_parts

            in_parts.put(options)
        return
    _require_one_part(options)
    own = says.headers(options)
    prepared = prepare(options, life(options), options["access_point"])
    _print_link(make.link("PUT", prepared, options["key"], own, {}), options, prepared, {})


def _require_one_part(options: PutOptions) -> None:
    given = {
        "--size": options["size"] is not None,
        "--part-size": options["part_size"] is not None,
        "--part-checksums": options["part_checksums"],
        "--format sh": options["format"] == "sh",
        "--format html": options["format"] == "html",
    }
    for name, there in given.items():
        if there:
            raise click.UsageError(f"{name} is for an upload in parts: add --multipart")


def _print_link(
    made: make.Link, options: GetOptions | PutOptions, prepared: Prepared, query: dict[str, str]
) -> None:
    warnings = list(made.warnings)
    if options["check"]:
        # Loaded only here: what speaks HTTP would double the time of one link.
        from presign import check

        answer = check.ask(prepared, made.key, query) if made.method == "GET" else check.ask_upload(prepared)
        warnings += answer.require()
    file = options["file"] or curl.local_name(made.key)
    wanted = options["format"] or "text"
    if wanted in report.SCRIPTS:
        from presign import commands

        report.write(commands.link(wanted, made.method, made.url, made.headers, file))
        report.warn(warnings)
        return
    link = report.Link(
        method=made.method,
        place=f"s3://{prepared.stack.bucket}/{made.key}",
        url=made.url,
        expires_at=duration.iso(made.expires_at),
        lifetime=duration.words(prepared.expires),
        headers=made.headers,
        curl=curl.command(made.method, made.url, made.headers, file),
        signed_by=prepared.signed_by,
    )
    report.write(report.render(link, wanted))
    report.warn(warnings)
