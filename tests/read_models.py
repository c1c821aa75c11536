"""Reads what nearly every client of boto3 needs, once for all sessions in processes forked from this one."""

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

read = cache(JSONFileLoader().load_file)


def load_file(_: JSONFileLoader, file_path: str) -> Any:
    return read(file_path)


JSONFileLoader.load_file = load_file  # type: ignore[assignment, method-assign]
loader = Loader()
for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
    loader.load_data(name)
for service in ("s3", "sts"):
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model(service, kind)
