"""`ops prove`: what an environment's policies guarantee for every request from anyone."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.deploy.bootstrapped import refuse_misspelt
from ops.shared.checkout import load_settings
from ops.shared.errors import OpsError
from proof.properties import GivenUp, ProofCache, Proven
from settings.defaults import EVERY_ENVIRONMENT
from settings.model import Settings
from settings.problems import SettingsError
from stacks.app import build
from stacks.promises import prove

Results = Sequence[Proven | GivenUp]


@dataclass(frozen=True)
class ProvenStacks:
    """The synthesized stacks of an environment, and what was proven of their policies.

    Attributes:
        stacks: the JSON of each stack, by the stack's name.
        results: whether each promise holds.
    """

    stacks: Mapping[str, dict[str, Any]]
    results: Results


def run_prove(environment: str, *, output_format: str) -> None:
    """Print whether each promise of an environment holds.

    Args:
        environment: its name; `all` for every environment that has a file.
        output_format: `text` or `json`.

    Raises:
        OpsError: the settings are wrong, the name looks misspelt, or a promise does not hold or cannot be
            decided.
    """
    one = None if environment == EVERY_ENVIRONMENT else environment
    if one is not None:
        refuse_misspelt(one)
    results = proven(one, reasons=output_format == "json")
    if output_format == "json":
        print(
            json.dumps({name: [_as_json(one) for one in found] for name, found in results.items()}, indent=2)
        )
    else:
        for name, found in results.items():
            print("\n".join(table(name, found)))
    broken = [
        (name, one)
        for name, found in results.items()
        for one in found
        if isinstance(one, Proven) and not one.holds
    ]
    if broken:
        names = ", ".join(f"{one.promised.name} of {name}" for name, one in broken)
        raise OpsError(f"not proven: {names}")


def proven(environment: str | None = None, *, reasons: bool) -> dict[str, Results]:
    """Return whether each promise holds, by environment: one, or all that have a file.

    Args:
        environment: its name; None for all.
        reasons: whether to find the statements by which a promise holds.

    Raises:
        OpsError: the settings are wrong.
    """
    known = ProofCache()
    chosen = load_settings({**os.environ, "ENVIRONMENT_SUFFIX": environment or ""})
    return {settings.environment: proven_of(settings, known, reasons=reasons) for settings in chosen}


def proven_of(settings: Settings, known: ProofCache | None = None, *, reasons: bool = False) -> Results:
    """Return whether each promise of an environment holds.

    Args:
        settings: the environment.
        known: what was proven before, for other environments.
        reasons: whether to find the statements by which a promise holds.

    Raises:
        OpsError: the roles of CI cannot be given what it needs.
    """
    return proven_stacks(settings, known, reasons=reasons).results


def proven_stacks(
    settings: Settings, known: ProofCache | None = None, *, reasons: bool = False
) -> ProvenStacks:
    """Synthesize an environment in this process, and prove its promises.

    Args:
        settings: the environment.
        known: what was proven before, for other environments.
        reasons: whether to find the statements by which a promise holds.

    Raises:
        OpsError: the roles of CI cannot be given what it needs.
    """
    with tempfile.TemporaryDirectory(prefix="secure-s3-prove-") as temporary:
        try:
            build([settings], outdir=temporary).synth()
        except SettingsError as error:
            raise OpsError(error.problems[0]) from error
        folder = Path(temporary, "stacks")
        stacks = {one.name: json.loads((one / "cdk.tf.json").read_bytes()) for one in folder.iterdir()}
        return ProvenStacks(stacks, prove(settings, folder, known, reasons=reasons))


def summary(results: Results) -> str:
    """Say in a few words how many promises there are, and that they hold."""
    promised = [one for one in results if isinstance(one, Proven)]
    kept = sum(one.holds for one in promised)
    given_up = [one.name for one in results if isinstance(one, GivenUp)]
    text = f"{kept} of {len(promised)} promises hold for every request"
    return f"{text}; given up: {', '.join(given_up)}" if given_up else text


def table(environment: str, results: Results) -> Iterator[str]:
    """Yield the lines of an environment's table."""
    yield f"{environment}: what its policies guarantee, for every request of everybody"
    for one in results:
        if isinstance(one, GivenUp):
            yield f"  - {one.says}"
            yield f"      given up: {one.why}"
            continue
        yield f"  {'✓' if one.holds else '✗'} {one.promised.says}"
        yield from (f"      {example}" for example in one.counter_examples())
    yield f"  {summary(results)}"


def _as_json(one: Proven | GivenUp) -> dict[str, Any]:
    if isinstance(one, GivenUp):
        return {"name": one.name, "says": one.says, "given_up": one.why}
    return {
        "name": one.promised.name,
        "says": one.promised.says,
        "why": one.promised.why,
        "holds": one.holds,
        "statements": sorted({name.partition("/")[2] for name in one.by}),
        "counter_examples": one.counter_examples(),
    }
