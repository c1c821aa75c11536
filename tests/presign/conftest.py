"""What the tests of presign share: outputs, the command line in this process, and an S3 to talk to."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from presign import cli
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign, Result

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the AWS settings of the machine, and none asks an instance for credentials."""
    for name in os.environ:
        if name.startswith(("AWS_", "PRESIGN_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS keys in the environment: those that MiniStack accepts."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def outputs_file(tmp_path: Path) -> OutputsFile:
    """Writes an outputs file: the usual outputs of one stack, with changes; None takes an output out."""

    def write(**changes: object) -> str:
        values = {name: value for name, value in {**OUTPUTS, **changes}.items() if value is not None}
        path = tmp_path / "outputs.json"
        path.write_text(json.dumps({"secure-storage-dev": values}))
        return str(path)

    return write


@pytest.fixture
def presign(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Presign:
    """Runs the command line in this process."""

    def run(*args: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        capsys.readouterr()
        code = cli.run(args)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded AWS, on loopback, that checks the signatures of links."""
    folder = tmp_path_factory.mktemp("ministack")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [Path(sys.executable).with_name("ministack")],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            endpoint = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(server, endpoint, folder / "log")
            yield endpoint
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_until_it_answers(server: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), direct.open(f"{endpoint}/_ministack/health", timeout=5):
            return
        time.sleep(0.1)
    pytest.fail(f"MiniStack did not start: {log.read_text()[-2000:]}")
