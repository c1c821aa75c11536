"""The demo's helpers, and what it leaves behind when it fails or is interrupted."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from ops.demo import main_job as demo
from ops.demo.main_job import (
    Workplace,
    expect,
    expect_no_changes,
    in_checkout,
    in_copy,
    tampered,
    without_headers,
)
from ops.embedded.aws import EmbeddedAws, free_port
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.narrator import Narrator, variables
from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, checkout_of_ops, ops_environment, run_ops, stub

import pytest

pytestmark = pytest.mark.real

# Where tests run in the background, SIGINT is ignored from the start, unlike in a terminal.
FROM_A_TERMINAL = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "runpy.run_module('ops', run_name='__main__', alter_sys=True)"
)


class Demo:
    """A demo that runs, in a checkout and with a temporary folder of its own."""

    def __init__(self, checkout: Path) -> None:
        self.temporary = checkout.parent / "tmp"
        self.temporary.mkdir()
        self.output = checkout.parent / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", FROM_A_TERMINAL, "demo"],
                cwd=checkout,
                env=ops_environment(checkout) | {"TMPDIR": str(self.temporary), "PYTHONUNBUFFERED": "1"},
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate()

    def wait_for(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + DONE_SECONDS
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.02)

    def wait_for_step(self, number: int) -> None:
        self.wait_for(lambda: f"[{number}/9] " in self.output.read_text())

    def wait_for_file(self, name: str) -> None:
        """Wait for a file in the folder that the demo works in."""
        self.wait_for(lambda: list(self.temporary.glob(f"secure-s3-demo-*/{name}")))

    def end(self) -> tuple[int, str]:
        """Wait until it ends; return its status and what it printed on standard error."""
        _, errors = self.process.communicate(timeout=DONE_SECONDS)
        return self.process.returncode, errors

    def processes(self) -> list[str]:
        """Those that the demo started; all of them know its temporary folder."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it has just ended, or is not ours
                continue
            if os.fsencode(self.temporary) in environment:
                found.append(command)
        return found

    def assert_nothing_is_left(self) -> None:
        assert self.processes() == []
        assert list(self.temporary.iterdir()) == []


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which the demo runs; the tools are missing in it."""
    return checkout_of_ops(tmp_path / "a check out")


@pytest.fixture
def real_checkout(checkout: Path) -> Path:
    """A checkout with the real tools, which are linked."""
    for name in ("Pipfile", "Pipfile.lock", ".venv", "node_modules"):
        (checkout / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "cdktf.json", checkout)
    return checkout


def stub_bootstrap(checkout: Path, script: str) -> None:
    """Put a shell script in the place of step 2, and a cdktf that is never reached."""
    stub(checkout / ".venv" / "bin" / "cdktf", "exit 1")
    code = f"import os\ndef run_bootstrap(*_, **__):\n    os.execvp('sh', ['sh', '-c', {script!r}])\n"
    (checkout / "ops" / "deploy" / "bootstrap.py").write_text(code)


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_demo_stops_soon_and_leaves_nothing(
    real_checkout: Path, sign: signal.Signals, status: int
) -> None:
    with Demo(real_checkout) as running:
        running.wait_for_step(2)
        running.wait_for(lambda: any("ops bootstrap" in command for command in running.processes()))
        assert any("ministack" in command for command in running.processes())
        interrupted = time.monotonic()
        running.process.send_signal(sign)
        code, errors = running.end()
        assert (code, errors.strip()) == (status, "")
        assert time.monotonic() - interrupted < 10
        running.assert_nothing_is_left()


def test_a_demo_that_is_interrupted_again_while_it_cleans_up_still_cleans_up(checkout: Path) -> None:
    slow_to_end = 'touch "$TMPDIR/asked-to-end"; sleep 1; exit'
    script = f"trap '{slow_to_end}' TERM; touch \"$TMPDIR/ready\"; sleep 100 & wait"
    stub_bootstrap(checkout, script)
    with Demo(checkout) as running:
        running.wait_for_file("ready")
        running.process.send_signal(signal.SIGINT)
        running.wait_for_file("asked-to-end")
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            running.process.send_signal(sign)
        code, errors = running.end()
        assert (code, errors.strip()) == (130, "")
        running.assert_nothing_is_left()


def test_a_step_that_fails_is_one_line_that_names_the_log(checkout: Path) -> None:
    stub_bootstrap(checkout, "echo the reason; exit 4")
    with Demo(checkout) as running:
        code, errors = running.end()
        log = checkout / ".cache" / "demo.log"
        assert code == 1
        assert errors == f"Error: `ops bootstrap` failed with exit status 4; its output is in {log}\n"
        assert "the reason" in log.read_text()
        running.assert_nothing_is_left()


def test_without_set_up_the_demo_says_so(checkout: Path) -> None:
    done = run_ops(checkout, "demo", PATH=os.defpath)
    assert (done.returncode, done.stderr) == (1, "Error: cdktf is missing; `make setup` installs the tools\n")


def test_without_curl_the_demo_says_so_and_starts_nothing(checkout: Path, tmp_path: Path) -> None:
    done = run_ops(checkout, "demo", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: curl is not on PATH; the demo uploads and downloads with it\n"
    assert not (checkout / ".cache").exists()


def test_with_bad_settings_the_demo_starts_nothing(checkout: Path) -> None:
    (checkout / "environments" / "dev.toml").write_text('bucket_name = "Bad_Name"\n')
    done = run_ops(checkout, "demo")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: environments/dev.toml: bucket_name: ")


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """A workplace of an AWS that does not answer."""
    aws = EmbeddedAws(f"http://127.0.0.1:{free_port()}")
    (tmp_path / "log").touch()
    env = aws.environment({"PATH": os.environ["PATH"]}) | {"CDKTF_OUTPUT": str(tmp_path / "cdktf.out")}
    return Workplace(tmp_path, ROOT, tmp_path / "log", aws, env, tmp_path / "outputs.json")


def test_a_curl_that_gets_no_answer_is_an_error_that_names_the_log(place: Workplace) -> None:
    with pytest.raises(OpsError, match=f"^curl failed with exit status 7; its output is in {place.log}$"):
        place.curl(f"curl {place.aws.endpoint}")
    assert "curl: (7) " in place.log.read_text()


def test_a_curl_that_is_no_command_is_an_error_that_names_the_log(place: Workplace) -> None:
    with pytest.raises(OpsError, match=r"^curl failed with exit status 127; "):
        place.curl("no-such-curl")


def test_a_status_is_returned_whether_curl_fails_of_it_or_not(place: Workplace) -> None:
    assert place.curl("sh -c 'echo no entry; printf 403; exit 22' sh") == 403


def test_an_error_of_presign_is_reported_as_it_is(place: Workplace) -> None:
    with pytest.raises(OpsError) as caught:
        place.presign("get", "key")
    assert str(caught.value).startswith("presign failed: ")
    assert "Error" not in str(caught.value)
    assert str(place.outputs) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_synthesis_that_fails_is_an_error_that_names_the_log(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = Path(f"{place.env['CDKTF_OUTPUT']}.done")
    monkeypatch.setattr(demo, "SYNTHESIZE", ("sh", "-c", "sleep 0.1; echo >$CDKTF_OUTDIR.done"))
    with place.synthesizing():
        assert not done.exists()
    assert done.exists(), "the demo did not wait for it"
    monkeypatch.setattr(demo, "SYNTHESIZE", ("sh", "-c", "echo the reason; exit 1"))
    problem = f"^the stacks could not be synthesized; the reason is in {place.log}$"
    with pytest.raises(OpsError, match=problem), place.synthesizing():
        pass
    assert "the reason" in place.log.read_text()


@pytest.mark.parametrize(
    ("status", "message"),
    [(1, "`terraform plan` failed"), (2, "`terraform plan` would change what it just made")],
)
def test_a_plan_with_changes_is_an_error(place: Workplace, status: int, message: str) -> None:
    folder = place.folder / "cdktf.out" / "stacks" / demo.STACK
    folder.mkdir(parents=True)
    terraform = stub(place.folder / "bin" / "terraform", f"exit {status}")
    place.env["PATH"] = str(terraform.parent)
    with pytest.raises(OpsError, match=f"^{message}; its output is in {place.log}$"):
        expect_no_changes(place)
    stub(terraform, f'[ "$PWD" = "{folder}" ]')
    expect_no_changes(place)


def test_another_status_than_expected_is_an_error() -> None:
    expect(200, 200, "upload")
    with pytest.raises(OpsError, match=r"^upload: the answer was 403, not 200$"):
        expect(403, 200, "upload")


def test_headers_are_taken_out_of_a_curl_line() -> None:
    line = "curl -X PUT -H 'a: b c' -H d:e --upload-file 'my file' 'http://x/?a=1&b=2'"
    assert without_headers(line) == "curl -X PUT --upload-file 'my file' 'http://x/?a=1&b=2'"


@pytest.mark.parametrize(("before", "after"), [("0f", "1f"), ("1f", "0f"), ("af", "0f")])
def test_tampering_changes_one_digit_of_the_signature(before: str, after: str) -> None:
    url = "http://x/key?X-Amz-Date=20260101T000000Z&X-Amz-Signature={}&more=1"
    assert tampered(url.format(before)) == url.format(after)


@pytest.mark.parametrize("fails", [False, True])
def test_variables_are_put_back(monkeypatch: pytest.MonkeyPatch, *, fails: bool) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    before = dict(os.environ)

    def use() -> None:
        with variables({"AWS_REGION": "eu-west-1"}):
            assert dict(os.environ) == {"AWS_REGION": "eu-west-1"}
            if fails:
                raise OpsError("no")

    if fails:
        with pytest.raises(OpsError):
            use()
    else:
        use()
    assert dict(os.environ) == before


def test_steps_are_numbered_and_timed(capsys: pytest.CaptureFixture[str]) -> None:
    narrator = Narrator(2)
    with narrator.step("One"):
        narrator.say("a fact")
    with pytest.raises(OpsError), narrator.step("Two"):
        raise OpsError("no")
    assert capsys.readouterr().out.splitlines() == [
        "",
        "[1/2] One",
        "      a fact",
        "      0.0 s",
        "",
        "[2/2] Two",
    ]
    assert narrator.seconds < 5


def test_what_is_kept_is_the_checkout_s_own_environment_in_the_sandbox(tmp_path: Path) -> None:
    aws = EmbeddedAws("https://127.0.0.1:1", tmp_path / "certificate.pem", session_token="of-a-role")
    place = in_checkout(tmp_path, tmp_path / "log", aws)
    assert (place.checkout, place.outputs) == (ROOT, ROOT / "outputs.dev.sandbox.json")
    assert place.env["SANDBOX"] == "1"
    assert place.env["CDKTF_OUTPUT"] == str(ROOT / ".cache" / "sandbox" / "cdktf.out")


def test_without_keep_nothing_is_written_to_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX", "1")
    place = in_copy(tmp_path, tmp_path / "log", EmbeddedAws("http://127.0.0.1:1"), settings_of("dev", {}))
    assert (place.checkout, place.outputs) == (tmp_path / "checkout", tmp_path / "outputs.json")
    assert place.env["CDKTF_OUTPUT"] == str(tmp_path / "cdktf.out")
    assert "SANDBOX" not in place.env
    assert "lifecycle = false" in (place.checkout / "environments" / "dev.toml").read_text()
