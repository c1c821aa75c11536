"""Starts ``presign``, and ``python -m presign``, which is the same."""

import sys
from typing import NoReturn

from presign import interrupt


def main() -> NoReturn:
    """Run the command line on the process's arguments, and exit."""
    interrupt.leave_at_once()
    from presign.cli import run  # loads what takes a while

    sys.exit(run())


if __name__ == "__main__":
    main()
