"""Synthesis of many environments, which uses several processes: here of a few, so that it takes no time."""

import os
import pickle
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from settings.loading import load_environments
from settings.problems import SettingsError
from stacks import synthesis
from stacks.promises import ROOT
from tests.synthesis import synthesize_here

import pytest

CI = '[ci]\nrepository = "acme/storage"\n'
BROKEN = '[network]\nsource_ips = ["10.0.0.0/8"]\n'
ROLES = ", ".join(f'"a-role-with-a-name-{number}"' for number in range(1_000))
TOO_LARGE = f"[access]\nattach_to_roles = [{ROLES}]\n{CI}"
# In the manifest, the stacks of the second come between those of the first.
GOOD = {"dev": CI, "dev-2": "", "prod": ""}


def outcome(
    folder: Path, files: Mapping[str, str], processes: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, list[str], dict[str, bytes]]:
    """Synthesize in so many processes; return status, errors and the files that are written."""
    (folder / "environments").mkdir(parents=True)
    for name, text in files.items():
        (folder / "environments" / f"{name}.toml").write_text(text)
    monkeypatch.setattr(synthesis, "_useful", lambda _: processes)
    done = synthesize_here(folder / "out", folder)
    assert done.stdout == ""
    written = {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in (folder / "out").rglob("*")
    }
    return done.returncode, done.stderr.splitlines(), written


@pytest.mark.real
def test_two_processes_write_the_bytes_that_one_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = outcome(tmp_path / "one", GOOD, 1, monkeypatch)
    assert one[:2] == (0, [])
    assert outcome(tmp_path / "two", GOOD, 2, monkeypatch) == one


@pytest.mark.real
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a": BROKEN, "b": "", "c": BROKEN}, ["environment a: ", "environment c: "]),
        ({"a": BROKEN, "b": TOO_LARGE}, ["environment b: a policy that allows all it needs is too large: "]),
    ],
    ids=["broken in both", "refused by the second"],
)
def test_errors_of_two_processes_are_those_of_one(
    files: Mapping[str, str], said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, lines, written = one = outcome(tmp_path / "one", files, 1, monkeypatch)
    assert (status, written) == (1, {})
    begun = [line.startswith(f"Error: {start}") for line in lines for start in said]
    assert len(lines) == sum(begun) >= len(said)
    assert outcome(tmp_path / "two", files, 2, monkeypatch) == one


def test_a_process_hands_over_why_the_settings_are_refused(tmp_path: Path) -> None:
    error = SettingsError(["one", "two"])
    handed = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (handed.problems, str(handed)) == (error.problems, str(error)) == (("one", "two"), "one\ntwo")


@pytest.mark.parametrize(
    ("command", "how"),
    [
        (("sh", "-c", "kill -9 $$"), "was killed by SIGKILL"),
        (("sh", "-c", "exit 3"), "failed (3)"),
        (("/no/such/python",), "cannot be started (No such file or directory)"),
    ],
)
def test_a_process_that_ends_early_is_named_and_nothing_is_written(
    command: tuple[str, ...], how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthesis, "WORKER", command)
    status, (line,), written = outcome(tmp_path, GOOD, 2, monkeypatch)
    assert (status, written) == (1, {})
    assert line == (
        f"Error: the process that synthesizes the environments prod to prod {how}; run it again; if memory "
        "is short, ENVIRONMENT_SUFFIX=<name> synthesizes only one"
    )


def test_ctrl_c_ends_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> list[str]:
        with fifo.open("rb") as alive:
            assert tmp_path / "out" in Path(alive.readline().decode()).parents, "its files would be left"
        raise KeyboardInterrupt

    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    monkeypatch.setattr(synthesis, "WORKER", ("sh", "-c", f"exec >'{fifo}'; echo $TMPDIR; sleep 60 & wait"))
    monkeypatch.setattr(synthesis, "_broken", interrupted)
    (tmp_path / "environments").mkdir()
    for name in GOOD:
        (tmp_path / "environments" / f"{name}.toml").touch()
    environments = load_environments(tmp_path / "environments", {})
    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        synthesis.write_proven(environments, tmp_path / "out", processes=2)
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b"", "somebody can still write to it"
    os.close(reader)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    child = subprocess.Popen([*synthesis.WORKER, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, process_group=0)
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("cores", "count", "processes"), [(1, 200, 1), (2, 49, 1), (2, 50, 2), (8, 99, 3), (8, 200, 4)]
)
def test_more_processes_are_used_where_they_help(
    cores: int, count: int, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert synthesis._useful(count) == processes


def test_every_environment_is_in_one_part_and_the_first_part_is_the_largest(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"team-{number}.toml").touch()
    environments = load_environments(tmp_path, {})
    assert synthesis._parts(environments, 1) == [environments]
    parts = synthesis._parts(environments, 3)
    assert [one for part in parts for one in part] == list(environments)
    assert [len(part) for part in parts] == [76, 62, 62]
