"""Commands for bash, Python and PowerShell name the right file, header and key, whatever is in them.

Those for bash and Python are run here, and on servers that enforce in tests/enforcement. PowerShell is not
here: its words are read as its documentation says.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import Literal

from presign import commands
from tests.forked import run_code
from tests.presign.presign_support import BUCKET, OutputsFile, Presign

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_s3 import S3Client

NAMES = [
    "plain",
    'it\'s a "quote".bin',
    "$HOME `id` $(id) !x.bin",
    "line\nbreak.bin",
    "ü \N{GRINNING FACE} \u2019\u201c.bin",
    "back\\slash {a,b}[1-3]#?*.bin",
    "-v",
    "{0} %s %%",
]
SHELLS = ("curl", "python")
QUOTES = "'\u2018\u2019\u201a\u201b"

pytestmark = pytest.mark.usefixtures("keys")


def run_python(command: str) -> subprocess.CompletedProcess[str]:
    return run_code(command, folder=Path.cwd(), variables=os.environ, seconds=60)


def run(shell: str, command: str) -> None:
    if shell == "python":
        done = run_python(command)
    else:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 0, (done.stdout, done.stderr)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_uploaded_and_saved_under_any_name(
    presign: Presign, outputs: str, s3: S3Client, shell: Literal["curl", "python"], name: str
) -> None:
    Path(name).write_bytes(name.encode())
    options = ("--outputs", outputs, "--format", shell, f"--file={name}")
    value = "a; \"b\" 'c' $HOME `id` \\ !"
    run(shell, presign("put", *options, "--metadata", f"say={value}", "--", f"commands/{name}").out)
    kept = s3.get_object(Bucket=BUCKET, Key=f"commands/{name}")
    assert kept["Body"].read() == name.encode()
    assert kept["Metadata"] == {"say": value}
    if shell == "python":
        assert kept["ContentType"] == "binary/octet-stream"
    Path(name).unlink()
    run(shell, presign("get", *options, "--", f"commands/{name}").out)
    assert Path(name).read_bytes() == name.encode()
    run(shell, presign("post", *options, "--key", "forms/k", "forms/").out)
    assert s3.get_object(Bucket=BUCKET, Key="forms/k")["Body"].read() == name.encode()


def test_an_empty_file_is_uploaded(presign: Presign, outputs: str, s3: S3Client) -> None:
    Path("empty").touch()
    for shell in SHELLS:
        run(shell, presign("put", "--outputs", outputs, "--format", shell, "empty").out)
        assert s3.get_object(Bucket=BUCKET, Key="empty")["ContentLength"] == 0
        s3.delete_object(Bucket=BUCKET, Key="empty")


def test_python_says_what_s3_refuses(presign: Presign, outputs: str) -> None:
    command = presign("get", "--outputs", outputs, "--format", "python", "there-is-none").out
    done = run_python(command)
    assert done.returncode == 1
    assert "<Code>NoSuchKey</Code>" in done.stderr
    assert "Traceback" not in done.stderr


def strings(command: str) -> list[str]:
    """Return the strings in single quotes of a PowerShell command, as about_Quoting_Rules says."""
    pattern = f"[{QUOTES}]((?:[^{QUOTES}]|[{QUOTES}][{QUOTES}])*)[{QUOTES}]"
    return [re.sub(f"([{QUOTES}])[{QUOTES}]", r"\1", found) for found in re.findall(pattern, command)]


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1) | st.text(
    "'\u2018\u2019\u201a\u201b\"$` \n", min_size=1
)


@given(file=TEXTS, value=TEXTS)
def test_powershell_reads_every_text_back(file: str, value: str) -> None:
    url = "https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Signature=1"
    headers = {"content-type": "text/csv", "x-amz-meta-a": value}
    upload = commands.link("powershell", "PUT", url, headers, file)
    assert strings(upload) == [url, file, "text/csv", "x-amz-meta-a", value]
    assert strings(commands.link("powershell", "GET", url, {}, file)) == [url, file]
    assert strings(commands.form("powershell", url, {"key": value}, file)) == [
        url,
        "key",
        value,
        "file",
        file,
    ]


def test_powershell_says_the_type_and_sends_the_file_last(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    options = ("--outputs", outputs_file(), "--format", "powershell")
    upload = presign("put", *options, "k").out
    assert upload.startswith("Invoke-WebRequest -UseBasicParsing -Uri 'https://secure-dev-data-bucket.s3.")
    assert " -Method Put -InFile 'k' -ContentType 'binary/octet-stream' -Headers @{ 'x-amz-server" in upload
    form = presign("post", *options, "--file", "cat.png", "in/").out
    assert " -Form ([ordered]@{ 'key' = 'in/${filename}'; " in form
    assert form.endswith("; 'file' = Get-Item -LiteralPath 'cat.png' })\n")
