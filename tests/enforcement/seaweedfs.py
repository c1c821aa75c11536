"""SeaweedFS on loopback: an S3 that verifies signatures and evaluates bucket policies."""

import contextlib
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from presign import Signer
from tests.conftest import ROOT
from tests.enforcement.http_client import send

import pytest

ATTEMPTS = 3
STARTUP_SECONDS = 60
SERVICES = ("master", "volume", "filer", "s3")

# The server takes the shell's place. Should the test run be killed, its end of the pipe closes, and then the
# watcher kills the process group: nothing is left running.
WATCHED = 'exec 3<&0; { read -r _ <&3; kill -KILL 0; } & exec "$@" 3<&- </dev/null'


@dataclass(frozen=True)
class Identity:
    """Somebody with keys; in bucket policies, arn:aws:iam::000000000000:user/NAME."""

    name: str
    actions: tuple[str, ...]
    secret_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)

    @property
    def access_key(self) -> str:
        return f"KEYOF{self.name.upper()}"


OPERATOR = Identity("operator", ("Admin", "Read", "Write", "List", "Tagging"))
TEAM = Identity("team", ("Read", "Write", "List", "Tagging"))
READER = Identity("reader", ())
WRITER = Identity("writer", ())
IDENTITIES = (OPERATOR, TEAM, READER, WRITER)


@dataclass(frozen=True)
class Server:
    """A running SeaweedFS.

    Attributes:
        http: its URL for plain HTTP.
        https: its URL for HTTPS.
        certificate: the file with the certificate that it shows.
        trusted: a client's settings that trust this certificate and no other.
    """

    http: str
    https: str
    certificate: Path
    trusted: ssl.SSLContext


@contextlib.contextmanager
def seaweedfs(kms_endpoint: str) -> Iterator[Server]:
    """Start SeaweedFS on free ports of 127.0.0.1, with the KMS of another AWS; kill it with the block."""
    for _ in range(ATTEMPTS):
        # Between the choice of a port and its use somebody else can take it: then, once more.
        with _started(kms_endpoint) as server:
            if server is not None:
                yield server
                return
    pytest.fail("SeaweedFS did not start; its output is above")


@contextlib.contextmanager
def _started(kms_endpoint: str) -> Iterator[Server | None]:
    # A folder with a short name, because the path of a Unix socket has at most 104 characters.
    with tempfile.TemporaryDirectory(prefix="seaweedfs-") as name:
        folder = Path(name)
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        tool("node", ROOT / "ops" / "embedded" / "self_signed.mjs", key, certificate, "1")
        ports = _free_ports([*SERVICES, *(f"{service}.grpc" for service in SERVICES), "s3.https"])
        server = Server(
            http=f"http://127.0.0.1:{ports['s3']}",
            https=f"https://127.0.0.1:{ports['s3.https']}",
            certificate=certificate,
            trusted=ssl.create_default_context(cafile=str(certificate)),
        )
        (folder / "s3.json").write_text(json.dumps(_configuration(kms_endpoint)))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["sh", "-c", WATCHED, "sh", *_command(folder, ports, key, certificate)],
                env=_environment(folder),
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            ready = _wait(process, server)
            if not ready:
                sys.stderr.write((folder / "log").read_text()[-2000:])
            yield server if ready else None
        finally:
            # A graceful stop hangs. The watcher is in the same group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            for service in SERVICES:
                # Nothing can move these sockets out of /tmp.
                socket_file = Path("/tmp") / f"seaweedfs-{service}-grpc-{ports[f'{service}.grpc']}.sock"  # noqa: S108
                socket_file.unlink(missing_ok=True)


def tool(name: str, *arguments: Path | str) -> None:
    """Run a tool of the virtual environment."""
    subprocess.run([Path(sys.executable).with_name(name), *arguments], check=True, timeout=60)


def _free_ports(names: list[str]) -> dict[str, int]:
    with contextlib.ExitStack() as stack:
        # Held all at once, so that none is given out twice.
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        return {name: one.getsockname()[1] for name, one in zip(names, held, strict=True)}


def _command(folder: Path, ports: dict[str, int], key: Path, certificate: Path) -> list[str]:
    return [
        str(Path(sys.executable).with_name("weed")),
        "-logtostderr=true",
        "server",
        "-filer",
        "-s3",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={folder}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=8",
        "-volume.max=200",
        *(f"-{service}.port={ports[service]}" for service in SERVICES),
        *(f"-{service}.port.grpc={ports[f'{service}.grpc']}" for service in SERVICES),
        f"-s3.port.https={ports['s3.https']}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={folder / 's3.json'}",
        f"-s3.cert.file={certificate}",
        f"-s3.key.file={key}",
        f"-s3.localSocket={folder / 's3.sock'}",
        f"-filer.localSocket={folder / 'filer.sock'}",
    ]


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),  # it looks for settings there
        "TMPDIR": str(folder),
        "WEED_S3_SSE_KEK": secrets.token_hex(32),  # or there is no SSE-S3
        "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",  # volumes made at once for a bucket; seven by default
    }


def _configuration(kms_endpoint: str) -> dict[str, object]:
    kms = {
        "type": "aws",
        "region": "us-east-1",
        "endpoint": kms_endpoint,
        "access_key": "test",
        "secret_key": "test",
    }
    return {
        "identities": [
            {
                "name": one.name,
                "credentials": [{"accessKey": one.access_key, "secretKey": one.secret_key}],
                "actions": list(one.actions),
            }
            for one in IDENTITIES
        ],
        "kms": {"default_provider": "embedded", "providers": {"embedded": kms}},
    }


def _wait(process: subprocess.Popen[bytes], server: Server) -> bool:
    """Wait until an object can be stored with our keys, over HTTPS; say whether that came to pass."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        signer = Signer(
            access_key=OPERATOR.access_key,
            secret_key=OPERATOR.secret_key,
            region="us-east-1",
            bucket_url=f"{server.https}/made-by-the-first-upload/",
        )
        url = signer.url("PUT", "ready", 60)
        with contextlib.suppress(OSError):
            if send("PUT", url, headers={}, body=b"", trusted=server.trusted).status == 200:
                return True
        time.sleep(0.1)
    return False
