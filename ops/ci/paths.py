"""Which changed files can change which environments' plans."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from settings.files import environment_of

WITHOUT_EFFECT = ("README.md", "benchmarks/", "docs/", "examples/", "presign/", "tests/")
"""What no plan depends on: nothing that synthesizes, plans or reviews a stack reads it.

Everything else can change a plan, unknown paths included: .github/ says which Terraform is used.
"""


def can_change_a_plan(path: str) -> bool:
    """Return whether a changed file, by its path in the checkout, can change any environment's plan."""
    return not any(path == one or (one.endswith("/") and path.startswith(one)) for one in WITHOUT_EFFECT)


def planned_again(changed: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return those of the `known` environments whose plans a change of these files can change, in order.

    An environment's own file changes only its own plan; a removed environment is not known.
    """
    concerned = set()
    for path in filter(can_change_a_plan, changed):
        file = PurePosixPath(path)
        own = environment_of(file) if file.parent == PurePosixPath("environments") else None
        concerned |= set(known) if own is None else {own}
    return [name for name in known if name in concerned]
