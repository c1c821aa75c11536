"""How the configuration describes the values of a plan that are known only after apply.

A plan has no text of them: if one ARN in a policy is not known yet, all of the policy is not. The
synthesized JSON (`cdk.tf.json`) has the text, with references. What they reach belongs to it, unless the
plan knows the value.
https://developer.hashicorp.com/terraform/language/syntax/json
https://developer.hashicorp.com/terraform/language/expressions/references
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from review.attributes import blocks
from review.masking import any_mark
from review.parts import plain_address
from review.plan import Plan
from review.reading import object_at, state_resources

Json = Any

_CHAIN = re.compile(r"[^\W\d][\w-]*(?:\s*\.\s*[^\W\d][\w-]*)+")
_DOT = re.compile(r"\s*\.\s*")
_ELSEWHERE = re.compile(r"[$%]\{.*\b(?:module\s*\.|(?:file\w*|templatefile)\s*\()", re.DOTALL)
"""What an expression takes from elsewhere: from other modules, and from files."""

_NO_VALUE = frozenset({"//", "depends_on", "lifecycle"})
"""The arguments of a resource that make no value of it."""

_OF_EVERY_VALUE = ("dynamic", "for_each", "provider")
"""The arguments that other arguments depend on, or are in."""


class Described:
    """The configuration of a plan."""

    def __init__(self, plan: Plan, configuration: Mapping[str, Json]) -> None:
        """Read the configuration, and what `plan` knows of the values that it refers to.

        Args:
            plan: the plan.
            configuration: the synthesized JSON that it was made from.
        """
        self._known = dict(_known(plan))
        self._blocks = dict(_blocks(configuration, object_at(plan.document, "variables")))

    def __call__(self, address: str, names: Iterable[str]) -> dict[str, str] | None:
        """Return what makes each attribute, as text to compare.

        Args:
            address: of a resource or an output.
            names: its attributes that are not known. One that only AWS makes, such as `arn`, has no argument:
                it depends on the provider, and on arguments that are known or named here, too.

        Returns:
            The texts by attribute, or None if the configuration does not have all that makes them.
        """
        block = self._blocks.get(plain_address(address))
        if not isinstance(block, dict):
            return None
        made = {}
        for name in names:
            text = self._reached({key: block[key] for key in (name, *_OF_EVERY_VALUE) if key in block})
            if text is None:
                return None
            made[name] = text
        return made

    def _reached(self, start: Json) -> str | None:
        """Return a part of the configuration with all that its references reach."""
        reached, waiting = {"": start}, [start]
        for part in waiting:
            for text in _texts(part):
                if _ELSEWHERE.search(text):
                    return None
                for address, attribute in self._references(text):
                    if attribute in self._known:
                        reached[attribute] = self._known[attribute]
                        if not address.startswith("data."):
                            continue
                    if address not in reached:
                        reached[address] = self._blocks[address]
                        waiting.append(reached[address])
        return json.dumps(reached, sort_keys=True)

    def _references(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the address of each block that a text may refer to, and that with the attribute after it."""
        for chain in _CHAIN.findall(text):
            names = _DOT.split(chain)
            for start, size in ((start, size) for start in range(len(names)) for size in (3, 2)):
                address = ".".join(names[start : start + size])
                if address in self._blocks:
                    yield address, ".".join(names[start : start + size + 1])
                    break


def _known(plan: Plan) -> Iterator[tuple[str, Json]]:
    """Yield each attribute whose value a plan knows, of the resources and of what was read before."""
    for change in plan.resources:
        unknown = object_at(change.unknown)
        for name, value in object_at(change.after).items():
            if not any_mark(unknown.get(name)):
                yield f"{change.address}.{name}", value
    for one in state_resources(plan.document):
        if one.get("mode") == "data":
            yield from (
                (f"{one.get('address')}.{name}", value) for name, value in object_at(one, "values").items()
            )


def _blocks(configuration: Mapping[str, Json], variables: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield each block by the address by which others refer to it."""
    for mode, prefix in (("resource", ""), ("data", "data.")):
        for kind, named in object_at(configuration, mode).items():
            for name, body in object_at(named).items():
                yield f"{prefix}{kind}.{name}", _arguments(kind, body)
    for name, body in object_at(configuration, "provider").items():
        for one in blocks(body):
            # Its tags are compared in tags_all.
            rest = {key: value for key, value in one.items() if key != "default_tags"}
            yield (f"{name}.{one['alias']}" if "alias" in one else f"provider.{name}"), rest
    for name, body in object_at(configuration, "output").items():
        yield f"output.{name}", body
    for name, body in object_at(configuration, "variable").items():
        yield f"var.{name}", [body, variables.get(name)]
    for one in blocks(configuration.get("locals")):
        yield from ((f"local.{name}", value) for name, value in one.items())


def _arguments(kind: str, body: Json) -> Json:
    """Return the arguments that make values, and always the provider."""
    default = {"provider": f"provider.{kind.partition('_')[0]}"}
    return default | {
        name: value for one in blocks(body) for name, value in one.items() if name not in _NO_VALUE
    }


def _texts(value: Json) -> Iterator[str]:
    """Yield each text in a value, and each key."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from _texts(part)
