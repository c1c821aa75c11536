"""Where the provider is taken from, and that terraform understands what we tell it about that."""

import os
import subprocess
from pathlib import Path

from ops.shared import provider_mirror
from ops.shared.errors import OpsError
from ops.shared.provider_mirror import (
    MIRROR_VARIABLE,
    PROVIDER,
    PROVIDER_VERSION,
    find_mirror,
    terraform_cli_config,
)
from tests.ops.ops_support import DONE_SECONDS

import pytest

PLATFORM = provider_mirror._platform()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home, and a machine without mirrors anywhere else."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(provider_mirror, "MACHINE_FOLDERS", ())
    return tmp_path / "home"


def mirror(folder: Path, version: str = PROVIDER_VERSION, platform: str = PLATFORM) -> Path:
    unpacked = folder / PROVIDER / version / platform
    unpacked.mkdir(parents=True)
    (unpacked / f"terraform-provider-aws_v{version}_x5").touch(mode=0o755)
    return folder


def test_there_may_be_no_mirror() -> None:
    assert find_mirror({}) is None


@pytest.mark.parametrize("folder", [".terraform.d/plugins", ".local/share/terraform/plugins"])
def test_a_mirror_in_the_home_is_found(home: Path, folder: str) -> None:
    found = mirror(home / folder)
    assert find_mirror({}) == found


def test_the_variable_comes_before_the_home(home: Path, tmp_path: Path) -> None:
    mirror(home / ".terraform.d" / "plugins")
    named = mirror(tmp_path / "named")
    assert find_mirror({MIRROR_VARIABLE: str(named)}) == named


def test_a_mirror_of_the_machine_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_mirror, "MACHINE_FOLDERS", (tmp_path / "none", tmp_path / "opt"))
    (tmp_path / "opt" / "another").mkdir(parents=True)
    found = mirror(tmp_path / "opt" / "mirror")
    assert find_mirror({}) == found


def test_a_mirror_that_is_named_from_here_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: "named"})
    mirror(tmp_path / "named")
    assert find_mirror({MIRROR_VARIABLE: "named"}) == tmp_path / "named"


def test_another_version_does_not_count(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: str(mirror(tmp_path, version="6.0.0"))})


def test_another_platform_does_not_count(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: str(mirror(tmp_path, platform="plan9_mips"))})


def test_a_packed_provider_does_not_count(tmp_path: Path) -> None:
    (tmp_path / PROVIDER).mkdir(parents=True)
    (tmp_path / PROVIDER / f"terraform-provider-aws_{PROVIDER_VERSION}_{PLATFORM}.zip").touch()
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: str(tmp_path)})


def test_a_named_folder_that_cannot_be_looked_into_is_an_error() -> None:
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: "x" * 5000})  # a name too long, for root may read anything


@pytest.mark.parametrize(
    ("system", "machine", "platform"),
    [
        ("Linux", "x86_64", "linux_amd64"),
        ("Linux", "aarch64", "linux_arm64"),
        ("Darwin", "arm64", "darwin_arm64"),
    ],
)
def test_platforms_have_terraforms_names(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, platform: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert provider_mirror._platform() == platform


def test_without_a_mirror_providers_are_kept_in_a_cache(tmp_path: Path) -> None:
    assert terraform_cli_config(None, tmp_path) == f'plugin_cache_dir = "{tmp_path}"\n'


NAMES = ["plain", "with a space", 'with "quotes"', "back\\slash", "ümlauts", "smile \N{GRINNING FACE}"]


def terraform(folder: Path, config: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    (folder / "main.tf.json").write_text(
        f'{{"terraform": {{"required_providers": {{"aws": {{"source": "{PROVIDER}"}}}}}}}}'
    )
    (folder / "terraform.tfrc").write_text(config, encoding="utf-8")
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(folder / "terraform.tfrc"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=DONE_SECONDS,
    )


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_terraform_installs_from_a_mirror_with_any_name(tmp_path: Path, name: str) -> None:
    config = terraform_cli_config(mirror(tmp_path / name), tmp_path / "cache")
    done = terraform(tmp_path / "work", config, "init", "-no-color", "-input=false")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Installed hashicorp/aws v{PROVIDER_VERSION}" in done.stdout


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_terraform_takes_a_cache_with_any_name(tmp_path: Path, name: str) -> None:
    done = terraform(tmp_path / "work", terraform_cli_config(None, tmp_path / name), "version", "-no-color")
    # It looks whether the folder is there, and so tells us how it read the name.
    assert "The specified plugin cache dir" in done.stderr
    assert str(tmp_path / name) in done.stderr.replace("\\\\", "\\").replace('\\"', '"')
