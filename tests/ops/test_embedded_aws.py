"""MiniStack as ops starts it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.embedded import aws as module
from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.errors import OpsError
from tests.ops.ops_support import DONE_SECONDS, stub

import pytest

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """A MiniStack that was started with a proxy in the environment, behind which nothing is."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.setenv(name, "http://127.0.0.1:9")
        for name in ("no_proxy", "NO_PROXY"):
            patch.delenv(name, raising=False)
        with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running:
            yield running


@pytest.fixture
def ministack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command is looked for."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    return tmp_path / "bin" / "ministack"


def port_of(aws: EmbeddedAws) -> int:
    return int(aws.endpoint.rpartition(":")[2])


def sts_by_curl(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    url = f"{env['AWS_ENDPOINT_URL']}/?Action=GetCallerIdentity&Version=2011-06-15"
    command = ["curl", "-q", "--silent", "--show-error", "--fail", url]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=DONE_SECONDS)


def test_it_answers_behind_a_proxy(aws: EmbeddedAws) -> None:
    base = {"PATH": os.environ["PATH"], "http_proxy": "http://127.0.0.1:9"}
    done = sts_by_curl(aws.environment(base))
    assert (done.returncode, done.stderr) == (0, "")
    assert "<Account>000000000000</Account>" in done.stdout


def test_over_tls_curl_and_boto3_trust_its_certificate_and_nothing_else_does(tmp_path: Path) -> None:
    with embedded_aws(tmp_path / "log", tls=True) as aws:
        assert aws.endpoint.startswith("https://127.0.0.1:")
        trusting = aws.environment({"PATH": os.environ["PATH"]})
        assert "<Account>000000000000</Account>" in sts_by_curl(trusting).stdout
        assert aws.client("sts").get_caller_identity()["Account"] == "000000000000"
        strange = {name: value for name, value in trusting.items() if name != "CURL_CA_BUNDLE"}
        assert "certificate" in sts_by_curl(strange).stderr


def test_it_is_an_error_that_no_certificate_can_be_made(tmp_path: Path, ministack: Path) -> None:
    stub(ministack.with_name("node"), "echo no randomness; exit 1")
    with (
        pytest.raises(OpsError, match=f"^cannot create a certificate .*; see {tmp_path}/log$"),
        embedded_aws(tmp_path / "log", tls=True),
    ):
        pytest.fail("it is used")


def test_it_listens_on_127_0_0_1_alone(aws: EmbeddedAws) -> None:
    assert aws.endpoint == f"http://127.0.0.1:{port_of(aws)}"
    with socket.socket() as same, pytest.raises(OSError, match="in use"):
        same.bind(("127.0.0.1", port_of(aws)))
    with socket.socket() as other:  # were it listening on every address, this would fail, too
        other.bind(("127.0.0.2", port_of(aws)))


def test_it_is_gone_after_the_block_and_leaves_only_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log = tmp_path / "log"
    with embedded_aws(log) as aws:
        socket.create_connection(("127.0.0.1", port_of(aws))).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(aws)))
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_it_is_an_error_that_it_does_not_start(tmp_path: Path, ministack: Path) -> None:
    stub(ministack, "echo no room; exit 3")
    with (
        pytest.raises(OpsError, match=f"^the embedded AWS did not start; its output is in {tmp_path}/log$"),
        embedded_aws(tmp_path / "log"),
    ):
        pytest.fail("it is used")
    assert (tmp_path / "log").read_text() == "no room\n"


def test_it_is_an_error_that_it_is_not_installed(tmp_path: Path, ministack: Path) -> None:
    with (
        pytest.raises(OpsError, match=f"^{ministack} is missing; `make setup` installs the tools$"),
        embedded_aws(tmp_path / "log"),
    ):
        pytest.fail("it is used")


NO_HTTP = f"""exec {sys.executable} -c '
import os, socket
with socket.create_server(("127.0.0.1", int(os.environ["GATEWAY_PORT"]))) as server:
    while True:
        with server.accept()[0] as connection:
            connection.sendall(b"220 not HTTP at all\\r\\n")
            connection.recv(1000)
'"""


@pytest.mark.parametrize("script", ["sleep 100", NO_HTTP])
def test_it_is_an_error_that_it_does_not_answer(
    tmp_path: Path, ministack: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(module, "STARTUP_SECONDS", 1)
    stub(ministack, script)
    with pytest.raises(OpsError, match=r"^the embedded AWS did not start; "), embedded_aws(tmp_path / "log"):
        pytest.fail("it is used")


def test_no_variable_of_the_users_changes_what_it_does(
    tmp_path: Path, ministack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "SERVICES", "USE_SSL", "PERSIST_STATE", "http_proxy"):
        monkeypatch.setenv(name, "the user's")
    stub(ministack, "env; exit 1")
    with pytest.raises(OpsError), embedded_aws(tmp_path / "log"):
        pytest.fail("it is used")
    seen = dict(line.split("=", 1) for line in (tmp_path / "log").read_text().splitlines())
    assert (seen["BIND_HOST"], seen["SFTP_ENABLED"]) == ("127.0.0.1", "0")
    assert "the user's" not in seen.values()


def test_tools_are_pointed_at_it_and_at_nothing_else() -> None:
    base = {
        "PATH": "/usr/bin",
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
        "AWS_CONFIG_FILE": "/home/me/config",
    }
    before = dict(base)
    assert EmbeddedAws("http://127.0.0.1:4566").environment(base) == {
        "PATH": "/usr/bin",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    assert base == before


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_what_needs_no_proxy_already_still_needs_none(name: str) -> None:
    result = EmbeddedAws("http://127.0.0.1:4566").environment({name: "intranet.example"})
    assert (result["no_proxy"], result["NO_PROXY"]) == ("intranet.example,127.0.0.1",) * 2
