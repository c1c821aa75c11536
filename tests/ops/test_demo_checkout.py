"""The settings of a demo: a line is written into a copy, however the file writes its sections."""

import tomllib
from pathlib import Path

from ops.demo.own_checkout import make_checkout, put_setting
from settings.loading import load_environments
from tests.conftest import ROOT

import pytest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing but a comment",
        'protect = false\n[tags]\nTeam = "storage"\n',
        '[state]\nbucket = "my-state"',
        '[state] # where Terraform\'s state is\nbucket = "my-state"\n[tags]\nTeam = "storage"\n',
        'state.bucket = "my-state"\n[tags]\nTeam = "storage"\n',
        '[tags]\nTeam = "storage"\n\n[state]\n',
        '[state]\nbucket = "my-state"\nlifecycle = true # is the default\n[replication]\nlifecycle=1\n',
        "[state]\nlifecycle=true",
        '[state]\nbucket = "my-state"\n[replication]\nlifecycle = 1\n',
        'state.lifecycle = true\nstate.bucket = "my-state"\n',
        'protect = false\nstate = { lifecycle = true, bucket = "my-state" }\n[tags]\nTeam = "storage"\n',
        'state = {bucket="my-state", lifecycle = true}',
        "state = {}",
        "[state]\n  lifecycle = true",
        "[ state ]\nlifecycle = true\n [tags]\n",
        '[state]\nlist = [\n["a"],\n]\nlifecycle = true\n',
    ],
)
def test_a_setting_is_written_and_all_else_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dev.toml"
    file.write_text(text)
    before = tomllib.loads(text)
    put_setting(file, "state", "lifecycle = false")
    after = tomllib.loads(file.read_text())
    assert after == before | {"state": before.get("state", {}) | {"lifecycle": False}}


def test_the_checkout_s_own_settings_stay_as_they_are(tmp_path: Path) -> None:
    before = (ROOT / "environments" / "dev.toml").read_bytes()
    checkout = make_checkout(tmp_path / "checkout")
    put_setting(checkout / "environments" / "dev.toml", "state", "lifecycle = false")
    (mine,) = load_environments(checkout / "environments", {"ENVIRONMENT_SUFFIX": "dev"})
    (own,) = load_environments(ROOT / "environments", {"ENVIRONMENT_SUFFIX": "dev"})
    assert (mine.state.lifecycle, own.state.lifecycle) == (False, True)
    assert (ROOT / "environments" / "dev.toml").read_bytes() == before
    assert (checkout / "main.py").resolve() == (ROOT / "main.py").resolve()
