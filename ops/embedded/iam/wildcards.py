"""What `*` and `?` of a policy match: any character, also a line break in an object's key.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards
"""

import re
from functools import lru_cache

from ministack.core import iam_evaluator

_MEANINGS = {"*": ".*", "?": "."}


@lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """Return what matches a value as a whole; MiniStack's own stops at a line break."""
    regex = "".join(_MEANINGS.get(character) or re.escape(character) for character in pattern)
    return re.compile(rf"{regex}\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def install() -> None:
    """Let MiniStack match so."""
    iam_evaluator._fnmatch_compile = compiled
