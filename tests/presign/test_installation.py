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
    return install(tmp_path_factory.mktemp("installed"))


def install(folder: Path, extras: str = "") -> Path:
    """Install presign, with extras such as `[login]`, below the folder; return where its commands are."""
    tree = folder / "tree"
    # A copy, since a build leaves folders in the tree.
    shutil.copytree(ROOT / "presign", tree / "presign", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    run([sys.executable, "-m", "venv", folder / "venv"], folder, os.environ)
    commands = folder / "venv" / "bin"
    run([commands / "python", "-m", "pip", "install", "--quiet", f"{tree}{extras}"], folder, os.environ)
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
    for kind in ("*.py", "*.sh", "*.ps1", "*.html", "*.css", "*.js"):
        wanted = {file.relative_to(ROOT / "presign") for file in (ROOT / "presign").rglob(kind)}
        assert wanted
        assert {file.relative_to(folder) for file in folder.rglob(kind)} == wanted
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


LOGIN = """
import sys
from datetime import UTC, datetime, timedelta
from botocore.utils import JSONFileCache, LoginTokenLoader

keys = {"accessKeyId": "ASIAIOSFODNN7EXAMPLE", "secretAccessKey": "secret", "sessionToken": "token"}
keys["accountId"] = "111122223333"
keys["expiresAt"] = (datetime.now(UTC) + timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%M:%SZ")
token = {"accessToken": keys, "refreshToken": "r", "clientId": "c", "dpopKey": "k"}
LoginTokenLoader(JSONFileCache(sys.argv[1])).save_token(sys.argv[2], token)
"""


def test_the_extra_login_reads_a_session_of_aws_login(tmp_path: Path) -> None:
    """The session is one as `aws login` caches it; without the extra, a test says what the message is."""
    commands = install(tmp_path, "[login]")
    session = "arn:aws:iam::111122223333:user/me"
    run([commands / "python", "-c", LOGIN, str(tmp_path / "cache"), session], tmp_path, {})
    (tmp_path / "outputs.json").write_text(json.dumps({"dev": OUTPUTS}))
    (tmp_path / "config").write_text(f"[profile me]\nlogin_session = {session}\n")
    settings = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_LOGIN_CACHE_DIRECTORY": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
    }
    link = run([commands / "presign", "get", "--profile", "me", "--format", "url", "k"], tmp_path, settings)
    assert "X-Amz-Credential=ASIAIOSFODNN7EXAMPLE%2F" in link
