"""MiniStack, an AWS in one process, for the demo and the end-to-end tests."""

import contextlib
import http.client
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError
from ops.process import process_group

STARTUP_SECONDS = 60
INHERITED = ("PATH", "LANG", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class EmbeddedAws:
    """A running MiniStack.

    Attributes:
        endpoint: its URL, on loopback.
    """

    endpoint: str

    @property
    def variables(self) -> dict[str, str]:
        """What makes the AWS SDKs, Terraform and `presign` use it, with MiniStack's fake credentials."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` pointed at this AWS, and without anything that points elsewhere."""
        # A profile, a session token or a setting of the user's must never be mixed with the fake credentials.
        clean = {k: v for k, v in base.items() if not k.startswith("AWS_")}
        direct = ",".join(filter(None, [base.get("no_proxy") or base.get("NO_PROXY"), "127.0.0.1"]))
        return {
            **clean,
            **self.variables,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": direct,
            "no_proxy": direct,
        }


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def embedded_aws(log: Path, *, auth: bool = False) -> Iterator[EmbeddedAws]:
    """Start MiniStack on a free port of 127.0.0.1, and end it with the block.

    Args:
        log: the file that its output goes to.
        auth: whether it asks who sends a request, and whether they may: then it checks the signatures of
            forms as well as those of links, and evaluates the policies of users and buckets.

    Raises:
        OpsError: it is not installed, or did not answer within a minute.
    """
    port = free_port()
    aws = EmbeddedAws(f"http://127.0.0.1:{port}")
    command = [Path(sys.executable).with_name("ministack")]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ministack-"))
        env = {
            # Many variables change what it does, some with names like SERVICES or USE_SSL: it gets only ours.
            **{name: os.environ[name] for name in INHERITED if name in os.environ},
            "HOME": folder,
            "TMPDIR": folder,
            "BIND_HOST": "127.0.0.1",  # its default is every address of the machine
            "GATEWAY_PORT": str(port),
            "SFTP_ENABLED": "0",
            "AUTH": "true" if auth else "false",
        }
        output = stack.enter_context(log.open("ab"))
        server = stack.enter_context(process_group(command, env=env, cwd=Path(folder), stdout=output))
        deadline = time.monotonic() + STARTUP_SECONDS
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise OpsError(f"the embedded AWS did not start; its output is in {log}")
            time.sleep(0.1)
        yield aws


def _answers(port: int) -> bool:
    # Not urllib: it would send the request through a proxy that the environment names.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_ministack/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
