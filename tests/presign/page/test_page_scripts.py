"""What the pages' scripts compute, run by Node: digests, and the names that files get."""

import base64
import hashlib
import json
import random
import subprocess
from importlib import resources
from pathlib import Path

from tests.conftest import ROOT

import pytest

FILES = resources.files("presign.page").joinpath("files")
NODE = ROOT / ".venv" / "bin" / "node"
SIZES = [0, 1, 55, 56, 57, 63, 64, 65, 1024**2 - 1, 1024**2, 1024**2 + 1, 3 * 1024**2 + 77]


def run(name: str, program: str, *arguments: str) -> str:
    """Run a program after one of the pages' files, in a process of its own."""
    code = f"{FILES.joinpath(name).read_text('utf-8')}\n{program}"
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", code, "--", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_md5_is_that_of_every_size(tmp_path: Path) -> None:
    content = random.Random(7).randbytes(max(SIZES))  # noqa: S311
    (tmp_path / "content").write_bytes(content)
    program = (
        'import { readFileSync } from "node:fs"; const all = readFileSync(process.argv[1]);'
        "for (const size of JSON.parse(process.argv[2]))"
        "  console.log(await md5(new Blob([all.subarray(0, size)])));"
    )
    found = run("md5.js", program, str(tmp_path / "content"), json.dumps(SIZES)).split()
    assert found == [
        base64.b64encode(hashlib.md5(content[:size], usedforsecurity=False).digest()).decode()
        for size in SIZES
    ]


NAMES = {
    "report.csv": "report.csv",
    "ü $HOME `id` 'x' \"y\" [1] #?%41.csv": "ü $HOME `id` 'x' \"y\" [1] #?%41.csv",
    "<img src=x onerror=alert(1)>.bin": "<img src=x onerror=alert(1)>.bin",
    "報告 🎉.txt": "報告 🎉.txt",
    "C:\\Users\\me\\a.txt": "a.txt",
    "../../etc/passwd": "passwd",
    "a/": "_",
    "": "_",
    ".": "_.",
    "..": "_..",
    "...": "...",
    ".env": ".env",
    " a.txt ": "a.txt",
    "a\r\nb\0c\x7f": "a__b_c_",
    "a\u2028b": "a_b",
    "invoice\u202efdp.exe": "invoice_fdp.exe",
    "\ufeffa": "_a",
    "\ud800x": "_x",
    "${filename}": "_{filename}",
    "$${filename}${": "$_{filename}_{",
    "u\u0308.txt": "ü.txt",
}


def test_a_name_becomes_the_last_part_of_a_key() -> None:
    program = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(safeName)));"
    given = list(NAMES)
    found = json.loads(run("names.js", program, json.dumps(given)))
    assert dict(zip(given, found, strict=True)) == NAMES


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("a.csv", 1, "a.csv"),
        ("a.csv", 2, "a (2).csv"),
        ("a.tar.gz", 3, "a.tar (3).gz"),
        ("a", 2, "a (2)"),
        (".env", 2, ".env (2)"),
    ],
)
def test_a_second_file_of_the_same_name_gets_a_number(name: str, number: int, expected: str) -> None:
    program = "console.log(numbered(process.argv[1], Number(process.argv[2])));"
    assert run("names.js", program, name, str(number)) == f"{expected}\n"


def test_a_name_is_shown_without_what_hides_or_turns_it() -> None:
    program = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(shown)));"
    given = ["invoice\u202efdp.exe", "a\nb/c d", "ü <b> 🎉"]
    assert json.loads(run("names.js", program, json.dumps(given))) == [
        "invoice\ufffdfdp.exe",
        "a\ufffdb/c d",
        "ü <b> 🎉",
    ]
