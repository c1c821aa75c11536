"""Reads what nearly every client of boto3 needs, once for all sessions in processes forked from this one."""

from functools import cache

from botocore import session
from botocore.loaders import create_loader

session.create_loader = cache(create_loader)
LOADER = session.create_loader(None)
for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
    LOADER.load_data(name)
for service in ("s3", "sts"):
    for kind in ("service-2", "endpoint-rule-set-1"):
        LOADER.load_service_model(service, kind)
