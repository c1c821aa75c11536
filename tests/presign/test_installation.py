"""Installed as a data team installs it, presign works alone: no CDKTF, and boto3 only where it is needed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.presign.presign_support import OUTPUTS

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "secure-s3-presign",
    "click",
    # boto3 and what it needs
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "six",
    "urllib3",
}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the commands of an environment into which `pip install .` was run, as pipx does it."""
    folder = tmp_path_factory.mktemp("installed")
    tree = folder / "tree"
    # A copy, since a build leaves folders in the tree.
    shutil.copytree(ROOT / "presign", tree / "presign", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    run([sys.executable, "-m", "venv", folder / "venv"], folder, os.environ)
    commands = folder / "venv" / "bin"
    run([commands / "python", "-m", "pip", "install", "--quiet", tree], folder, os.environ)
    return commands


def run(command: list[str | Path], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command away from the checkout, and return what it prints."""
    outside = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=outside, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_only_click_and_boto3_come_with_it(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(run([installed / "python", "-m", "pip", "list", "--format", "json"], tmp_path, {}))
    assert {package["name"].lower() for package in listed} - {"pip", "setuptools"} == PACKAGES


def test_every_module_comes_with_it(installed: Path, tmp_path: Path) -> None:
    script = "import presign; print(presign.__path__[0])"
    folder = Path(run([installed / "python", "-c", script], tmp_path, {}).strip())
    wanted = {file.relative_to(ROOT / "presign") for file in (ROOT / "presign").rglob("*.py")}
    assert {file.relative_to(folder) for file in folder.rglob("*.py")} == wanted
    assert (folder / "py.typed").exists()


def test_the_command_works(installed: Path, tmp_path: Path) -> None:
    assert run([installed / "presign", "--version"], tmp_path, {}).startswith("presign ")
    assert "\n  get " in run([installed / "presign", "--help"], tmp_path, {})
    (tmp_path / "outputs.json").write_text(json.dumps({"dev": OUTPUTS}))
    link = run([installed / "presign", "get", "--format", "url", "a/b.csv"], tmp_path, KEYS)
    assert link.startswith("https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/a/b.csv?X-Amz-")


@pytest.mark.parametrize(
    "command", [["get", "k"], ["put", "k"], ["post", "in/"], ["bulk", "get", "keys", "-o", "-"]]
)
def test_keys_in_the_environment_need_no_boto3(installed: Path, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps({"dev": OUTPUTS}))
    (tmp_path / "keys").write_text("k\n")
    script = (
        "import sys; from presign.cli import run; code = run(sys.argv[1:]); print();"
        "print(code, [name for name in ('boto3', 'botocore') if name in sys.modules])"
    )
    assert run([installed / "python", "-c", script, *command], tmp_path, KEYS).splitlines()[-1] == "0 []"
