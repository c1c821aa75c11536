"""`make` alone, which is what a newcomer tries first."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, link_tools

import pytest

INNER_TARGETS = {"setup", "cdktf-only", "style", "types"}  # other targets do it


@pytest.mark.parametrize("arguments", [[], ["help"]])
def test_make_alone_lists_every_target_without_set_up(tmp_path: Path, arguments: list[str]) -> None:
    tools = link_tools(tmp_path / "bin", "awk", "make", "sh")
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    done = subprocess.run(
        [tools / "make", *arguments],
        cwd=folder,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
        timeout=DONE_SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, "")
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    targets = set(phony[1].replace("\\\n", " ").split())
    assert len(targets) > 10
    listed = set(re.findall(r"^  make (\S+) +\S", done.stdout, re.MULTILINE))
    assert listed | INNER_TARGETS == targets
    assert "ENV is an environment" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["Makefile"]


@pytest.mark.parametrize(
    "environment",
    ['x";touch "broken-into', "x$(touch broken-into)", "$(shell touch broken-into)", "`touch broken-into`"],
)
def test_what_is_given_as_env_is_not_run(tmp_path: Path, environment: str) -> None:
    tools = link_tools(tmp_path / "bin", "make", "sh", "touch", "mkdir")
    folder = tmp_path / "checkout"
    (folder / "ops").mkdir(parents=True)
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for name, script in (("ops/setup.sh", "exit 0"), (".venv/bin/python", 'printf "%s" "$4"')):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    done = subprocess.run(
        [tools / "make", "plan", f"ENV={environment}"],
        cwd=folder,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
        timeout=DONE_SECONDS,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, environment, "")
    assert not list(folder.glob("broken-into*"))


@pytest.mark.parametrize("target", ["check", "test", "test-slow", "snapshots", "docs"])
@pytest.mark.parametrize("name", ["CDK_BINDINGS", "CDK_CLI"])
@pytest.mark.parametrize("value", ["cdktn", "x"])
def test_a_target_that_is_for_cdktf_says_so_before_it_begins(
    tmp_path: Path, target: str, name: str, value: str
) -> None:
    tools = link_tools(tmp_path / "bin", "make", "sh")
    shutil.copy(ROOT / "Makefile", tmp_path)
    env = {"PATH": str(tools), name: value}
    done = subprocess.run(
        [tools / "make", "-s", target], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    said, _, make = done.stderr.partition("\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert said == f"Error: unset {name}: this target is for cdktf; see docs/longevity.md"
    assert len(make.splitlines()) == 1  # make's own: which target failed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "bin"]
