"""The plan as Terraform prints it (`terraform show -no-color`), prepared for the comment.

Terraform masks what is marked as sensitive. The same value may stand elsewhere without a mark, as in what a
resource repeats of its input; and a text of several lines is printed line by line.
"""

import re
from collections.abc import Iterable, Iterator

from review.masking import SHORTEST, Redactor

ACTIONS = "Terraform will perform the following actions:\n"
_BLOCK = re.compile(r"\n(?=  # [^( ])")
_END = re.compile(r"\n(?=Plan: |Changes to Outputs:)")
_GOES = re.compile(r" (?:will|must) be (?:destroyed|replaced)| will no longer be managed")


def masked(raw: str, secrets: Iterable[str]) -> str:
    """Return what Terraform printed, without any of `secrets`, and with what is destroyed on top."""
    return Redactor(frozenset(_printed(secrets))).text(destroyed_first(raw).strip("\n"))


def destroyed_first(raw: str) -> str:
    """Return what Terraform printed with the blocks of what is destroyed before all others."""
    head, actions, rest = raw.partition(ACTIONS)
    body, *end = _END.split(rest, maxsplit=1)
    first, *blocks = _BLOCK.split(body)
    # A resource's first lines say what becomes of it; the other lines are its values.
    blocks.sort(key=lambda block: _GOES.search(block.partition("\n  ")[0]) is None)
    return "\n".join([f"{head}{actions}{first}", *blocks, *end])


_SHORT = dict(zip('\a\b\f\n\r\t\v\\"', r"abfnrtv\"", strict=True))


def quoted(text: str) -> str:
    """Return what stands between the quotes where Go prints a text with %q, as Terraform does."""
    return "".join(map(_quoted, text))


def _quoted(one: str) -> str:
    if one in _SHORT:
        return f"\\{_SHORT[one]}"
    if one.isprintable():
        return one
    code = ord(one)
    if code < ord(" ") or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _printed(secrets: Iterable[str]) -> Iterator[str]:
    """Yield each secret in the forms in which Terraform may print it."""
    for secret in secrets:
        for form in (secret, quoted(secret)):
            yield form
            yield form.replace("${", "$${").replace("%{", "%%{")
        yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= SHORTEST)
