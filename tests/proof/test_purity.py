"""The room imports nothing of ours, and its table of actions is up to date."""

import ast
import os
import subprocess
import sys

from proof import make_services
from tests.conftest import ROOT

ROOM = ROOT / "proof"
OURS = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "proof").partition(".")[0])
    return found


def test_the_room_imports_nothing_of_ours() -> None:
    modules = list(ROOM.rglob("*.py"))
    assert len(modules) > 15
    for module in modules:
        assert imported(module.read_text()) & OURS <= {"proof"}, module


def test_the_solver_is_not_loaded_before_the_first_question() -> None:
    code = "import sys, proof; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_table_of_actions_is_what_the_installed_reference_says() -> None:
    assert make_services.TABLE.read_text() == "".join(make_services.lines()), (
        "run python -m proof.make_services"
    )


def test_the_answer_does_not_hang_on_how_python_hashes() -> None:
    code = (
        "from tests.proof.ask import *; from proof import compare, policy;"
        "some = {'AWS': [ROLE, USER, OTHER]};"
        "old = document(statement(Principal=some, Resource=[OBJECTS, BUCKET + 'a*']));"
        "print(compare(policy(old), policy(document(statement()))).more)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
