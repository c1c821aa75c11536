"""Who gets in by a clause that allows something, and how grave that is.

The conditions are a part of the question: a condition that stands for a stranger lets a stranger in, and
one that is true where its key is missing (`…IfExists`, `ForAllValues`) keeps nobody out.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
A value with a wildcard or a variable names nobody.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from review.accounts import account_of, is_claimed
from review.clauses import Clause, Test, network
from review.model import CAREFUL, DANGEROUS
from review.patterns import is_glob

ACCOUNT_KEYS = {
    **dict.fromkeys(("aws:principalaccount", "aws:sourceaccount"), "anybody of {}"),
    **dict.fromkeys(("aws:sourceowner", "kms:calleraccount"), "anybody of {}"),
    "s3:dataaccesspointaccount": "anybody by an access point of {}",
}
ARN_KEYS = ("aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn")
FIXED_KEYS = {
    "aws:principalorgid": "anybody of the organization {}",
    "aws:principalorgpaths": "anybody of the organization {}",
    "aws:sourceorgid": "anybody of the organization {}",
    "aws:sourcevpc": "anybody in the network {}",
    "aws:sourcevpce": "anybody in the network behind {}",
    "aws:userid": "the principal with the id {}",
}
NAMED_BY_START = {"aws:principalorgpaths": "/", "aws:userid": ":"}
"""Keys whose values name who it is by what is before this character: the organization, the role's id."""
VARIABLE = re.compile(r"\$\{(?!aws:Resource(?:Account|OrgID)\})[\w.-]+:")
"""A policy variable, which the caller may choose; the resource's own account and organization are ours."""
_COLON = re.compile(r":(?![^{]*\})")  # a variable has one, too
NETWORK_KEYS = ("aws:sourceip", "aws:vpcsourceip")
WIDEST = {4: 8, 6: 32}
"""A wider network counts as everybody, as when S3 judges what is public."""


@dataclass(frozen=True)
class Who:
    """Who gets in.

    Attributes:
        severity: how grave that is, whatever it is for.
        words: who it is, with `{}` for the value.
        value: what comes from the policy.
        stranger: whether it is outside of our own account.
    """

    severity: str
    words: str
    value: str
    stranger: bool = False


def who_of(clause: Clause, own: Collection[str]) -> Who:
    """Return whom `clause` lets in; `own` are the accounts that are ours, if the plan tells any."""
    if clause.principal is None:
        return Who(CAREFUL, "anyone who has the policy", "")
    negated, names = clause.principal
    if negated:
        return Who(DANGEROUS, "anybody but {}", _listed(names), stranger=True)
    (name,) = names
    kind, space, rest = name.partition(" ")
    if kind == "Service" and space:
        return _service(clause, rest)
    if kind == "Federated" and space:
        return _federated(clause, rest)
    if kind == "CanonicalUser" and space:
        return Who(DANGEROUS, "the account with the canonical id {}", rest, stranger=True)
    return _aws(clause, name, own)


def is_unique_id(name: str) -> bool:
    """Return whether a principal is written as its unique id, which tells no account."""
    return re.fullmatch("A[A-Z]{2}A[A-Z0-9]+", name) is not None


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _aws(clause: Clause, name: str, own: Collection[str]) -> Who:
    if is_unique_id(name):
        return Who(CAREFUL, "the principal with the id {} (cannot tell whose account)", name)
    if name != "*" and not is_glob(name):
        return _of_account(name, account_of(name), own)
    narrowed = [one for test in clause.tests if (one := _narrowed(test, own)) is not None]
    if narrowed:
        return min(narrowed, key=lambda one: one.severity == DANGEROUS)
    return Who(DANGEROUS, "anybody", "", stranger=True)


