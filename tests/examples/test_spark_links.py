"""The example for Spark, on a real Spark in this machine: its links are botocore's, for every key."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from ops.shared.separate_venv import install_in_venv
from ops.shared.toolchain import CACHE, ROOT
from tests.presign.botocore_support import ACCESS_KEY, SECRET_KEY, Case, distinct_keys, links_of_client
from tests.presign.presign_support import OUTPUTS

import pytest

PARTITIONS = 4
# Everything on loopback; without these Spark takes the address of the machine's network card.
LOCAL = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYSPARK_SUBMIT_ARGS": "--master local[2] --conf spark.driver.bindAddress=127.0.0.1 "
    "--conf spark.driver.host=127.0.0.1 --conf spark.ui.enabled=false pyspark-shell",
}

pytestmark = pytest.mark.slow


def spark_links(folder: Path) -> None:
    log = CACHE / "spark.log"
    python = install_in_venv(
        "Spark",
        requirements=ROOT / "examples" / "spark-requirements.txt",
        home=CACHE / "spark",
        executable="python",
        log=log,
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        **LOCAL,
    }
    command: list[str | Path] = [
        python,
        ROOT / "examples" / "spark_links.py",
        "outputs.json",
        "keys",
        "links",
        "1h",
    ]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark needs Java 17 or newer, and java is not on PATH"
)
def test_every_link_that_spark_makes_is_botocores(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps({"stack": dict(OUTPUTS)}))
    (tmp_path / "keys").mkdir()
    keys = distinct_keys(5_000)
    for number in range(PARTITIONS):
        lines = [json.dumps({"key": key}) + "\n" for key in keys[number::PARTITIONS]]
        (tmp_path / "keys" / f"{number}.json").write_text("".join(lines))
    spark_links(tmp_path)

    written = [path for path in (tmp_path / "links").glob("part-*") if path.stat().st_size]
    assert len(written) > 1  # made by several tasks
    rows = [json.loads(line) for path in written for line in path.read_bytes().splitlines()]
    urls = {row["key"]: row["url"] for row in rows}
    assert len(rows) == len(keys)
    assert urls.keys() == set(keys)
    [moment] = {url.partition("X-Amz-Date=")[2][:16] for url in urls.values()}
    signed_at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    case = Case(bucket=OUTPUTS["S3BucketName"], region=OUTPUTS["S3BucketRegion"])
    with (
        patch.dict(os.environ, BOTO_DISABLE_CRT="true"),
        patch("botocore.auth.get_current_datetime", lambda: signed_at),
    ):
        theirs = links_of_client(case, keys, expires=3600)
    assert [urls[key] for key in keys] == theirs
