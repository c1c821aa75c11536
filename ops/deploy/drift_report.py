"""What was changed by hand: compares what is deployed with Terraform's state."""

import json
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ops.deploy.bootstrapped import require_bootstrapped
from ops.deploy.imports import refuse_unknown
from ops.shared import aws
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.sandbox_variable import as_here
from ops.shared.terraform import Stack, TerraformError, synthesized
from ops.state.state_check import refuse_lost_state
from review.drift_findings import Drift, drifts_of
from review.model import DANGEROUS
from review.plan import Plan, read_plan
from review.render.escape import visible_text
from review.surroundings import is_deployed
from settings import resource_names
from settings.model import Settings

import click

DRIFTED = 3
"""The exit status where something drifted."""


def run_drift(environment: str, *, output_format: str, storage_only: bool = False) -> bool:
    """Report what drifted in the stacks of an environment; return whether anything did.

    Args:
        environment: its name.
        output_format: "text" or "json".
        storage_only: look at the storage stack alone, as CI's roles may not read the state of the others.

    Raises:
        OpsError: the settings are wrong, the storage is not deployed, a state is lost or does not know what
            exists, or Terraform cannot compare.
    """
    settings = settings_of(environment)
    require_bootstrapped(settings)
    with synthesized(environment) as (_, stacks), ThreadPoolExecutor() as pool:
        if storage_only:
            stacks = {name: stacks[name] for name in (resource_names.storage_stack(environment),)}
        for name in stacks:
            # Terraform takes a state that was emptied or deleted for one in which nothing was deployed yet.
            refuse_lost_state(settings, name)
        plans = dict(sorted(zip(stacks, pool.map(_refresh_or_say_how, stacks.values()), strict=True)))
        missing = [name for name, plan in plans.items() if not is_deployed(plan)]
        for name in missing:
            _refuse_unknown(stacks[name], settings)
    if resource_names.storage_stack(environment) in missing:
        raise OpsError(
            f"{environment} is not deployed, so nothing can have drifted: `make deploy ENV={environment}`"
        )
    drifts = [(stack, drift) for stack, plan in plans.items() for drift in drifts_of(plan)]
    if output_format == "json":
        click.echo(json.dumps(_as_json(environment, plans.keys() - missing, drifts), indent=2))
    else:
        lines = (*_as_text(environment, drifts), *(f"{name} is not deployed." for name in missing))
        click.echo("\n".join(map(visible_text, lines)))
    return bool(drifts)


def _refuse_unknown(stack: Stack, settings: Settings) -> None:
    """Raise an OpsError unless nothing exists of a stack whose state has nothing."""
    of_storage = stack.name == resource_names.storage_stack(settings.environment)
    remedy = "recover" if of_storage else "bootstrap"
    try:
        refuse_unknown(stack.described, settings, {}, again="drift", remedy=remedy)
    except OpsError as error:
        if not aws.refused(error):
            raise
        raise OpsError(
            f"the state of {stack.name} has nothing, and whether anything exists, these credentials may not "
            f"ask: {error.problem}",
            f"make deploy ENV={settings.environment} if it was never deployed",
        ) from error


def refresh(stack: Stack) -> Plan:
    """Return Terraform's refresh-only plan of a stack, which changes nothing and takes no lock."""
    stack.init()
    # 2 is what -detailed-exitcode gives for a difference, which here may be a mere echo.
    arguments = ["-refresh-only", "-detailed-exitcode", "-input=false", "-lock=false", "-out=drift.tfplan"]
    stack.terraform("plan", *arguments, accept=(0, 2))
    return read_plan(stack.terraform("show", "-json", "drift.tfplan").stdout.encode(), "drift.tfplan")


def _refresh_or_say_how(stack: Stack) -> Plan:
    try:
        return refresh(stack)
    except TerraformError as error:
        if stack.name.endswith("-state") and error.refused:
            remedy = "a role that may not read this state has --storage-only"
            raise OpsError(error.problem, remedy) from error
        raise


Drifts = Sequence[tuple[str, Drift]]
"""What drifted, each with the name of its stack."""


def _as_json(environment: str, compared: Collection[str], drifts: Drifts) -> dict[str, object]:
    return {
        "environment": environment,
        "compared": sorted(compared),
        "drifted": bool(drifts),
        "resources": [
            {
                "stack": stack,
                "address": drift.address,
                "gone": drift.gone,
                "attributes": {
                    name: {"before": before, "after": after}
                    for name, (before, after) in drift.attributes.items()
                },
                "findings": [
                    {"severity": one.severity, "words": one.said, "remedy": one.remedy}
                    for one in drift.findings
                ],
            }
            for stack, drift in drifts
        ],
    }


def _as_text(environment: str, drifts: Drifts) -> Iterator[str]:
    if not drifts:
        yield f"✓ {environment} is as it was deployed: nothing drifted."
        return
    for stack, drift in drifts:
        yield f"✗ {drift.address} of {stack}{' is gone' if drift.gone else ''}"
        for name, (before, after) in drift.attributes.items():
            if name == "policy":
                yield f"    {name} changed"  # the findings say which statements
            else:
                yield f"    {name}: {_shown(before)} → {_shown(after)}"
        for finding in drift.findings:
            example = f"; for example, {finding.example}" if finding.example else ""
            yield f"    {finding.severity}: {finding.said}{example}"
            if finding.remedy:
                yield f"    → {finding.remedy}"
        yield ""
    worse = sum(one.severity == DANGEROUS for _, drift in drifts for one in drift.findings)
    count = f"{len(drifts)} resource{'s' * (len(drifts) != 1)} of {environment} drifted"
    yield f"{count}; {worse or 'none'} of the findings {'is' if worse == 1 else 'are'} dangerous."
    commands = " and ".join(f"`{command}`" for command in _deploys(environment, drifts))
    yield f"→ {as_here(commands)} puts back what our settings say, or stops and says what to do first."


def _deploys(environment: str, drifts: Drifts) -> list[str]:
    targets = {"bootstrap" if stack.endswith("-state") else "deploy" for stack, _ in drifts}
    return [f"make {target} ENV={environment}" for target in sorted(targets)]


def _shown(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
