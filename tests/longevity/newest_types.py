"""What a version of the AWS provider accepts, as the types in its bindings say; no provider is needed for it.

The bindings are generated from the provider's schema, and their jsii assembly describes each class. The
arguments of a resource are the properties of its `…Config`; what it can be asked for, those of its class.
"""

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = Any

OF_TERRAFORM = {"//", "connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"}
NAMED_OTHERWISE = {"equals": "equalTo"}  # a name that jsii keeps for itself
PYTHONS = {"string": (str,), "number": (int, float), "boolean": (bool,)}
_DOCUMENTED = re.compile(r"/aws/([\d.]+)/docs(?:/(resources|data-sources)/\S+)? (aws\w*)\}")
_REFERENCE = re.compile(r"\b(data\.)?(aws_\w+)\.[\w-]+\.([a-z]\w*)")


def in_camel_case(name: str) -> str:
    """Return the name that an argument has in the bindings."""
    first, *others = name.split("_")
    return NAMED_OTHERWISE.get(name) or first + "".join(other.title() for other in others)


class NewestTypes:
    """The types of one version of the provider.

    Attributes:
        version: the provider's version.
        checked: how many arguments and references were compared so far.
    """

    def __init__(self, archive: Path) -> None:
        """Read the assembly in `archive`, which is inside of the bindings' Python package."""
        with tarfile.open(archive) as content:
            file = content.extractfile("package/.jsii")
            assert file is not None
            self._types: Mapping[str, Json] = json.load(file)["types"]
        self.version, self.checked = "", 0
        self._classes: dict[tuple[str, str], Json] = {}
        for one in self._types.values():
            found = _DOCUMENTED.search(one.get("docs", {}).get("summary", ""))
            if one["kind"] == "class" and found is not None:
                self.version, folder, type_ = found.groups()
                kind = {"resources": "resource", "data-sources": "data", None: "provider"}[folder]
                self._classes[kind, type_] = one

    def attributes(self, type_: str) -> set[str]:
        """Return what a resource can be asked for, and what its blocks can: in camel case, `Block.name`."""
        top = self._classes["resource", type_]
        folder = top["fqn"].rpartition(".")[0]
        found = {one["name"] for one in top["properties"]}
        for fqn, one in self._types.items():
            if fqn.rpartition(".")[0] == folder and one["name"].endswith("OutputReference"):
                found |= {f"{one['name']}.{each['name']}" for each in one.get("properties", ())}
        return {name for name in found if not name.endswith("Input")}

    def problems(self, stack: Json) -> Iterator[str]:
        """Yield a line for all of a stack's synthesized JSON that the provider would refuse."""
        for kind in ("resource", "data"):
            for type_, named in stack.get(kind, {}).items():
                for name, block in named.items():
                    yield from self._top(kind, type_, f"{type_}.{name}", block)
        for block in stack["provider"]["aws"]:
            yield from self._top("provider", "aws", "provider", block)
        for data, type_, attribute in _REFERENCE.findall(json.dumps(stack)):
            self.checked += 1
            found = self._classes.get(("data" if data else "resource", type_))
            if found is None or not _has(found, attribute):
                yield f"{data}{type_}: has no attribute {attribute}"

    def _top(self, kind: str, type_: str, where: str, block: Json) -> Iterator[str]:
        found = self._classes.get((kind, type_))
        if found is None:
            yield f"{where}: there is no {kind} {type_}"
            return
        (config,) = (
            one["type"]["fqn"] for one in found["initializer"]["parameters"] if one["name"] == "config"
        )
        given = {name: value for name, value in block.items() if name not in OF_TERRAFORM}
        yield from self._block(where, given, config)

    def _block(self, where: str, block: Json, fqn: str) -> Iterator[str]:
        arguments = {one["name"]: one for one in self._types[fqn].get("properties", ())}
        given = set()
        for name, value in block.items():
            self.checked += 1
            argument = arguments.get(in_camel_case(name)) or arguments.get(f"{in_camel_case(name)}Attribute")
            if argument is None:
                yield f"{where}: there is no argument {name}"
                continue
            given.add(argument["name"])
            yield from self._value(f"{where}.{name}", value, argument["type"])
        for name, argument in arguments.items():
            if not argument.get("optional") and name not in given:
                yield f"{where}: the argument {name} is missing"

    def _value(self, where: str, value: Json, type_: Json) -> Iterator[str]:
        if isinstance(value, str) and "${" in value:
            return
        found = [
            list(self._misfits(where, value, one)) for one in type_.get("union", {}).get("types", [type_])
        ]
        # Of several types one has to fit. Where none does, the one that was looked into deepest says most.
        yield from max(found, key=lambda lines: max(map(_depth, lines))) if all(found) else ()

    def _misfits(self, where: str, value: Json, type_: Json) -> Iterator[str]:
        if "primitive" in type_:
            if type(value) not in PYTHONS.get(type_["primitive"], (type(value),)):
                yield f"{where}: {value!r} is no {type_['primitive']}"
        elif "collection" in type_:
            kind = type_["collection"]["kind"]
            if not isinstance(value, {"array": list, "map": dict}[kind]):
                yield f"{where}: {value!r} is no {kind}"
                return
            for one in value.values() if isinstance(value, dict) else value:
                yield from self._value(f"{where}[]", one, type_["collection"]["elementtype"])
        elif self._types.get(type_["fqn"], {}).get("datatype") and isinstance(value, dict):
            yield from self._block(where, value, type_["fqn"])
        else:
            yield f"{where}: {value!r} is no {type_['fqn'].rpartition('.')[2]}"


def _has(found: Json, attribute: str) -> bool:
    return in_camel_case(attribute) in {one["name"] for one in found["properties"]}


def _depth(line: str) -> int:
    return line.partition(": ")[0].count(".")
