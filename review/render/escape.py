"""Text from a plan, escaped for where it is shown."""

import re

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PLAIN = re.compile(r"\(?[A-Za-z0-9]{1,24}(?:[-'][A-Za-z]+)*[,;:.)]*")
_LONG_HEX = re.compile(r"[0-9a-f]{7,}")


def visible_text(text: str) -> str:
    """Return `text` on one line, with every control and invisible character written out by its number."""
    if text.isprintable():
        return text
    return "".join(_NAMED.get(c) or (c if c.isprintable() else f"\\u{ord(c):04x}") for c in text)


def cut(text: str, most: int) -> str:
    """Return `text`; if it has more than `most` characters, its beginning and its length."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def code(text: str, most: int = 200) -> str:
    """Return `text` as a code span for Markdown.

    In a code span nothing is markup, a mention or a link. Only a backtick
    would end it, and a pipe the table's cell: both are written by number.
    """
    shown = visible_text(cut(text, most)).replace("`", "\\u0060").replace("|", "\\u007c")
    return f"`{shown or ' '}`"


def sentence(text: str) -> str:
    """Return a sentence for Markdown: its plain words as they are, whatever else is in them as code."""
    words = []
    for word in visible_text(text).split(" "):
        plain = _PLAIN.fullmatch(word) and not _LONG_HEX.fullmatch(word)
        stripped = word.rstrip(",;:.")
        words.append(word if plain or not stripped else code(stripped) + word[len(stripped) :])
    return " ".join(words)
