"""The command line: a group of commands, each in a module of its own."""

import contextlib
import os
import sys
from collections.abc import Sequence

from presign import __version__, completion, interrupt, links, listed, post, report, show
from presign.bulk import command as bulk_command
from presign.errors import PresignError
from presign.explain.command import explain
from presign.multipart.command import multipart
from presign.page.command import page

import click


class QuietGroup(click.Group):
    """A group that ends without a word when it is interrupted."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Ctrl-C exits 130."""
        try:
            with interrupt.raised():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(interrupt.INTERRUPTED)


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


for command in (
    links.get,
    links.put,
    post.post,
    bulk_command.bulk,
    listed.list_objects,
    show.show,
    explain,
    multipart,
    page,
    completion.completion,
):
    cli.add_command(command)


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
    with contextlib.suppress(OSError, ValueError, AttributeError):  # AttributeError: it is closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
