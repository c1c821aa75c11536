"""Commands for several environments at once.

What the command does for each environment is tested elsewhere; here, a shell script stands in for it, so that
each can fail in its own way within milliseconds. test_several_deployed.py runs the real ones.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from ops.embedded.aws import EmbeddedAws
from ops.sandbox import server
from ops.sandbox.switch import variables_of
from ops.several import run as several
from ops.several.side_by_side import Done, Job, SideBySide
from ops.several.table import MOST, Row, row, table
from ops.shared import checkout, environment_argument, provider_mirror
from ops.shared.environment_argument import is_pattern, matching
from ops.shared.errors import OpsError
from ops.shared.output_folder import output_folder_of, unsaved_states
from ops.shared.provider_mirror import PROVIDER
from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, run_ops, stub

import pytest

NAMES = ["dev", "prod", "team-1", "team-2", "team-3"]


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_argument, "environment_names", lambda: NAMES)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("all", NAMES),
        ("*", NAMES),
        ("team-*", ["team-1", "team-2", "team-3"]),
        ("team-[12]", ["team-1", "team-2"]),
        ("?ev", ["dev"]),
    ],
)
def test_a_pattern_stands_for_the_environments_that_it_matches(pattern: str, found: list[str]) -> None:
    assert is_pattern(pattern)
    assert matching(pattern) == found


@pytest.mark.parametrize("name", ["dev", "all-of-it", "pr-7", "", "TEAM"])
def test_a_name_is_no_pattern(name: str) -> None:
    assert not is_pattern(name)


def test_a_pattern_that_matches_nothing_is_one_line_with_the_names_that_exist() -> None:
    with pytest.raises(OpsError) as caught:
        matching("TEAM-*")
    assert str(caught.value) == (
        'no environment matches "TEAM-*"; those with a file are dev, prod, team-1, team-2, team-3'
    )


@pytest.mark.parametrize("given", ["0", "-1", "four", "1.5", "\N{SUPERSCRIPT TWO}"])
def test_a_wrong_number_of_jobs_is_one_line(given: str) -> None:
    with pytest.raises(OpsError) as caught:
        several.jobs_at_once({"JOBS": given})
    assert str(caught.value) == (f'JOBS must be how many environments run at once, such as 4, not "{given}"')


def test_four_run_at_once_where_nothing_is_said() -> None:
    assert [several.jobs_at_once(one) for one in ({}, {"JOBS": ""}, {"JOBS": "12"})] == [4, 4, 12]


class Place:
    """Where a script stands in for `python -m ops`, and what is seen of it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._monkeypatch = folder, monkeypatch
        monkeypatch.setattr(several, "LOGS", folder / "logs")
        monkeypatch.setattr(several, "_filling_the_cache", lambda _: [])

    def script(self, text: str) -> None:
        """Let each command run this shell script, with ops' arguments."""
        program = stub(self.folder / "program", text)
        self._monkeypatch.setattr(several, "OPS", (str(program),))

    def log(self, title: str, name: str) -> str:
        return (self.folder / "logs" / title / f"{name}.log").read_text()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


def rows_of(output: str) -> dict[str, list[str]]:
    """The rows of a table by the environment, without the time."""
    cells = [re.split(" {2,}", line, maxsplit=3) for line in output.splitlines()]
    return {one[0]: [one[1], *one[3:]] for one in cells if len(one) > 2 and one[0] != "environment"}


