"""What Terraform says itself: its warnings, and its plan as it prints it, with secrets masked."""

import json
from pathlib import Path
from typing import Any

from ops.shared.errors import OpsError
from ops.shared.terraform import Stack
from ops.shared.toolchain import tool_environment
from review.build import review
from review.command import run_review
from review.log import warnings_of
from review.masking import secrets_of
from review.model import Notice, Review
from review.plan import PlanError, read_plan
from review.raw import destroyed_first, masked, quoted
from review.render.as_json import as_json
from review.render.markdown import LIMIT, markdown
from review.render.text import text
from tests.review.review_support import PLANS, review_of

import pytest
from hypothesis import given
from hypothesis import strategies as st

SECRET = 'first-half "of" it\nsecond ${half}\nthird%{half}'
CONFIGURATION = {
    "variable": {"secret": {"type": "string", "sensitive": True}},
    "resource": {
        "terraform_data": {
            # Terraform marks the input as sensitive, and forgets that in the output.
            "changed": {"input": {"secret": "${var.secret}", "other": "old"}},
            "quoted": {"input": '${jsonencode({"secret": var.secret})}'},
            "gone": {"input": "fence ````` end"},
        }
    },
    "check": {"fresh": {"assert": {"condition": "${var.secret == 1}", "error_message": "It is stale."}}},
}


