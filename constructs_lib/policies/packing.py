"""Packs statements into as few policy documents as IAM's size limit of a managed policy allows."""

import json
from collections.abc import Iterable

from constructs_lib.policies import Document, Statement, document

LIMIT = 6_144
"""Characters of a managed policy without white space, as IAM counts them:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

MOST = 8
"""Documents for one role, which takes ten managed policies by default: the others are for
its other tasks, such as storing plans (same page)."""


class TooLargeError(Exception):
    """Statements do not fit into one document, or into as many as a role can have."""


def packed(statements: Iterable[Statement], *, account: str) -> list[Document]:
    """Return documents that hold `statements`, each in the first one that has room for it.

    A statement that alone is too large becomes several, each with a part of its resources or actions.

    Args:
        statements: with `Action` and `Resource`; their Sids differ.
        account: the account's id as it stands in them, which may be a reference: it becomes twelve digits.

    Raises:
        TooLargeError: one statement's conditions are too large, or a role could not hold all documents.
    """
    documents: list[Document] = []
    for statement in statements:
        for part in _parts(statement, account):
            for one in documents:
                if size(document(*one["Statement"], part), account=account) <= LIMIT:
                    one["Statement"].append(part)
                    break
            else:
                documents.append(document(part))
    if len(documents) > MOST:
        raise TooLargeError(
            f"it would take {len(documents)} managed policies of {LIMIT} characters, but a role has room for "
            f"{MOST}: attach to fewer roles (access.attach_to_roles)"
        )
    return documents


def size(policy: Document, *, account: str) -> int:
    """Return the characters of a policy, as IAM counts them."""
    return len("".join(json.dumps(policy).replace(account, "0" * 12).split()))


def _parts(statement: Statement, account: str) -> list[Statement]:
    """Return the statement, or several that allow the same and are as large as can be."""
    if _fits(statement, account):
        return [statement]
    name = "Resource" if isinstance(statement["Resource"], list) else "Action"
    values: list[str] = statement[name]
    parts: list[list[str]] = [[]]
    for value in values:
        if not _fits({**statement, name: [*parts[-1], value]}, account):
            parts.append([])
        parts[-1].append(value)
    numbered = [
        {**statement, "Sid": f"{statement['Sid']}{number}", name: part}
        for number, part in enumerate(filter(None, parts), start=1)
    ]
    if not all(_fits(part, account) for part in numbered):
        raise TooLargeError(
            f"{statement['Sid']} alone has more than the {LIMIT} characters of a managed policy: "
            "attach to fewer roles (access.attach_to_roles)"
        )
    return numbered


def _fits(statement: Statement, account: str) -> bool:
    # With room for the digits that tell the parts' Sids from each other.
    return size(document(statement), account=account) <= LIMIT - 4
