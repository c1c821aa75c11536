"""`python -m proof compare OLD.json NEW.json`: says what the new policy allows more.

Exit codes: 0 it allows nothing more; 1 an error, in one line; 2 wrong
usage; 3 it allows more; 4 undecided.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import NoReturn

from proof.comparing import compare
from proof.grammar import DocumentError, Policy
from proof.parse import policy_text
from proof.words import difference_lines


def _read(path: str) -> Policy:
    try:
        return policy_text(Path(path).read_text(encoding="utf-8"), path)
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}; give a file with a policy document") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not UTF-8 text; give a policy document as JSON") from error


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not an account: give its 12 digits")
    return text


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"Error: {message} (see `{self.prog} --help`)\n")


def _arguments() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m proof", description="What policies allow, exactly.")
    commands = parser.add_subparsers(dest="command", required=True)
    compared = commands.add_parser("compare", help="say what the new policy allows more, with a request")
    compared.add_argument("old", help="a policy document as JSON")
    compared.add_argument("new", help="another policy document, of the same type")
    compared.add_argument("--account", type=_account, help="the account of the resource, 12 digits")
    return parser


def main(given: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _arguments().parse_args(given)
    try:
        more = compare(
            _read(arguments.old), _read(arguments.new), account=arguments.account, only_more=True
        ).more
    except DocumentError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print("\n".join(difference_lines(more)))
    return 3 if more.examples else 4 if more.undecided else 0


if __name__ == "__main__":
    sys.exit(main())
