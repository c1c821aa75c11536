"""Two runs in one checkout: the second leaves the folder alone in which the first may have the only state."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ops.ci.deploy import run_deploy
from ops.ci.local_deploy import deploy_from
from ops.shared.errors import OpsError
from ops.shared.output_lock import alone_in, held_locks, refuse_in_use
from ops.state.emergency_copy import alone_in_output_folder, rescue_all
from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, ops_environment, run_ops, stub

import pytest

STACK = "secure-storage-pr-7"

# A deploy whose state cannot be saved; all else deletes the folders of other stacks, as cdktf does.
CDKTF = f"""
[ $1 = deploy ] || {{ echo $1 >>ran; rm -rf "${{CDKTF_OUTPUT:-cdktf.out}}/stacks/{STACK}"; exit 0; }}
mkdir -p cdktf.out/stacks/{STACK} && cd cdktf.out/stacks/{STACK} || exit 1
echo $$ >pid.part; mv pid.part pid
while ! [ -e ../../../go ]; do sleep 0.05; done
echo state >errored.tfstate || exit 9
exit 1"""

REMEDY = "wait until that run and all that it started have ended, or work in another checkout"


class Deploy:
    """A deploy of pr-7 that stays in the middle until it is let go."""

    def __init__(self, checkout: Path, answers: dict[str, str]) -> None:
        self.checkout, self.answers = checkout, answers
        self.stack = checkout / "cdktf.out" / "stacks" / STACK
        stub(checkout / ".venv" / "bin" / "cdktf", CDKTF)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ops", "deploy", "pr-7", "--no-preflight", "--auto-approve"],
            cwd=checkout,
            env=ops_environment(checkout) | answers,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: self.stack.joinpath("pid").exists() or self.process.poll() is not None)
        self.cdktf = int(self.stack.joinpath("pid").read_text())

    def go_on(self) -> str:
        """Let it end; return what it says on standard error."""
        (self.checkout / "go").touch()
        return self.process.communicate(timeout=DONE_SECONDS)[1]

    def ops(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return run_ops(self.checkout, *arguments, **self.answers, **variables)

    @property
    def ran(self) -> list[str]:
        """The commands of cdktf that ran beside it."""
        return (self.checkout / "ran").read_text().split() if (self.checkout / "ran").exists() else []

    @property
    def refusal(self) -> str:
        """What another run says meanwhile."""
        return f"Error: cdktf.out is in use by `ops deploy pr-7` (process {self.process.pid}); {REMEDY}\n"


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DONE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def deploy(checkout: Path, answers: dict[str, str]) -> Iterator[Deploy]:
    deploy = Deploy(checkout, answers)
    yield deploy
    deploy.go_on()
    wait_for(lambda: not Path(f"/proc/{deploy.cdktf}").exists())


def test_a_second_run_is_refused_and_the_only_copy_of_the_state_survives(deploy: Deploy) -> None:
    for command in (["plan", "dev"], ["synth"], ["deploy", "pr-7", "--no-preflight"], ["destroy", "dev"]):
        done = deploy.ops(*command)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", deploy.refusal)
    assert deploy.ran == []
    said = deploy.go_on()
    (copy,) = deploy.checkout.glob(f"terraform.{STACK}.errored-*.tfstate")
    assert (copy.read_text(), said.count("\n")) == ("state\n", 1)
    assert f"the emergency copy is {copy}; make recover ENV=pr-7 writes it" in said
    assert deploy.ops("plan", "dev").returncode == 0
    assert deploy.ran == ["diff"]
    assert "make recover ENV=pr-7 first" in deploy.ops("plan", "pr-7").stderr


def test_what_a_killed_run_started_still_has_the_folder_and_then_nobody(deploy: Deploy) -> None:
    deploy.process.send_signal(signal.SIGKILL)
    deploy.process.wait()
    assert deploy.ops("plan", "dev").stderr == deploy.refusal
    (deploy.checkout / "go").touch()
    wait_for(lambda: not Path(f"/proc/{deploy.cdktf}").exists())
    assert deploy.ops("plan", "dev").returncode == 0
    # It has also saved what the killed run could not.
    assert len(list(deploy.checkout.glob(f"terraform.{STACK}.errored-*.tfstate"))) == 1


def test_all_of_a_run_that_is_killed_leave_nothing_locked(deploy: Deploy) -> None:
    deploy.process.send_signal(signal.SIGKILL)
    deploy.process.wait()
    os.kill(deploy.cdktf, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{deploy.cdktf}").exists())
    assert deploy.ops("plan", "dev").returncode == 0


@pytest.mark.parametrize("folder", ["cdktf.out/several/dev", ".cache/sandbox/cdktf.out", "elsewhere"])
def test_a_run_with_another_output_folder_is_not_refused(deploy: Deploy, folder: str) -> None:
    assert deploy.ops("plan", "dev", CDKTF_OUTPUT=folder).returncode == 0
    assert deploy.ran == ["diff"]
    assert "the emergency copy is" in deploy.go_on()


def test_make_clean_does_not_take_the_folder_away(deploy: Deploy) -> None:
    shutil.copy(ROOT / "Makefile", deploy.checkout)
    stub(deploy.checkout / ".venv" / "bin" / "python", f'exec {sys.executable} "$@"')
    clean = ["make", "--silent", "clean"]
    done = subprocess.run(clean, cwd=deploy.checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(deploy.refusal)
    assert deploy.stack.is_dir()
    deploy.go_on()
    done = subprocess.run(clean, cwd=deploy.checkout, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (deploy.checkout / "cdktf.out").exists()


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDKTF_OUTPUT", str(tmp_path / "out"))
    return tmp_path / "out"


@pytest.fixture
def other(output: Path) -> Iterator[None]:
    """Another process works in the output folder."""
    script = "from ops.shared.output_lock import *\nwith alone_in(Path(sys.argv[2])): print(); input()"
    command = [sys.executable, "-c", script, "deploy", str(output)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate("\n")


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize(
    "deploy",
    [
        lambda folder: run_deploy("dev", digest="0" * 64, allowed=False),
        lambda folder: deploy_from(folder, "dev"),
    ],
    ids=["ci", "several"],
)
def test_no_stored_plan_is_laid_out_there(deploy: Callable[[Path], None], tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"/out is in use by `ops deploy /.*` \(process \d+\); wait until"):
        deploy(tmp_path)


@pytest.mark.usefixtures("other")
def test_a_copy_that_another_run_may_be_writing_stays_there(output: Path) -> None:
    copy = output / "stacks" / "secure-storage-dev" / "errored.tfstate"
    copy.parent.mkdir(parents=True)
    copy.touch()
    with pytest.raises(OpsError, match="is in use by"):
        rescue_all()
    rescue_all("secure-storage-prod")
    assert copy.exists()


@pytest.mark.usefixtures("other")
def test_who_has_it_is_said_without_options(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["ops", "plan", "dev", "--var", "password=1"])
    with alone_in(output / "several" / "dev"):
        said = (output / "several" / "dev" / ".lock").read_text()
        with pytest.raises(OpsError, match="/out is in use by"):
            refuse_in_use(output)
    assert re.fullmatch(rf"`ops plan dev` \(process {os.getpid()}\)", said)


def test_a_run_that_holds_the_folder_goes_on_and_nothing_is_held_afterwards(output: Path) -> None:
    for _ in range(2):
        with alone_in_output_folder(), alone_in(output):
            assert len(held_locks()) == 1
        assert held_locks() == ()
    refuse_in_use(output)
