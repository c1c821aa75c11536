"""The table of simulated requests: `requests/*.toml`, a row for each request.

A group says what its rows have in common, and every row says what is its own.
A row stands for a request in each of its stacks, and for each value where it has a list of them:

- `stacks`: patterns such as `*-state`; `!sse-s3*` leaves out what was named before.
- `who`: a name in `people.py`.
- `does`: operations of S3 (`PutObject`), actions on the bucket (`s3:PutBucketPolicy`) or an object
  (`s3:PutObjectTagging`), on its key (`kms:Decrypt`), on the topic of its alarms (`sns:Publish`) or on a rule
  of EventBridge (`events:PutRule`).
- the rest: as in `Row`; what is not said is an up-to-date client in the office.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any

from tests.conftest import STACKS

REQUESTS = Path(__file__).with_name("requests")


@dataclass(frozen=True)
class Row:
    """One simulated request.

    Attributes:
        stack: the stack without `secure-storage-`.
        who: a name in `people.py`.
        does: one operation or action.
        answer: `allowed: …` or `denied: …`, with who said so; see `simulation.py`.
        key: the object's key; `{environment}` stands for the stack's in the files, here and in `prefix`.
        bucket: `this`, such as `log bucket`, or `another` one of the same account, which has no policy.
        via: `the bucket`, or the name of an access point that leads to it.
        tag: what the object's tag says of its scan for malware, or `none`.
        rule: what rule of EventBridge it is about, of `simulation.RULES`.
        prefix: what a listing asks for; None for all.
        over: a name in `simulation.OVER`; `HTTPS` is TLS 1.3.
        network: a name in `simulation.NETWORKS`.
        signed: `header`, `SigV2 header`, `SigV2 link`, `unsigned`, or such as `link, 2 hours old`.
        session: the session of a role: `new`, or `old`, which began before what a variant revokes.
        sends: a name in `simulation.SENT`: the headers of an upload.
        through: which service asks KMS: `S3`, `S3 elsewhere`, `S3 as a host in China`, `DynamoDB` or
            `nothing`.
        context: what KMS is asked to encrypt: `this bucket`, `its object`, …, or `nothing`.
        kms_key: `this`, another of the deployment, or `another` key of the account.
    """

    stack: str
    who: str
    does: str
    answer: str
    key: str = "data/file"
    bucket: str = "this"
    via: str = "the bucket"
    tag: str = "none"
    rule: str = "none"
    prefix: str | None = None
    over: str = "HTTPS"
    network: str = "the office"
    signed: str = "header"
    session: str = "new"
    sends: str = "UploadHeaders"
    through: str = "nothing"
    context: str = "nothing"
    kms_key: str = "this"

    def __str__(self) -> str:
        parts = [
            f"{field.name}={getattr(self, field.name)}"
            for field in fields(self)
            if field.name not in ("stack", "who", "does", "answer")
            and getattr(self, field.name) != field.default
        ]
        return " ".join([f"{self.stack}: {self.who} {self.does}", *parts])


def _stacks(patterns: list[str]) -> list[str]:
    chosen: set[str] = set()
    names = [name.removeprefix("secure-storage-") for name in STACKS]
    for pattern in patterns:
        matching = {name for name in names if fnmatchcase(name, pattern.removeprefix("!"))}
        assert matching, f"no stack is called {pattern}"
        chosen = chosen - matching if pattern.startswith("!") else chosen | matching
    return [name for name in names if name in chosen]


def _rows(group: dict[str, Any]) -> Iterator[Row]:
    common = {name: value for name, value in group.items() if name != "rows"}
    for own in group["rows"]:
        row = common | own
        for stack in _stacks(row.pop("stacks")):
            environment = stack.removesuffix("-state")
            for values in product(*([one] if isinstance(one, str) else one for one in row.values())):
                request = dict(zip(row, values, strict=True))
                places = {
                    name: request[name].replace("{environment}", environment)
                    for name in ("key", "prefix")
                    if name in request
                }
                yield Row(stack=stack, **request | places)


def load(folder: Path = REQUESTS) -> dict[str, list[Row]]:
    """Return the rows of every file, by the file's name without its suffix."""
    return {
        file.stem: [
            row for group in tomllib.loads(file.read_text(encoding="utf-8"))["group"] for row in _rows(group)
        ]
        for file in sorted(folder.glob("*.toml"))
    }


TABLE = load()
ROWS = [row for rows in TABLE.values() for row in rows]
