"""The command line of ``presign explain``. What it needs is loaded only when it runs."""

import os
import sys
from pathlib import Path
from typing import Unpack

from presign.errors import LinkError
from presign.options import PlaceOptions, format_option, place_options

import click

_MAX_BYTES = 1 << 20  # a link has at most some KB, and an answer hardly more


class ExplainOptions(PlaceOptions):
    """What ``explain`` is given."""

    link: str
    answer: str | None
    format: str


@click.command(
    epilog="\b\nExample:\n  presign explain --outputs outputs.json --answer answer.xml - < reports/link.txt",
    short_help="Say why a link does not work.",
)
@click.argument("link")
@click.option(
    "--answer",
    metavar="FILE",
    help="What S3 answered: its XML, with or without the HTTP headers; - reads standard input.",
)
@place_options
@format_option("text", "json")
def explain(**options: Unpack[ExplainOptions]) -> None:
    """Say what LINK is for, by whom and until when, and why it does not work.

    LINK is the URL, or what --format json printed for a link or a form; - reads it from standard input, so
    that it is in no shell's history. Nothing is sent to S3. The cause is in the first line.
    """
    read_from = [options["link"], options["answer"], options["outputs"]]
    if read_from.count("-") > 1:
        raise click.UsageError("standard input can be only one of LINK, --answer and --outputs")

    from presign import endpoint_settings, find
    from presign.explain import answer, compare, judge, proven, report
    from presign.explain import link as links
    from presign.signer import utc_now

    text = _read("-") if options["link"] == "-" else options["link"]
    endpoint_url, _ = endpoint_settings.configured(options["endpoint_url"], options["profile"], os.environ)
    found = links.read(text, endpoint_url=endpoint_url)
    outputs = find.near(options, found.place.bucket, found.parts.hostname or "")
    found = proven.proven(links.read(text, outputs, endpoint_url), outputs, os.environ)
    answered = None if options["answer"] is None else answer.read(_read(options["answer"]))
    now = utc_now()
    click.echo(
        report.write(
            found,
            judge.judge(found, answered, outputs, endpoint_url, now),
            known=compare.known_headers(found, outputs),
            answer=answered,
            outputs=outputs,
            now=now,
            as_json=options["format"] == "json",
        )
    )


def _read(source: str) -> str:
    """Return the text of a file, or of standard input; PowerShell writes UTF-16."""
    where = "standard input" if source == "-" else source
    try:
        if source != "-":
            with Path(source).open("rb") as file:
                data = file.read(_MAX_BYTES)
        elif sys.stdin is None:
            raise LinkError("standard input is closed")
        else:
            data = sys.stdin.buffer.read(_MAX_BYTES)
    except (OSError, ValueError) as error:
        raise LinkError(f"cannot read {where}: {getattr(error, 'strerror', None) or error}") from error
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if not text.strip():
        raise LinkError(f"{where} is empty")
    return text
