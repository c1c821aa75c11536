"""What changes between two synthesized files and is not in a plan: above all `prevent_destroy`.

Terraform's plan JSON has no lifecycle arguments. A resource that leaves the configuration takes its
`prevent_destroy` with it, so nothing stops the plan that destroys it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from review.accounts import configured_accounts
from review.attributes import blocks
from review.model import CAREFUL, DANGEROUS, GOOD, Finding
from review.reading import object_at, one_or_many

Json = Any


def lifecycle_findings(deployed: Mapping[str, Json], synthesized: Mapping[str, Json]) -> Iterator[Finding]:
    """Yield what the new configuration protects less, or better.

    Args:
        deployed: the synthesized JSON of what is deployed.
        synthesized: the synthesized JSON of what is planned.
    """
    before, after = synthesized_resources(deployed), synthesized_resources(synthesized)
    moved = _moves(synthesized)
    for address, old in before.items():
        place = moved.get(address, address)
        yield from _compared(place, old, after.get(place))
    allowed, allows = (set(configured_accounts(one)) for one in (deployed, synthesized))
    if allowed and (not allows or allows - allowed):
        words = "the provider may deploy into other accounts than before: only {} was allowed"
        yield Finding(DANGEROUS, "", words, (", ".join(sorted(allowed)),))
    if _backend(deployed) != _backend(synthesized):
        yield Finding(CAREFUL, "", "the backend changes: the state is stored or locked in another way")


def synthesized_resources(configuration: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """Return the resources of a synthesized configuration, by their addresses."""
    return {
        f"{kind}.{name}": next(iter(blocks(resource)), {})
        for kind, named in object_at(configuration, "resource").items()
        for name, resource in object_at(named).items()
    }


def _moves(configuration: Mapping[str, Json]) -> dict[str, str]:
    """Return where each resource that is moved ends up, however many moves that takes."""
    moves = {
        str(one["from"]): str(one["to"])
        for one in blocks(configuration.get("moved"))
        if {"from", "to"} <= set(one)
    }
    for address in moves:
        seen = {address}
        while (place := moves[address]) in moves and place not in seen:
            seen.add(place)
            moves[address] = moves[place]
    return moves


def _lifecycle(resource: Mapping[str, Json] | None) -> Mapping[str, Json]:
    return next(iter(blocks((resource or {}).get("lifecycle"))), {})


def _compared(address: str, old: Mapping[str, Json], new: Mapping[str, Json] | None) -> Iterator[Finding]:
    was, now = _lifecycle(old), _lifecycle(new)
    protected = was.get("prevent_destroy") is True
    if protected and new is None:
        words = "it leaves the configuration, and prevent_destroy with it: a plan may destroy it"
        yield Finding(DANGEROUS, address, words)
        return
    if protected and now.get("prevent_destroy") is not True:
        yield Finding(DANGEROUS, address, "prevent_destroy is gone: a plan may destroy it")
    elif now.get("prevent_destroy") is True and not protected:
        yield Finding(GOOD, address, "prevent_destroy is set: no plan can destroy it")
    for name in sorted(_ignored(now) - _ignored(was)):
        yield Finding(
            CAREFUL, address, "changes to its {} are ignored: what others change there stays", (name,)
        )
    for name in sorted(_ignored(was) - _ignored(now)):
        yield Finding(GOOD, address, "changes to its {} are no longer ignored", (name,))
    if (new or {}).get("provisioner") not in (None, old.get("provisioner")):
        words = "it runs other commands than before on the machine that applies it (a provisioner)"
        yield Finding(CAREFUL, address, words)


def _ignored(lifecycle: Mapping[str, Json]) -> set[str]:
    # Either a list, or the word "all".
    return {str(one) for one in one_or_many(lifecycle.get("ignore_changes"))}


def _backend(configuration: Mapping[str, Json]) -> Json:
    return object_at(configuration, "terraform").get("backend")
