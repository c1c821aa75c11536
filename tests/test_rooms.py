"""Which room may import which; docs/architecture.md draws it."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

import pytest

MAY_IMPORT = {
    "constructs_lib": set(),
    "presign": set(),
    "presign.bulk": {"presign"},
    "presign.multipart": {"presign"},
    "presign.page": {"presign", "presign.multipart"},
    "presign.links": {"presign", "presign.multipart", "presign.page"},
    "presign.cli": {"presign", "presign.bulk", "presign.links", "presign.multipart", "presign.page"},
    "presign.__main__": {"presign", "presign.cli"},
    "proof": set(),
    "settings": set(),
    "review": {"proof"},
    "stacks": {"constructs_lib", "proof", "settings"},
    "main": {"settings", "stacks"},
    "ops.shared": {"review", "settings"},
    "ops.state": {"ops.shared", "settings"},
    "ops.embedded": {"ops.shared"},
    "ops.fork": {"ops.shared"},
    "ops.deploy": {"constructs_lib", "ops.shared", "ops.state", "proof", "review", "settings", "stacks"},
    "ops.preflight": {
        *("constructs_lib", "proof", "review", "settings"),
        *("ops.deploy", "ops.shared", "ops.state"),
    },
    "ops.ci": {"ops.deploy", "ops.preflight", "ops.shared", "ops.state", "review", "settings"},
    "ops.sandbox": {"ops.deploy", "ops.embedded", "ops.shared", "settings"},
    "ops.several": {"ops.ci", "ops.deploy", "ops.sandbox", "ops.shared", "ops.state", "review"},
    "ops.scan": {"ops.embedded", "ops.shared", "settings"},
    "ops.demo": {"ops.ci", "ops.embedded", "ops.sandbox", "ops.shared", "settings"},
    "ops.pages": {"ops.deploy", "ops.scan", "ops.shared", "proof", "settings"},
    "ops.cli": {
        *("ops.ci", "ops.demo", "ops.deploy", "ops.fork", "ops.preflight"),
        *("ops.sandbox", "ops.scan", "ops.several", "ops.shared", "ops.state"),
        "review",
    },
    "ops.__main__": {"ops.cli"},
}
"""Each room, and those that it may know."""

OURS = {room.partition(".")[0] for room in MAY_IMPORT}


def room(module: str) -> str:
    """The room of a module: the smallest package that is listed, or else its own name."""
    while module not in MAY_IMPORT and "." in module:
        module = module.rpartition(".")[0]
    return module


@cache
def modules() -> list[tuple[str, Path]]:
    packages = [file for name in sorted(OURS) for file in sorted((ROOT / name).rglob("*.py"))]
    found = [ROOT / "main.py", *packages]
    return [(".".join(file.relative_to(ROOT).with_suffix("").parts), file) for file in found]


@cache
def imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {f"{node.module}.{one.name}" for one in node.names}
    return found


def imports_of_ops() -> str:
    """Return a line of Python that imports all of ours that the commands do, also when they run."""
    names = {name for file in (ROOT / "ops").rglob("cli.py") for name in imported(file)}
    ours = [name.rpartition(".") for name in sorted(names) if name.partition(".")[0] in OURS]
    return "; ".join(f"from {module} import {name}" for module, _, name in ours)


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(name: str) -> None:
    known = {
        room(one)
        for module, file in modules()
        if room(module) == name
        for one in imported(file)
        if one.partition(".")[0] in OURS
    }
    assert known - {name} - MAY_IMPORT[name] == set()
    assert MAY_IMPORT[name] - known == set(), "it does not need these"


def test_every_module_is_in_a_room() -> None:
    assert {room(module) for module, _ in modules() if module != "ops.__init__"} == set(MAY_IMPORT)


def test_nothing_goes_round() -> None:
    left = dict(MAY_IMPORT)
    while left:
        free = [name for name, known in left.items() if not known & set(left)]
        assert free, f"these know each other: {sorted(left)}"
        for name in free:
            del left[name]


def test_the_table_of_the_architecture_has_these_arrows() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w./]+)` \|([^|]*)\|", page, re.MULTILINE)
    drawn = {
        name.removesuffix("/").removesuffix(".py").replace("/", "."): {
            one.replace("/", ".") for one in re.findall(r"`([^`]+)`", cell)
        }
        for name, cell in rows
    }
    assert drawn == {name: known for name, known in MAY_IMPORT.items() if not name.endswith(".__main__")}


def test_the_drawing_of_the_architecture_has_the_arrows_between_the_packages() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    between = {
        (name.partition(".")[0], one.partition(".")[0]) for name, known in MAY_IMPORT.items() for one in known
    }
    assert set(re.findall(r"^ +(\w+) --> (\w+)$", page, re.MULTILINE)) == {
        (a, b) for a, b in between if a != b
    }


COMMANDS = ("cli", "command", "benchmark", "ci_demo", "main_job", "stack_commands", "state_commands")
"""The modules of ops that are commands, and no tools for others."""


def test_only_the_command_line_imports_a_command() -> None:
    importers = {
        module
        for module, file in modules()
        if module.startswith("ops.")
        for one in imported(file)
        if one.startswith("ops.") and set(one.split(".")) & set(COMMANDS) and one != "ops.ci.cli"
    }
    # CI runs the preflight before it plans.
    assert importers == {"ops.__main__", "ops.cli", "ops.ci.reviewed_plan"}