def test_one_that_fails_does_not_stop_the_others_and_the_highest_status_counts(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    place.script("""
case $2 in
team-1) echo "✓ team-1 is as it was deployed: nothing drifted." ;;
team-2) echo "2 resources of team-2 drifted; 1 of the findings is dangerous."; exit 3 ;;
team-3) echo "Warning: a"; echo "Error: team-3 is not bootstrapped" >&2; exit 1 ;;
esac""")
    assert several.run_several("drift", "team-*", ["--storage-only"]) == 3
    output, progress = capfd.readouterr()
    assert rows_of(output) == {
        "team-1": ["✓ ok", "✓ team-1 is as it was deployed: nothing drifted."],
        "team-2": ["✗ drifted", "2 resources of team-2 drifted; 1 of the findings is dangerous."],
        "team-3": ["✗ failed", "team-3 is not bootstrapped"],
    }
    assert output.splitlines()[-1].endswith("/logs/drift/ENV.log")
    assert sorted(line.partition(" ")[2] for line in progress.splitlines()) == [
        "drift of team-1: ✓ ok",
        "drift of team-2: ✗ drifted",
        "drift of team-3: ✗ failed",
    ]


@pytest.mark.parametrize(("statuses", "status"), [("0 0 0", 0), ("0 1 0", 1), ("4 1 0", 4), ("0 2 1", 2)])
def test_the_exit_status_is_the_highest(place: Place, statuses: str, status: int) -> None:
    place.script(f'set -- "$2" {statuses}; case $1 in team-1) exit $2;; team-2) exit $3;; *) exit $4;; esac')
    assert several.run_several("plan", "team-*", ["--review", "--fail-on", "dangerous"]) == status


@pytest.mark.parametrize(
    ("sandbox", "base"), [("", ROOT / "cdktf.out"), ("1", ROOT / ".cache" / "sandbox" / "cdktf.out")]
)
def test_each_gets_the_options_and_a_folder_and_a_log_of_its_own(
    place: Place, monkeypatch: pytest.MonkeyPatch, sandbox: str, base: Path
) -> None:
    monkeypatch.setenv("CDKTF_OUTPUT", "")  # the sandbox's is set, and must not stay
    monkeypatch.setenv("SANDBOX", sandbox)
    place.script('echo "$* in $CDKTF_OUTPUT, sandbox=$SANDBOX"')
    assert several.run_several("plan", "team-*", ["--review", "--format", "json"]) == 0
    for name in NAMES[2:]:
        folder = base / "several" / name
        assert place.log("review", name) == (
            f"plan {name} --review --format json in {folder}, sandbox={sandbox}\n"
        )
        log = place.folder / "logs" / "review" / f"{name}.log"
        assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o077) == (0o600, 0)


def test_each_has_a_folder_of_its_own_in_the_sandbox_too() -> None:
    aws = EmbeddedAws("http://127.0.0.1:1")
    own = server.OUTPUT / "several" / "team-1"
    for given, kept in ((str(own), own), ("/elsewhere", server.OUTPUT), ("", server.OUTPUT)):
        assert variables_of(aws, {"CDKTF_OUTPUT": given})["CDKTF_OUTPUT"] == str(kept)


def test_no_more_run_at_once_than_jobs_says(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS", "2")
    place.script("date +%s%N; sleep 0.3; date +%s%N")
    assert several.run_several("drift", "all", []) == 0
    spans = [tuple(map(int, place.log("drift", name).split())) for name in NAMES]
    most = max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
    assert most == 2


def test_each_that_fetches_a_provider_runs_alone_and_before_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several, "_filling_the_cache", lambda names: [names[0], names[2]])
    place.script("date +%s%N; sleep 0.2; date +%s%N")
    assert several.run_several("drift", "team-*", []) == 0
    first, other, second = [tuple(map(int, place.log("drift", name).split())) for name in NAMES[2:]]
    assert first[1] <= second[0] < second[1] <= other[0]


def test_no_preflight_fetches_a_provider(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "_filling_the_cache", lambda _: pytest.fail("it looks for one"))
    place.script("true")
    assert several.run_several("preflight", "team-*", []) == 0


