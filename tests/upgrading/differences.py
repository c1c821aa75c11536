"""What differs between two contracts of one stack, each in a line that names no environment.

A line is what a change is listed by in changes.toml. Statements are compared as `make drift` compares them.
"""

import json
from collections.abc import Iterator, Mapping

from review.model import GOOD
from review.policy_findings import document_findings
from tests.upgrading.contract import Contract, Resource, Statements


def differences(before: Contract, after: Contract) -> set[str]:
    """Return what somebody who deployed `before` will see when `after` is deployed.

    What is only added is no difference, except for a statement: a Deny refuses what went well, an Allow lets
    somebody in.
    """
    return {
        *_values("state", "where it is kept", before.backend, after.backend),
        *_values("output", "its value", before.outputs, after.outputs),
        *_resources(before.resources, after.resources),
        *_policies(before.policies, after.policies),
    }


def _values(kind: str, what: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    for name, value in before.items():
        if name not in after:
            yield f"{kind} {name}: is gone"
        elif after[name] != value:
            yield f"{kind} {name}: changed {what}"


def _resources(before: Mapping[str, Resource], after: Mapping[str, Resource]) -> Iterator[str]:
    for address, old in before.items():
        kind = address.partition(".")[0]
        if address not in after:
            yield f"{kind} {old.path}: is gone, or has another address"
            continue
        names = after[address].names
        for name in sorted(old.names.keys() | names.keys()):
            if old.names.get(name) != names.get(name):
                yield f"{kind} {old.path}: changed {name}"


def _policies(before: Mapping[str, Statements], after: Mapping[str, Statements]) -> Iterator[str]:
    # A policy that is gone went with its resource; a new one belongs to a new resource.
    for policy in before.keys() & after.keys():
        old, new = before[policy], after[policy]
        for sid in old.keys() | new.keys():
            yield from (f"statement {policy} {sid}: {how}" for how in _statement(sid, old, new))


def _statement(sid: str, old: Statements, new: Statements) -> set[str]:
    if sid not in new:
        return {f"is gone, a{'n' if old[sid]['Effect'] == 'Allow' else ''} {old[sid]['Effect']}"}
    if sid not in old:
        return {f"is new, a{'n' if new[sid]['Effect'] == 'Allow' else ''} {new[sid]['Effect']}"}
    if old[sid]["Effect"] != new[sid]["Effect"]:
        return {f"is {new[sid]['Effect']}, was {old[sid]['Effect']}"}
    verb = "refuses" if new[sid]["Effect"] == "Deny" else "allows"
    found = document_findings(_document(old[sid]), _document(new[sid]))
    return {f"{verb} {'more' if (one.severity == GOOD) == (verb == 'refuses') else 'less'}" for one in found}


def _document(statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