class Configured:
    """A stack of the provider that is a part of Terraform, with its state in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        env = tool_environment() | {"TF_VAR_secret": SECRET}
        self.stack = Stack("one", folder, env)
        self.write(CONFIGURATION)
        self.stack.init()

    def write(self, configuration: Any) -> None:
        (self.folder / "cdk.tf.json").write_text(json.dumps(configuration))

    def planned(self) -> tuple[str, Review]:
        targets = [f"-target=terraform_data.{name}" for name in ("changed", "quoted", "gone")]
        warnings = self.stack.plan("-input=false", "-out=plan", *targets)
        raw = self.stack.terraform("show", "plan").stdout
        plan = read_plan(self.stack.terraform("show", "-json", "plan").stdout.encode(), "plan")
        return raw, review(plan, warnings=warnings, raw=raw)


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    made = Configured(tmp_path_factory.mktemp("stack"))
    made.stack.terraform("apply", "-input=false", "-auto-approve")
    changed = json.loads(json.dumps(CONFIGURATION))
    changed["resource"]["terraform_data"]["changed"]["input"]["other"] = "new"
    changed["resource"]["terraform_data"]["quoted"]["input"] = "x"
    del changed["resource"]["terraform_data"]["gone"]
    made.write(changed)
    return made


@pytest.mark.real
def test_what_terraform_prints_without_a_mask_is_masked(configured: Configured) -> None:
    raw, found = configured.planned()
    pieces = ("first-half", "half}", "third")
    assert all(piece in raw for piece in pieces)  # else this proves nothing
    assert 'other  = "old" -> "new"' in found.raw
    for written in (found.raw, markdown(found), text(found), as_json(found)):
        assert not [piece for piece in pieces if piece in written]


@pytest.mark.real
def test_what_terraform_prints_is_folded_in_a_block_that_nothing_in_it_ends(configured: Configured) -> None:
    written = markdown(configured.planned()[1])
    assert "\n``````hcl\n" in written
    assert written.endswith("\n``````\n\n</details>\n")


@pytest.mark.real
def test_what_terraform_warns_of_is_shown_folded(configured: Configured) -> None:
    found = configured.planned()[1]
    assert [one.summary for one in found.warnings] == ["Resource targeting is in effect"]
    summary = "<summary>Warnings (1)</summary>\n\n- Resource targeting is in effect: You are"
    assert summary in markdown(found)
    assert "Warnings\n  Resource targeting is in effect: " in text(found)
    assert json.loads(as_json(found))["warnings"][0]["summary"] == "Resource targeting is in effect"


@pytest.mark.real
def test_a_plan_that_fails_is_reported_in_a_line(configured: Configured, tmp_path: Path) -> None:
    other = Stack("one", tmp_path, configured.stack.env)
    (tmp_path / "cdk.tf.json").write_text('{"output": {"x": {"value": "${var.nothing}"}}}')
    with pytest.raises(OpsError, match=r"^`terraform plan` of one failed: Reference to undeclared input .+$"):
        other.plan("-input=false")


def log(*diagnostics: dict[str, Any]) -> str:
    lines = [json.dumps({"@level": "warn", "diagnostic": one}) for one in diagnostics]
    return "\n".join(['{"@level":"info"}', "not JSON", *lines, "[]"])


def warning(summary: str, **more: str) -> dict[str, str]:
    return {"severity": "warning", "summary": summary, **more}


def test_each_warning_is_reported_once_and_always_in_the_same_order() -> None:
    deprecated = warning("Deprecated", detail="Use b.\u2028", address="aws_s3_bucket.x")
    both = (warning("B"), deprecated, deprecated, {"severity": "error", "summary": "E"})
    said = (Notice("B"), Notice("Deprecated", "Use b.\u2028", "aws_s3_bucket.x"))
    assert warnings_of(log(*both)) == said
    assert warnings_of(log(*reversed(both))) == said


def test_a_check_that_failed_is_a_finding_and_no_warning_as_well() -> None:
    problem = {"message": "It is stale."}
    check = {"address": {"name": "fresh"}, "status": "fail", "instances": [{"problems": [problem]}]}
    plan = {"format_version": "1.2", "resource_changes": [], "checks": [check]}
    warnings = (Notice("Check block assertion failed", "It is stale."), Notice("Other"))
    found = review_of(plan, warnings=warnings)
    assert [one.summary for one in found.warnings] == ["Other"]
    assert [one.said for one in found.findings] == ["the check fresh failed: It is stale."]


def test_a_warning_shows_no_secret() -> None:
    secret: dict[str, Any] = {"variables": {"pw": {"value": "hunter2hunter2"}}}
    secret |= {"configuration": {"root_module": {"variables": {"pw": {"sensitive": True}}}}}
    plan = {"format_version": "1.2", "resource_changes": [], **secret}
    found = review_of(plan, warnings=[Notice("Odd", "It is hunter2hunter2.")])
    assert found.warnings == (Notice("Odd", "It is (sensitive)."),)


ODD = 'a"b\\c\x01d\x7fe\u200bf\u00a0g\t<h>&é\U0001f600\U000e0001'
"""Terraform prints it so, in quotes."""
PRINTED = 'a\\"b\\\\c\\x01d\\x7fe\\u200bf\\u00a0g\\t<h>&é\U0001f600\\U000e0001'


def test_a_secret_with_characters_that_cannot_be_printed_is_masked() -> None:
    assert quoted(ODD) == PRINTED
    shown = masked(f'  + a = "{PRINTED}"\n  + b = "ab{PRINTED[1:]}"', secrets_of(marked(ODD)))
    assert shown == '  + a = "(sensitive)"\n  + b = "ab' + f'{PRINTED[1:]}"'


def test_a_secret_within_json_within_a_text_is_masked() -> None:
    # As Terraform prints "x ${jsonencode({ k = "pa<ss>\"wo&rd" })}".
    shown = masked(
        r'  + d = "x {\"k\":\"pa\\u003css\\u003e\\\"wo\\u0026rd\"}"', secrets_of(marked('pa<ss>"wo&rd'))
    )
    assert shown == r'  + d = "x {\"k\":\"(sensitive)\"}"'


@given(st.text('ab"\\`\n €${}%', max_size=12))
def test_a_secret_is_masked_in_each_form_in_which_terraform_prints_a_text(tail: str) -> None:
    secret = f"s3cr3t{tail}"
    in_quotes = json.dumps(secret, ensure_ascii=False)[1:-1].replace("${", "$${").replace("%{", "%%{")
    heredoc = "\n".join(f"            {line}" for line in secret.split("\n"))
    shown = masked(
        f'  + a = "{in_quotes}"\n  + b = <<-EOT\n{heredoc}\n        EOT', secrets_of(marked(secret))
    )
    assert "s3cr3t" not in shown
    assert not [line for line in map(str.strip, tail.split("\n")[1:]) if len(line) >= 4 and line in shown]


def marked(secret: str) -> dict[str, Any]:
    change = {"actions": ["create"], "after": {"a": secret}, "after_sensitive": {"a": True}}
    return {"resource_changes": [{"change": change}]}


def printed(*blocks: str) -> str:
    head = "\nTerraform used …\n\nTerraform will perform the following actions:\n"
    return head + "".join(f"\n{block}\n" for block in blocks) + "\nPlan: 1 to add.\n"


def block(name: str, becomes: str, sign: str = "  +") -> str:
    value = "      + a = <<-EOT\n\n            # b\n        EOT\n"
    return f'  # aws_x.{name} {becomes}\n{sign} resource "aws_x" "{name}" {{\n{value}    }}'


def test_what_is_destroyed_is_printed_first() -> None:
    stays = [block("a", "will be created"), block("b", "will be updated in-place")]
    goes = [
        block("c", "will be destroyed\n  # (because it is not in configuration)"),
        block("d", "must be replaced", "-/+"),
        block("e", "is tainted, so must be replaced"),
        block("f", "(deposed object 0123abcd) will be destroyed"),
        block("g", "will no longer be managed by Terraform, but will not be destroyed", " #"),
    ]
    assert destroyed_first(printed(*stays, *goes)) == printed(*goes, *stays)
    assert destroyed_first(printed(*goes, *stays)) == printed(*goes, *stays)
    assert destroyed_first("\nNo changes. It matches.\n") == "\nNo changes. It matches.\n"


def test_a_plan_that_is_too_long_is_cut_and_says_so_and_what_is_destroyed_stays() -> None:
    kind = "aws_s3_bucket"
    gone = {"actions": ["delete"], "before": {"bucket": "gone"}, "after": None}
    plan = {
        "format_version": "1.2",
        "resource_changes": [{"address": f"{kind}.gone", "mode": "managed", "type": kind, "change": gone}],
    }
    blocks = [block(f"n{number}", "will be created") for number in range(3000)]
    written = markdown(review_of(plan, raw=printed(*blocks, block("gone", "will be destroyed"))))
    assert LIMIT - 1000 < len(written) <= LIMIT
    assert "# aws_x.gone will be destroyed" in written
    assert "| **destroy** | " in written
    assert written.rstrip().endswith("more lines: the comment is full.*")


def test_what_is_no_log_is_reported_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("Terraform used the selected providers")
    (tmp_path / "raw").write_bytes(b"\xff")
    for option, says in (("log", "is not what `terraform plan -json` writes"), ("raw", "is not text: ")):
        with pytest.raises(PlanError, match=f"/{option}: {says}"):
            run_review(
                str(PLANS / "policy-public.json"),
                format_="text",
                fail_on=None,
                marker="",
                synthesized=None,
                deployed=None,
                **{option: str(tmp_path / option)},
            )
