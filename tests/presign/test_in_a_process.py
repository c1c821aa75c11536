"""What only a process of its own shows: what it loads, and how it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.presign.presign_support import OutputsFile

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("keys")


def start(*args: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start the command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "presign", *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def test_neither_boto3_nor_ssl_nor_cdktf_is_loaded_when_the_environment_has_the_keys(
    outputs_file: OutputsFile, tmp_path: Path
) -> None:
    # The one setting that the AWS CLI needs for links of such a bucket; presign makes the same without it.
    config = tmp_path / "config"
    config.write_text("[default]\ns3 =\n  addressing_style = virtual\n")
    script = (
        "import sys; from presign.cli import run; code = run(sys.argv[1:]);"
        "slow = {'boto3', 'botocore', 'cdktf', 'jsii', 'ssl'};"
        "print(code, [m for m in sys.modules if m.split('.')[0] in slow])"
    )
    manifest = tmp_path / "keys.txt"
    manifest.write_text("k")
    many = [str(manifest), "-o", str(tmp_path / "out.csv")]
    for command in (["put", "k"], ["get", "k"], ["bulk", "put", *many], ["bulk", "get", *many]):
        ran = subprocess.run(
            [sys.executable, "-c", script, *command, "--outputs", outputs_file()],
            env={**os.environ, "PYTHONPATH": str(ROOT), "AWS_CONFIG_FILE": str(config)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.splitlines()[-1] == "0 []"


@pytest.mark.usefixtures("signals_are_not_ignored")
def test_ctrl_c_exits_130_without_a_word() -> None:
    with start("get", "--outputs", "-", "k") as process:
        # More than a pipe holds: once it is written, the process is waiting for the rest.
        assert process.stdin
        process.stdin.write(b" " * 1_000_000)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_a_reader_that_leaves_early_is_no_reason_for_words(outputs_file: OutputsFile) -> None:
    with start("get", "--outputs", "-", "k") as process:
        assert process.stdout
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(Path(outputs_file()).read_bytes(), timeout=20)
    assert (process.returncode, err) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_one_line(outputs_file: OutputsFile) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "presign", "get", "--outputs", outputs_file(), "k"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (1, b"Error: cannot write the output: No space left on device\n")


def test_a_terminal_that_cannot_show_the_key_is_one_line(outputs_file: OutputsFile) -> None:
    with start(
        "get", "--outputs", outputs_file(), "\N{GREEK SMALL LETTER PI}", PYTHONIOENCODING="latin-1"
    ) as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, b"")
    assert (
        err == b"Error: the terminal's encoding, latin-1, lacks a character of the output: set PYTHONUTF8=1\n"
    )


def test_the_completion_script_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from presign.__main__ import main; main()"],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "_PRESIGN_COMPLETE": "bash_complete",
            "COMP_WORDS": "presign sh",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("plain,show\n", "")
