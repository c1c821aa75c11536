"""`python -m ops`, with a stub in the place of cdktf that says how it was started."""

import subprocess
import sys
from pathlib import Path

from ops.deploy.stack_commands import _announce_question
from ops.shared.sandbox_variable import as_here
from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, ops_environment, run_ops, stub
from tests.test_rooms import imports_of_ops

import pytest

CDKTF = """echo "folder=$PWD"
for word; do echo "word=$word"; done
env
exit 5"""


@pytest.fixture
def cdktf(checkout: Path) -> Path:
    return stub(checkout / ".venv" / "bin" / "cdktf", CDKTF)


def assert_error(done: subprocess.CompletedProcess[str], code: int, line: str) -> None:
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"Error: {line}\n")


@pytest.mark.parametrize(
    ("arguments", "words", "suffix"),
    [
        (["synth"], ["synth"], None),
        (["synth", "--hcl"], ["synth", "--hcl"], None),
        (["plan", "prod"], ["diff", "secure-storage-prod"], "prod"),
        (
            ["deploy", "pr-7", "--no-preflight", "--auto-approve", "--var", "a=b c"],
            [
                *["deploy", "secure-storage-pr-7", "--outputs-file", "outputs.pr-7.json"],
                *["--auto-approve", "--var", "a=b c"],
            ],
            "pr-7",
        ),
        (["destroy", "dev", "--auto-approve"], ["destroy", "secure-storage-dev", "--auto-approve"], "dev"),
    ],
)
def test_cdktf_is_started_on_the_right_stack(
    checkout: Path,
    cdktf: Path,
    answers: dict[str, str],
    arguments: list[str],
    words: list[str],
    suffix: str | None,
) -> None:
    done = run_ops(checkout, *arguments, **answers, AWS_DEFAULT_REGION="eu-west-3")
    assert done.returncode == 5  # cdktf's own exit status
    last = "ended with exit status 5; what it says above is why\n"
    assert done.stderr.endswith(last if suffix else "")
    assert len(done.stderr.splitlines()) == (1 if suffix else 0)
    lines = done.stdout.splitlines()
    assert lines[0] == f"folder={checkout}"
    assert [line.removeprefix("word=") for line in lines if line.startswith("word=")] == words
    variables = dict(line.split("=", 1) for line in lines if "=" in line)
    assert variables.get("ENVIRONMENT_SUFFIX") == suffix
    assert variables["PATH"].startswith(f"{checkout}/.venv/bin:")
    assert variables["TF_CLI_CONFIG_FILE"] == f"{checkout}/.cache/terraform-aws-5.100.0.tfrc"
    assert (variables["CHECKPOINT_DISABLE"], variables["AWS_DEFAULT_REGION"]) == ("1", "eu-west-3")


def test_a_version_of_the_provider_that_is_nowhere_is_why_cdktf_failed(
    checkout: Path, cdktf: Path, answers: dict[str, str]
) -> None:
    with (checkout / "environments" / "prod.toml").open("a") as file:
        file.write('[terraform]\nprovider_version = "6.99999.0"\nprovider_version_untested = true\n')
    done = run_ops(checkout, "plan", "prod", **answers)
    nowhere = "version 6.99999.0 of the AWS provider is in no mirror on this machine, and "
    assert f"ended with exit status 5: {nowhere}" in done.stderr
    assert (done.returncode, len(done.stderr.splitlines())) == (5, 1)
    assert f"TF_CLI_CONFIG_FILE={checkout}/.cache/terraform-aws-6.99999.0.tfrc" in done.stdout


def test_an_environment_in_the_environment_is_overruled(
    checkout: Path, cdktf: Path, answers: dict[str, str]
) -> None:
    done = run_ops(checkout, "plan", "prod", **answers, ENVIRONMENT_SUFFIX="dev")
    assert "ENVIRONMENT_SUFFIX=prod" in done.stdout.splitlines()


