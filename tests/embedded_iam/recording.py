"""The embedded AWS, which says in its log what it decides: a line of JSON for each decision.

`python -m tests.embedded_iam.recording` in the place of `python -m ops.embedded.iam`.
"""

import contextvars
import json
from typing import Any

from ops.embedded.iam.request import role_arn

from ministack.core import iam_evaluator

MARK = "decision: "
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

_seen: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("seen", default=None)


def install() -> None:
    """Watch MiniStack's evaluator; before our hooks are there, which ask it several times a call."""
    enforce, trusts = iam_evaluator.enforce, iam_evaluator.evaluate_trust_policy
    _watch("resolve_principal", lambda found, *_: {"principal": found})
    _watch("_resource_policy", lambda found, *_: {"of_resource": found})
    _watch("evaluate", lambda _, context, *__: {"context": context})

    def watched(*asked: Any, **options: Any) -> Any:
        _seen.set({})
        refused = enforce(*asked, **options)
        seen = _seen.get() or {}
        _seen.set(None)
        if "context" in seen and not isinstance(refused, iam_evaluator.AuthError):
            principal = seen["principal"]
            policy, owner = seen.get("of_resource") or (None, None)
            policies = {
                "identity": [_document(one) for one in principal.policies],
                "limits": [_document([each for one in layer for each in one]) for layer in principal.limits],
                "of_resource": _parsed(policy),
            }
            _record(seen["context"], policies, owner, allowed=refused is None)
        return refused

    def watched_trust(trust: Any, caller: str, context: Any) -> bool:
        allowed = bool(trusts(trust, caller, context))
        # Whether the caller's own policies allow it was asked before.
        policies = {"identity": [EVERYTHING], "limits": [], "of_resource": _parsed(trust)}
        _record(context, policies, context.resource_arn.split(":")[4], allowed=allowed)
        return allowed

    iam_evaluator.enforce, iam_evaluator.evaluate_trust_policy = watched, watched_trust


def _watch(name: str, note: Any) -> None:
    function = getattr(iam_evaluator, name)

    def watched(*asked: Any, **options: Any) -> Any:
        found = function(*asked, **options)
        seen = _seen.get()
        if seen is not None:
            for key, value in note(found, *asked).items():
                seen.setdefault(key, value)
        return found

    setattr(iam_evaluator, name, watched)


def _record(context: Any, policies: dict[str, Any], owner: str | None, *, allowed: bool) -> None:
    """Write a decision as `tests.embedded_iam.agreement` reads it."""
    asked = set(_keys(policies))
    if context.principal_type != "WebIdentityUser":
        asked.add("aws:PrincipalArn")
    values = {key: _texts(iam_evaluator._resolve_condition_key(key, context)) for key in asked}
    recorded = {
        "principal": context.principal_arn,
        "identity_arn": role_arn(context.principal_arn),
        "action": context.action,
        "resource": context.resource_arn,
        "account": owner or context.principal_account,
        "context": {key: found for key, found in values.items() if found},
        "policies": policies,
        "allowed": allowed,
    }
    print(MARK + json.dumps(recorded), flush=True)


def _parsed(policy: Any) -> Any:
    """A policy as MiniStack keeps it; None for none, which may be an empty text."""
    return (json.loads(policy) if isinstance(policy, str) else policy) if policy else None


def _document(statements: list[Any]) -> dict[str, Any]:
    """Put together again what MiniStack has taken apart; it reads every version as the newest one."""
    elements = (
        ("Action", "actions"),
        ("NotAction", "not_actions"),
        ("Resource", "resources"),
        ("NotResource", "not_resources"),
        ("Condition", "conditions"),
    )
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": one.effect}
            | {name: getattr(one, field) for name, field in elements if getattr(one, field)}
            for one in statements
        ],
    }


def _keys(value: Any) -> set[str]:
    """The condition keys that policies anywhere in `value` ask for."""
    if isinstance(value, list):
        return {key for one in value for key in _keys(one)}
    if not isinstance(value, dict):
        return set()
    own = {key for keys in value.get("Condition", {}).values() for key in keys}
    return own | {key for one in value.values() for key in _keys(one)}


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


if __name__ == "__main__":
    install()
    from ops.embedded.iam import __main__ as server

    assert server
