"""The scripts of uploads in parts: retries, resuming, digests, and what they refuse."""

import hashlib
import os
import random
import re
import signal
import subprocess
from functools import cache
from pathlib import Path

from tests.presign.multipart_support import MIB, PARTS, environment, path_with, run, saved
from tests.presign.parts_server import UPLOAD_ID, Parts
from tests.presign.presign_support import KEY_ARN, OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

COUNT = 6


@cache
def content() -> bytes:
    return random.Random(2).randbytes((COUNT - 1) * 5 * MIB + 1)  # noqa: S311


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "k"
    path.write_bytes(content())
    return path


@pytest.fixture
def script(server: Parts, source: Path, presign: Presign, tmp_path: Path) -> Path:
    return saved(presign("put", *PARTS, "--file", str(source), "k"), tmp_path)


def assert_whole(server: Parts, source: Path) -> None:
    """The upload is complete, and each part is that of the file."""
    content = source.read_bytes()
    pieces = [content[at : at + 5 * MIB] for at in range(0, len(content), 5 * MIB)]
    assert [server.digests[number] for number in sorted(server.digests)] == [
        hashlib.sha256(piece).hexdigest() for piece in pieces
    ]
    assert server.order == server.etags()


def test_the_upload_begins_with_the_headers_of_the_outputs_and_no_algorithm(
    server: Parts, script: Path
) -> None:
    assert server.headers["x-amz-server-side-encryption"] == "aws:kms"
    assert server.headers["x-amz-server-side-encryption-aws-kms-key-id"] == KEY_ARN
    assert "x-amz-checksum-algorithm" not in server.headers  # every part would need it
    signed = re.search(r"SignedHeaders=([^,]*)", server.headers["authorization"])
    assert signed
    assert "x-amz-server-side-encryption-aws-kms-key-id" in signed[1].split(";")


def test_every_part_has_its_digest(server: Parts, script: Path, source: Path) -> None:
    assert run(script).returncode == 0
    assert_whole(server, source)
    assert server.with_md5 == set(range(1, COUNT + 1))


def test_what_the_upload_says_is_said_as_it_begins_and_the_condition_as_it_ends(
    server: Parts, presign: Presign, source: Path, tmp_path: Path
) -> None:
    command = ("put", *PARTS, "--file", str(source), "--if-none-match", "--metadata", "a=b c", "k")
    script = saved(presign(*command, "--storage-class", "GLACIER_IR"), tmp_path)
    assert server.headers["x-amz-meta-a"] == "b c"
    assert server.headers["x-amz-storage-class"] == "GLACIER_IR"
    assert "if-none-match" not in server.headers
    assert run(script).returncode == 0
    assert server.condition == "*"


@pytest.mark.parametrize("tool", ["openssl", "md5sum"])
def test_either_tool_makes_the_digests(
    server: Parts, script: Path, source: Path, tmp_path: Path, tool: str
) -> None:
    ran = run(script, PATH=path_with(tmp_path, tool))
    assert (ran.returncode, "Warning" in ran.stderr) == (0, False)
    assert_whole(server, source)
    assert server.with_md5 == set(range(1, COUNT + 1))


def test_curl_alone_is_enough_and_what_is_missing_is_said(
    server: Parts, script: Path, source: Path, tmp_path: Path
) -> None:
    ran = run(script, PATH=path_with(tmp_path))
    assert ran.returncode == 0, ran.stderr
    assert (
        "Warning: without openssl, md5sum or md5, a bucket with Object Lock refuses the parts" in ran.stderr
    )
    assert_whole(server, source)
    assert server.with_md5 == set()