def test_without_an_environment_it_says_which_there_are(checkout: Path, cdktf: Path) -> None:
    # This is what `make plan` does without ENV.
    assert_error(
        run_ops(checkout, "plan", ""),
        2,
        "no environment was given; say ENV=… Those with a file are dev, prod, staging. "
        "A new name is ephemeral. (see `python -m ops plan --help`)",
    )


def test_a_new_environment_without_a_name_says_which_there_are(checkout: Path) -> None:
    assert_error(
        run_ops(checkout, "new", ""),
        2,
        "no name was given; say ENV=… with a new one. Those with a file are dev, prod, staging. "
        "(see `python -m ops new --help`)",
    )


@pytest.mark.parametrize("command", ["new", "plan", "destroy"])
def test_an_environment_that_looks_like_an_option_is_named(checkout: Path, command: str) -> None:
    # This is what `make plan ENV=-x` does.
    assert_error(
        run_ops(checkout, command, "-x", ENV="-x"),
        2,
        'ENV must be the name of an environment, not "-x" (see `python -m ops --help`)',
    )


@pytest.mark.parametrize(
    ("command", "arguments", "terminal", "announced"),
    [
        ("deploy", [], True, True),
        ("destroy", ["--var", "a=b"], True, True),
        ("deploy", ["--auto-approve"], True, False),
        ("deploy", [], False, False),
        ("diff", [], True, False),
    ],
)
def test_where_cdktf_asks_a_line_says_before_which_answer_does_what(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    arguments: list[str],
    *,
    terminal: bool,
    announced: bool,
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal)
    _announce_question(command, arguments)
    said = capsys.readouterr().out
    assert said.startswith("After the plan, cdktf asks with a menu: Approve, ") == announced
    assert bool(said) == announced


@pytest.mark.parametrize(
    ("said", "here"),
    [
        ("make bootstrap ENV=dev first", "make bootstrap ENV=dev SANDBOX=1 first"),
        ("`make deploy ENV=dev`; ENV=dev", "`make deploy ENV=dev SANDBOX=1`; ENV=dev"),
        (
            "make recover ENV=a-1 ARGS='--release-lock 0'.",
            "make recover ENV=a-1 SANDBOX=1 ARGS='--release-lock 0'.",
        ),
        ("run make plan ENV='team-*'.", "run make plan ENV='team-*' SANDBOX=1."),
        ("make a ENV=dev, then make b ENV=dev.", "make a ENV=dev SANDBOX=1, then make b ENV=dev SANDBOX=1."),
        ("make deploy ENV=dev SANDBOX=1", "make deploy ENV=dev SANDBOX=1"),
        ("make sandbox-env ENV=dev", "make sandbox-env ENV=dev"),
        ("`make sandbox` starts it", "`make sandbox` starts it"),
    ],
)
def test_with_sandbox_messages_name_commands_with_it(said: str, here: str) -> None:
    assert as_here(said, {"SANDBOX": "1"}) == here
    assert as_here(said, {}) == said


def test_an_environment_is_a_required_argument(checkout: Path) -> None:
    assert_error(
        run_ops(checkout, "deploy"), 2, "Missing argument 'ENV'. (see `python -m ops deploy --help`)"
    )


def test_a_protected_environment_is_not_destroyed_and_the_line_says_how_to_mean_it(
    checkout: Path, cdktf: Path
) -> None:
    done = run_ops(checkout, "destroy", "prod", "--auto-approve")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: environment prod is protected: its bucket and key cannot be destroyed; if that is "
        "meant, set protect = false in environments/prod.toml, run make deploy ENV=prod, then destroy\n"
    )


USE_STATE = (
    ["plan"],
    ["deploy", "--no-preflight"],
    ["destroy"],
    ["drift"],
    ["recover"],
    ["state", "versions"],
    ["state", "restore"],
)


def on(environment: str, arguments: list[str]) -> list[str]:
    place = 2 if arguments[0] == "state" else 1
    return [*arguments[:place], environment, *arguments[place:]]


