"""What AWS's pages leave open is never "nothing more": who an entry names, and which keys a request has."""

from collections.abc import Mapping
from typing import Any

from proof import Action, Resource, compare, denied, policy
from proof.words import difference_lines
from tests.proof.ask import ACCOUNT, OBJECTS, OTHER, answer, decision, document, statement

import pytest

READ = Action("s3:GetObject") & Resource(OBJECTS)
OWN = statement(Sid="Own", Principal={"AWS": ACCOUNT})
OPEN = "undecided for another account: it depends on "
NOTHING = ["The new policy allows nothing more."]


def more(new: Mapping[str, Any]) -> list[str]:
    """What the policy of a resource allows more with a further statement, in words."""
    old, both = (policy(document(*one)) for one in ([OWN], [OWN, dict(new)]))
    return list(difference_lines(compare(old, both, account=ACCOUNT, only_more=True).more))


# Principals


@pytest.mark.parametrize(
    "name",
    [
        "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEF",
        "AROAEXAMPLEID1234567",
        "AIDAEXAMPLEID1234567",
        f"arn:aws:iam::{ACCOUNT}:group/readers",
        f"arn:aws:iam::{ACCOUNT}:role/a:b",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/etl/a/b",
        "arn:aws:iam::1234:root",
        "1234",
        "",
    ],
)
def test_an_entry_of_a_form_that_no_caller_has_may_name_anybody(name: str) -> None:
    names = f"whom {{'AWS': {name!r}}} names"
    assert f"{OPEN}{names}" in more(statement(Sid="New", Principal={"AWS": name}))
    denies = decision(statement(Effect="Deny", Principal={"AWS": name}))
    assert answer(denies, denied(READ)) == "no"  # not anonymous callers
    spares = decision(statement(Effect="Deny", Principal=None, NotPrincipal={"AWS": name}))
    assert answer(spares, denied(READ)) == "unknown"


def test_an_entry_that_a_caller_has_names_nobody_else() -> None:
    assert more(statement(Sid="New", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})) == NOTHING
    (line,) = more(statement(Sid="New", Principal={"AWS": f"arn:aws:iam::{OTHER}:role/etl"}))
    assert line.startswith(f"the role etl of account {OTHER} could now read")
