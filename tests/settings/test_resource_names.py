"""Whether every name of ours in AWS is spelled once, in settings/resource_names.py."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT
from tests.test_rooms import modules

import pytest

OURS = ("secure-storage-", "secure-s3-", "SecureS3", "SecureStorage")
EXCEPTIONS = {
    "presign/cli.py": "imports nothing of ours; its help shows a command",
    "presign/needs.py": "imports nothing of ours; tests/presign/test_needs.py compares it",
}


def spelled(file: Path) -> Iterator[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    # Docstrings, and what the name of a temporary folder begins with.
    others = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Expr) or (isinstance(node, ast.keyword) and node.arg == "prefix")
    }
    for node in nodes:
        if not isinstance(node, ast.Constant) or id(node) in others:
            continue
        if isinstance(node.value, str) and any(name in node.value for name in OURS):
            yield f"{file.relative_to(ROOT)}:{node.lineno}"


def test_no_other_module_spells_a_name_of_ours() -> None:
    files = [file for _, file in modules() if str(file.relative_to(ROOT)) not in EXCEPTIONS]
    found = [one for file in files for one in spelled(file)]
    assert {one.partition(":")[0] for one in found} == {"settings/resource_names.py"}


@pytest.mark.parametrize("file", EXCEPTIONS)
def test_every_exception_is_needed(file: str) -> None:
    assert list(spelled(ROOT / file))
