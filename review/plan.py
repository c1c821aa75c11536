"""Reads what `terraform show -json PLANFILE` writes.

https://developer.hashicorp.com/terraform/internals/json-format
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
DEEPEST = 200
"""How deeply a plan may be nested: deeper than any real plan, and safe for the stack."""

ACTIONS = {
    ("no-op",): "no-op",
    ("create",): "create",
    ("read",): "read",
    ("update",): "update",
    ("delete",): "destroy",
    ("forget",): "forget",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "forget and create",
    ("forget", "create"): "forget and create",
    ("open",): "read",
}
"""What Terraform's combinations of actions are called here."""


class PlanError(Exception):
    """The input cannot be reviewed; the message says in one line why, and how to fix it."""


@dataclass(frozen=True)
class Change:
    """What happens to one resource instance or output.

    Attributes:
        address: its address; of an output `output.NAME`.
        type: the resource's type, such as `aws_s3_bucket`.
        action: one of the values of `ACTIONS`.
        before: its attributes as they are; None where there are none.
        after: its attributes as they will be, without those that are not known yet.
        unknown: which of them are not known yet, in the same shape as `after`.
        before_sensitive, after_sensitive: which are sensitive, in the same shape.
        moved_from: its previous address.
        imported: whether it is imported.
        deposed: whether it is an object left over from a replacement that failed.
        reason: why it is replaced or destroyed, in Terraform's word.
        replace_paths: the attributes that force its replacement, each as a list of steps.
        provider: the provider that makes it, as `registry/namespace/name`; empty where the plan does not say.
    """

    address: str
    type: str
    action: str
    before: Json = None
    after: Json = None
    unknown: Json = None
    before_sensitive: Json = None
    after_sensitive: Json = None
    moved_from: str = ""
    imported: bool = False
    deposed: bool = False
    reason: str = ""
    replace_paths: tuple[Json, ...] = ()
    provider: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything happens to it."""
        return self.action not in ("no-op", "read") or self.imported or bool(self.moved_from)


@dataclass(frozen=True)
class Plan:
    """A plan.

    Attributes:
        resources: the managed resources, those that do not change among them.
        drift: what was changed outside of Terraform; `before` is what Terraform knew.
        outputs: the changed outputs.
        incomplete: whether Terraform defers a part of the changes to a later plan.
        document: the whole plan.
    """

    resources: tuple[Change, ...]
    drift: tuple[Change, ...]
    outputs: tuple[Change, ...]
    incomplete: bool
    document: Mapping[str, Json]


def read_plan(content: bytes, name: str) -> Plan:
    """Return the plan that `content` holds.

    Args:
        content: what `terraform show -json PLANFILE` printed.
        name: what to call it in an error.

    Raises:
        PlanError: it is not the JSON of a plan, of a version that is not known, or of a plan that failed.
    """
    document = parse_object(content, name)
    if "values" in document and "resource_changes" not in document:
        raise PlanError(
            f"{name}: is the JSON of a state, not of a plan; write one with "
            "`terraform plan -out PLANFILE` and `terraform show -json PLANFILE`"
        )
    version = document.get("format_version")
    if not isinstance(version, str) or not {"resource_changes", "planned_values", "errored"} & set(document):
        raise PlanError(f"{name}: is not the JSON of a plan, as `terraform show -json PLANFILE` writes it")
    if version.split(".")[0] != "1":
        raise PlanError(f"{name}: has format_version {_short(version)}; only 1.x is understood")
    if document.get("errored") is True:
        raise PlanError(
            f"{name}: is of a plan that failed, so there is nothing to review; fix its errors first"
        )
    reader = _Reader(name)
    outputs = document.get("output_changes")
    return Plan(
        resources=tuple(reader.resources(document, "resource_changes")),
        drift=tuple(one for one in reader.resources(document, "resource_drift") if one.action != "no-op"),
        outputs=tuple(
            change
            for key, value in sorted(reader.object(outputs, "output_changes").items())
            if (change := reader.change(value, f"output_changes.{key}", f"output.{key}", "output")).changes
        ),
        incomplete=document.get("complete") is False or bool(document.get("deferred_changes")),
        document=document,
    )


def parse_object(content: bytes, name: str) -> dict[str, Json]:
    """Return the JSON object in `content`; raises PlanError, which says what it is instead."""
    if content.startswith(b"PK\x03\x04"):
        raise PlanError(f"{name}: is a plan file; give the JSON that `terraform show -json` prints of it")
    if not content.strip():
        raise PlanError(f"{name}: is empty")
    try:
        document = json.loads(content)
    except RecursionError as error:
        raise PlanError(f"{name}: is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{name}: is not text: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        if b'"@level"' in content[:2000]:
            raise PlanError(
                f"{name}: is the log of `terraform plan -json`; give what `terraform show -json` prints"
            ) from error
        where = f"line {error.lineno}, column {error.colno}"
        cut = (
            "; it seems to be cut off"
            if error.pos >= len(error.doc.rstrip()) - 1 or "Unterminated" in error.msg
            else ""
        )
        raise PlanError(f"{name}: is not JSON: {error.msg} at {where}{cut}") from error
    except ValueError as error:  # a number with thousands of digits
        raise PlanError(f"{name}: is not JSON that can be read: {error}") from error
    if not isinstance(document, dict):
        raise PlanError(f"{name}: must be a JSON object, as `terraform show -json PLANFILE` writes it")
    if too_deep(document):
        raise PlanError(f"{name}: is nested more than {DEEPEST} deep")
    return document


def too_deep(value: Json) -> bool:
    """Return whether `value` is nested more deeply than `DEEPEST`."""
    level: list[Json] = [value]
    for _ in range(DEEPEST):
        below: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return False
        level = below
    return True


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


class _Reader:
    """Reads the parts of a plan, and says which part is not as it should be."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _wrong(self, where: str, rule: str, value: object) -> PlanError:
        return PlanError(f"{self._name}: {_short(where)[1:-1]} must be {rule}, not {_short(value)}")

    def object(self, value: Json, where: str) -> dict[str, Json]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._wrong(where, "an object", value)
        return value

    def text(self, value: Json, where: str, *, required: bool = False) -> str:
        if value is None and not required:
            return ""
        if not isinstance(value, str):
            raise self._wrong(where, "text", value)
        return value

    def resources(self, document: Mapping[str, Json], field: str) -> list[Change]:
        listed = document.get(field)
        if listed is None:
            return []
        if not isinstance(listed, list):
            raise self._wrong(field, "a list", listed)
        result = []
        for place, item in enumerate(listed):
            where = f"{field}[{place}]"
            if not isinstance(item, dict):
                raise self._wrong(where, "an object", item)
            if item.get("mode") == "data":
                continue
            address = self.text(item.get("address"), f"{where}.address", required=True)
            kind = self.text(item.get("type"), f"{where}.type", required=True)
            result.append(self.change(item.get("change"), f"{where}.change", address, kind, item))
        return result

    def change(
        self, value: Json, where: str, address: str, kind: str, item: Mapping[str, Json] | None = None
    ) -> Change:
        if not isinstance(value, dict):
            raise self._wrong(where, "an object", value)
        item = item or {}
        actions = value.get("actions")
        known = isinstance(actions, list) and all(isinstance(action, str) for action in actions)
        action = ACTIONS.get(tuple(actions)) if known and isinstance(actions, list) else None
        if action is None:
            raise self._wrong(f"{where}.actions", "actions that Terraform knows", actions)
        return Change(
            address=address,
            type=kind,
            action=action,
            before=value.get("before"),
            after=value.get("after"),
            unknown=value.get("after_unknown"),
            before_sensitive=value.get("before_sensitive"),
            after_sensitive=value.get("after_sensitive"),
            moved_from=self.text(item.get("previous_address"), f"{where}.previous_address"),
            imported=value.get("importing") is not None,
            deposed=item.get("deposed") is not None,
            reason=self.text(item.get("action_reason"), f"{where}.action_reason"),
            replace_paths=tuple(paths) if isinstance(paths := value.get("replace_paths"), list) else (),
            provider=self.text(item.get("provider_name"), f"{where}.provider_name"),
        )
