"""An environment lives in the sandbox, which is killed in between. About a minute."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tests.ops.ops_support import checkout_of_ops, ops_environment

import pytest

pytestmark = pytest.mark.slow

RUN_SECONDS = 300
LINK = """
eval "$(python -m ops sandbox env dev)"
echo 'the data' > data.txt
sh -c "$(python -m presign put --outputs outputs.dev.sandbox.json --format curl data.txt)"
sh -c "$(python -m presign get --outputs outputs.dev.sandbox.json --format curl --file back.txt data.txt)"
cmp data.txt back.txt
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the real tools, whose state bucket has no lifecycle to wait for."""
    folder = checkout_of_ops(tmp_path / "checkout")
    for name in ("Pipfile", "Pipfile.lock", ".venv", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "cdktf.json", folder)
    with (folder / "environments" / "dev.toml").open("a") as file:
        file.write("\n[state]\nlifecycle = false\n")
    return folder


def test_an_environment_is_bootstrapped_deployed_used_and_destroyed_by_roles(checkout: Path) -> None:
    env = ops_environment(checkout)
    env |= {"PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{env['PATH']}", "SANDBOX": "1"}

    def run(*command: str, **variables: str) -> str:
        done = subprocess.run(
            command,
            cwd=checkout,
            env=env | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def ops(*arguments: str) -> str:
        return run("python", "-m", "ops", *arguments)

    def kill_and_start() -> None:
        os.kill(int((checkout / ".cache" / "sandbox" / "lock").read_text()), signal.SIGKILL)
        assert "with its data" in ops("sandbox", "start")

    ops("sandbox", "start")
    try:
        assert "role/sandbox-administrator" in ops("bootstrap", "dev", "--auto-approve").replace(
            "assumed-", ""
        )
        kill_and_start()
        assert "role/sandbox-deploy-dev" in ops("deploy", "dev", "--auto-approve").replace("assumed-", "")
        assert not (checkout / "outputs.dev.json").exists()
        kill_and_start()
        run("sh", "-ec", LINK, SANDBOX="")
        ops("drift", "dev")  # which exits with 3 if anything is not as it was written
        ops("destroy", "dev", "--auto-approve")
        assert not (checkout / "outputs.dev.sandbox.json").exists()
    finally:
        ops("sandbox", "stop")
