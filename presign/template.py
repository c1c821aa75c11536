"""Fills in the files that come with this package."""

from collections.abc import Mapping


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with each ``@@NAME@@`` replaced by a value, as it is."""
    pieces = text.split("@@")  # every second piece is a name
    return "".join(values[piece] if number % 2 else piece for number, piece in enumerate(pieces))
