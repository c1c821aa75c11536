"""GitHub's expressions, as far as our workflows use them.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re
from collections.abc import Mapping
from typing import Any

Json = Any
_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(&&|\|\||==|!=|!|\(|\))|([A-Za-z_][\w.-]*)|([0-9]+))")


def filled_in(text: str, context: Mapping[str, Json]) -> str:
    """Return a text with its expressions evaluated, as in a job's name."""

    def value(match: re.Match[str]) -> str:
        found = evaluate(match[1], context)
        return "" if found is None else str(found)

    return re.sub(r"\$\{\{(.+?)\}\}", value, " ".join(text.split()))


def evaluate(text: str, context: Mapping[str, Json]) -> Json:
    """Return the value of an expression; what a context does not have is null."""
    parser = _Parser(_tokens(text), context)
    value = parser.either()
    if parser.tokens:
        raise ValueError(f"not understood: {parser.tokens}")
    return value


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"not understood: {text[place:]}")
        found.append(match[0].strip())
        place = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str], context: Mapping[str, Json]) -> None:
        self.tokens, self._context = tokens, context

    def either(self) -> Json:
        value = self._both()
        while self._next("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Json:
        value = self._compared()
        while self._next("&&"):
            other = self._compared()
            value = other if value else value
        return value

    def _compared(self) -> Json:
        value = self._one()
        if self._next("=="):
            return _same(value, self._one())
        if self._next("!="):
            return not _same(value, self._one())
        return value

    def _one(self) -> Json:
        if self._next("!"):
            return not self._one()
        if self._next("("):
            value = self.either()
            if not self._next(")"):
                raise ValueError(f"not closed: {self.tokens}")
            return value
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.isdigit():
            return int(token)
        value = self._context
        for name in token.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def _next(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False


def _same(one: Json, other: Json) -> bool:
    """Compare as GitHub does: texts without their case, and null with a text as the number 0."""
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if None in (one, other) and one != other:
        return bool((one if other is None else other) == "")
    return bool(one == other)
