"""What may and may not stand in the repository's files."""

import json
import subprocess
import tomllib
from typing import Any

from settings.names.provider import TESTED
from tests.conftest import ROOT


def pipfile_lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((ROOT / "Pipfile.lock").read_bytes())
    return lock


def test_the_locks_do_not_say_where_packages_come_from() -> None:
    assert pipfile_lock()["_meta"]["sources"] == []
    assert "source" not in tomllib.loads((ROOT / "Pipfile").read_text())
    packages = json.loads((ROOT / "package-lock.json").read_bytes())["packages"]
    assert len(packages) > 100
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_every_locked_package_is_checked_by_its_hash() -> None:
    lock = pipfile_lock()
    for section in ("default", "develop"):
        assert [name for name, package in lock[section].items() if not package.get("hashes")] == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    # Written in two parts, so that this file does not name them either.
    hosts = ["pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs", "deb" + r"\.debian"]
    found = subprocess.run(
        ["git", "grep", "-nIE", "|".join(hosts)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (1, "")  # 1: git grep found nothing


def test_the_bindings_are_for_the_provider_version_that_mirrors_are_searched_for(
    stacks: dict[str, dict[str, Any]],
) -> None:
    for stack in stacks.values():
        assert stack["terraform"]["required_providers"]["aws"]["version"] == TESTED


def test_no_two_files_of_tests_have_the_same_name() -> None:
    # pytest imports each by its name alone, and stops at the second one.
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