def test_where_the_bucket_is_locked_a_part_without_a_digest_is_not_sent(
    server: Parts, presign: Presign, source: Path, outputs_file: OutputsFile, tmp_path: Path
) -> None:
    command = ("put", *PARTS, "--outputs", outputs_file(ObjectLock=True), "--file", str(source), "k")
    script = saved(presign(*command), tmp_path)
    ran = run(script, PATH=path_with(tmp_path))
    assert ran.returncode == 1
    assert "Error: the bucket has Object Lock, and refuses parts without a digest" in ran.stderr
    assert server.sent == {}
    assert run(script).returncode == 0
    assert_whole(server, source)
    assert server.with_md5 == set(range(1, COUNT + 1))


def test_with_digests_in_the_links_curl_alone_sends_them(
    server: Parts, presign: Presign, source: Path, tmp_path: Path
) -> None:
    script = saved(presign("put", *PARTS, "--part-checksums", "--file", str(source), "k"), tmp_path)
    assert "X-Amz-SignedHeaders=content-md5%3Bhost" in script.read_text()
    ran = run(script, PATH=path_with(tmp_path))
    assert (ran.returncode, "Warning" in ran.stderr) == (0, False)
    assert_whole(server, source)
    assert server.with_md5 == set(range(1, COUNT + 1))


def test_a_part_is_retried(server: Parts, script: Path, source: Path) -> None:
    faults = {2: (503, "SlowDown"), 3: (400, "RequestTimeout"), 5: (500, "InternalError")}
    server.fault = lambda number, times: faults.get(number) if times == 1 else None
    ran = run(script)
    assert ran.returncode == 0, ran.stderr
    assert "part 3: RequestTimeout no: try 2 of 3\n" in ran.stderr
    assert server.sent == {1: 1, 2: 2, 3: 2, 4: 1, 5: 2, 6: 1}
    assert_whole(server, source)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AccessDenied", "part 4 could not be uploaded: 403 AccessDenied no"),
        (403, "ExpiredToken", "the links have expired, the last ones at 20"),
        (404, "NoSuchUpload", "S3 has no such upload"),
    ],
)
def test_what_cannot_get_better_is_not_retried_and_the_rest_is_kept(
    server: Parts, script: Path, source: Path, status: int, code: str, words: str
) -> None:
    server.fault = lambda number, times: (status, code) if number == 4 and times == 1 else None
    ran = run(script, JOBS="1")
    assert ran.returncode == 1
    assert f"Error: {words}" in ran.stderr
    assert server.sent[4] == 1
    assert server.order == []
    assert run(script).returncode == 0
    assert server.sent == {1: 1, 2: 1, 3: 1, 4: 2, 5: 1, 6: 1}
    assert_whole(server, source)


@pytest.mark.parametrize("code", ["NoSuchUpload", "PreconditionFailed"])
@pytest.mark.parametrize("tries", ["1", "2"])
def test_a_completion_without_an_answer_is_most_likely_there(
    server: Parts, script: Path, tries: str, code: str
) -> None:
    """The answer may be lost by one run, and the next one asks again."""
    server.completions = [(500, "InternalError"), (412, code)]
    ran = [run(script, TRIES=tries) for _ in range(3 - int(tries))][-1]
    assert ran.returncode == 1
    assert f"now answers {code}: most likely s3://secure-dev-data-bucket/k is complete; look" in ran.stderr


