"""What people rely on of a deployed stack: addresses, names in AWS, outputs, statements of its policies."""

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from settings.loading import load_environments
from stacks.app import build
from tests.conftest import ROOT

DOCUMENTS = ("policy", "assume_role_policy")
"""The attributes that hold a policy."""

WORDING = (*DOCUMENTS, "description", "event_pattern")
"""Text that names nothing: a change of it shows in a resource's digest only."""

Statements = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Resource:
    """One resource of a stack.

    Attributes:
        path: where it is among the constructs, without the stack; `ENV` stands for the environment's name.
        names: every text that it is set up with, such as its name in AWS; for a reference, what it refers to.
        digest: changes with anything that the resource is set up with.
    """

    path: str
    names: dict[str, str]
    digest: str


@dataclass(frozen=True)
class Contract:
    """What people rely on of one stack.

    Attributes:
        backend: where its state is.
        outputs: the outputs' values by name.
        resources: by address, such as `aws_kms_key.encryption-key_B3391E8B`.
        policies: each policy's statements by Sid; by its construct's path, and the role's trust as `… trust`.
    """

    backend: dict[str, Any]
    outputs: dict[str, Any]
    resources: dict[str, Resource]
    policies: dict[str, Statements]

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> "Contract":
        """Read what `asdict` wrote."""
        resources = {address: Resource(**one) for address, one in content["resources"].items()}
        return cls(content["backend"], content["outputs"], resources, content["policies"])


def contract_of(stack: Mapping[str, Any]) -> Contract:
    """Return the contract of a stack, given as synthesized JSON."""
    environment = _environment(stack)
    resources: dict[str, Resource] = {}
    policies: dict[str, Statements] = {}
    for kind, described in stack["resource"].items():
        for id_, content in described.items():
            path = _path(content, environment)
            resources[f"{kind}.{id_}"] = Resource(path, _names(content), _digest(content))
            for attribute in DOCUMENTS:
                if attribute in content:
                    policies.setdefault(_policy(path, attribute), {}).update(_statements(content[attribute]))
    s3 = stack["terraform"]["backend"]["s3"]
    return Contract(
        backend={name: s3[name] for name in ("bucket", "key", "region")},
        outputs={name: one["value"] for name, one in stack["output"].items()},
        resources=resources,
        policies=policies,
    )


def _environment(stack: Mapping[str, Any]) -> str:
    (name,) = re.findall("^secure-storage-(.+?)(?:-state|-ci)?$", stack["//"]["metadata"]["stackName"])
    return str(name)


def _path(resource: Mapping[str, Any], environment: str) -> str:
    _, path = resource["//"]["metadata"]["path"].split("/", 1)
    return re.sub(f"-{re.escape(environment)}$", "-ENV", path)


def _policy(path: str, attribute: str) -> str:
    # Statements that fill more than one document may move from one to the next: one policy in several parts.
    name = re.sub(r"\d+-ENV$", "-ENV", path)
    return f"{name} trust" if attribute == "assume_role_policy" else name


def _names(resource: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: _target(value)
        for name, value in resource.items()
        if isinstance(value, str) and name not in WORDING
    }


def _target(value: str) -> str:
    """Return the address that a reference is to, whichever attribute it takes; other text as it is."""
    return re.sub(r"^\$\{([^.}]+\.[^.}]+)\.[^.}]+\}$", r"\1", value)


def _digest(resource: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(resource, sort_keys=True).encode()).hexdigest()[:12]


def _statements(text: str) -> Statements:
    return {one["Sid"]: one for one in json.loads(text)["Statement"]}


def contracts_of(
    settings: Mapping[str, str], synthesized: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Contract]:
    """Return the contract of every stack by its name.

    Args:
        settings: the text of each environment's file by its path; files of one folder are one app.
        synthesized: by its name, each stack of this checkout's files, where that is known; only what other
            settings deploy is synthesized then.
    """
    synthesized = synthesized or {}
    found: dict[str, Mapping[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for file, text in settings.items():
            path = Path(folder, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for environments in sorted({Path(file).parent for file in settings}):
            # Not their text is compared, as an environment may say that its state is with another one.
            today = load_environments(ROOT / environments, {}) if synthesized else []
            released = load_environments(Path(folder, environments), {})
            same = {one.environment for one in released if one in today}
            found |= {name: one for name, one in synthesized.items() if _environment(one) in same}
            outdir = Path(tempfile.mkdtemp(dir=folder))
            build([one for one in released if one.environment not in same], outdir=str(outdir)).synth()
            for file_ in outdir.glob("stacks/*/cdk.tf.json"):
                found[file_.parent.name] = json.loads(file_.read_bytes())
    return {name: contract_of(stack) for name, stack in found.items()}


def written(contracts: Mapping[str, Contract]) -> dict[str, Any]:
    """Return contracts as JSON can hold them."""
    return {name: asdict(contract) for name, contract in sorted(contracts.items())}
