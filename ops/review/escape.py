"""Text from a plan, made harmless for where it is shown."""

import re
import unicodedata

_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode's categories of what is not seen, or changes how its surroundings are: controls, bidi marks, …"""

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r"[^A-Za-z0-9 ,;=()\"'/:.\-\u00a1-\uffff\U00010000-\U0010ffff]")
_PLAIN = re.compile(r"\(?[A-Za-z0-9]{1,24}(?:[-'][A-Za-z]+)*[,;:.)]*")
_LONG_HEX = re.compile(r"[0-9a-f]{7,}")


def visible_text(text: str) -> str:
    """Return `text` on one line, with every control and invisible character written out by its number."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _NAMED.get(c) or (f"\\u{ord(c):04x}" if unicodedata.category(c) in _HIDDEN else c) for c in text
    )


def cut(text: str, most: int) -> str:
    """Return `text`, or its beginning and how long it is where it has more than `most` characters."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def code(text: str, most: int = 200) -> str:
    """Return `text` as HTML code for Markdown.

    Within `<code>` GitHub makes no mentions, links or references; and what
    is written as an entity ends no table cell and starts no markup.
    """
    shown = visible_text(cut(text, most))
    return f"<code>{_SPECIAL.sub(lambda match: f'&#{ord(match[0])};', shown) or ' '}</code>"


def sentence(text: str) -> str:
    """Return a sentence for Markdown: its plain words as they are, whatever else is in them as code."""
    words = []
    for word in visible_text(text).split(" "):
        plain = _PLAIN.fullmatch(word) and not _LONG_HEX.fullmatch(word)
        words.append(word if plain or not word else code(word))
    return " ".join(words)
