"""Writes services.jsonl, the table of actions, from the npm package iam-data.

`python -m proof.make_services`, after `make setup`; a test says when the file
is out of date. The package (MIT) holds AWS's Service Authorization Reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE = HERE / "services.jsonl"
DATA = HERE.parent / "node_modules" / "@cloud-copilot" / "iam-data" / "data"

SERVICES = (
    *("access-analyzer", "athena", "backup", "cloudformation", "cloudtrail", "cloudwatch", "dynamodb", "ec2"),
    *(
        "ecr",
        "events",
        "firehose",
        "glue",
        "guardduty",
        "iam",
        "kms",
        "lambda",
        "logs",
        "organizations",
        "s3",
    ),
    *("s3-object-lambda", "s3-outposts", "s3express", "s3tables", "secretsmanager", "sns", "sqs", "ssm"),
    *("states", "sts", "tag"),
)


def _read(folder: str, service: str) -> dict[str, Any]:
    path = DATA / folder / f"{service}.json"
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return found


def row(service: str) -> dict[str, Any]:
    """Return a service's line: its keys and resource types, and its actions by what they know."""
    types = _read("resourceTypes", service)
    keys = {one["key"].lower(): one["type"] for one in _read("conditionKeys", service).values()}
    number = {key: at for at, key in enumerate(keys)}
    groups: dict[tuple[tuple[str, ...], tuple[int, ...]], list[str]] = {}
    for action in _read("actions", service).values():
        of_types = [types[one["name"].lower()] for one in action["resourceTypes"]]
        known = {
            key.lower()
            for source in (action, *action["resourceTypes"], *of_types)
            for key in source.get("conditionKeys", [])
        }
        kind = (
            tuple(sorted({one["name"].lower() for one in action["resourceTypes"]})),
            tuple(sorted(number[key] for key in known if key in number)),
        )
        groups.setdefault(kind, []).append(action["name"])
    return {
        "service": service,
        "types": {name: one["arn"] for name, one in types.items()},
        "keys": keys,
        "groups": [[list(of), list(known), names] for (of, known), names in groups.items()],
    }


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    for service in SERVICES:
        yield json.dumps(row(service), separators=(",", ":")) + "\n"


if __name__ == "__main__":
    TABLE.write_text("".join(lines()))
