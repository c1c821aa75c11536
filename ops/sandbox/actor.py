"""Which commands of ops can work on the sandbox, and as whom; they import `switch` only if they do."""

import functools
from collections.abc import Callable
from enum import Enum

from ops.shared.errors import OpsError
from ops.shared.sandbox_variable import VARIABLE, sandbox_is_wanted


class Actor(Enum):
    """Who runs a command in a real account."""

    ADMINISTRATOR = "administrator"
    DEPLOYER = "deployer"


def in_sandbox(actor: Actor) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator for a command with an argument `environment`, which may be for the sandbox."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(*given: object, environment: str, **options: object) -> None:
            if sandbox_is_wanted():
                from ops.sandbox.switch import enter

                enter(environment, actor)
            command(*given, environment=environment, **options)

        run.actor = actor  # type: ignore[attr-defined]
        return run

    return decorate


def refuse_sandbox(commands: str) -> None:
    """Raise an OpsError if the sandbox is asked for by what cannot use it."""
    if sandbox_is_wanted():
        raise OpsError(
            f"{commands} cannot use the sandbox", f"leave out {VARIABLE}=1; `make ci-demo` shows them"
        )
