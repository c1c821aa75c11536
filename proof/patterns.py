"""Texts of a policy as globs: wildcards, escapes, policy variables, ARNs in six segments.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from proof.globs import ANY, NO_COLON, STAR, Glob, Token, glob, literal
from proof.operators import Relation

# A policy variable names a key (which has a colon) or is an escape; Terraform's references have neither.
_VARIABLE = re.compile(r"\$\{(?:([*?$])|[\w.-]+:[^}]*)\}")
REFERENCE = re.compile(r"\$\{(?![*?$]\})[^}:]*\}")
_ARN_SEGMENTS = 6


@dataclass(frozen=True)
class Pattern:
    """What a text of a policy matches.

    Attributes:
        sure: globs of which one must match for the text to match in any case.
        possible: globs of which one must match for it to match at all.
        unknown: why the two differ; empty where they do not.
    """

    sure: tuple[Glob, ...]
    possible: tuple[Glob, ...]
    unknown: str = ""


def _pieces(text: str, *, variables: bool) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of `text`, and whether each is an escape or variable."""
    at = 0
    if variables:
        for found in _VARIABLE.finditer(text):
            yield text[at : found.start()], False
            yield found[1] or found[0], True
            at = found.end()
    yield text[at:], False


def has_variable(text: str) -> bool:
    """Say whether `text` holds a policy variable that is no escape."""
    return any(found[1] is None for found in _VARIABLE.finditer(text))


def _tokens(text: str, accepts: str, *, variables: bool, wildcards: bool, ignore_case: bool = False) -> Glob:
    tokens: list[Token] = []
    for piece, special in _pieces(text, variables=variables):
        if special and len(piece) > 1:
            tokens.append(Token(accepts, many=True))
        elif special or not wildcards:
            tokens += literal(piece, ignore_case=ignore_case)
        else:
            tokens += glob(piece, accepts)
    return tuple(tokens)


@lru_cache(maxsize=16384)
def value_pattern(text: str, relation: Relation, *, variables: bool, ignore_case: bool = False) -> Pattern:
    """Return what a condition's value matches under a String or Arn operator."""
    if relation == "arn":
        return _arn_pattern(text, variables=variables)
    tokens = _tokens(text, ANY, variables=variables, wildcards=relation == "like", ignore_case=ignore_case)
    return _with_variables(text, (tokens,), variables=variables)


def _with_variables(text: str, globs: tuple[Glob, ...], *, variables: bool) -> Pattern:
    if variables and has_variable(text):
        return Pattern((), globs, f"the policy variable in {text}")
    return Pattern(globs, globs)


def _segments(text: str) -> list[str]:
    """Split an ARN into its six segments; the colons in `${…}` split nothing."""
    hidden = re.sub(r"\$\{[^}]*\}", lambda found: found[0].replace(":", "\0"), text)
    return [one.replace("\0", ":") for one in hidden.split(":", _ARN_SEGMENTS - 1)]


def _six(segments: list[str], *, variables: bool) -> Glob:
    tokens: list[Token] = []
    for number, segment in enumerate(segments):
        last = number == _ARN_SEGMENTS - 1
        tokens += _tokens(segment, ANY if last else NO_COLON, variables=variables, wildcards=True)
        if not last:
            tokens.append(Token(":", literal=True))
    return tuple(tokens)


def _arn_pattern(text: str, *, variables: bool) -> Pattern:
    segments = _segments(text)
    if REFERENCE.match(text):  # a whole ARN, of which only Terraform knows the segments
        return _with_variables(
            text, (_tokens(text, ANY, variables=variables, wildcards=True),), variables=variables
        )
    if len(segments) < _ARN_SEGMENTS:
        return Pattern((), ((STAR,),), f"how AWS compares {text!r}, which is no ARN of six segments")
    return _with_variables(text, (_six(segments, variables=variables),), variables=variables)


@lru_cache(maxsize=16384)
def resource_pattern(text: str, *, variables: bool) -> Pattern:
    """Return what an entry of a Resource element matches.

    AWS's pages contradict each other on whether a wildcard may run past a
    colon among the first five segments; where that decides, it is unknown.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
    """
    whole = _tokens(text, ANY, variables=variables, wildcards=True)
    if variables and has_variable(text):
        return Pattern((), (whole,), f"the policy variable in {text}")
    if text == "*" or REFERENCE.match(text):
        return Pattern((whole,), (whole,))
    segments = _segments(text)
    if not any(mark in segment for segment in segments[: _ARN_SEGMENTS - 1] for mark in "*?"):
        return Pattern((whole,), (whole,))
    sure = (_six(segments, variables=variables),) if len(segments) == _ARN_SEGMENTS else ()
    return Pattern(sure, (whole,), f"whether the wildcard of {text} runs past a colon")


@lru_cache(maxsize=16384)
def action_pattern(text: str) -> Glob:
    """Return what an entry of an Action element matches, among actions in lower case."""
    return glob(text.lower())


@lru_cache(maxsize=16384)
def action_regex(text: str) -> re.Pattern[str]:
    """Return the same as a regular expression, without backtracking, for actions that exist."""
    first, *rest = text.lower().split("*")
    parts = [_fixed(part) for part in rest]
    if not parts:
        return re.compile(_fixed(first) + r"\Z")
    inner = "".join(f"(?>.*?{part})" for part in parts[:-1])
    return re.compile(f"{_fixed(first)}{inner}.*{parts[-1]}\\Z", re.DOTALL)


def _fixed(text: str) -> str:
    return re.escape(text).replace(r"\?", ".")