def test_one_environment_for_each_version_that_is_nowhere_fetches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERRAFORM_PROVIDER_MIRROR", "TF_CLI_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(provider_mirror, "MACHINE_FOLDERS", ())
    monkeypatch.setattr(several, "PLUGIN_CACHE", tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    newer = '[terraform]\nprovider_version = "6.{}.0"\nprovider_version_untested = true\n'
    texts = {"dev": "", "a": newer.format(44), "b": "wrong = 1", "c": newer.format(45), "d": newer.format(44)}
    (tmp_path / "environments").mkdir()
    for name, text in texts.items():
        (tmp_path / "environments" / f"{name}.toml").write_text(text)
    filling = several._filling_the_cache
    assert filling(["a", "b", "c", "d"]) == ["a", "c"]
    (tmp_path / "cache" / PROVIDER / "6.44.0").mkdir(parents=True)
    assert filling(["a", "b", "c", "d", "dev"]) == ["c", "dev"]
    (tmp_path / ".terraformrc").touch()
    assert filling(["a", "c"]) == []


def job(folder: Path, script: str, name: str = "dev") -> Job:
    return Job(name, ["sh", "-c", script], {"PATH": os.environ["PATH"]}, folder / "logs" / f"{name}.log")


@pytest.mark.parametrize(
    ("command", "status", "log", "line"),
    [
        (
            "plan",
            0,
            "x\ndev  Plan: 7 to add, 0 to change, 0 to destroy.\n",
            "dev  Plan: 7 to add, 0 to change, 0 to destroy.",
        ),
        (
            "plan",
            0,
            "\x1b[1mNo changes.\x1b[0m Your infrastructure matches\n",
            "No changes. Your infrastructure matches",
        ),
        (
            "review",
            4,
            "✓ tools\ndev: dangerous. Destroys 1\n\nLook at this\n  dev: x\n",
            "dangerous. Destroys 1",
        ),
        (
            "preflight",
            0,
            "✓ a\n1 of 20 checks could not be made: see the lines with ?\n",
            "1 of 20 checks could not be made: see the lines with ?",
        ),
        ("preflight", 0, "✓ a\n", ""),
        (
            "preflight",
            1,
            "✓ a\n✗ state lock:   held\n✗ b: c\nError: preflight of dev: 2 failed\n",
            "state lock: held (and 1 more)",
        ),
        (
            "plan",
            5,
            "dev  │ Error: no credentials\nError: `cdktf diff` ended; what it says above is why\n",
            "no credentials",
        ),
        ("plan", 1, "Error: a\nError: the last\n", "the last"),
        ("plan", 7, "nothing said\n", "exit status 7"),
        ("plan", 1, "Error: \x1b[2Jtitle\x07\n", "\\u001b[2Jtitle\\u0007"),
        ("plan", 1, f"Error: {'x' * 500}\n", "x" * (MOST - 1) + "…"),
    ],
)
def test_the_line_says_what_is_wrong(tmp_path: Path, command: str, status: int, log: str, line: str) -> None:
    one = job(tmp_path, "")
    one.log.parent.mkdir()
    one.log.write_text(log)
    assert row(command, Done(one, status)).line == line


def test_the_table_has_a_row_for_each() -> None:
    rows = [Row("a", "✓ ok", 1.25, ""), Row("team-1", "✗ failed", 100, "why")]
    assert list(table(rows)) == [
        "environment  result       time",
        "a            ✓ ok        1.2 s",
        "team-1       ✗ failed  100.0 s  why",
    ]


REVIEWED = """
case "$1 $2" in
"reviewed plan")
    [ $3 = team-3 ] && { echo "Error: cannot plan" >&2; exit 1; }
    verdict=safe
    case $3 in dev) verdict=dangerous ;; prod) verdict="no changes" ;; team-1) verdict=careful ;; esac
    mkdir "$4" && echo "{\\"verdict\\": \\"$verdict\\"}" >"$4/review.json"
    echo "$3: $verdict. Creates 1" ;;
"reviewed deploy")
    [ -f "$4/review.json" ] || exit 9
    echo "$3" >>"$0.deployed"
    [ $3 = team-2 ] && { echo "Error: AWS said no" >&2; exit 1; }
    echo "✓ deployed $3" ;;
*) exit 8 ;;
esac"""


def deployed(place: Place) -> list[str]:
    file = place.folder / "program.deployed"
    return sorted(file.read_text().split()) if file.exists() else []


def test_a_deploy_leaves_out_what_is_dangerous_and_says_so(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    place.script(REVIEWED)
    assert several.run_several("deploy", "all", ["--auto-approve"]) == 4
    output = capfd.readouterr().out
    assert output.startswith(
        "To deploy:\n  team-1: careful. Creates 1\n  team-2: safe. Creates 1\n"
        "Left out:\n  dev: dangerous. Creates 1\n  prod: no changes. Creates 1\n  team-3: cannot plan\n"
        "Deploy team-1, team-2? yes (--auto-approve)\n"
    )
    assert rows_of(output) == {
        "dev": ["✗ dangerous: left out", "dangerous. Creates 1"],
        "prod": ["\u2013 no changes", "no changes. Creates 1"],
        "team-1": ["✓ deployed", "careful. Creates 1"],
        "team-2": ["✗ failed", "AWS said no"],
        "team-3": ["✗ failed", "cannot plan"],
    }
    assert deployed(place) == ["team-1", "team-2"]


@pytest.mark.parametrize(("answer", "wanted"), [(True, ["team-1"]), (False, [])])
def test_a_deploy_asks_once_with_the_list(
    place: Place, monkeypatch: pytest.MonkeyPatch, *, answer: bool, wanted: list[str]
) -> None:
    asked = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return answer

    place.script(REVIEWED)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", confirm)
    if answer:
        assert several.run_several("deploy", "team-1*", []) == 0
    else:
        with pytest.raises(OpsError, match=r"^aborted: not confirmed, nothing was changed$"):
            several.run_several("deploy", "team-1*", [])
    assert asked == ["Deploy team-1?"]
    assert deployed(place) == wanted


def test_a_deploy_of_nothing_asks_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.script(REVIEWED)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", lambda _: pytest.fail("it asks"))
    assert [several.run_several("deploy", one, []) for one in ("pro?", "de?", "team-3*")] == [0, 4, 1]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "nobody can be asked here, nothing was changed; --auto-approve does not ask"),
        (
            ["--auto-approve", "--var", "a=b"],
            "a deploy of several environments takes only --auto-approve and --no-preflight, not --var a=b",
        ),
    ],
)
def test_a_deploy_that_cannot_be_confirmed_or_understood_starts_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, options: list[str], line: str
) -> None:
    place.script('touch "$0.started"')
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(OpsError) as caught:
        several.run_several("deploy", "all", options)
    assert str(caught.value) == line
    assert not (place.folder / "program.started").exists()


