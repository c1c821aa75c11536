"""What was changed by hand: compares what is deployed with what Terraform's state says of it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from ops.errors import OpsError
from ops.findings import Finding, Severity
from ops.terraform import Stack, synthesized
from ops.weakening import findings

import click

DRIFTED = 3
"""The exit status where something drifted."""

# The provider shows in the bucket what resources of their own set: there it is no drift but an echo.
ECHOES = {
    "aws_s3_bucket": {
        "aws_s3_bucket_policy": "policy",
        "aws_s3_bucket_server_side_encryption_configuration": "server_side_encryption_configuration",
        "aws_s3_bucket_versioning": "versioning",
        "aws_s3_bucket_lifecycle_configuration": "lifecycle_rule",
    },
    "aws_sns_topic": {"aws_sns_topic_policy": "policy"},
}


@dataclass(frozen=True)
class Drift:
    """One resource that is not as the state says.

    Attributes:
        stack: the name of the stack that it belongs to.
        address: its address there.
        gone: whether it does not exist any more.
        attributes: the attributes that differ, each with what it was and is.
        findings: what that does to security.
    """

    stack: str
    address: str
    gone: bool
    attributes: Mapping[str, tuple[object, object]]
    findings: tuple[Finding, ...]


def run_drift(environment: str, *, output_format: str, storage_only: bool = False) -> bool:
    """Report what drifted in the stacks of an environment; tell whether anything did.

    Args:
        environment: its name.
        output_format: "text" or "json".
        storage_only: look at the storage stack alone, as CI's roles may not read the state of the others.

    Raises:
        OpsError: the settings are wrong, nothing is deployed, or Terraform cannot compare.
    """
    with synthesized(environment) as (_, stacks), ThreadPoolExecutor() as pool:
        if storage_only:
            stacks = {name: stacks[name] for name in (f"secure-storage-{environment}",)}
        plans = dict(zip(stacks, pool.map(_refresh_or_say_how, stacks.values()), strict=True))
    if not any(map(is_deployed, plans.values())):
        raise OpsError(
            f"{environment} is not deployed, so nothing can have drifted: `make deploy ENV={environment}`"
        )
    drifts = [drift for stack, plan in sorted(plans.items()) for drift in drifts_of(stack, plan)]
    if output_format == "json":
        click.echo(json.dumps(_as_json(environment, drifts), indent=2))
    else:
        click.echo("\n".join(_as_text(environment, drifts)))
    return bool(drifts)


def refresh(stack: Stack) -> dict[str, Any]:
    """Return Terraform's refresh-only plan of a stack, which changes nothing and takes no lock."""
    stack.init()
    # 2 is what -detailed-exitcode gives for a difference, which here may be a mere echo.
    arguments = ["-refresh-only", "-detailed-exitcode", "-input=false", "-lock=false", "-out=drift.tfplan"]
    stack.terraform("plan", *arguments, accept=(0, 2))
    plan: dict[str, Any] = json.loads(stack.terraform("show", "-json", "drift.tfplan").stdout)
    return plan


def _refresh_or_say_how(stack: Stack) -> dict[str, Any]:
    try:
        return refresh(stack)
    except OpsError as error:
        if stack.name.endswith("-state") and " 403" in str(error):
            raise OpsError(f"{error}; a role that may not read this state has --storage-only") from error
        raise


def is_deployed(plan: Mapping[str, Any]) -> bool:
    """Tell whether the state has any resource."""
    return bool(plan.get("resource_drift")) or bool(_managed(plan))


def _managed(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    module = plan.get("prior_state", {}).get("values", {}).get("root_module", {})
    return [resource for resource in module.get("resources", []) if resource.get("mode") == "managed"]


def drifts_of(stack: str, plan: Mapping[str, Any]) -> Iterator[Drift]:
    """Yield what drifted by a refresh-only plan in JSON.

    https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
    """
    drifted = plan.get("resource_drift", [])
    kinds = {resource["type"] for resource in (*_managed(plan), *drifted)}
    for resource in drifted:
        kind, change = resource["type"], resource["change"]
        echoed = {attribute for owner, attribute in ECHOES.get(kind, {}).items() if owner in kinds}
        before, after = (
            None
            if attributes is None
            else {name: value for name, value in attributes.items() if name not in echoed}
            for attributes in (change["before"], change["after"])
        )
        if after is None:
            yield Drift(stack, resource["address"], True, {}, tuple(findings(kind, before, None)))
            continue
        differing = _differing(before or {}, after, change.get("before_sensitive"))
        if differing:
            found = tuple(findings(kind, before, after))
            yield Drift(stack, resource["address"], False, differing, found)


def _differing(
    before: Mapping[str, object], after: Mapping[str, object], sensitive: object
) -> dict[str, tuple[object, object]]:
    differing = {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        # The provider writes nothing as null, "" or an empty list or map, by turns.
        if (before.get(name) or None) != (after.get(name) or None)
        or (before.get(name) is False) != (after.get(name) is False)
    }
    if "tags" in differing and "tags_all" in differing:
        del differing["tags"]  # are among the others
    # Blocks are given as such, and only what is true in them is sensitive: mask the attribute as a whole.
    secret = (
        {name for name, mask in sensitive.items() if _any_true(mask)}
        if isinstance(sensitive, dict)
        else set()
    )
    return {
        name: ("(sensitive)", "(sensitive)") if name in secret else values
        for name, values in differing.items()
    }


def _any_true(mask: object) -> bool:
    if isinstance(mask, dict | list):
        return any(map(_any_true, mask.values() if isinstance(mask, dict) else mask))
    return mask is True


def _as_json(environment: str, drifts: Iterable[Drift]) -> dict[str, object]:
    return {
        "environment": environment,
        "drifted": bool(drifts),
        "resources": [
            {
                "stack": drift.stack,
                "address": drift.address,
                "gone": drift.gone,
                "attributes": {
                    name: {"before": before, "after": after}
                    for name, (before, after) in drift.attributes.items()
                },
                "findings": [
                    {**asdict(finding), "severity": finding.severity.name.lower()}
                    for finding in drift.findings
                ],
            }
            for drift in drifts
        ],
    }


def _as_text(environment: str, drifts: list[Drift]) -> Iterator[str]:
    if not drifts:
        yield f"✓ {environment} is as it was deployed: nothing drifted."
        return
    for drift in drifts:
        yield f"✗ {drift.address} of {drift.stack}{' is gone' if drift.gone else ''}"
        for name, (before, after) in drift.attributes.items():
            if name == "policy":
                yield f"    {name} changed"  # the findings say which statements
            else:
                yield f"    {name}: {_shown(before)} → {_shown(after)}"
        for finding in drift.findings:
            yield f"    {finding.severity.name.lower()}: {finding.words}"
            if finding.remedy:
                yield f"    → {finding.remedy}"
        yield ""
    weaker = sum(finding.severity >= Severity.WEAKER for drift in drifts for finding in drift.findings)
    count = f"{len(drifts)} resource{'s' * (len(drifts) != 1)} of {environment} drifted"
    yield f"{count}; {weaker or 'no'} security setting{'s' * (weaker != 1)} got weaker."
    yield "→ " + " and ".join(f"`{command}`" for command in _mending(environment, drifts)) + " puts it back."


def _mending(environment: str, drifts: Iterable[Drift]) -> list[str]:
    targets = {"bootstrap" if drift.stack.endswith("-state") else "deploy" for drift in drifts}
    return [f"make {target} ENV={environment}" for target in sorted(targets)]


def _shown(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
