"""Finds the outputs: a file or standard input, those of this checkout, or a state in S3."""

import json
from collections.abc import Mapping
from pathlib import Path

from presign import outputs
from presign.errors import OutputsError
from presign.options import PlaceOptions

import click

_S3 = "s3://"


def locate(options: PlaceOptions) -> outputs.Outputs:
    """Read the outputs that are named, or else those of this checkout, and say which on standard error.

    Raises OutputsError, and a usage error where there are no outputs at all.
    """
    source, stack = options["outputs"], options["stack"]
    if source and source.startswith(_S3):
        return outputs.parse(_state(source, options), source, stack)
    if source:
        return outputs.read(source, stack)
    path, found = _in_checkout(Path.cwd(), stack)
    click.echo(f"Using the outputs in {path}", err=True)
    return found


def _in_checkout(folder: Path, stack: str | None) -> tuple[Path, outputs.Outputs]:
    """Return the newest outputs of the checkout that ``folder`` is in, unless they disagree about the bucket.

    Other environments' outputs lie in the same place: the newest may well be
    that of production.
    """
    root = next((parent for parent in (folder, *folder.parents) if (parent / "cdktf.json").exists()), folder)
    paths = [*root.glob("outputs.json"), *root.glob("outputs.*.json"), *root.glob("cdktf.out/outputs*.json")]
    found: dict[Path, outputs.Outputs] = {}
    failures = []
    for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            found[path] = outputs.read(str(path), stack)
        except OutputsError as error:
            failures.append(error)
    if not found and failures:
        raise failures[0]
    if not found:
        raise click.UsageError("no outputs given: name their file with --outputs FILE or in PRESIGN_OUTPUTS")
    if len({values.bucket for values in found.values()}) > 1:
        listed = ", ".join(f"{path} (bucket {values.bucket})" for path, values in found.items())
        raise OutputsError(
            f"this checkout has several outputs, choose one with --outputs or --stack: {listed}"
        )
    return next(iter(found.items()))


def _state(source: str, options: PlaceOptions) -> object:
    """Return the Terraform state in S3, parsed."""
    bucket, _, key = source.removeprefix(_S3).partition("/")
    if not bucket or not key:
        raise OutputsError(f"{source} names no Terraform state: give s3://BUCKET/KEY")
    # Every way to fail here (no credentials, no access, no object) is one to the user.
    try:
        from boto3 import Session

        session = Session(profile_name=options["profile"])
        # A region is needed to begin with; boto3 goes on to the bucket's own.
        region = session.region_name or "us-east-1"
        client = session.client("s3", region_name=region, endpoint_url=options["endpoint_url"])
        body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except Exception as error:
        raise OutputsError(f"cannot read the outputs in {source}: {error}") from error
    try:
        document = json.loads(body)
    except ValueError as error:
        raise OutputsError(f"the outputs in {source} are not JSON: {error}") from error
    if not isinstance(document, Mapping) or "terraform_version" not in document:
        raise OutputsError(f"{source} is not a Terraform state")
    return document
