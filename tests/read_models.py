"""Reads what nearly every client of boto3 needs, once for all sessions in processes forked from this one."""

import botocore.loaders
import botocore.session

loader = botocore.loaders.create_loader()
botocore.loaders.create_loader = botocore.session.create_loader = lambda search_path_string=None: loader
botocore.session.get_session().get_available_services()
for service in ("s3", "sts"):
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model(service, kind, api_version=None)
for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
    loader.load_data(name)
