"""Whether a role needs each of its permissions: removed alone, it must refuse at least one recorded call."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tests.deploy_policy.calls import Needed
from tests.deploy_policy.judge import judge
from tests.policy.engine import Document, Engine, Evaluation

REASONS = Path(__file__).with_name("unrecorded.toml")


@dataclass(frozen=True, order=True)
class Permission:
    """One action on one resource, as one statement allows it."""

    sid: str
    action: str
    resource: str

    def __str__(self) -> str:
        """Give it as unrecorded.toml does."""
        return f"{self.sid} {self.action} {self.resource}"


def permissions(document: Document) -> Iterator[tuple[int, Permission]]:
    """Yield each permission of a policy, after the number of its statement."""
    for number, statement in enumerate(document["Statement"]):
        if statement["Effect"] == "Allow":
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield number, Permission(statement["Sid"], action, resource)


def without(document: Document, number: int, permission: Permission) -> Document:
    """Return the policy without one permission: neither that action elsewhere nor others there are lost."""
    statement = document["Statement"][number]
    actions = [one for one in _listed(statement["Action"]) if one != permission.action]
    resources = [one for one in _listed(statement["Resource"]) if one != permission.resource]
    others = {"Action": actions}, {"Action": [permission.action], "Resource": resources}
    kept = [{**statement, **other} for other in others]
    statements = list(document["Statement"])
    statements[number : number + 1] = [one for one in kept if one["Action"] and one["Resource"]]
    return {**document, "Statement": statements}


def unneeded(
    engine: Engine, document: Document, needed: Sequence[Needed], evaluations: Sequence[Evaluation]
) -> set[Permission]:
    """Return the permissions without which every recorded call is allowed all the same.

    Args:
        engine: what decides.
        document: all that the role may do.
        needed: what AWS authorized for the recorded calls, all of it allowed.
        evaluations: what the engine said to each.
    """
    found = set()
    for number, permission in permissions(document):
        touched = _touched(permission, needed, evaluations)
        if all(
            said.result == "Allowed" for said in judge(engine, without(document, number, permission), touched)
        ):
            found.add(permission)
    return found


def _touched(
    permission: Permission, needed: Sequence[Needed], evaluations: Sequence[Evaluation]
) -> list[Needed]:
    """Return the calls that the permission's statement had a part in; no other can be refused without it."""
    found = {
        _identity(one): one
        for one, said in zip(needed, evaluations, strict=True)
        if any(sid == permission.sid for _, sid in said.allows)
        and fnmatchcase(one.action.lower(), permission.action.lower())
    }
    return list(found.values())


def _identity(one: Needed) -> tuple[object, ...]:
    return one.action, one.resource, repr(sorted(one.context.items())), one.key_policy


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def reasons() -> Mapping[str, str]:
    """Return why a permission stays that no recorded call needs, by a pattern of `str(permission)`."""
    content = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    return {pattern: one["reason"] for one in content["permission"] for pattern in one["permissions"]}


def without_reason(found: set[Permission]) -> set[str]:
    """Return the permissions for which there is no reason."""
    return {str(one) for one in found if not any(fnmatchcase(str(one), pattern) for pattern in reasons())}
