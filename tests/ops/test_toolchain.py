"""The environment in which the tools are started."""

import os
from pathlib import Path

from ops.shared import provider_mirror, toolchain
from ops.shared.provider_mirror import MIRROR_VARIABLE, PROVIDER
from ops.shared.toolchain import ROOT, tool_environment
from settings.names.provider import TESTED

import pytest

CONFIG = "terraform-aws-5.100.0.tfrc"
OFFLINE_FLAGS = ("CDKTF_SKIP_PROVIDER_LOCK", "CDKTF_DISABLE_PLUGIN_CACHE_ENV")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home; .cache is in a temporary folder, and the machine has no mirror."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(toolchain, "CACHE", tmp_path / "a checkout" / ".cache")
    monkeypatch.setattr(toolchain, "PLUGIN_CACHE", tmp_path / "a checkout" / ".cache" / "terraform-plugins")
    monkeypatch.setattr(provider_mirror, "MACHINE_FOLDERS", ())
    return home


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "a checkout" / ".cache"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    (tmp_path / "mirror" / PROVIDER / TESTED / provider_mirror._platform()).mkdir(parents=True)
    return tmp_path / "mirror"


def test_the_locked_tools_come_first() -> None:
    assert tool_environment({"PATH": "/usr/bin"})["PATH"] == f"{ROOT}/.venv/bin:/usr/bin"


@pytest.mark.parametrize("environ", [{}, {"PATH": ""}])
def test_without_a_path_the_current_folder_is_not_searched(environ: dict[str, str]) -> None:
    assert "" not in tool_environment(environ)["PATH"].split(os.pathsep)


def test_the_callers_variables_are_copied_and_not_changed() -> None:
    environ = {"PATH": "/usr/bin", "AWS_PROFILE": "mine"}
    result = tool_environment(environ)
    assert result["AWS_PROFILE"] == "mine"
    assert environ == {"PATH": "/usr/bin", "AWS_PROFILE": "mine"}


def test_by_default_the_variables_of_this_process_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_VARIABLE", "set later")
    before = dict(os.environ)
    assert tool_environment()["SOME_VARIABLE"] == "set later"
    assert dict(os.environ) == before


def test_no_tool_looks_for_newer_versions_or_another_virtual_environment() -> None:
    result = tool_environment({})
    assert (result["CHECKPOINT_DISABLE"], result["PIPENV_IGNORE_VIRTUALENVS"]) == ("1", "1")


def test_the_config_that_the_user_named_is_kept(tmp_path: Path, mirror: Path, cache: Path) -> None:
    config = tmp_path / "my.tfrc"
    config.touch()
    result = tool_environment({"TF_CLI_CONFIG_FILE": str(config), MIRROR_VARIABLE: str(mirror)})
    assert result["TF_CLI_CONFIG_FILE"] == str(config)
    assert not cache.exists()
    assert not set(OFFLINE_FLAGS) & result.keys()


def test_a_config_that_is_named_from_here_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.tfrc").touch()
    assert tool_environment({"TF_CLI_CONFIG_FILE": "my.tfrc"})["TF_CLI_CONFIG_FILE"] == str(
        tmp_path / "my.tfrc"
    )


def test_the_config_in_the_home_is_kept(home: Path) -> None:
    (home / ".terraformrc").touch()
    assert tool_environment({})["TF_CLI_CONFIG_FILE"] == str(home / ".terraformrc")


@pytest.mark.parametrize("named", ["", "/there/is/none"])
def test_a_variable_that_names_no_file_is_replaced(cache: Path, named: str) -> None:
    result = tool_environment({"TF_CLI_CONFIG_FILE": named})
    assert result["TF_CLI_CONFIG_FILE"] == str(cache / CONFIG)
    assert Path(result["TF_CLI_CONFIG_FILE"]).is_file()


def test_without_a_mirror_terraform_may_ask_the_registry(cache: Path) -> None:
    result = tool_environment({})
    assert not set(OFFLINE_FLAGS) & result.keys()
    assert (cache / CONFIG).read_text() == f'plugin_cache_dir = "{cache}/terraform-plugins"\n'
    assert (cache / "terraform-plugins").is_dir()  # terraform refuses a cache that does not exist


def test_with_a_mirror_nothing_asks_the_registry(mirror: Path, cache: Path) -> None:
    result = tool_environment({MIRROR_VARIABLE: str(mirror)})
    assert {name: result.get(name) for name in OFFLINE_FLAGS} == dict.fromkeys(OFFLINE_FLAGS, "true")
    assert f'"{mirror}"' in (cache / CONFIG).read_text()


def test_an_offline_flag_of_the_users_is_kept(mirror: Path) -> None:
    result = tool_environment({MIRROR_VARIABLE: str(mirror), "CDKTF_SKIP_PROVIDER_LOCK": "false"})
    assert result["CDKTF_SKIP_PROVIDER_LOCK"] == "false"


def test_an_equal_config_is_not_written_again(mirror: Path, cache: Path) -> None:
    tool_environment({})
    before = (cache / CONFIG).stat()
    tool_environment({})
    assert (cache / CONFIG).stat().st_ino == before.st_ino
    tool_environment({MIRROR_VARIABLE: str(mirror)})
    assert (cache / CONFIG).stat().st_ino != before.st_ino


def test_a_terraform_that_reads_meanwhile_sees_one_config_or_the_other(mirror: Path, cache: Path) -> None:
    tool_environment({})
    with (cache / CONFIG).open() as reader:
        tool_environment({MIRROR_VARIABLE: str(mirror)})
        assert reader.read().startswith("plugin_cache_dir")
    assert (cache / CONFIG).read_text().startswith("provider_installation")
    assert sorted(path.name for path in cache.iterdir()) == [CONFIG, "terraform-plugins"]


def test_garbage_is_collected_less_often_unless_the_user_says_otherwise() -> None:
    assert tool_environment({})["GOGC"] == "400"
    assert tool_environment({"GOGC": "50"})["GOGC"] == "50"
