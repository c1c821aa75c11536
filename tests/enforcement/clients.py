"""Those who use links: the curl command that is printed, a curl of one's own, and Python's requests."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forked import run_code
from tests.presign.presign_support import Presign

import requests

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What came back: `code` is empty, or S3's word for a refusal, or "failed"."""

    code: str
    body: bytes


Client = Callable[..., Answer]
"""Runs `presign COMMAND…` and uses what it prints: to upload `file`, or to save to it."""


def printed_curl(presign: Presign, *command: str, file: Path) -> Answer:
    """Paste the line of `--format curl` into bash."""
    made = presign(command[0], "--format", "curl", "--file", str(file), *command[1:])
    assert made.code == 0, made.err
    return curl_line(made.out, file if command[0] == "get" else None)


def curl_line(line: str, target: Path | None = None) -> Answer:
    """Run a line as if it had been pasted into bash; `target` is where the answer is saved."""
    ran = subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=TIMEOUT_SECONDS)
    body = target.read_bytes() if target and target.exists() else ran.stdout
    return answer(ran.returncode == 0, body)


def printed_python(presign: Presign, *command: str, file: Path) -> Answer:
    """Run the lines of `--format python`."""
    made = presign(command[0], "--format", "python", "--file", str(file), *command[1:])
    assert made.code == 0, made.err
    ran = run_code(made.out, folder=file.parent, variables=os.environ, seconds=TIMEOUT_SECONDS)
    body = file.read_bytes() if command[0] == "get" and file.exists() else b""
    return answer(ran.returncode == 0, ran.stderr.encode() if ran.returncode else body)


def own_curl(presign: Presign, *command: str, file: Path) -> Answer:
    """Give curl the URL, and the headers or the fields, of `--format json`."""
    return send_by_curl(document(presign, *command), file)


def send_by_curl(made: Mapping[str, Any], file: Path) -> Answer:
    """Use a link, or a form, in the shape of `--format json` with curl."""
    words = ["curl", "--silent", "--show-error", "--fail-with-body", "--globoff", "--path-as-is"]
    for name, value in made.get("headers", {}).items():
        words += ["--header", f"{name}: {value}"]
    for name, value in made.get("fields", {}).items():
        words += ["--form-string", f"{name}={value}"]
    if made["method"] == "POST":
        escaped = str(file).replace("\\", "\\\\").replace('"', '\\"')
        words += ["--form", f'file=@"{escaped}"']
    elif made["method"] == "PUT":
        words += ["--request", "PUT", "--data-binary", f"@{file}"]
        if "content-type" not in made["headers"]:
            words += ["--header", "Content-Type:"]
    ran = subprocess.run([*words, made["url"]], capture_output=True, check=False, timeout=TIMEOUT_SECONDS)
    return answer(ran.returncode == 0, ran.stdout, None if made["method"] != "GET" else file)


def by_requests(presign: Presign, *command: str, file: Path) -> Answer:
    """Give requests the URL, and the headers or the fields, of `--format json`."""
    return send_by_requests(document(presign, *command), file)


def send_by_requests(made: Mapping[str, Any], file: Path) -> Answer:
    """Use a link, or a form, in the shape of `--format json` as the documentation of requests says."""
    if made["method"] == "GET":
        got = requests.get(made["url"], headers=made["headers"], timeout=TIMEOUT_SECONDS)
    elif made["method"] == "PUT":
        got = requests.put(
            made["url"], data=file.read_bytes(), headers=made["headers"], timeout=TIMEOUT_SECONDS
        )
    else:
        with file.open("rb") as content:
            got = requests.post(
                made["url"], data=made["fields"], files={"file": content}, timeout=TIMEOUT_SECONDS
            )
    return answer(got.ok, got.content, None if made["method"] != "GET" else file)


def document(presign: Presign, *command: str) -> dict[str, Any]:
    """Return what `--format json` prints."""
    made = presign(command[0], "--format", "json", *command[1:])
    assert made.code == 0, made.err
    parsed: dict[str, Any] = json.loads(made.out)
    return parsed


def answer(ok: bool, body: bytes, target: Path | None = None) -> Answer:
    """Return what came back, and save it to `target`, as a download is."""
    if ok and target:
        target.write_bytes(body)
    found = re.search(rb"<Code>(\w+)</Code>", body)
    return Answer("" if ok else found[1].decode() if found else "failed", body)


CLIENTS: Mapping[str, Client] = {
    "printed curl": printed_curl,
    "printed Python": printed_python,
    "curl": own_curl,
    "requests": by_requests,
}
SENDERS = {"curl": send_by_curl, "requests": send_by_requests}
"""How those use a link that somebody else made."""