def _of_account(name: str, account: str, own: Collection[str]) -> Who:
    if "${" in name:  # a reference to what the plan makes or reads
        return Who(CAREFUL, "{}", name)
    if account and account in own:
        return Who(CAREFUL, "{} (cannot tell whose account)" if is_claimed(own) else "{}", name)
    if not own:
        return Who(CAREFUL, "{} (cannot tell whose account)", name, stranger=True)
    return Who(DANGEROUS, "{} of another account", name, stranger=True)


def _narrowed(test: Test, own: Collection[str]) -> Who | None:
    """Return whom a condition leaves of everybody; None where that is everybody."""
    if test.negated or test.optional or test.set_of == "forallvalues" or test.operator == "null":
        return None
    if test.key in NETWORK_KEYS:
        return _in_networks(test)
    if any(set(value) <= set("*?") for value in test.values):
        return None
    if test.key in ARN_KEYS:
        return _worst(_by_arn(one, own) for one in sorted(test.values))
    words = ACCOUNT_KEYS.get(test.key) or FIXED_KEYS.get(test.key)
    if not words:
        return None
    if not all(_is_fixed(one, NAMED_BY_START.get(test.key)) for one in test.values):
        return Who(DANGEROUS, f"{words} (not a fixed value)", _listed(test.values), stranger=True)
    if test.key in ACCOUNT_KEYS:
        values = sorted(test.values)
        return _worst(_of_account(words.format(one), account_of(one), own) for one in values)
    return Who(CAREFUL, words, _listed(test.values))


def _is_fixed(value: str, end: str | None = None) -> bool:
    """Return whether a value names one, without a wildcard or a variable, in what is before `end`."""
    name = value.partition(end)[0] if end else value
    return not is_glob(name) and not VARIABLE.search(name)


def _worst(found: Iterator[Who]) -> Who | None:
    return min(found, key=lambda one: one.severity != DANGEROUS, default=None)


def _by_arn(arn: str, own: Collection[str]) -> Who:
    parts = _COLON.split(arn, maxsplit=5)
    if arn.startswith("${") and _is_fixed(arn):
        return _of_account(arn, "", own)
    of_bucket = parts[2:5] == ["s3", "", ""]  # such an ARN has no account: the name says whose it is
    if len(parts) < 6 or not _is_fixed(parts[5].partition("/")[0] if of_bucket else parts[4]):
        return Who(DANGEROUS, "anybody whose ARN is like {}", arn, stranger=True)
    return Who(CAREFUL, "anyone who acts for {}", arn) if of_bucket else _of_account(arn, parts[4], own)


def _in_networks(test: Test) -> Who | None:
    for value in test.values:
        found = network(value)
        if found is None or found.prefixlen < WIDEST[found.version]:
            return None
    return Who(CAREFUL, "anybody in the network {}", _listed(test.values), stranger=True)


SOURCES = (
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "kms:calleraccount",
)


def _service(clause: Clause, name: str) -> Who:
    if any(test.key in SOURCES and not test.optional and not test.negated for test in clause.tests):
        return Who(CAREFUL, "the service {}", name)
    return Who(CAREFUL, "the service {}, for any account", name)


def subjects_of(clause: Clause) -> frozenset[str]:
    """Return whom an OIDC provider's trust is for: the values of its `sub`; none where it asks for none."""
    return frozenset(
        value
        for test in clause.tests
        if test.key.endswith(":sub") and not test.negated and not test.optional and not test.set_of
        for value in test.values
    )


def owner_of(subject: str) -> str:
    """Return the organization or account before the first slash of a `sub`; empty where that is a pattern."""
    owner, slash, _ = subject.partition("/")
    return owner if slash and not is_glob(owner) else ""


def _federated(clause: Clause, name: str) -> Who:
    subjects = subjects_of(clause)
    if subjects and all(map(owner_of, subjects)):
        return Who(CAREFUL, "anyone who signs in as {}", _listed(subjects))
    if subjects:
        return Who(
            DANGEROUS, "anyone who signs in as {}, of any organization", _listed(subjects), stranger=True
        )
    return Who(DANGEROUS, "anybody who signs in at {}", name, stranger=True)
