"""What is imported at run time is installed without the packages that only developers need."""

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from tests.conftest import ROOT

DEVELOPERS = {"benchmarks", "examples", "tests", "environments"}
"""Folders of ours with code that is run by developers only, or with none."""

EMBEDDED = ROOT / "ops" / "embedded" / "iam"
"""Runs in the process of MiniStack, which is for developers and for the demos."""

PARTS = {"annotated-types": "pydantic", "pydantic-core": "pydantic"}
"""What comes with a package, and is part of what it documents, by the name of that package."""


@functools.cache
def own() -> set[str]:
    """The names of our modules and packages."""
    found = {path.parent.name for path in ROOT.glob("*/*.py") if not path.parent.name.startswith(".")}
    return found | {path.stem for path in ROOT.glob("*.py")}


def run_time_files() -> Iterator[Path]:
    for name in sorted(own() - DEVELOPERS):
        yield from (ROOT / name).rglob("*.py") if (ROOT / name).is_dir() else [ROOT / f"{name}.py"]


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the top package of every import; not of those that only type checkers follow."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.expr():
                continue
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import(names=names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
        yield from imported(node)


@functools.cache
def imported_by(file: Path) -> set[str]:
    return set(imported(ast.parse(file.read_text(encoding="utf-8"))))


def third_party(files: Iterator[Path]) -> dict[str, Path]:
    """The distributions that files import, each with one of these files."""
    distributions = packages_distributions()
    found: dict[str, Path] = {}
    for file in files:
        for name in imported_by(file):
            if name not in own() and name not in sys.stdlib_module_names:
                found[normal(distributions[name][0])] = file.relative_to(ROOT)
    return found


def normal(name: str) -> str:
    return re.sub("[-_.]+", "-", re.split(r"[ ;<>=!~\[]", name)[0]).lower()


def packages() -> set[str]:
    return {normal(name) for name in tomllib.loads((ROOT / "Pipfile").read_text())["packages"]}


def extras() -> set[str]:
    """What `presign` imports only where it is installed with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {normal(name) for names in project["optional-dependencies"].values() for name in names}


def test_every_package_that_is_imported_at_run_time_is_no_dev_package() -> None:
    files = (file for file in run_time_files() if EMBEDDED not in file.parents)
    found = third_party(files)
    missing = {name: str(file) for name, file in found.items() if name not in packages() | extras()}
    assert {name: file for name, file in missing.items() if PARTS.get(name) not in packages()} == {}
    assert {"boto3", "requests", "cdktf", "click"} <= found.keys()


def test_what_comes_with_a_package_still_does() -> None:
    for part, package in PARTS.items():
        assert part in {normal(name) for name in requires(package) or []}
        assert part in third_party(run_time_files())


def test_only_a_process_of_its_own_imports_what_runs_in_ministack() -> None:
    for file in run_time_files():
        if EMBEDDED not in file.parents:
            assert "ops.embedded.iam" not in re.findall(
                r"^\s*(?:from|import) (ops\.embedded_iam)", file.read_text(encoding="utf-8"), re.MULTILINE
            ), file


def test_an_import_that_only_a_type_checker_follows_is_none() -> None:
    source = "import a\nif TYPE_CHECKING:\n    import b\ndef f():\n    from c.d import e\n"
    assert list(imported(ast.parse(source))) == ["a", "c"]
