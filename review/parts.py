"""The parts of a plan other than resources: actions, checks, provisioners, providers, outputs.

https://developer.hashicorp.com/terraform/internals/json-format
"""

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from review.facts.kinds import PROVIDERS, REGISTRIES
from review.masking import Redactor, any_mark, secrets_of, visible
from review.model import Finding, careful
from review.plan import Plan
from review.reading import configured, object_at, objects

Json = Any

KNOWN: Mapping[str, str] = {
    "action_invocations": "judged here",
    "applyable": "whether there is anything to apply",
    "checks": "judged here",
    "complete": "judged with what is deferred",
    "configuration": "what the plan is made from; provisioners and programs are judged here",
    "deferred_action_invocations": "judged here",
    "deferred_changes": "judged here",
    "errored": "a plan that failed is not read",
    "format_version": "the version of the JSON",
    "output_changes": "judged here",
    "planned_values": "repeats the changes",
    "prior_state": "what there is",
    "proposed_unknown": "repeats the changes",
    "relevant_attributes": "what drift has to do with the changes",
    "resource_changes": "judged one by one",
    "resource_drift": "judged one by one",
    "terraform_version": "which Terraform made it",
    "timestamp": "when it was made",
    "variables": "what the configuration is given",
}
"""The known parts of a plan; any other part needs a careful look."""

RUNS = {
    "aws_ecs_task_execution": "starts a task",
    "aws_lambda_invocation": "calls a function",
    "external": "runs a program",
    "http": "asks a server",
    "local_command": "runs a program",
}
"""Data sources and ephemeral resources that do something each time Terraform plans."""
READ = ("data", "ephemeral")
LONG = 8
"""A shorter sensitive text may be in an output by chance."""


def part_findings(plan: Plan) -> Iterator[Finding]:
    """Yield what the parts of `plan` other than its resources mean."""
    document = plan.document
    for name in sorted(document.keys() - KNOWN.keys()):
        if document[name] not in (None, [], {}, "", False):
            yield careful("the plan has an unknown part: {}", name)
    yield from _actions(document)
    yield from _checks(document)
    if plan.incomplete:
        yield careful("the plan is incomplete: Terraform defers some changes to a later plan")
    yield from _programs(plan)
    yield from _providers(plan)
    yield from _outputs(plan)


def _actions(document: Mapping[str, Json]) -> Iterator[Finding]:
    for one in objects(document.get("action_invocations")):
        yield careful("the action {} runs: the plan does not show what it does", one.get("address"))
    if document.get("action_invocations") and not objects(document.get("action_invocations")):
        yield careful("actions run: the plan does not show what they do")
    for one in objects(document.get("deferred_action_invocations")):
        address = object_at(one, "action_invocation").get("address")
        yield careful("the action {} is deferred, and may run later", address)


def failed_checks(plan: Plan) -> set[str]:
    """Return what the checks that failed say, each of which is a finding."""
    checks = objects(plan.document.get("checks"))
    return {problem for one in checks if _is_failed(one) for problem in _problems(one)}


def _is_failed(check: Mapping[str, Json]) -> bool:
    return check.get("status") in ("fail", "error")


def _problems(check: Mapping[str, Json]) -> list[str]:
    return [
        str(problem.get("message"))
        for instance in objects(check.get("instances"))
        for problem in objects(instance.get("problems"))
    ]


def _checks(document: Mapping[str, Json]) -> Iterator[Finding]:
    for one in objects(document.get("checks")):
        if _is_failed(one):
            address = object_at(one, "address")
            problems = _problems(one)
            yield careful(
                "the check {} failed{}",
                address.get("to_display") or address.get("name"),
                f": {'; '.join(problems)}" if problems else "",
            )


def _programs(plan: Plan) -> Iterator[Finding]:
    """Yield what runs on the machine of the person who applies: provisioners, and data sources that act."""
    running = {
        plain_address(change.address)
        for change in plan.resources
        if change.action in ("create", "replace", "destroy", "forget and create")
    }
    found = dict(configured(plan.document))
    for address, one in found.items():
        if one.get("provisioners") and address in running:
            yield careful("it runs commands on the machine that applies it (a provisioner)").at(address)
    read = {address: str(one.get("type")) for address, one in found.items() if one.get("mode") in READ}
    for one in objects(plan.document.get("resource_changes")):
        if one.get("mode") in READ:
            read.setdefault(plain_address(str(one.get("address"))), str(one.get("type")))
    for address, kind in read.items():
        if kind in RUNS:
            yield careful(f"it {RUNS[kind]}: the plan does not show what that does").at(address)
    configs = object_at(plan.document, "configuration", "provider_config")
    for address, one in found.items():
        provider = str(object_at(configs, str(one.get("provider_config_key"))).get("full_name") or "")
        if one.get("mode") in READ and provider and not is_known_provider(provider):
            words = "it is read by the provider {}; there is no rule about that provider"
            yield careful(words, provider).at(address)


_KEY = re.compile(r'\[(?:"(?:\\.|[^"\\])*"|[^"\]]*)\]')  # a text may have brackets in it


def plain_address(address: str) -> str:
    """Return an address without the keys of instances, as configurations have it."""
    return _KEY.sub("", address)


def _providers(plan: Plan) -> Iterator[Finding]:
    for change in plan.resources:
        if change.changes and change.provider and not is_known_provider(change.provider):
            words = "it is made by the provider {}; there is no rule about that provider"
            yield careful(words, change.provider).at(change.address)


def is_known_provider(name: str) -> bool:
    """Return whether the rules are about this provider's types; `name` is `registry/namespace/name`."""
    registry, _, provider = name.partition("/")
    return registry in REGISTRIES and provider in PROVIDERS


def _outputs(plan: Plan) -> Iterator[Finding]:
    document = plan.document
    secret = (
        Redactor(frozenset(one for one in secrets_of(document) if len(one) >= LONG)) if plan.outputs else None
    )
    for one in plan.outputs:
        value = visible(one.after, one.unknown, one.after_sensitive)
        if secret and one.action != "destroy" and secret.value(value) != value:
            yield careful("the output {} contains a secret, and Terraform prints it", one.address)
    for name, change in object_at(document, "output_changes").items():
        before, after = (
            object_at(document, "output_changes", name).get(f"{one}_sensitive") for one in ("before", "after")
        )
        if not _covers(after, before) and change.get("actions") not in (["delete"], ["no-op"]):
            yield careful("the output {} is no longer sensitive: Terraform prints it", name)


def _covers(marks: Json, others: Json) -> bool:
    """Return whether everything marked as sensitive in `others` is marked in `marks` too."""
    if marks is True or not any_mark(others):
        return True
    if isinstance(others, dict):
        return all(_covers(object_at(marks).get(name), mark) for name, mark in others.items())
    if isinstance(others, list) and isinstance(marks, list):
        return all(_covers(*pair) for pair in zip_longest(marks, others))
    return False