def test_a_completion_that_was_refused_is_not_there(server: Parts, script: Path) -> None:
    server.completions = [(403, "AccessDenied"), (404, "NoSuchUpload"), (412, "PreconditionFailed")]
    for code in ("AccessDenied", "no such upload", "PreconditionFailed"):
        ran = run(script, TRIES="1")
        assert (ran.returncode, "most likely" in ran.stderr) == (1, False)
        assert code in ran.stderr


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_script_leaves_nothing_running_and_resumes(
    server: Parts, script: Path, source: Path, by: signal.Signals
) -> None:
    server.fault = lambda number, times: (503, "SlowDown") if number > 2 else None
    with subprocess.Popen(
        ["dash", script],
        env=environment(TRIES="9", JOBS="2"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as killed:
        assert killed.stderr
        while "part 4:" not in killed.stderr.readline():
            pass
        killed.send_signal(by)
        killed.wait()
        rest = killed.stderr.read()  # ends only when the last process of it has ended
    assert ("Interrupted: run the same command again to resume" in rest) == (by is signal.SIGTERM)
    assert set(server.digests) == {1, 2}
    server.fault = lambda number, times: None
    ran = run(script)
    assert ran.returncode == 0, ran.stderr
    assert server.sent[1] == server.sent[2] == 1
    assert_whole(server, source)


def test_a_second_run_at_the_same_time_is_refused(script: Path, server: Parts, tmp_path: Path) -> None:
    server.fault = lambda number, times: (403, "AccessDenied")
    assert run(script).returncode == 1
    [state] = tmp_path.glob("presign-upload-*")
    (state / "pid").write_text(f"{os.getpid()}\n")
    assert f"this upload is already running as process {os.getpid()}" in run(script).stderr


def test_what_is_done_can_be_noted_elsewhere(
    script: Path, server: Parts, source: Path, tmp_path: Path
) -> None:
    server.fault = lambda number, times: (403, "AccessDenied")
    other = tmp_path / "other folder"
    assert run(script, STATE_DIR=str(other)).returncode == 1
    assert [path.name for path in other.iterdir()] == [next(other.iterdir()).name]
    assert list(tmp_path.glob("presign-upload-*")) == []
    assert next(other.iterdir()).stat().st_mode & 0o077 == 0
    assert run(script, "--abort", STATE_DIR=str(other)).returncode == 0
    assert server.aborted
    assert list(other.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["none"], {}, "there is no file none that can be read"),
        (["."], {}, "there is no file . that can be read"),
        (["a", "b"], {}, "give one file, or none"),
        ([], {"JOBS": "0"}, "JOBS and TRIES must be numbers above zero, not '0'"),
        ([], {"TRIES": "x"}, "JOBS and TRIES must be numbers above zero, not 'x'"),
    ],
)
def test_what_the_script_refuses_is_one_line(
    script: Path, arguments: list[str], variables: dict[str, str], words: str
) -> None:
    ran = run(script, *arguments, **variables)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"Error: {words}")
    assert ran.stderr.count("\n") == 1


def test_no_argument_of_a_process_has_a_link(script: Path) -> None:
    """Others on the machine can read them."""
    assert "curl -K" in script.read_text()
    assert not re.search(r"^ *(exec )?curl .*\$(head|complete|abort)", script.read_text(), re.MULTILINE)


def test_powershell_has_the_same_links_in_ascii(server: Parts, presign: Presign, tmp_path: Path) -> None:
    """It was not run: there is no PowerShell here."""
    key = "ü'${x}' @@NAME@@.bin"
    command = ("put", *PARTS, "--size", "12MiB", "--expires", "1h", key)
    made = presign(*command, "--format", "powershell")
    assert made.out.isascii()
    assert re.search(r"\n\$links = @'\n(?:[123] [0-9a-f]{64}\n){3}'@\n", made.out)
    path = r"%C3%BC%27%24%7Bx%7D%27%20%40%40NAME%40%40\.bin"
    url = rf"{re.escape(server.endpoint)}/secure-dev-data-bucket/{path}\?"
    assert re.search(rf"\n\$head = '{url}partNumber='\n", made.out)
    assert re.search(
        r"\n\$between = '&uploadId=an%20upload%2Fid%3D%3D&X-Amz-[^']*&X-Amz-Signature='\n", made.out
    )
    assert re.search(rf"\n\$abortUrl = '{url}uploadId=[^']*'\n", made.out)
    assert "\n$place = 's3://secure-dev-data-bucket/\\xfc''${x}'' @@NAME@@.bin'\n" in made.out
    outside = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", made.out)
    assert all(outside.count(a) == outside.count(b) for a, b in ("()", "{}", "[]"))
    assert made.out.count("-not (Test-Sent)") == 2  # before it resumes, and where the file's time has changed
    assert UPLOAD_ID not in made.out
