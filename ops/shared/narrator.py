"""What the demos share: numbered steps on the terminal, and environment variables for a block."""

import contextlib
import os
import time
from collections.abc import Iterator

import click


class Narrator:
    """Prints the numbered steps, and how long each took."""

    def __init__(self, steps: int) -> None:
        """Expect `steps` steps."""
        self.steps = steps
        self._number = 0
        self._start = time.monotonic()

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Print `title` with its number; after the block, print its time."""
        self._number += 1
        click.secho(f"\n[{self._number}/{self.steps}] {title}", bold=True)
        start = time.monotonic()
        yield
        click.secho(f"      {time.monotonic() - start:.1f} s", dim=True)

    def say(self, text: str) -> None:
        """Print a line that belongs to the step."""
        click.echo(f"      {text}")

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._start


@contextlib.contextmanager
def variables(env: dict[str, str]) -> Iterator[None]:
    """Make `env` this process's environment until the block ends."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
