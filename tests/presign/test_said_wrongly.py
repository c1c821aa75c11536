"""Cases that were said wrongly: with a traceback, not at all, or with another cause.

What `--check` says of the clock, archives, `kms:Decrypt` and uploads is in test_check.py and, with real
servers, in tests/enforcement/test_check_asks.py; an output that links to itself in test_believed_files.py.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.forked import run_code
from tests.presign.presign_support import OutputsFile, Presign

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("keys")


def start(outputs: str, *args: str, close: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with a standard stream closed, such as `>&-`."""
    command = [sys.executable, "-m", "presign", *args, "--outputs", outputs]
    return subprocess.run(
        ["sh", "-c", f'"$@" {close}', "sh", *command],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command", [["get", "k"], ["post", "in/"], ["show"], ["bulk", "get", "m.txt", "-o", "-"]]
)
def test_a_closed_standard_output_is_one_line(outputs_file: OutputsFile, command: list[str]) -> None:
    Path("m.txt").write_text("a\n")
    done = start(outputs_file(), *command, close=">&-")
    assert (done.returncode, done.stderr) == (
        1,
        "Error: cannot write the output: standard output is closed\n",
    )


def test_a_closed_standard_output_is_nothing_to_a_file(outputs_file: OutputsFile) -> None:
    Path("m.txt").write_text("a\n")
    assert start(outputs_file(), "bulk", "get", "m.txt", "-o", "out.csv", close=">&-").returncode == 0


def test_a_closed_standard_input_is_one_line(outputs_file: OutputsFile) -> None:
    done = start(outputs_file(), "bulk", "get", "-", "-o", "out.csv", close="<&-")
    assert (done.returncode, done.stderr) == (
        1,
        "Error: cannot read the manifest: standard input is closed\n",
    )


@pytest.mark.usefixtures("signals_are_not_ignored")
@pytest.mark.parametrize("module", ["click", "presign.signer", "presign.bulk.resume"])
def test_ctrl_c_while_modules_are_loaded_is_silent(
    outputs_file: OutputsFile, tmp_path: Path, module: str
) -> None:
    """The import of a module is when Ctrl-C comes, by a hook that the process finds at its start."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    Path("m.txt").write_text("a\n")
    command = ("bulk", "get", "m.txt", "-o", "out.csv")
    # A measured process has imported some of these before our code runs, so this one is not measured.
    done = start(outputs_file(), *command, PYTHONPATH=f"{hooks}:{ROOT}", COVERAGE_PROCESS_CONFIG="")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert not Path("out.csv").exists()


HINTS = {
    "an SSO session": (
        "sso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.com/start",
        "there is no valid SSO session: run 'aws sso login --profile p' (",
    ),
    "SSO of old": (
        "sso_region = eu-west-1\nsso_start_url = https://example.com/start\n"
        "sso_account_id = 111122223333\nsso_role_name = r",
        "there is no valid SSO session: run 'aws sso login --profile p' (",
    ),
    "a session of aws login": (
        "login_session = arn:aws:iam::111122223333:user/me",
        "a session of 'aws login' takes botocore's extra 'crt' to read: install presign with its "
        "extra 'login', or run pip install 'botocore[crt]'",
    ),
    "a process that prints text": (
        "credential_process = echo hello",
        "its credential_process does not print JSON: run it to see what it does print",
    ),
    "a process that prints nothing": (
        "credential_process = true",
        "its credential_process does not print JSON",
    ),
    "a process that fails": ("credential_process = sh -c 'echo log in first >&2; exit 3'", "log in first"),
    "a process that is not there": (
        "credential_process = /no/such/tool",
        "its credential_process cannot be started: [Errno 2] No such file or directory",
    ),
    "MFA without a terminal": (
        "role_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys\n"
        "mfa_serial = arn:aws:iam::111122223333:mfa/me",
        "it asks for an MFA code, and there is no terminal to type it in: run presign in a terminal, or run "
        "'aws configure export-credentials --format env --profile p'",
    ),
}


# In a session of its own it has no terminal, wherever the tests run. Codes are not read from a pipe.
WITHOUT_A_TERMINAL = """import os, runpy, sys
os.setsid()
read, write = os.pipe()
os.write(write, b"123456\\n")
os.close(write)
os.dup2(read, 0)
sys.stdin = os.fdopen(0)
sys.path.insert(0, {root!r})
sys.argv[1:] = {words!r}
runpy.run_module("presign", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    ("case", "by"), [*((case, "option") for case in HINTS), ("an SSO session", "variable")]
)
def test_credentials_that_are_not_there_say_what_to_run(
    outputs_file: OutputsFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, by: str
) -> None:
    settings, words = HINTS[case]
    (tmp_path / "aws-config").write_text(f"[profile p]\nregion = eu-west-1\n{settings}\n")
    (tmp_path / "aws-credentials").write_text("[keys]\naws_access_key_id = k\naws_secret_access_key = s\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    if by == "variable":
        monkeypatch.setenv("AWS_PROFILE", "p")
    words_given = ["get", "--outputs", outputs_file(), "k", *(["--profile", "p"] if by == "option" else [])]
    done = run_code(
        WITHOUT_A_TERMINAL.format(root=str(ROOT), words=words_given),
        folder=Path.cwd(),
        variables=os.environ,
        seconds=60,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("Error: cannot get AWS credentials")
    assert words in done.stderr


def test_curl_keeps_the_blanks_of_a_forms_fields(presign: Presign, outputs_file: OutputsFile) -> None:
    """tests/enforcement uploads by such commands."""
    made = presign("post", "--outputs", outputs_file(), "--format", "curl", "--key", " x ", " ")
    words = shlex.split(made.out)
    assert words[words.index("key= x ") - 1] == "--form-string"
    assert words.count("-F") == 1  # the file


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["get", "--format", "url", "a\x1b[31mb"], "/a%1B%5B31mb?"),
        (["get", "--format", "curl", "--file", "a\x1b[31mb", "k"], "--output 'a\x1b[31mb'"),
        (["get", "--format", "json", "--file", "a\x1b[31mb", "k"], "--output 'a\\u001b[31mb'"),
        (["post", "--format", "curl", "--key", "a\x1b[31mb", ""], "'key=a\x1b[31mb'"),
        (["post", "--format", "json", "--key", "a\x1b[31mb", ""], '"key": "a\\u001b[31mb"'),
    ],
)
def test_an_escape_in_a_key_is_kept_in_a_pipe(
    outputs_file: OutputsFile, command: list[str], shown: str
) -> None:
    done = start(outputs_file(), *command)
    assert (done.returncode, shown in done.stdout) == (0, True), done
