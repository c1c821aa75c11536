"""`compare`, and the command around it: what a new policy allows more, in words."""

import json
import os
from pathlib import Path
from typing import Any

from proof import Comparison, DocumentError, Policy, compare, policy, policy_text
from proof.__main__ import main
from proof.words import difference_lines
from tests.conftest import ROOT
from tests.forked import run_module
from tests.proof.ask import ACCOUNT, BUCKET, OBJECTS, OTHER, ROLE, document, statement

import pytest

TLS = statement(
    Sid="DenyInsecureTransport",
    Effect="Deny",
    Action="s3:*",
    Resource=[BUCKET, OBJECTS],
    Condition={"Bool": {"aws:SecureTransport": "false"}},
)
ETL = statement(Sid="AllowEtl", Principal={"AWS": ROLE}, Action=["s3:GetObject", "s3:PutObject"])
KEEP = statement(Sid="Keep", Effect="Deny", Action="s3:Delete*", Resource=f"{BUCKET}/Archive/*")
OLD = (TLS, ETL, KEEP)


def compared(new: tuple[dict[str, Any], ...], old: tuple[dict[str, Any], ...] = OLD) -> Comparison:
    return compare(policy(document(*old)), policy(document(*new)), account=ACCOUNT)


def more(*new: dict[str, Any]) -> list[str]:
    return list(difference_lines(compared(new).more))


NOTHING_MORE = ["The new policy allows nothing more."]


def test_a_statement_that_is_split_is_the_same() -> None:
    split = [ETL | {"Sid": "Get", "Action": "s3:GetObject"}, ETL | {"Sid": "Put", "Action": "s3:PutObject"}]
    found = compared((TLS, *split, KEEP))
    assert found.more.nothing
    assert found.less.nothing
    assert found.denies_less.nothing


def test_a_deny_that_is_gone_is_named() -> None:
    lines = more(ETL, KEEP)
    assert any(
        line.startswith(f"the role etl of account {ACCOUNT} could now ")
        and "over plain HTTP" in line
        and "DenyInsecureTransport denied it" in line
        for line in lines
    )
    assert compared((ETL, KEEP)).less.nothing
    assert not compared((ETL, KEEP)).denies_less.nothing


def test_who_can_read_is_named() -> None:
    public = statement(Sid="Public", Resource=f"{BUCKET}/secret/*")
    lines = more(*OLD, public)
    assert lines[0].startswith("anybody could now read s3://data/secret/")
    assert "Public allows it" in lines[0]


