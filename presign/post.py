"""``presign post``: a form upload under a prefix."""

import json
import mimetypes
from typing import Unpack

from presign import curl, duration, form, keys, make, report, request, says
from presign.options import (
    Decorator,
    LifeOptions,
    Size,
    check_option,
    expires_option,
    format_option,
    life,
    object_options,
    pairs_option,
    place_options,
)
from presign.prepare import prepare

import click

# What those who know ``put`` will ask for.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
_NOT_IN_FORMS = {
    "--access-point": ("no form can go through an access point", " ARN"),
    "--content-language": ("no form can say the content language", " TAG"),
    "--if-none-match": ("no form can demand that the key is free", ""),
}


def _refused(ctx: click.Context, param: click.Parameter, value: str | bool | None) -> None:
    """Say why there is no such option."""
    if value:
        [name] = param.opts
        reason, metavar = _NOT_IN_FORMS[name]
        raise click.UsageError(
            f"{reason}: leave {name} out, or make a link with 'presign put {name}{metavar} KEY'", ctx
        )


def _not_in_forms(name: str, *, is_flag: bool = False) -> Decorator:
    return click.option(name, hidden=True, expose_value=False, callback=_refused, is_flag=is_flag)


class PostOptions(LifeOptions, says.FormSays):
    """What ``post`` is given; the sizes are in bytes."""

    prefix: str
    key: str | None
    min_size: int
    max_size: int
    file: str | None
    format: str
    check: bool


@click.command(
    epilog="\b\nExample:\n  presign post --outputs outputs.json --max-size 10MB --content-type 'image/*' "
    "--file cat.png photos/",
    short_help="Make a form that uploads under a prefix.",
)
@click.argument("prefix")
@place_options
@expires_option
@check_option("is the bucket there, do these credentials work, is the clock right")
@click.option("--key", metavar="KEY", help="The one key to upload to. Default: PREFIX and the file's name.")
@click.option("--min-size", type=Size(), metavar="SIZE", default="0", help="The least size, such as 1KB.")
@click.option(
    "--max-size", type=Size(), metavar="SIZE", default=str(form.MAX_SIZE), help="The most. Default: 5GiB."
)
@click.option("--content-type", metavar="TYPE", help="The content type: text/csv, or any image with image/*.")
@click.option(
    "--field-type",
    metavar="TYPE",
    help="With image/*: the type in the form's field. Default: as the name of --file tells.",
)
@object_options
@pairs_option("--tag", "A tag of the object; up to ten times.", "tags")
@click.option("--success-redirect", metavar="URL", help="The page to which browsers go after the upload.")
@click.option(
    "--success-status",
    type=click.Choice(says.SUCCESS_STATUSES),
    help="What S3 answers to an upload. Default: 204; with 201 also where the object is.",
)
@click.option(
    "--file", metavar="PATH", help="The local file in the curl command. Default: the key's last part."
)
@format_option("text", "json", "curl", *report.SCRIPTS)
@_not_in_forms("--access-point")
@_not_in_forms("--content-language")
@_not_in_forms("--if-none-match", is_flag=True)
def post(**options: Unpack[PostOptions]) -> None:
    """Make a form that uploads files under PREFIX.

    Anyone who has the form can upload any number of files until it expires, without
    AWS credentials. The fields go as they are, before the file.
    """
    own = says.fields(options)
    prepared = prepare(options, life(options))
    bucket = prepared.stack.bucket
    rules = form.rules(
        keys.in_bucket(options["prefix"], bucket),
        options["key"] and keys.in_bucket(options["key"], bucket),
        options["min_size"],
        options["max_size"],
        options.get("content_type"),
    )
    request.require_fitting(options["file"], rules.min_size, rules.max_size)
    file = options["file"] or "FILE"
    open_type = form.field_type(rules, options.get("field_type"))
    if rules.any_subtype and rules.content_type and open_type is None:
        open_type = _type_of(file, rules.content_type)
    made = make.post(prepared, rules, own, open_type)
    warnings = list(made.warnings)
    if options["check"]:
        from presign import check

        warnings += check.ask_upload(prepared).require()
    url, fields = made.url, dict(made.fields)
    command = curl.form_command(url, fields, file)
    expires_at = duration.iso(made.expires_at)
    if options["format"] == "curl":
        text = command
    elif options["format"] in report.SCRIPTS:
        from presign import commands

        text = commands.form(options["format"], url, fields, file)
    elif options["format"] == "json":
        document = {
            "url": url,
            "method": "POST",
            "expires_at": expires_at,
            "fields": fields,
            "min_size": rules.min_size,
            "max_size": rules.max_size,
            "curl": command,
        }
        text = json.dumps(document, indent=2)
    else:
        rows = [
            ("Upload", f"s3://{bucket}/{fields['key']}"),
            ("Method", "POST"),
            ("Expires", f"{expires_at} ({duration.words(prepared.expires)} from now)"),
            ("Size", f"{rules.min_size} to {rules.max_size} bytes"),
            ("Signed by", prepared.signed_by),
            ("URL", url),
            *report.listed("Fields", [f"{name}: {value}" for name, value in fields.items()]),
        ]
        text = "\n".join([report.table(rows), "", "To upload, run:", command])
    report.write(text)
    report.warn(warnings)


def _type_of(file: str, start: str) -> str:
    """Return the type that the file's name tells, if it may be uploaded, or else one that may be."""
    guessed = mimetypes.guess_type(file)[0] or ""
    return guessed if guessed.startswith(start) else f"{start}octet-stream"
