"""The rules of a state bucket that several environments share: `[state] of` names the one that owns it."""

from collections.abc import Iterator, Mapping
from typing import Any

from settings.model import Settings
from settings.names.aws import InvalidValueError
from settings.problems import Conflict, shown
from settings.sections import StateSettings

OWNERS = tuple(name for name in StateSettings.model_fields if name != "of")
"""The keys of [state] that only the environment has that owns the bucket."""


def given_twice(given: Mapping[str, Any]) -> Iterator[Conflict]:
    """Yield what a file says of a state bucket although it names the owner of another one."""
    state = given.get("state")
    if not isinstance(state, Mapping) or "of" not in state:
        return
    for name in OWNERS:
        if name in state:
            rule = "must not be set where state.of is set"
            hint = f"the bucket is that of {shown(state['of'])}"
            yield f"state.{name}", InvalidValueError(rule, hint), state[name]


def wrong_owner(settings: Settings, owners: Mapping[str, Settings]) -> Iterator[Conflict]:
    """Yield why an environment cannot keep its state where `state.of` says.

    Args:
        settings: the environment.
        owners: every environment with a file, by name.
    """
    of = settings.state.of
    if of is None:
        return
    owner = owners.get(of)
    if owner is None or of == settings.environment:
        others = ", ".join(sorted(name for name, one in owners.items() if _may_own(one, settings)))
        rule = "must be another environment with a file"
        yield "state.of", InvalidValueError(rule, f"possible here: {others or 'none'}"), of
    elif owner.state.of is not None:
        rule = "must be an environment with a state bucket of its own"
        yield "state.of", InvalidValueError(rule, f"{of} keeps its state in that of {owner.state.of}"), of
    elif not owner.state.shared:
        rule = "must be an environment where state.shared is true"
        hint = f"set it for {of}, then make bootstrap ENV={of}"
        yield "state.of", InvalidValueError(rule, hint), of
    else:
        for name in ("account_id", "region"):
            mine, its = getattr(settings, name), getattr(owner, name)
            if mine != its:
                rule = f"must be an environment of the same {name}"
                hint = f"here it is {_said(mine)}, and for {of} {_said(its)}"
                yield "state.of", InvalidValueError(rule, hint), of


def _may_own(owner: Settings, settings: Settings) -> bool:
    return owner.state.shared and owner.state.of is None and owner.environment != settings.environment


def _said(value: str | None) -> str:
    return "not set" if value is None else shown(value)


def with_backend_of(settings: Settings, owner: Settings) -> Settings:
    """Return an environment's settings with the state bucket of the one that `state.of` names."""
    state = owner.state.model_copy(update={"of": owner.environment})
    return settings.model_copy(update={"state": state})
