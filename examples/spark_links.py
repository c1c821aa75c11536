"""Make a download link for every key of a data set with Spark, wherever its partitions are.

    spark-submit examples/spark_links.py outputs.json s3a://bucket/keys/ s3a://bucket/links/ 1h

KEYS is JSON lines with a field ``key``; LINKS is made, with as many files as KEYS has partitions, of
JSON lines with ``key`` and ``url``. The executors need presign (``--py-files``, or installed), but no AWS
credentials: the plan that Spark sends them holds a signing key for this day, region and service, and
never the secret key.
"""

import os
import sys
from collections.abc import Iterator
from itertools import tee

from presign import Signer, credentials, duration, outputs
from presign.endpoint import bucket_url
from presign.signer import Plan

from pyspark.sql import SparkSession


def plan_of(outputs_file: str, expires: str) -> Plan:
    """Return the plan of all links: signed now, for ``expires``, such as 1h."""
    stack = outputs.read(outputs_file)
    found = credentials.resolve(None, os.environ)
    signer = Signer(
        access_key=found.access_key,
        secret_key=found.secret_key,
        session_token=found.session_token,
        region=stack.region,
        bucket_url=bucket_url(stack.bucket, stack.region),
    )
    return signer.plan("GET", duration.choose(duration.parse(expires), stack.max_seconds))


def main(outputs_file: str, keys: str, links: str, expires: str) -> None:
    """Read ``keys``, and write ``links``."""
    plan = plan_of(outputs_file, expires)

    def sign(partition: Iterator[str]) -> Iterator[tuple[str, str]]:
        # A partition is signed as it is read, and never in memory as a whole.
        kept, taken = tee(partition)
        return zip(kept, plan.urls(taken), strict=True)

    spark = SparkSession.builder.appName("presign").getOrCreate()
    listed = spark.read.json(keys, schema="key string").rdd.map(lambda row: row.key)
    signed = spark.createDataFrame(listed.mapPartitions(sign), schema="key string, url string")
    signed.write.json(links)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