def test_plans_do_not_stay_on_this_machine(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "tmp"
    home.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(home))
    place.script(f'{REVIEWED}\n[ "$(stat -c %a "${{4%/*}}")" = 700 ] || exit 7')
    assert several.run_several("deploy", "team-1*", ["--auto-approve"]) == 0
    assert list(home.iterdir()) == []


SCRIPT = """
import os, signal, sys
from pathlib import Path
from ops.several.side_by_side import Job, SideBySide
signal.signal(signal.SIGINT, signal.default_int_handler)
folder = Path(sys.argv[1])
jobs = [Job(str(n), ["sh", "-c", sys.argv[2]], dict(os.environ), folder / f"{n}.log") for n in range(3)]
both = SideBySide(2)
print([one.status for one in both.run(jobs, lambda _: None)], both.signal)
"""
CAREFUL = "trap 'echo asked >>{0}/$$; sleep 0.5; exit 5' INT TERM; touch {0}/started-$$; sleep 100 & wait"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_each_once_and_all_end_in_their_own_time(
    tmp_path: Path, sign: signal.Signals
) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, tmp_path, CAREFUL.format(seen)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as script:
        deadline = time.monotonic() + DONE_SECONDS
        while len(list(seen.glob("started-*"))) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        script.send_signal(sign)
        time.sleep(0.1)
        script.send_signal(sign)
        output, _ = script.communicate(timeout=DONE_SECONDS)
    assert output == f"[5, 5, None] {int(sign)}\n"
    assert [file.read_text() for file in seen.iterdir() if not file.name.startswith("started")] == [
        "asked\n"
    ] * 2


def test_a_state_that_a_killed_deploy_of_several_left_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDKTF_OUTPUT", str(tmp_path))
    left = output_folder_of("team-1") / "stacks" / "secure-storage-team-1" / "errored.tfstate"
    left.parent.mkdir(parents=True)
    left.touch()
    assert unsaved_states("secure-storage-team-1") == [left]


def test_what_is_not_started_is_in_the_table(tmp_path: Path) -> None:
    assert row("drift", Done(job(tmp_path, ""), None)) == Row("dev", "\u2013 not started", 0.0, "")
    assert (
        row("drift", SideBySide(1).run([job(tmp_path, "exit 130")], lambda _: None)[0]).result
        == "✗ interrupted"
    )


def test_on_the_command_line_a_pattern_runs_the_command_for_each(checkout: Path) -> None:
    for name in ("team-1", "team-2"):
        (checkout / "environments" / f"{name}.toml").write_text("wrong = 1\n" if name == "team-2" else "")
    done = run_ops(checkout, "plan", "team-*", JOBS="2")
    found = rows_of(done.stdout)
    assert (done.returncode, {name: one[0] for name, one in found.items()}) == (
        1,
        {"team-1": "✗ failed", "team-2": "✗ failed"},
    ), done.stderr
    assert found["team-1"][1] == "cdktf is missing; `make setup` installs the tools"
    assert found["team-2"][1].startswith("environments/team-2.toml: wrong: ")
    assert run_ops(checkout, "drift", "nothing-*").stderr == (
        'Error: no environment matches "nothing-*"; those with a file are dev, prod, staging, team-1, '
        "team-2\n"
    )
    usage = run_ops(checkout, "drift", "all", "--nonsense")
    assert (usage.returncode, usage.stdout) == (2, "")
