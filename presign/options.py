"""The options that commands share."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from presign import duration
from presign.errors import DurationError, MomentError

import click

Decorator = Callable[[Callable[..., None]], Callable[..., None]]

_UNITS = {"": 1}
_UNITS |= {f"{letter}B": 1000**power for power, letter in enumerate("KMGT", start=1)}
_UNITS |= {f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", start=1)}
_SIZE = re.compile(r"([0-9]{1,15}) ?([KMGT]I?B)?", re.IGNORECASE)


class PlaceOptions(TypedDict):
    """What every command that works on the bucket is given."""

    outputs: str | None
    stack: str | None
    profile: str | None
    endpoint_url: str | None


class LifeOptions(PlaceOptions):
    """What every command that signs is given: at most one of seconds and a moment in UTC."""

    expires: int | None
    until: datetime | None


class Duration(click.ParamType[int]):
    """A duration such as 15m, as seconds."""

    name = "duration"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return seconds; anything that is not a duration is a usage error."""
        try:
            return duration.parse(str(value))
        except DurationError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[datetime]):
    """A date and time with its offset, in UTC."""

    name = "moment"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the moment; anything that names none is a usage error."""
        try:
            return value if isinstance(value, datetime) else duration.moment(value)
        except MomentError as error:
            self.fail(str(error), param, ctx)


class Size(click.ParamType[int]):
    """A size such as 10MB, as bytes."""

    name = "size"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return bytes; anything that is not a size is a usage error."""
        match = _SIZE.fullmatch(str(value))
        if not match:
            self.fail(f"{value!r} is not a size: give bytes, or a unit such as 10MB or 2GiB", param, ctx)
        return int(match[1]) * _UNITS[(match[2] or "").upper()]


def life(options: LifeOptions) -> int | datetime | None:
    """Return how long (seconds), or until when, links were asked to work; None where nothing was said."""
    if options["until"] and options["expires"]:
        raise click.UsageError("--expires and --until say the same: give one of them")
    return options["until"] or options["expires"]


def together(*options: Decorator) -> Decorator:
    """Make one decorator of several, which come in the help in this order."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


place_options = together(
    click.option(
        "--outputs",
        metavar="FILE",
        envvar="PRESIGN_OUTPUTS",
        help="The storage stack's outputs, written by 'cdktf deploy --outputs-file FILE' or "
        "'terraform output -json'; - reads standard input, s3://BUCKET/KEY a Terraform state. "
        "Default: $PRESIGN_OUTPUTS, else the newest outputs.*.json of this checkout, else the state in S3 "
        "of its synthesized stack.",
    ),
    click.option("--stack", metavar="NAME", help="Which stack to use, if the outputs hold several."),
    click.option(
        "--profile", metavar="NAME", help="The AWS profile to sign with. Default: what boto3 would use."
    ),
    click.option(
        "--endpoint-url",
        metavar="URL",
        help="Where S3 answers, if not on AWS. Default: what boto3 would use ($AWS_ENDPOINT_URL_S3, "
        "$AWS_ENDPOINT_URL, the profile's endpoint_url or services).",
    ),
)

expires_option = together(
    click.option(
        "--expires",
        type=Duration(),
        metavar="TIME",
        help="How long the link works: 90s, 15m, 1h, 7d. Default: 15m, or less where the bucket says so.",
    ),
    click.option(
        "--until",
        type=Moment(),
        metavar="MOMENT",
        help="Until when the link works, instead of how long: 2026-12-01T08:00Z, or with +01:00 for Z.",
    ),
)


def _pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return the values NAME=VALUE of an option that may be given several times, by name."""
    found: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", ctx, param)
        if name in found:
            raise click.BadParameter(f"{name!r} is given twice", ctx, param)
        found[name] = value
    return found


def pairs_option(name: str, help: str, variable: str) -> Decorator:
    """Return an option of several NAME=VALUE."""
    return click.option(name, variable, metavar="NAME=VALUE", multiple=True, callback=_pairs, help=help)


object_options = together(
    click.option(
        "--checksum",
        metavar="ALGORITHM:DIGEST",
        help="The digest that the content must have, in hexadecimal or base64: sha256:DIGEST, or sha1, "
        "crc32, crc32c, crc64nvme or md5.",
    ),
    pairs_option(
        "--metadata", "What S3 keeps with the object, as x-amz-meta-NAME; several times.", "metadata"
    ),
    click.option("--cache-control", metavar="TEXT", help="How long caches keep downloads, as max-age=3600."),
    click.option("--content-disposition", metavar="TEXT", help="How browsers save downloads."),
    click.option("--content-encoding", metavar="CODING", help="How the content is compressed, such as gzip."),
    click.option("--storage-class", metavar="CLASS", help="The storage class, such as INTELLIGENT_TIERING."),
)


def check_option(what: str) -> Decorator:
    """Return the option that asks S3 first."""
    return click.option("--check", is_flag=True, help=f"Ask S3 first, over the network: {what}.")


def format_option(*formats: str) -> Decorator:
    """Return the option that chooses among ``formats``, of which the first is the default."""
    return click.option(
        "--format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Everything for people (text) or for programs (json), or only what is named; curl is for bash.",
    )
