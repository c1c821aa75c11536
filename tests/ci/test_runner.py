"""What a job tells GitHub's runner, and what it reads from the repository's variables."""

from pathlib import Path

from ops.ci.runner import role_of, run_address, write_output, write_summary
from ops.shared.errors import OpsError

import pytest

ARN = "arn:aws:iam::111122223333:role/secure-storage-dev-plan"


def test_summary_and_output_are_added_to_the_runners_files(tmp_path: Path) -> None:
    summary, output = tmp_path / "summary", tmp_path / "output"
    variables = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)}
    assert write_summary("## Safe\n\n", variables)
    assert write_summary("more", variables)
    assert write_output("digest", "a" * 64, variables)
    assert summary.read_text() == "## Safe\n\nmore\n\n"
    assert output.read_text() == f"digest={'a' * 64}\n"


def test_elsewhere_nothing_is_written() -> None:
    assert not write_summary("## Safe", {})
    assert not write_output("digest", "x", {"GITHUB_OUTPUT": ""})


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"^cannot write to the file of GITHUB_OUTPUT, .+: Is a directory$"):
        write_output("digest", "x", {"GITHUB_OUTPUT": str(tmp_path)})


RUN = {
    "GITHUB_SERVER_URL": "https://github.example.com:8443",
    "GITHUB_REPOSITORY": "acme/storage",
    "GITHUB_RUN_ID": "42",
}


def test_a_run_has_an_address_where_github_runs_it() -> None:
    assert run_address(RUN) == "https://github.example.com:8443/acme/storage/actions/runs/42"
    assert run_address({}) == ""


@pytest.mark.parametrize(
    ("name", "value"), [("SERVER_URL", "http://x"), ("REPOSITORY", "a/b)[x](y"), ("RUN_ID", "1\n2")]
)
def test_a_run_has_no_address_where_a_variable_is_none_of_github(name: str, value: str) -> None:
    assert run_address(RUN | {f"GITHUB_{name}": value}) == ""


@pytest.mark.parametrize("value", [ARN, f' {{"dev": "{ARN}", "prod": "other"}}\n'])
def test_a_role_is_an_arn_or_one_of_an_object(value: str) -> None:
    assert role_of("dev", "ROLES", {"ROLES": value}) == ARN


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "is not set on GitHub; it names the role of dev, which `make ci-roles ENV=dev` makes"),
        ("", "is not set on GitHub; "),
        (" \n", "is not set on GitHub; "),
        ("{}", "on GitHub names no role of dev; add what `make ci-roles ENV=dev` prints"),
        (f'{{"prod": "{ARN}"}}', "on GitHub names no role of dev; "),
        ('{"dev": ""}', "on GitHub names no role of dev; "),
        ("{", "on GitHub must be a JSON object of roles' ARNs by environment, such as "),
        ("[]", "on GitHub must be a JSON object of roles' ARNs"),
        ('{"dev": 1}', "on GitHub must be a JSON object of roles' ARNs"),
        ("secure-storage-dev-plan", "on GitHub must be a JSON object of roles' ARNs"),
        (
            '{"dev": "secure-storage-dev-plan"}',
            "on GitHub must name a role's ARN for dev, such as arn:aws:iam::",
        ),
        ("arn:aws:iam::111122223333:user/somebody", "on GitHub must name a role's ARN for dev"),
        (f"{ARN} {ARN}", "on GitHub must name a role's ARN for dev"),
    ],
)
def test_any_other_value_is_one_line_that_says_what_to_do(value: str | None, words: str) -> None:
    with pytest.raises(OpsError) as caught:
        role_of("dev", "ROLES", {} if value is None else {"ROLES": value})
    assert str(caught.value).startswith(f"the variable ROLES {words}")
    assert len(str(caught.value).splitlines()) == 1