@pytest.mark.parametrize("arguments", USE_STATE, ids=" ".join)
def test_a_command_that_needs_the_state_says_that_bootstrap_comes_first(
    checkout: Path, cdktf: Path, answers: dict[str, str], arguments: list[str]
) -> None:
    assert_error(
        run_ops(checkout, *on("nothing-here", arguments), **answers),
        1,
        "nothing-here is not bootstrapped: there is no state bucket secure-nothing-here-terraform-state; "
        "make bootstrap ENV=nothing-here first. Those with a file are dev, prod, staging.",
    )


WITHOUT_CREDENTIALS = (*USE_STATE, ["prove"], ["deploy-policy"], ["ci-roles"], ["teardown"])


@pytest.mark.parametrize("arguments", WITHOUT_CREDENTIALS, ids=" ".join)
def test_a_misspelt_environment_is_refused_before_anything_is_done(
    checkout: Path, cdktf: Path, arguments: list[str]
) -> None:
    assert_error(
        run_ops(checkout, *on("prodd", arguments)),
        1,
        "prodd has no file of its own: it is ephemeral, made from environments/dev.toml; "
        'did you mean "prod"? Those with a file are dev, prod, staging. If not, make bootstrap ENV=prodd',
    )


def test_a_name_that_looks_misspelt_is_accepted_once_it_is_bootstrapped(
    checkout: Path, cdktf: Path, answers: dict[str, str]
) -> None:
    assert run_ops(checkout, "plan", "dev2").returncode == 1
    assert run_ops(checkout, "plan", "dev2", **answers).returncode == 5


def test_without_credentials_a_command_says_how_to_have_some(checkout: Path, cdktf: Path) -> None:
    assert_error(
        run_ops(checkout, "plan", "dev"),
        1,
        "cannot ask AWS whose the credentials are: Unable to locate credentials; log in (`aws sso login`), "
        "name a profile in AWS_PROFILE, or set the variables with the keys",
    )


def test_all_is_the_name_of_no_environment(checkout: Path, cdktf: Path) -> None:
    assert_error(
        run_ops(checkout, "destroy", "all"),
        1,
        'ENVIRONMENT_SUFFIX: must be the name of one environment, not "all"; for commands such as '
        "`make plan`, ENV=all means every environment",
    )
    (checkout / "environments" / "all.toml").touch()
    assert "Error: environments/all.toml: file name: must be" in run_ops(checkout, "destroy", "all").stderr


OUTPUTS = "outputs.dev.json"


@pytest.mark.parametrize(("status", "left"), [(0, False), (1, True)])
def test_the_outputs_go_with_what_was_destroyed(
    checkout: Path, answers: dict[str, str], status: int, left: bool
) -> None:
    stub(checkout / ".venv" / "bin" / "cdktf", f"exit {status}")
    (checkout / OUTPUTS).write_text("{}")
    assert run_ops(checkout, "destroy", "dev", **answers).returncode == status
    assert (checkout / OUTPUTS).exists() == left


@pytest.mark.parametrize("name", ["../x", "PROD", "dev; echo"])
def test_an_impossible_environment_is_refused(checkout: Path, cdktf: Path, name: str) -> None:
    done = run_ops(checkout, "destroy", name)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith("Error: ENVIRONMENT_SUFFIX: must be an environment's name: ")
    assert line.endswith(f', not "{name}"')


def test_bad_settings_are_one_line_each_and_cdktf_is_not_started(checkout: Path, cdktf: Path) -> None:
    (checkout / "environments" / "dev.toml").write_text('bucket_name = "Bad_Name"\nprotect = "no"\n')
    done = run_ops(checkout, "deploy", "dev")
    assert (done.returncode, done.stdout) == (1, "")
    assert sorted(line.split(": ")[:3] for line in done.stderr.splitlines()) == [
        ["Error", "environments/dev.toml", "bucket_name"],
        ["Error", "environments/dev.toml", "protect"],
    ]