def test_another_account_is_distinguished_from_this_one() -> None:
    foreign = statement(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": OTHER}})
    found = compared((*OLD, foreign)).more
    assert [example.who for example in found.examples] == ["another account"]
    assert found.examples[0].witness.account == OTHER
    # No page says what a service has as aws:PrincipalAccount.
    assert found.undecided == ("an AWS service: it depends on the value of aws:principalaccount",)


def test_a_role_that_no_longer_needs_a_policy_of_its_own_is_more() -> None:
    root = statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    named = statement(Principal={"AWS": ROLE})
    assert not compared((named,), (root,)).more.nothing
    assert compared((root,), (named,)).more.nothing


def test_a_prefix_in_another_case_is_another_prefix() -> None:
    found = compared((TLS, ETL, KEEP | {"Resource": f"{BUCKET}/archive/*"}))
    assert found.more.examples[0].witness.resource.startswith(f"{BUCKET}/Archive/")
    assert found.more.examples[0].denied_by == ("old/Keep",)


def test_witnesses_are_real_actions_on_resources_of_their_type() -> None:
    example = compared((*OLD, statement(Action="s3:*Object*", Resource="arn:aws:s3:::data*"))).more.examples[
        0
    ]
    assert example.witness.real
    assert example.witness.resource.startswith("arn:aws:s3:::data")
    assert "/" in example.witness.resource


def test_a_difference_only_in_actions_that_do_not_exist_is_reported_as_such() -> None:
    lines = more(*OLD, statement(Action="s3:Frobnicate*"))
    assert lines == [
        *NOTHING_MORE,
        "The two differ only in actions that AWS does not have, such as s3:frobnicate.",
    ]


def test_policies_of_identities_are_compared_as_such() -> None:
    reads = {"Effect": "Allow", "Action": "s3:Get*", "Resource": OBJECTS}
    old, new = policy(document(reads | {"Action": "s3:GetObject"})), policy(document(reads))
    found = compare(old, new)
    assert not found.more.nothing
    assert found.less.nothing
    assert found.more.examples[0].witness.action.startswith("s3:Get")
    listed = compare(
        policy(document(reads)), policy(document(reads | {"Resource": [OBJECTS, f"{BUCKET}/a*"]}))
    )
    assert listed.more.nothing


def test_a_policy_that_names_principals_is_not_compared_with_one_that_does_not() -> None:
    with pytest.raises(DocumentError, match="compare two of the same sort"):
        compare(policy(document(ETL)), policy(document(statement(Principal=None))))


# The command


def run(tmp_path: Path, old: object, new: object, *arguments: str) -> tuple[int, str, str]:
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    for path, content in zip(files, (old, new), strict=True):
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    done = run_module(
        "proof", "compare", *map(str, files), *arguments, folder=ROOT, variables=dict(os.environ), seconds=60
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_tells_what_is_allowed_more(tmp_path: Path) -> None:
    public = document(*OLD, statement(Sid="Public"))
    code, out, err = run(tmp_path, document(*OLD), public, "--account", ACCOUNT)
    assert (code, err) == (3, "")
    assert out.startswith("anybody could now ")


def test_the_command_ends_with_0_where_nothing_is_allowed_more(tmp_path: Path) -> None:
    assert run(tmp_path, document(*OLD), document(*OLD, KEEP)) == (0, NOTHING_MORE[0] + "\n", "")


def test_the_command_ends_with_4_where_it_cannot_know(tmp_path: Path) -> None:
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS}
    home = reads | {"Resource": f"{BUCKET}/home/${{aws:username}}/*"}
    code, out, _ = run(tmp_path, document(reads | {"Action": "s3:PutObject"}), document(home))
    assert code == 4
    assert "undecided" in out
    assert "${aws:username}" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no valid JSON"),
        ("[]", "a policy is an object, not list"),
        ("[" * 100_000, "no valid JSON"),
        ('{"Statement": [{"Sid": "A"}, {"Sid": "A", "Sid": "B"}]}', "'Sid' stands there twice"),
        ({"Version": "2020-01-01", "Statement": []}, "Version is '2020-01-01'"),
        ({"Statements": []}, "unknown element 'Statements'"),
        ({"Version": "2012-10-17"}, "no list of statements"),
        (document(statement(Effect="allow")), "Effect is 'allow'"),
        (document(statement(Action=None)), "it has no Action"),
        (document(statement(Action=[])), "Action is empty"),
        (document(statement(Action="GetObject")), "'GetObject' names no service"),
        (document(statement(NotAction="s3:*")), "both Action and NotAction"),
        (document(statement(NotResource="*")), "both Resource and NotResource"),
        (document(statement(NotPrincipal="*")), "both Principal and NotPrincipal"),
        (document(statement(Principal="arn:aws:iam::1:root")), "names nobody"),
        (document(statement(Principal={"Everyone": "*"})), "unknown kind 'Everyone'"),
        (document(statement(Principal={"AWS": "arn:aws:iam::*:root"})), "has a wildcard"),
        (document(statement(Condition={"StringLikes": {"a:b": "c"}})), "unknown condition operator"),
        (document(statement(Condition={"NullIfExists": {"a:b": "true"}})), "unknown condition operator"),
        (document(statement(Condition={"Bool": "x"})), "Bool holds str"),
        (document(statement(Condition={"Bool": {"a:b": "true", "A:B": "true"}})), "names a key twice"),
        (document(statement(Condition={"Bool": {"a:b": {}}})), "is no text"),
        (document(statement(Resources="*")), "unknown element 'Resources'"),
        (document(statement(Sid="half a pair \ud800")), "surrogates not allowed"),
    ],
)
def test_a_bad_document_is_one_line(tmp_path: Path, content: object, message: str) -> None:
    code, out, err = run(tmp_path, document(*OLD), content)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert message in err
    assert "new.json" in err


def test_a_file_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "no-such-file.json", "no-such-file.json"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Error: no-such-file.json: No such file")
    assert err.count("\n") == 1


def test_an_account_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["compare", "a", "b", "--account", "12"])
    err = capsys.readouterr().err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert "give its 12 digits" in err


def test_numbers_in_json_stay_the_decimals_that_they_are() -> None:
    text = json.dumps(document(statement(Condition={"NumericLessThan": {"s3:TlsVersion": "X"}})))
    found: Policy = policy_text(text.replace('"X"', "1.20"))
    assert found.statements[0].conditions[0].values == ("1.20",)
