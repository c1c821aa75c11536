"""The command line: ``presign get KEY`` and ``presign put KEY``."""

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypedDict, Unpack

from presign import __version__, credentials, curl, duration, endpoint, outputs, report
from presign.bulk_command import bulk
from presign.errors import DurationError, PresignError
from presign.signer import Plan, Signer

import click

_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class LinkOptions(TypedDict):
    """What ``get`` and ``put`` are given; ``expires`` is in seconds."""

    key: str
    outputs: str | None
    stack: str | None
    expires: int | None
    file: str | None
    format: str
    profile: str | None
    endpoint_url: str | None


class Duration(click.ParamType[int]):
    """A duration such as 15m, as seconds."""

    name = "duration"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return seconds; anything that is not a duration is a usage error."""
        try:
            return duration.parse(str(value))
        except DurationError as error:
            self.fail(str(error), param, ctx)


class QuietGroup(click.Group):
    """A group that ends without a word when it is interrupted."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Ctrl-C exits 130."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)


def _link_options(command: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.argument("key"),
        click.option(
            "--outputs",
            metavar="FILE",
            envvar="PRESIGN_OUTPUTS",
            help="The storage stack's outputs, written by 'cdktf deploy --outputs-file FILE' or "
            "'terraform output -json'; - reads standard input. Default: $PRESIGN_OUTPUTS.",
        ),
        click.option("--stack", metavar="NAME", help="Which stack to use, if the outputs hold several."),
        click.option(
            "--expires",
            type=Duration(),
            metavar="TIME",
            help="How long the link works: 90s, 15m, 1h, 7d. Default: 15m, or less where the bucket says so.",
        ),
        click.option(
            "--file", metavar="PATH", help="The local file in the curl command. Default: the key's last part."
        ),
        click.option(
            "--format",
            type=click.Choice(report.FORMATS),
            default="text",
            show_default=True,
            help="Everything for people (text) or for programs (json), or only the curl command or the URL.",
        ),
        click.option(
            "--profile", metavar="NAME", help="The AWS profile to sign with. Default: what boto3 would use."
        ),
        click.option(
            "--endpoint-url",
            metavar="URL",
            envvar=["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"],
            help="Where S3 answers, if not on AWS. Default: $AWS_ENDPOINT_URL_S3, else $AWS_ENDPOINT_URL.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    cls=QuietGroup,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExample:\n  cdktf deploy secure-storage-dev --outputs-file outputs.json\n"
    "  presign put --outputs outputs.json reports/november.csv",
)
@click.version_option(__version__, prog_name="presign", message="%(prog)s %(version)s")
def cli() -> None:
    """Make links that let others download from and upload to the secure bucket."""


@cli.command(
    epilog="\b\nExample:\n  presign get --outputs outputs.json --expires 1h reports/november.csv",
    short_help="Make a link that downloads an object.",
)
@_link_options
def get(**options: Unpack[LinkOptions]) -> None:
    """Make a link that downloads the object KEY.

    Whoever has the link can download until it expires, without AWS credentials.
    """
    _print_link("GET", options)


@cli.command(
    epilog="\b\nExample:\n  presign put --outputs outputs.json --file november.csv reports/november.csv",
    short_help="Make a link that uploads an object.",
)
@_link_options
def put(**options: Unpack[LinkOptions]) -> None:
    """Make a link that uploads a file to the object KEY.

    Whoever has the link can upload until it expires, without AWS credentials.
    The upload must send exactly the headers that are printed with the link.
    """
    if options["file"] == "-":
        raise click.BadParameter(
            "S3 must know the size of an upload beforehand: give a file", param_hint="'--file'"
        )
    _print_link("PUT", options)


cli.add_command(bulk)


def _print_link(method: str, options: LinkOptions) -> None:
    if not options["outputs"]:
        raise click.UsageError("no outputs given: name their file with --outputs FILE or in PRESIGN_OUTPUTS")
    stack = outputs.read(options["outputs"], options["stack"])
    expires = duration.choose(options["expires"], stack.max_seconds)
    bucket_url = endpoint.bucket_url(stack.bucket, stack.region, options["endpoint_url"])
    found = credentials.resolve(options["profile"], os.environ)
    signer = Signer(
        access_key=found.access_key,
        secret_key=found.secret_key,
        session_token=found.session_token,
        region=stack.region,
        bucket_url=bucket_url,
    )
    headers = stack.upload_headers if method == "PUT" else {}
    plan = signer.plan(method, expires, headers)
    key = options["key"]
    url = plan.url(key)
    needs = f", which needs the IAM policy {stack.policy_arn}" if stack.policy_arn else ""
    link = report.Link(
        method=method,
        place=f"s3://{stack.bucket}/{key}",
        url=url,
        expires_at=duration.iso(plan.expires_at),
        lifetime=duration.words(expires),
        headers=headers,
        curl=curl.command(method, url, headers, options["file"] or curl.local_name(key)),
        signed_by=f"{found.access_key}{needs}",
    )
    click.echo(report.render(link, options["format"]))
    _warn(key, url, plan, found)


def _warn(key: str, url: str, plan: Plan, found: credentials.Credentials) -> None:
    """Say on standard error what makes a correctly signed link fail later."""
    for start in ("/", "s3://"):
        if key.startswith(start):
            click.echo(
                f"Warning: the key starts with {start}, which becomes part of the object's name", err=True
            )
    if curl.has_dot_segments(url):
        click.echo(
            "Warning: the key has a '.' or '..' part, which browsers and most HTTP clients rewrite: "
            "use the curl command, which does not",
            err=True,
        )
    if found.expires_at and found.expires_at < plan.expires_at:
        click.echo(
            f"Warning: the credentials expire at {duration.iso(found.expires_at)}, and the link then too",
            err=True,
        )
    # One hour is how long a role's credentials live unless more was asked for.
    elif (
        found.session_token and not found.expires_at and plan.expires_at - plan.signed_at > timedelta(hours=1)
    ):
        click.echo(
            "Warning: the credentials are temporary: when they expire, the link does too, even if earlier",
            err=True,
        )


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line on ``args`` (default: the process's own) and return its exit code."""
    try:
        result = cli.main(args, prog_name="presign", standalone_mode=False)
    except click.UsageError as error:
        message = error.format_message().rstrip(".")
        path = error.ctx.command_path if error.ctx else "presign"
        _complain(f"{message[:1].lower()}{message[1:]} (see '{path} --help')")
        return 2
    except PresignError as error:
        _complain(str(error))
    except UnicodeEncodeError as error:
        _complain(
            f"the terminal's encoding, {error.encoding}, lacks a character of the output: set PYTHONUTF8=1"
        )
    except OSError as error:
        _complain(f"cannot write the output: {error.strerror or error}")
        _forget_stdout()
    else:
        # A command returns None; --help, --version and Ctrl-C return an exit code.
        return result if isinstance(result, int) else 0
    return 1


def _complain(message: str) -> None:
    click.echo(f"Error: {report.printable(' '.join(message.split()))}", err=True)


def _forget_stdout() -> None:
    """Drop what could not be written, or Python would try again at exit, and say so at length."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Start ``presign`` from the shell."""
    sys.exit(run())