def test_bad_settings_of_another_environment_do_not_matter(
    checkout: Path, cdktf: Path, answers: dict[str, str]
) -> None:
    (checkout / "environments" / "staging.toml").write_text('protect = "no"\n')
    assert run_ops(checkout, "deploy", "dev", "--no-preflight", **answers).returncode == 5
    assert run_ops(checkout, "synth").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nonsense"], "No such command 'nonsense'. (see `python -m ops --help`)"),
        (["--nonsense"], "No such option '--nonsense'. (see `python -m ops --help`)"),
        (
            ["plan", "dev", "--fail-on", "careful"],
            "--format and --fail-on go together with --review (see `python -m ops plan --help`)",
        ),
        (
            ["plan", "dev", "--review", "--json"],
            "--review takes no arguments for cdktf; it has --json (see `python -m ops plan --help`)",
        ),
        (["demo", "--nonsense"], "No such option '--nonsense'. (see `python -m ops demo --help`)"),
    ],
)
def test_wrong_usage_is_one_line(checkout: Path, arguments: list[str], line: str) -> None:
    assert_error(run_ops(checkout, *arguments), 2, line)


def test_without_a_command_it_shows_the_help(checkout: Path) -> None:
    done = run_ops(checkout)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == run_ops(checkout, "--help").stdout


def test_no_command_waits_for_the_bindings_before_it_knows_that_it_needs_them() -> None:
    script = f"{imports_of_ops()}; import sys; print({{'cdktf', 'jsii', 'z3'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("arguments", [[], ["plan"], ["demo"]])
def test_help_needs_no_set_up(checkout: Path, arguments: list[str]) -> None:
    done = run_ops(checkout, *arguments, "--help", PATH="")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: {' '.join(['python -m ops', *arguments])} ")
    assert not (checkout / ".cache").exists()


@pytest.mark.parametrize("dangling", [False, True])
def test_without_set_up_it_says_so(checkout: Path, tmp_path: Path, *, dangling: bool) -> None:
    if dangling:  # node_modules was removed
        (checkout / ".venv" / "bin").mkdir(parents=True)
        (checkout / ".venv" / "bin" / "cdktf").symlink_to("../../node_modules/.bin/cdktf")
    done = run_ops(checkout, "plan", "dev", PATH=str(tmp_path))
    assert_error(done, 1, "cdktf is missing; `make setup` installs the tools")


def test_a_cache_that_cannot_be_written_is_one_line(checkout: Path, cdktf: Path) -> None:
    (checkout / ".cache").touch()
    done = run_ops(checkout, "plan", "dev")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith("Error: ")
    assert f"{checkout}/.cache" in line


def test_a_reader_that_left_is_no_traceback(checkout: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '{ sleep 0.1; "$@"; } | true', "sh", sys.executable, "-m", "ops", "--help"],
        cwd=checkout,
        env=ops_environment(checkout),
        capture_output=True,
        text=True,
        check=False,
        timeout=DONE_SECONDS,
    )
    assert done.stderr == ""


def test_the_roles_of_ci_are_deployed_by_themselves(
    checkout: Path, cdktf: Path, answers: dict[str, str]
) -> None:
    with (checkout / "environments" / "prod.toml").open("a") as file:
        file.write('\n[ci]\nrepository = "acme/storage"\n')
    done = run_ops(checkout, "ci-roles", "prod", "--auto-approve", **answers)
    assert done.returncode == 5
    assert [line.removeprefix("word=") for line in done.stdout.splitlines() if line.startswith("word=")] == [
        *["deploy", "secure-storage-prod-ci", "--outputs-file", "outputs.prod.ci.json", "--auto-approve"]
    ]


def test_an_environment_without_a_repository_has_no_roles_for_ci(checkout: Path, cdktf: Path) -> None:
    assert_error(
        run_ops(checkout, "ci-roles", "prod"),
        1,
        "environment prod has no roles for CI; say which repository may take them, with ci.repository in "
        "environments/prod.toml",
    )
