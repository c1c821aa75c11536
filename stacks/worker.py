"""One of the processes of a synthesis: `python -m stacks.worker FOLDER`."""

import os
import signal
import sys
from pathlib import Path
from threading import Thread


def _end_with_parent() -> None:
    """End this process and its jsii child once the other end of standard input is closed."""
    os.read(sys.stdin.fileno(), 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    Thread(target=_end_with_parent, daemon=True).start()
    # Only here, as the parent can end while this is imported, and takes the folder with it.
    from stacks.synthesis import work

    work(Path(sys.argv[1]))
