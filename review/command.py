"""What `ops review` does, between its arguments and its output."""

import sys
from pathlib import Path
from typing import Any

from review.build import review
from review.log import warnings_of
from review.model import Notice, Review, at_least
from review.plan import PlanError, parse_object, read_plan
from review.render.as_json import as_json
from review.render.markdown import markdown
from review.render.text import text

AT_LEAST_THAT_BAD = 4
"""The exit code if the verdict is that of `--fail-on`, or worse."""

STDIN = "-"


def run_review(
    plan: str,
    *,
    format_: str,
    fail_on: str | None,
    marker: str,
    synthesized: str | None,
    deployed: str | None,
    log: str | None = None,
    raw: str | None = None,
    environment: str = "",
) -> int:
    """Print the review of a plan; return the exit code.

    Args:
        plan: the file with the plan's JSON, or `-` for standard input.
        format_: `markdown`, `text` or `json`.
        fail_on: the verdict from which on the exit code is 4, if any.
        marker: text for a hidden comment at the top of the Markdown.
        synthesized: the file with the synthesized JSON of what is planned, if any.
        deployed: the same of what is deployed.
        log: the file with what `terraform plan -json` wrote, if any.
        raw: the file with what `terraform show -no-color` printed, if any.
        environment: its name, for the heading.

    Raises:
        PlanError: a file cannot be read, or is not what it should be.
    """
    result = review(
        read_plan(_content(plan), _name(plan)),
        synthesized=None if synthesized is None else _configuration(synthesized),
        deployed=None if deployed is None else _configuration(deployed),
        environment=environment,
        warnings=() if log is None else _warnings(log),
        raw="" if raw is None else _text(raw),
    )
    return show(result, format_=format_, fail_on=fail_on, marker=marker)


def show(result: Review, *, format_: str, fail_on: str | None, marker: str = "") -> int:
    """Print a review; return the exit code.

    Args:
        result: the review.
        format_: `markdown`, `text` or `json`.
        fail_on: the verdict from which on the exit code is 4, if any.
        marker: text for a hidden comment at the top of the Markdown.
    """
    written = {
        "markdown": lambda: markdown(result, marker=marker),
        "text": lambda: text(result),
        "json": lambda: as_json(result),
    }[format_]()
    # In UTF-8 whatever the terminal's encoding is: it goes into files and comments.
    sys.stdout.buffer.write(written.encode())
    sys.stdout.flush()
    return AT_LEAST_THAT_BAD if fail_on is not None and at_least(result.verdict, fail_on) else 0


def _name(path: str) -> str:
    return "standard input" if path == STDIN else path


def _content(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise PlanError(f"{_name(path)}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a null byte in the name
        raise PlanError(f"{path!r} is no file name: {error}") from error


def _warnings(path: str) -> tuple[Notice, ...]:
    log = _text(path)
    if '"@level"' not in log:
        raise PlanError(f"{_name(path)}: is not what `terraform plan -json` writes")
    return warnings_of(log)


def _text(path: str) -> str:
    try:
        return _content(path).decode()
    except UnicodeDecodeError as error:
        raise PlanError(f"{_name(path)}: is not text: {error.reason} at byte {error.start}") from error


def _configuration(path: str) -> dict[str, Any]:
    document = parse_object(_content(path), _name(path))
    if not isinstance(document.get("resource"), dict) or "format_version" in document:
        raise PlanError(f"{path}: is not synthesized Terraform JSON, as `ops synth` writes it (cdk.tf.json)")
    return document
