"""What may run when a resource is destroyed that left the configuration: no plan has its `removed` block.

https://developer.hashicorp.com/terraform/language/block/removed
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from review.attributes import blocks
from review.model import Finding, careful
from review.parts import plain_address
from review.plan import Change, Plan
from review.reading import configured, object_at

Json = Any
LEFT = (
    "delete_because_no_module",
    "delete_because_no_move_target",
    "delete_because_no_resource_config",
)
"""Terraform's words for destroying what is no longer in the configuration."""


def removed_findings(
    plan: Plan, synthesized: Mapping[str, Json] | None, said: Collection[str]
) -> Iterator[Finding]:
    """Yield the destroyed resources whose `removed` block runs commands, or may.

    Args:
        plan: the plan.
        synthesized: the synthesized JSON of what is planned, if it is there; it has no blocks of modules.
        said: the addresses of resources that need a look already.
    """
    there = dict(configured(plan.document))
    removed = blocks(object_at(synthesized).get("removed"))
    running = {str(one.get("from")) for one in removed if one.get("provisioner")}
    shown = synthesized is not None and not running and not synthesized.get("module")
    for change in plan.resources:
        address = plain_address(change.address)
        if change.action != "destroy" or address in there:
            continue
        if address in running:
            words = "its removed block runs commands on the machine that applies it (a provisioner)"
            yield careful(words).at(change.address)
        elif not shown and _may_have_left(change, said):
            words = "it left the configuration: a removed block may run commands, which no plan shows"
            yield careful(words).at(change.address)


def _may_have_left(change: Change, said: Collection[str]) -> bool:
    # Where everything is to be destroyed, a plan gives no reasons: it is said if nothing else is.
    return change.address not in said and (change.reason in LEFT or not (change.reason or said))
