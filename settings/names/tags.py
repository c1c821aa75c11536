"""AWS's rules for tags, as `settings.names.aws` has those for names."""

from unicodedata import category

from settings.names.aws import InvalidValueError


def _allowed(character: str) -> bool:
    return character in "_.:/=+-@" or category(character)[0] in "LN" or category(character) == "Zs"


_CHARACTERS = "letters, digits, spaces or any of _ . : / = + - @"


def tag_key(text: str) -> str:
    """Check a tag's key.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    if not 1 <= len(text) <= 128 or not all(map(_allowed, text)):
        raise InvalidValueError(f"must be a tag's key: 1 to 128 {_CHARACTERS}")
    if text.lower().startswith("aws:"):
        raise InvalidValueError('must not begin with "aws:", which AWS reserves')
    return text


def tag_value(text: str) -> str:
    """Check a tag's value; the same page as for `tag_key`."""
    if len(text) > 256 or not all(map(_allowed, text)):
        raise InvalidValueError(f"must be a tag's value: 0 to 256 {_CHARACTERS}")
    return text


def as_tag_value(text: str) -> str:
    """Make a tag's value of any text: "_" for what AWS does not allow, and cut after 256 characters."""
    return "".join(c if _allowed(c) else "_" for c in text)[:256]
