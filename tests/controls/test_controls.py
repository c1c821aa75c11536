"""controls.toml has every control that it should have, all that it names exists, and the page shows it."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

from ops.pages.controls_page import HEAD, PAGE, REQUESTS, TEST_OF_REQUESTS, page
from ops.scan.controls import STATUSES, Control, read_controls
from settings.model import Settings
from tests.conftest import ROOT

import pytest
from pydantic import BaseModel

SECURITY_HUB = [
    *(f"S3.{number}" for number in range(1, 26)),
    *(f"KMS.{number}" for number in range(1, 6)),
    *("IAM.1", "IAM.2", "IAM.21"),
    *(f"CloudTrail.{number}" for number in range(1, 8)),
    *("SNS.1", "SNS.4"),
]
CIS = ["CIS 2.1.1", "CIS 2.1.2", "CIS 2.1.3", "CIS 2.1.4", "CIS 3.6"]
CHECKOV = [
    *(
        f"CKV_AWS_{n}"
        for n in (7, 18, 19, 20, 21, 26, 33, 35, 36, 41, 53, 54, 55, 56, 57, 60, 61, 62, 63, 67, 70, 93)
    ),
    *(
        f"CKV_AWS_{n}"
        for n in (143, 144, 145, 169, 227, 252, 274, 275, 286, 287, 288, 289, 290, 300, 355, 375, 379, 393)
    ),
    *(f"CKV2_AWS_{n}" for n in (6, 10, 40, 43, 56, 61, 62, 64, 65)),
]
TRIVY = [
    *(f"AVD-AWS-00{n}" for n in (57, 65, *range(86, 95))),
    *(f"AVD-AWS-0{n}" for n in (132, 143, 170, 171, 172, 320, 342, 345, 346)),
]

CONTROLS = read_controls()
SID = re.compile(r"(?:Allow|Deny|Enable)[A-Z]\w*")
ARGUMENT = re.compile(r"(aws_\w+)\.(\w+)")


def test_what_denies_without_a_condition_is_named(stack_folders: dict[str, Path]) -> None:
    documents = [json.loads((folder / "cdk.tf.json").read_bytes()) for folder in stack_folders.values()]
    unconditional = {
        statement["Sid"]
        for document in documents
        for one in document["resource"].get("aws_s3_bucket_policy", {}).values()
        for statement in json.loads(one["policy"])["Statement"]
        if statement["Effect"] == "Deny" and "Condition" not in statement
    }
    unconditional.add("DenyOtherUnscannedReads")  # where nobody reads what was not scanned: no stack here
    assert unconditional == set(SID.findall(CONTROLS["CKV_AWS_93"].how)) - {"DenyInsecureTransport"}


def spans(text: str) -> list[str]:
    """What is written as code."""
    return re.findall(r"`([^`]*)`", text)


@cache
def functions_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_bytes())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def keys(model: type[BaseModel]) -> Iterator[str]:
    """Every key of a settings file, as in encryption.mode."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from (f"{field.alias or name}.{key}" for key in keys(part))


@pytest.fixture(scope="module")
def sids(stacks: dict[str, dict[str, Any]]) -> set[str]:
    return {
        statement["Sid"]
        for stack in stacks.values()
        for resources in stack["resource"].values()
        for resource in resources.values()
        if "policy" in resource
        for statement in json.loads(resource["policy"])["Statement"]
    }


@pytest.fixture(scope="module")
def arguments(stacks: dict[str, dict[str, Any]]) -> set[str]:
    return {
        f"{kind}.{argument}"
        for stack in stacks.values()
        for kind, resources in stack["resource"].items()
        for resource in resources.values()
        for argument in resource
    }


def test_the_page_shows_what_the_data_says() -> None:
    assert (ROOT / PAGE).read_text() == page(), "run `make docs`"


def test_every_control_is_there_and_none_that_is_unknown() -> None:
    assert sorted(CONTROLS) == sorted([*SECURITY_HUB, *CIS, *CHECKOV, *TRIVY])


@pytest.mark.parametrize("control", CONTROLS.values(), ids=lambda control: control.id)
def test_a_control_has_proof_where_it_is_met_and_else_a_reason(control: Control) -> None:
    if control.status in ("met", "optional"):
        assert control.how
        assert control.proof
    else:
        assert not control.proof
        assert control.how.endswith(".")
        assert len(control.how.split()) >= 5


@pytest.mark.parametrize("control", CONTROLS.values(), ids=lambda control: control.id)
def test_every_proof_is_a_test_that_exists(control: Control) -> None:
    for proof in control.proof:
        if control.of_checkov and proof == "make scan":
            continue
        if proof.startswith(REQUESTS):
            assert (ROOT / proof).is_file(), proof
            proof = TEST_OF_REQUESTS
        path, separator, name = proof.partition("::")
        assert separator, f"{proof} is not of the form path::test"
        assert name.startswith("test_")
        assert name in functions_in(path), proof


@pytest.mark.parametrize("control", CONTROLS.values(), ids=lambda control: control.id)
def test_every_statement_argument_and_setting_that_is_named_exists(
    control: Control, sids: set[str], arguments: set[str]
) -> None:
    for name in spans(control.how):
        if SID.fullmatch(name):
            assert name in sids
        elif ARGUMENT.fullmatch(name):
            assert name in arguments
        else:
            assert name in set(keys(Settings)), f"{name} is no setting"


def test_the_statuses_are_those_that_the_page_explains() -> None:
    assert tuple(re.findall(r"^- \*\*(\w+)\*\*:", HEAD, re.MULTILINE)) == STATUSES
