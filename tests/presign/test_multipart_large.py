"""A file of 6 GB through the script: killed once, resumed, equal at the end, and never much in memory."""

import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.presign.multipart_support import MIB, environment, saved
from tests.presign.parts_server import running
from tests.presign.presign_support import OutputsFile, Presign

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("keys")]

SIZE = 6_000_000_123  # bytes
PART = 64 * MIB
COUNT = -(-SIZE // PART)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The file, which is different everywhere, and takes 25 MB of the disk."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        for number in range(SIZE // MIB):
            file.seek(number * MIB + number % 999_983)
            file.write(hashlib.sha256(str(number).encode()).digest())
        file.truncate(SIZE)
    return path


def digests(source: Path) -> Iterator[str]:
    """Yield the SHA-256 of each part."""

    def digest(number: int) -> str:
        found = hashlib.sha256()
        with source.open("rb") as file:
            file.seek(number * PART)
            for _ in range(PART // MIB):
                found.update(file.read(MIB))
        return found.hexdigest()

    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(digest, range(COUNT))


def resident(group: int) -> int:
    """Return the sum of the peaks, in bytes, of the processes of a group that are running."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                status = (process / "status").read_text()
                total += 1024 * int(status.partition("VmHWM:")[2].split()[0])
        except (OSError, IndexError):
            continue  # it has ended
    return total


def test_a_file_of_6_gb_arrives_as_it_is_though_the_script_was_killed(
    presign: Presign,
    outputs_file: OutputsFile,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    assert source.stat().st_blocks * 512 < 100 * MIB
    with running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        made = presign("put", "--outputs", outputs_file(), "--file", str(source), "k")  # by itself in parts
        script = saved(made, tmp_path)
        peaks = []
        for run in ("killed", "resumed"):
            with subprocess.Popen(["dash", script], env=environment(), start_new_session=True) as started:
                while started.poll() is None:
                    peaks.append(resident(started.pid))
                    if run == "killed" and len(server.digests) >= COUNT // 2:
                        os.killpg(started.pid, signal.SIGKILL)
                        before = set(server.digests)
                        break
                    time.sleep(0.05)
        assert started.returncode == 0
        record_property("peak_bytes", max(peaks))
        assert COUNT // 2 <= len(before) < COUNT
        # What was under way when it was killed is sent again, and nothing else.
        assert sum(times - 1 for times in server.sent.values()) <= 4
        assert len(server.order) == COUNT == 90
        assert [server.digests[number] for number in range(1, COUNT + 1)] == list(digests(source))
        assert server.order == server.etags()
    # Four parts, which are twice as much, were on their way at once.
    assert max(peaks) < 2 * PART
