"""Finds the outputs: a file or standard input, those of this checkout, or a state in S3."""

from pathlib import Path

from presign import outputs, state
from presign.errors import OutputsError
from presign.options import PlaceOptions

import click


def locate(options: PlaceOptions) -> outputs.Outputs:
    """Read the outputs that are named, or else those of this checkout, and say which on standard error.

    Raises OutputsError, and a usage error where there are no outputs at all.
    """
    source, stack = options["outputs"], options["stack"]
    if source and source.startswith(state.SCHEME):
        return _read(state.named(source), options, stack)
    if source:
        return outputs.read(source, stack)
    root = _root()
    found = _in_files(root, stack)
    if found:
        path, stack_outputs = found
        click.echo(f"Using the outputs in {path}", err=True)
        return stack_outputs
    name, place = _in_state(root, stack)
    click.echo(f"Using the outputs of {name} in {place}", err=True)
    return _read(place, options, None)


def near(options: PlaceOptions, bucket: str, host: str) -> outputs.Outputs | None:
    """Read the outputs that are named, or those of this checkout for this bucket; None where there are none.

    ``host`` may begin with the bucket's name. Nothing is asked over the network, unless the named outputs
    are in S3. Raises OutputsError for named outputs that cannot be read.
    """
    if options["outputs"]:
        return locate(options)
    read, _ = _files(_root(), options["stack"])
    fits = (each for each in read.values() if each.bucket == bucket or host.startswith(f"{each.bucket}."))
    return next(fits, None)


def _root() -> Path:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "cdktf.json").exists()), here)


def _read(place: state.State, options: PlaceOptions, stack: str | None) -> outputs.Outputs:
    document = place.read(options["profile"], options["endpoint_url"])
    return outputs.parse(document, str(place), stack)


def _in_files(root: Path, stack: str | None) -> tuple[Path, outputs.Outputs] | None:
    """Return the newest outputs of the checkout, unless they disagree about the bucket.

    Other environments' outputs lie in the same place: the newest may well be
    that of production.
    """
    found, failures = _files(root, stack)
    if not found and failures:
        raise failures[0]
    if len({each.bucket for each in found.values()}) > 1:
        listed = ", ".join(f"{path} (bucket {each.bucket})" for path, each in found.items())
        raise OutputsError(
            f"this checkout has several outputs, choose one with --outputs or --stack: {listed}"
        )
    return next(iter(found.items()), None)


def _files(root: Path, stack: str | None) -> tuple[dict[Path, outputs.Outputs], list[OutputsError]]:
    """Return all outputs of the checkout, the newest first, and why others cannot be read."""
    paths = [
        *root.glob("outputs.json"),
        *root.glob("outputs.*.json"),
        *state.synthesized(root).glob("outputs*.json"),
    ]
    found: dict[Path, outputs.Outputs] = {}
    failures = []
    for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            found[path] = outputs.read(str(path), stack)
        except OutputsError as error:
            failures.append(error)
    return found, failures


def _in_state(root: Path, stack: str | None) -> tuple[str, state.State]:
    """Return the checkout's only storage stack, or the one called ``stack``, and where its state is."""
    found = state.of_checkout(root)
    if not found:
        raise click.UsageError("no outputs given: name their file with --outputs FILE or in PRESIGN_OUTPUTS")
    listed = ", ".join(f"{name} ({place})" for name, place in found.items())
    if stack is not None:
        if stack not in found:
            folder = state.synthesized(root)
            raise OutputsError(f"there is no storage stack {stack!r} in {folder}, only: {listed}")
        return stack, found[stack]
    if len(found) > 1:
        raise OutputsError(f"this checkout has several storage stacks, choose one with --stack: {listed}")
    return next(iter(found.items()))
