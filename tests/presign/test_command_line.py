"""What ``presign get`` and ``presign put`` print, and how they fail."""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import presign as package
from tests.presign.presign_support import KEY_ARN, OUTPUTS, OutputsFile, Presign

import pytest

ROOT = Path(__file__).parents[2]
BUCKET_URL = "https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/"

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


def test_an_upload_link_comes_with_all_that_its_user_has_to_know(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    result = presign("put", "--outputs", outputs_file(), "--expires", "1h", "reports/november 1.csv")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    expires = datetime.fromisoformat(lines[2].split()[1])
    assert timedelta(0) <= expires - before - timedelta(hours=1) <= timedelta(minutes=1)
    url = lines[6].split()[1]
    assert url.startswith(f"{BUCKET_URL}reports/november%201.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "&X-Amz-Expires=3600&" in url
    assert lines == [
        "Upload     s3://secure-dev-data-bucket/reports/november 1.csv",
        "Method     PUT",
        f"Expires    {expires:%Y-%m-%dT%H:%M:%SZ} (1 hour from now)",
        "Signed by  test, which needs the IAM policy arn:aws:iam::111122223333:policy/SecureS3Access-dev",
        "Headers    x-amz-server-side-encryption: aws:kms",
        f"           x-amz-server-side-encryption-aws-kms-key-id: {KEY_ARN}",
        f"URL        {url}",
        "",
        "To upload, run:",
        "curl --fail-with-body -X PUT -H 'x-amz-server-side-encryption: aws:kms' "
        f"-H 'x-amz-server-side-encryption-aws-kms-key-id: {KEY_ARN}' --upload-file 'november 1.csv' '{url}'",
    ]


def test_a_download_link_needs_no_headers(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign("get", "--outputs", outputs_file(), "a/b.csv")
    assert "\nHeaders    none needed\n" in result.out
    assert "X-Amz-SignedHeaders=host&" in result.out
    assert "(15 minutes from now)" in result.out
    assert "\nTo download, run:\ncurl --fail-with-body --output b.csv 'https://" in result.out


def test_json_holds_everything_a_program_needs(presign: Presign, outputs_file: OutputsFile) -> None:
    document = json.loads(presign("put", "--outputs", outputs_file(), "--format", "json", "k").out)
    assert list(document) == ["url", "method", "expires_at", "headers", "curl"]
    assert document["method"] == "PUT"
    assert document["headers"] == OUTPUTS["UploadHeaders"]
    assert document["url"] in document["curl"]
    datetime.strptime(document["expires_at"], "%Y-%m-%dT%H:%M:%S%z")


def test_url_and_curl_print_a_single_line(presign: Presign, outputs_file: OutputsFile) -> None:
    url = presign("get", "--outputs", outputs_file(), "--format", "url", "k").out
    assert re.fullmatch(rf"{re.escape(BUCKET_URL)}k\?\S+\n", url)
    curl = presign("get", "--outputs", outputs_file(), "--format", "curl", "--file", "x y", "k").out
    assert re.fullmatch(r"curl --fail-with-body --output 'x y' 'https://\S+'\n", curl)


def test_outputs_may_come_from_standard_input_or_the_environment(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {
        name: {"value": value, "type": "string", "sensitive": False} for name, value in OUTPUTS.items()
    }
    assert presign("get", "--outputs", "-", "k", stdin=json.dumps(document).encode()).code == 0
    monkeypatch.setenv("PRESIGN_OUTPUTS", outputs_file())
    assert presign("get", "k").code == 0


def test_endpoints_are_taken_from_the_option_then_the_environment(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("get", "--outputs", outputs_file(), "--format", "url", "k")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert presign(*command).out.startswith("http://127.0.0.1:1/secure-dev-data-bucket/k?")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")
    assert presign(*command).out.startswith("http://127.0.0.1:2/")
    assert presign(*command, "--endpoint-url", "http://127.0.0.1:3").out.startswith("http://127.0.0.1:3/")


def test_one_of_several_stacks_can_be_chosen(presign: Presign) -> None:
    document = json.dumps({"dev": OUTPUTS, "prod": {**OUTPUTS, "S3BucketName": "prod-bucket"}}).encode()
    result = presign("get", "--outputs", "-", "k", stdin=document)
    assert (result.code, result.err) == (
        1,
        "Error: standard input holds several storage stacks: choose one with --stack: dev, prod\n",
    )
    chosen = presign("get", "--outputs", "-", "--stack", "prod", "--format", "url", "k", stdin=document)
    assert chosen.out.startswith("https://prod-bucket.s3.")


def test_a_bucket_that_allows_less_than_15_minutes_sets_the_default(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    result = presign("get", "--outputs", outputs_file(PresignMaxSeconds="300"), "k")
    assert "(5 minutes from now)" in result.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "missing command (see 'presign --help')"),
        (["list"], "no such command 'list' (see 'presign --help')"),
        (["--bogus"], "no such option '--bogus' (see 'presign --help')"),
        (["put"], "missing argument 'KEY' (see 'presign put --help')"),
        (["get", "a", "b"], "got unexpected extra argument (b) (see 'presign get --help')"),
        (
            ["get", "--otputs", "f", "k"],
            "no such option '--otputs'. Did you mean '--outputs'? (see 'presign get --help')",
        ),
        (
            ["get", "k"],
            "no outputs given: name their file with --outputs FILE or in PRESIGN_OUTPUTS "
            "(see 'presign get --help')",
        ),
        (
            ["get", "--expires", "soon", "k"],
            "invalid value for '--expires': 'soon' is not a duration: give a whole number above zero and "
            "a unit (s, m, h or d), such as 15m, 1h or 7d (see 'presign get --help')",
        ),
        (
            ["get", "--format", "xml", "k"],
            "invalid value for '--format': 'xml' is not one of 'text', 'json', 'curl', 'url' "
            "(see 'presign get --help')",
        ),
        (
            ["put", "--file", "-", "k"],
            "invalid value for '--file': S3 must know the size of an upload beforehand: give a file "
            "(see 'presign put --help')",
        ),
    ],
)
def test_wrong_usage_exits_2_with_one_line(presign: Presign, arguments: list[str], message: str) -> None:
    result = presign(*arguments)
    assert (result.code, result.out, result.err) == (2, "", f"Error: {message}\n")


@pytest.mark.parametrize("expires", ["0", "0m", "-5m", "1.5h", "", "7 days"])
def test_an_expiry_that_is_no_duration_is_wrong_usage(
    presign: Presign, outputs_file: OutputsFile, expires: str
) -> None:
    result = presign("get", "--outputs", outputs_file(), "--expires", expires, "k")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith("Error: invalid value for '--expires': ")


@pytest.mark.parametrize(
    ("arguments", "changes", "message"),
    [
        (["k", "--outputs", "no.json"], {}, "cannot read the outputs in no.json: No such file or directory"),
        (["k"], {"S3BucketName": None}, "lack S3BucketName: they must be those of the storage stack"),
        (["k", "--stack", "x"], {}, "there is no stack 'x' in "),
        (["k", "--expires", "2h"], {"PresignMaxSeconds": 3600}, "2 hours is longer than this bucket allows"),
        (["k", "--expires", "8d"], {}, "an expiry of 8 days is longer than S3 allows: at most 7 days"),
        ([""], {}, "the key is empty"),
        (["x" * 1025], {}, "has 1025 bytes in UTF-8: S3 keys have 1 to 1024 bytes"),
        (["a\udcff"], {}, r"the key 'a\udcff' is not valid UTF-8"),
        (["k", "--endpoint-url", "localhost:1"], {}, "the endpoint 'localhost:1' cannot be used"),
        (
            ["k", "--profile", "nobody"],
            {},
            "from the profile 'nobody': The config profile (nobody) could not",
        ),
    ],
)
def test_what_fails_exits_1_with_one_line(
    presign: Presign,
    outputs_file: OutputsFile,
    arguments: list[str],
    changes: dict[str, object],
    message: str,
) -> None:
    result = presign("put", "--outputs", outputs_file(**changes), *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("Error: ")
    assert message in result.err


def test_no_credentials_is_one_line(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = presign("get", "--outputs", outputs_file(), "k")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("Error: no AWS credentials found")


def test_an_expiry_longer_than_the_bucket_allows_is_refused_before_credentials_are_looked_for(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    result = presign(
        "get", "--outputs", outputs_file(PresignMaxSeconds=60), "--expires", "2m", "--profile", "x", "k"
    )
    assert "longer than this bucket allows" in result.err


@pytest.mark.parametrize(
    ("key", "warning"),
    [
        ("/k", "Warning: the key starts with /, which becomes part of the object's name\n"),
        ("a/../k", "Warning: the key has a '.' or '..' part, which browsers and most HTTP clients rewrite"),
    ],
)
def test_a_key_that_may_be_a_mistake_is_warned_of_on_standard_error(
    presign: Presign, outputs_file: OutputsFile, key: str, warning: str
) -> None:
    result = presign("get", "--outputs", outputs_file(), "--format", "url", key)
    assert (result.code, result.out.count("\n")) == (0, 1)
    assert result.err.startswith(warning)


def test_a_link_is_cut_to_the_life_of_its_credentials(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    command = ("get", "--outputs", outputs_file(), "--format", "url", "k", "--expires")
    assert presign(*command, "1h").err == (
        "Warning: until when the temporary credentials live is unknown: "
        "the link dies with them, even if earlier\n"
    )
    soon = datetime.now(UTC) + timedelta(minutes=30)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", soon.isoformat())
    assert presign(*command, "20m").err == ""
    cut = presign(*command, "40m")
    assert cut.err == (
        f"Warning: the link expires earlier than asked, at {soon:%Y-%m-%dT%H:%M:%SZ}, "
        "for the credentials expire then\n"
    )
    seconds = re.search(r"X-Amz-Expires=(\d+)", cut.out)
    assert seconds
    assert 1790 <= int(seconds[1]) <= 1800


def test_text_shows_control_characters_as_escapes(presign: Presign, outputs_file: OutputsFile) -> None:
    result = presign("get", "--outputs", outputs_file(), "a\x1b[31m\nb")
    assert result.out.startswith("Download   s3://secure-dev-data-bucket/a\\x1b[31m\\nb\n")
    assert "\x1b" not in result.out


@pytest.mark.parametrize("command", [[], ["get"], ["put"], ["post"], ["show"], ["completion"]])
def test_help_shows_a_real_example(presign: Presign, command: list[str]) -> None:
    result = presign(*command, "--help")
    assert (result.code, result.err) == (0, "")
    assert re.search(
        r"\n  Example:\n(    .*\n)*    presign "
        r"((get|put|post|show) --outputs outputs.json .*\S/|completion bash)",
        result.out,
    )


def test_the_version_is_the_one_in_pyproject(presign: Presign) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert package.__version__ == version
    assert presign("--version").out == f"presign {version}\n"


def test_neither_boto3_nor_cdktf_is_loaded_when_the_environment_has_the_keys(
    outputs_file: OutputsFile,
) -> None:
    script = (
        "import sys; from presign.cli import run; code = run(sys.argv[1:]);"
        "print(code, [m for m in sys.modules if m.split('.')[0] in ('boto3', 'botocore', 'cdktf', 'jsii')])"
    )
    for command in (["put"], ["get"]):
        ran = subprocess.run(
            [sys.executable, "-c", script, *command, "--outputs", outputs_file(), "k"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.splitlines()[-1] == "0 []"


@pytest.fixture
def sigint_is_not_ignored() -> Iterator[None]:
    """Have child processes start as from a terminal, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("sigint_is_not_ignored")
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


def test_a_key_may_be_given_with_its_own_bucket_but_with_no_other(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    options = ("get", "--outputs", outputs_file(), "--format", "url")
    assert presign(*options, "s3://secure-dev-data-bucket/a/k").out.startswith(f"{BUCKET_URL}a/k?")
    other = presign(*options, "s3://other-bucket/k")
    assert (other.code, other.out, other.err) == (
        1,
        "",
        "Error: 's3://other-bucket/k' is not in the bucket of these outputs, secure-dev-data-bucket: "
        "give a key of this bucket\n",
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(presign: Presign, shell: str) -> None:
    result = presign("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert f"_PRESIGN_COMPLETE={shell}_complete" in result.out


def test_the_completion_script_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from presign.cli import main; main()"],
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
