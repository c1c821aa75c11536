"""The room by itself: what it imports, how long its rules are, and that it runs without the rest."""

import ast
import subprocess
import sys
from itertools import combinations
from pathlib import Path

from review.facts import harmless
from review.facts.echoes import ECHOES
from review.facts.kinds import GUARDS, HOLDS_DATA, POLICIES
from review.rules import RULES
from tests.conftest import ROOT
from tests.review.review_support import PLANS

import pytest

FILES = sorted((ROOT / "review").rglob("*.py"))
OURS = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()} | {"main"}
MOST_LINES = 40


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_room_imports_nothing_of_ours_but_the_proofs(path: Path) -> None:
    assert imported(path) & OURS <= {"proof", "review"}


@pytest.mark.parametrize("path", sorted((ROOT / "review" / "rules").glob("*.py")), ids=lambda path: path.name)
def test_no_rule_is_long(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MOST_LINES, node.name


def test_no_value_of_a_resource_has_two_rules() -> None:
    for kind, rules in RULES.items():
        for one, other in combinations(rules, 2):
            assert not one.claimed(other.claims) | other.claimed(one.claims), kind


def test_everything_that_is_called_harmless_says_why() -> None:
    reasons = [*harmless.KINDS.values(), *harmless.ANYWHERE.values()]
    reasons += [reason for named in harmless.OF_KIND.values() for reason in named.values()]
    assert all(len(reason) >= len("who pays") for reason in reasons)


def test_what_a_rule_judges_is_not_called_harmless_as_well() -> None:
    for kind, named in harmless.OF_KIND.items():
        claimed = {claim for rule in RULES.get(kind, []) for claim in rule.claims}
        assert not claimed & named.keys(), kind


def test_whatever_guards_a_bucket_or_echoes_is_judged() -> None:
    judged = RULES.keys() | POLICIES.keys()
    assert GUARDS.keys() <= judged
    assert {"aws_s3_bucket", "aws_kms_key"} <= HOLDS_DATA.keys() & judged
    assert {"aws_s3_bucket", "aws_iam_role", "aws_sns_topic"} <= ECHOES.keys() & judged


def test_it_runs_alone(tmp_path: Path) -> None:
    for name in ("review", "proof"):
        (tmp_path / name).symlink_to(ROOT / name)
    plan = PLANS / "policy-public.json"
    done = subprocess.run(
        [sys.executable, "-m", "review", str(plan), "--format", "text", "--environment", "prod"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("prod: dangerous. Changes 1\n")
    assert "anybody may now read" in done.stdout
    assert "for example, anybody could now read s3://secure-prod-data-bucket" in done.stdout
