"""GitHub's rules for names, as pure functions.

Valid names become a part of a token's `sub`, which a trust policy compares exactly:
https://docs.github.com/en/actions/reference/security/oidc
"""

import re

from settings.names.aws import InvalidValueError


def repository(name: str) -> str:
    """Check a repository the way the `sub` of its tokens names it.

    That is "org/repo", or, where GitHub adds their ids, "org@1234/repo@5678".
    https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
    """
    rule = "must be a repository on GitHub"
    _no_wildcard(name, rule)
    owner, repo = r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}", r"[A-Za-z0-9._-]{1,100}"
    if not re.fullmatch(rf"{owner}/{repo}|{owner}@[0-9]{{1,20}}/{repo}@[0-9]{{1,20}}", name):
        hint = 'like "org/repo", or "org@1234/repo@5678" where the sub of its tokens has the ids'
        raise InvalidValueError(rule, hint)
    return name


def branch(name: str) -> str:
    """Check a branch's name, without "refs/heads/"."""
    rule = "must be the name of a branch"
    _no_wildcard(name, rule)
    part = r"[\w.+#@-]+"
    if not re.fullmatch(rf"{part}(/{part})*", name, re.ASCII) or len(name) > 200 or name.startswith("refs/"):
        raise InvalidValueError(rule, 'like "main" or "release/1.x"')
    return name


def environment(name: str) -> str:
    """Check the name of a repository's environment; a `sub` would have a colon escaped.

    https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
    """
    rule = "must be the name of an environment on GitHub"
    _no_wildcard(name, rule)
    if not re.fullmatch(r"[\w./-]([\w ./-]{0,253}[\w./-])?", name, re.ASCII):
        raise InvalidValueError(f"{rule}: letters, digits, spaces or any of _ . / -", 'like "prod"')
    return name


def _no_wildcard(name: str, rule: str) -> None:
    if "*" in name or "?" in name:
        raise InvalidValueError(f"{rule}, without wildcards", "the roles trust exactly one")
