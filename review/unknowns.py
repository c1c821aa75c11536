"""What of a resource is known only after apply: the name of a resource, or anything.

A plan lists what an attribute refers to, but not its expression, and no dynamic blocks at all. The
synthesized JSON has both. https://developer.hashicorp.com/terraform/internals/json-format
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from review.around import Around
from review.attributes import Attributes, blocks, leaves, plain_paths
from review.facts import harmless
from review.facts.echoes import ECHOES
from review.facts.kinds import POLICIES
from review.masking import is_unknown
from review.model import Finding, careful
from review.parts import plain_address
from review.plan import Change
from review.reading import one_or_many, references
from review.rules import RULES

Json = Any

_NAME = re.compile(r"(?:.*_)?(?:arns?|bucket|endpoint|ids?|key|names?|roles?|topic|url|users?)")
"""Attributes that hold a name; no switch or number is called so."""

_REST = r"\.[\w-]+(?:\[[^]{}]*\])?\.\w+\}"
_PLAIN = re.compile(rf"(?:[^$%]|[$%](?!\{{)|\$\{{aws_\w+{_REST})*")
"""A text with no expressions in it but names."""

_ONE = re.compile(rf"\$\{{aws_s3_bucket{_REST}")


def undecided(change: Change, now: Attributes, around: Around) -> set[str]:
    """Return the paths in `now` of values that are not known and could be anything.

    They are not what the provider fills in, nor the name that another resource gets. An update may give the
    same name as before, unless the other resource is new.
    """
    policies = POLICIES.get(change.type, ())
    unknown = {path for path, value in plain_paths(now) if is_unknown(value)} - {*policies}
    if change.action == "update":
        return {path for path in unknown if not _is_of_new(change, path, now, around)}
    known = {*harmless.ANYWHERE, *harmless.NAMES.get(change.type, ())} - {"bucket"} - _judged(change.type)
    return {
        path
        for path in unknown
        if path.partition(".")[0] not in known
        and plain_address(change.address) in around.configured
        and not _is_filled_in(change, path, now, around)
        and not _named(change, path, now, around)
    }


def undecided_findings(change: Change, paths: Collection[str], around: Around) -> Iterator[Finding]:
    """Yield what is said of undecided values at `paths`; of many that may be in dynamic blocks, once."""
    given = around.configured.get(plain_address(change.address), {})
    hidden = sorted(one for one in paths if change.action != "update" and one not in given and "." not in one)
    for path in sorted(set(paths) - set(hidden)):
        yield careful("its {} is known only after apply", path)
    if hidden:
        words = "what a dynamic block may put into its {} is known only after apply"
        yield careful(words, ", ".join(hidden))


def is_of_new_bucket(change: Change, now: Attributes, around: Around) -> bool:
    """Return whether a setting is of a bucket that the plan makes, whose name may not be known yet.

    Then all that its configuration refers to has to be such buckets; any, if the plan has no configuration.
    """
    name = now.get("bucket")
    if not is_unknown(name):
        return isinstance(name, str) and name in around.new_buckets
    if not around.configured:
        return any("aws_s3_bucket." in one for one in around.new_addresses)
    written = [str(one) for one in _synthesized(change, "bucket", around)]
    return _is_of_new(change, "bucket", now, around) and all(map(_ONE.fullmatch, written))


def _is_of_new(change: Change, path: str, now: Attributes, around: Around) -> bool:
    named = _named(change, path, now, around)
    return bool(named) and named <= {*around.new_addresses}


def _named(change: Change, path: str, now: Attributes, around: Around) -> set[str]:
    """Return the addresses of the resources of AWS whose names are at `path`; empty if it may be anything."""
    referred = {plain_address(str(one)) for one in references(_expressions(change, path, now, around))}
    names = {one for one in referred if one.count(".") > 1}
    owners = {".".join(one.split(".")[:2]) for one in names}
    others = referred - names - owners
    written = _synthesized(change, path, around)
    if (
        others
        or not (_is_called_a_name(path) or _is_judged_later(change, path))
        or not all(map(_is_called_a_name, names))
        or not all(one.startswith("aws_") for one in owners)
        or not all(_PLAIN.fullmatch(str(one)) for one in written)
    ):
        return set()
    address = plain_address(change.address)
    return {address[: address.rfind(f"{change.type}.")] + one for one in owners}


def _is_called_a_name(path: str) -> bool:
    return bool(_NAME.fullmatch(path.rpartition(".")[2]))


def _is_judged_later(change: Change, path: str) -> bool:
    """Return whether rules judge what is at `path` only when it changes, such as a text with names."""
    rules = [one for one in RULES.get(change.type, ()) if one.claimed([path])]
    return change.action == "create" and bool(rules) and not any(one.new for one in rules)


def _is_filled_in(change: Change, path: str, now: Attributes, around: Around) -> bool:
    """Return whether the provider fills in what is at `path`, as the configuration leaves it open."""
    if _expressions(change, path, now, around) != []:
        return False
    block = around.synthesized.get(plain_address(change.address))
    if block is not None:
        return path.rpartition(".")[2] not in set(_dynamic(block))
    return not around.unseen or path.partition(".")[0] not in _judged(change.type)


def _expressions(change: Change, path: str, now: Attributes, around: Around) -> list[Json] | None:
    """Return what the configuration has at `path`; None if `now` has a block there that it does not have."""
    found: list[Json] = [around.configured.get(plain_address(change.address), {})]
    planned: list[Attributes] = [now]
    *outer, last = path.split(".")
    for name in outer:
        found = [one for side in found for one in one_or_many(side.get(name)) if isinstance(one, dict)]
        if any({"references", "constant_value"} & one.keys() for one in found):
            return found  # an attribute and not a block
        planned = [one for side in planned for one in blocks(side.get(name))]
        if len(planned) > len(found):
            return None
    return [side[last] for side in found if last in side]


def _synthesized(change: Change, path: str, around: Around) -> list[Json]:
    return leaves(around.synthesized.get(plain_address(change.address), {}), path)


def _dynamic(block: Json) -> Iterator[str]:
    """Yield the names of all dynamic blocks in a resource's synthesized JSON."""
    for name, value in block.items() if isinstance(block, Mapping) else ():
        if name == "dynamic":
            yield from (key for one in blocks(value) for key in one)
        for one in one_or_many(value):
            yield from _dynamic(one)


def _judged(kind: str) -> set[str]:
    """Return the attributes of a new resource that rules judge."""
    claims = [claim for rule in RULES.get(kind, ()) if rule.new for claim in rule.claims]
    return {*ECHOES.get(kind, ()), *(one.partition(".")[0] for one in claims)}
