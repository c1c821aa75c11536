"""What the embedded AWS decided, and what the proof says of the same request and policies."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from proof import Decision, Identity, policy
from tests.embedded_iam.recording import MARK
from tests.proof.pinned import Answer, decided, exactly, keys_of

Recorded = dict[str, Any]


class Log:
    """The embedded AWS's log, every line of which is read once."""

    def __init__(self, file: Path) -> None:
        self._file, self._read = file, 0

    def new(self) -> list[Recorded]:
        """Return the decisions that have come since the last time."""
        if not self._file.exists():  # no test has needed an AWS so far
            return []
        with self._file.open("rb") as log:
            log.seek(self._read)
            lines = log.read()
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read += len(whole)
        texts = whole.decode("utf-8", "replace").splitlines()
        return [json.loads(text.removeprefix(MARK)) for text in texts if text.startswith(MARK)]


def by_proof(found: list[Recorded]) -> list[Answer]:
    """What the proof says of recorded requests that the same policies decide."""
    given = found[0]["policies"]
    limits = [policy(one, "limit") for one in given["limits"]]
    assert len(limits) <= 2, "a boundary, and the policies of the session"
    arn = found[0]["identity_arn"]
    of_identity = tuple(policy(one, "identity") for one in given["identity"])
    identities = (Identity((arn,), of_identity, *limits),) if ":role/" in arn or ":user/" in arn else ()
    of_resource = None if given["of_resource"] is None else policy(given["of_resource"], "resource")
    documents = [*given["identity"], *given["limits"], *([given["of_resource"]] if of_resource else [])]
    keys = sorted(set(keys_of(documents)))
    pinned = [
        exactly(one["principal"], one["action"], one["resource"], one["context"], keys) for one in found
    ]
    return decided(Decision(of_resource, found[0]["account"], identities), pinned)


_AGREED: set[bytes] = set()
"""What was asked in this process, and need not be asked again: each upload asks the same of its key."""


def disagreements(found: Iterable[Recorded]) -> Iterator[str]:
    """Yield the requests that the proof decides otherwise, as text; equal ones once."""
    scenes: dict[str, dict[bytes, Recorded]] = {}
    for one in found:
        asked = sha256(json.dumps(one, sort_keys=True).encode()).digest()
        if asked not in _AGREED:
            scene = {name: one[name] for name in ("policies", "identity_arn", "account")}
            scenes.setdefault(json.dumps(scene, sort_keys=True), {})[asked] = one
    for group in scenes.values():
        for (asked, one), answer in zip(group.items(), by_proof([*group.values()]), strict=True):
            if answer.allowed is one["allowed"]:
                _AGREED.add(asked)
                continue
            said = {True: "allowed", False: "denied", None: answer.reason}[answer.allowed]
            here = "allowed" if one["allowed"] else "denied"
            yield f"{one['action']} on {one['resource']}: {here} here, and by the proof: {said}"
