"""What the patterns of policies match: whether one matches all that another does, or nothing of it."""

import re
from functools import lru_cache
from itertools import starmap


def is_glob(pattern: str) -> bool:
    """Return whether a pattern matches more than itself."""
    return "*" in pattern or "?" in pattern


@lru_cache(maxsize=65_536)
def glob_covers(pattern: str, other: str) -> bool:
    """Return whether `pattern` matches everything that the pattern `other` matches."""
    if "?" not in pattern and "${" not in pattern + other:
        # `*` in the other stands for any text: where this matches it as a text, it does in all its forms.
        return (
            re.fullmatch(".*".join(map(re.escape, re.split(r"\*+", pattern))), other, re.DOTALL) is not None
        )
    if pattern == other or set(pattern) == {"*"}:
        return True
    if "*" in other:
        return False
    regex = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return "${" not in other and re.fullmatch(regex, other, re.DOTALL) is not None


@lru_cache(maxsize=65_536)
def arn_covers(pattern: str, other: str) -> bool:
    """Return whether the ARN `pattern` matches everything that the ARN `other` matches, under ArnLike.

    The six parts are compared one by one. What AWS does with text that is no ARN is not documented.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    parts, others = _arn_parts(pattern), _arn_parts(other)
    if pattern == other or len(parts) < 6 or len(others) < 6:
        return pattern == other
    return all(starmap(glob_covers, zip(parts, others, strict=True)))


def resource_covers(pattern: str, other: str) -> bool:
    """Return whether the Resource `pattern` surely matches everything that the Resource `other` matches.

    AWS's pages contradict each other on whether a wildcard runs past a colon: this does not rely on it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
    """
    return set(pattern) == {"*"} or arn_covers(pattern, other)


def _arn_parts(text: str) -> list[str]:
    """Return the six parts of an ARN, of which the last may have colons, as the variables in it do."""
    return re.split(r":(?![^{}]*\})", text, maxsplit=5)


def disjoint(one: str, other: str) -> bool:
    """Return whether certainly no text matches both patterns, because their fixed beginnings differ."""
    heads = [re.split(r"[*?$]", text, maxsplit=1)[0] for text in (one, other)]
    if not is_glob(one) and not is_glob(other) and "$" not in one + other:
        return one != other
    shorter, longer = sorted(heads, key=len)
    return not longer.startswith(shorter)
