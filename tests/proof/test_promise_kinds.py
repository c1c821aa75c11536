"""The slow test of mutants changes every statement that an environment can have."""

import re
from pathlib import Path

from tests.proof.promise_mutants import mutants
from tests.proof.test_promise_mutants import KINDS, stacks_of
from tests.proof.test_promises import ENVIRONMENTS


def statements(name: str, folder: Path, left_out: str = "") -> set[str]:
    """Return each statement of an environment by its policy and Sid, except those that are left out."""
    # What a deploy or a plan may do is decided by the calls in tests/deploy_policy.
    ignored = re.compile(rf"(deploy|plan|review)-role/policy-{f'|{left_out}' if left_out else ''}")
    found = (str(mutant) for mutant in mutants(stacks_of(name, folder)))
    return {one.partition(":")[0] for one in found if not ignored.match(one)}


def test_every_statement_of_every_environment_is_changed_in_one_of_a_kind(
    stack_folders: dict[str, Path],
) -> None:
    folders = {name: stack_folders[f"secure-storage-{name}"].parent for name in ENVIRONMENTS}
    changed = {one for name, left in KINDS.items() for one in statements(name, folders[name], left)}
    missed = {name: statements(name, folder) - changed for name, folder in folders.items()}
    assert {name: sorted(some) for name, some in missed.items() if some} == {}
