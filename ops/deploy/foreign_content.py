"""The content of a bucket that exists without a state, as far as it is not ours."""

from collections.abc import Collection, Mapping

from ops.deploy.names_in_aws import bucket_tags
from ops.shared import aws


def foreign_content(
    bucket: str, region: str, *, own_prefixes: Collection[str], own_tags: Mapping[str, str]
) -> list[str]:
    """Describe objects and tags that are not of this project.

    Args:
        bucket: the bucket's name.
        region: its region.
        own_prefixes: what the keys of our own objects begin with.
        own_tags: our own tags; Repository and Author differ from one run to the next.

    Raises:
        OpsError: AWS does not answer.
    """
    s3 = aws.client("s3", region)
    with aws.one_line_errors(f"cannot look into bucket {bucket}"):
        objects = [
            f"object {one['Key']}"
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for one in page.get("Contents", [])
            if not one["Key"].startswith(tuple(own_prefixes))
        ]
        tags = [
            f"tag {name} = {value}"
            for name, value in bucket_tags(bucket, region).items()
            if own_tags.get(name) != value and name not in ("Repository", "Author")
        ]
    return [*objects, *tags]
