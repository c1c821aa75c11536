"""Where the provider is taken from, and that terraform understands what we tell it about that."""

import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import create_server, socket
from threading import Thread

from ops.preflight import tools
from ops.preflight.verdict import Mark, Verdict
from ops.shared import provider_mirror
from ops.shared.errors import OpsError
from ops.shared.provider_mirror import (
    MIRROR_VARIABLE,
    PROVIDER,
    Missing,
    find_mirror,
    missing_provider,
    terraform_cli_config,
)
from settings.names.provider import TESTED
from tests.ops.ops_support import DONE_SECONDS

import pytest

SUBJECT = "AWS provider"
PLATFORM = provider_mirror._platform()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home, and a machine without mirrors anywhere else."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(provider_mirror, "MACHINE_FOLDERS", ())
    return tmp_path / "home"


def mirror(folder: Path, version: str = TESTED, platform: str = PLATFORM) -> Path:
    unpacked = folder / PROVIDER / version / platform
    unpacked.mkdir(parents=True)
    (unpacked / f"terraform-provider-aws_v{version}_x5").touch(mode=0o755)
    return folder


def test_there_may_be_no_mirror() -> None:
    assert find_mirror({}, TESTED) is None


@pytest.mark.parametrize("folder", [".terraform.d/plugins", ".local/share/terraform/plugins"])
def test_a_mirror_in_the_home_is_found(home: Path, folder: str) -> None:
    found = mirror(home / folder)
    assert find_mirror({}, TESTED) == found


def test_the_variable_comes_before_the_home(home: Path, tmp_path: Path) -> None:
    mirror(home / ".terraform.d" / "plugins")
    named = mirror(tmp_path / "named")
    assert find_mirror({MIRROR_VARIABLE: str(named)}, TESTED) == named


def test_a_mirror_of_the_machine_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_mirror, "MACHINE_FOLDERS", (tmp_path / "none", tmp_path / "opt"))
    (tmp_path / "opt" / "another").mkdir(parents=True)
    found = mirror(tmp_path / "opt" / "mirror")
    assert find_mirror({}, TESTED) == found


def test_a_mirror_that_is_named_from_here_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: "named"}, TESTED)
    mirror(tmp_path / "named")
    assert find_mirror({MIRROR_VARIABLE: "named"}, TESTED) == tmp_path / "named"


def test_another_version_does_not_count(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: str(mirror(tmp_path, version="6.0.0"))}, TESTED)


def test_another_platform_does_not_count(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: str(mirror(tmp_path, platform="plan9_mips"))}, TESTED)


def test_a_packed_provider_does_not_count(tmp_path: Path) -> None:
    (tmp_path / PROVIDER).mkdir(parents=True)
    (tmp_path / PROVIDER / f"terraform-provider-aws_{TESTED}_{PLATFORM}.zip").touch()
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: str(tmp_path)}, TESTED)


def test_a_named_folder_that_cannot_be_looked_into_is_an_error() -> None:
    with pytest.raises(OpsError, match=f"^{MIRROR_VARIABLE} names "):
        find_mirror({MIRROR_VARIABLE: "x" * 5000}, TESTED)  # a name too long, for root may read anything


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
    assert f"Installed hashicorp/aws v{TESTED}" in done.stdout


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_terraform_takes_a_cache_with_any_name(tmp_path: Path, name: str) -> None:
    done = terraform(tmp_path / "work", terraform_cli_config(None, tmp_path / name), "version", "-no-color")
    # It looks whether the folder is there, and so tells us how it read the name.
    assert "The specified plugin cache dir" in done.stderr
    assert str(tmp_path / name) in done.stderr.replace("\\\\", "\\").replace('\\"', '"')


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The paths that a registry is asked for, which has 6.45.0 alone."""
    asked = []

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(
                200 if self.path.startswith("/6.45.0/") else 500 if "/5." in self.path else 404
            )
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(provider_mirror, "REGISTRY", f"http://127.0.0.1:{server.server_port}")
        yield asked
        server.shutdown()
        thread.join()


NOTHING = Path("/there/is/none")


def preflight(folder: Path = NOTHING) -> Verdict:
    """The preflight's line about version 6.46.0."""
    lines = tools.check({"PATH": ""}, {}, provider_version="6.46.0", folder=folder)
    (line,) = [one for one in lines if one.subject == SUBJECT]
    return line


NOWHERE = "version 6.46.0 of the AWS provider is in no mirror on this machine, and "


def test_a_version_that_the_registry_has_is_not_missing(registry: list[str]) -> None:
    assert missing_provider({}, "6.45.0", NOTHING) is None
    assert registry == [f"/6.45.0/download/{PLATFORM.replace('_', '/')}"]


def test_a_version_that_is_nowhere_is_missing(registry: list[str]) -> None:
    problem = f"{NOWHERE}not in the public Terraform registry"
    assert missing_provider({}, "6.46.0", NOTHING) == Missing(problem, certain=True)


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No registry: nothing listens on a port that is taken."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setattr(provider_mirror, "REGISTRY", f"http://127.0.0.1:{free.getsockname()[1]}")
        yield


UNREACHABLE = f"{NOWHERE}the public Terraform registry cannot be reached"


@pytest.mark.usefixtures("unreachable")
def test_nobody_knows_whether_a_version_is_missing_where_the_registry_cannot_be_reached() -> None:
    assert missing_provider({}, "6.46.0", NOTHING) == Missing(UNREACHABLE, certain=False)
    assert (preflight().mark, preflight().text) == (Mark.UNKNOWN, f"could not be checked: {UNREACHABLE}")


@pytest.mark.usefixtures("unreachable")
def test_a_version_that_an_earlier_run_installed_is_not_missing(tmp_path: Path) -> None:
    mirror(tmp_path / "stack" / ".terraform" / "providers", version="6.46.0")
    assert missing_provider({}, "6.46.0", tmp_path / "stack") is None
    line = preflight(tmp_path / "stack")
    assert (line.mark, line.text) == (
        Mark.GOOD,
        "6.46.0 (nobody has deployed with it yet), installed by an earlier run",
    )


def test_a_registry_that_does_not_say_is_not_taken_for_one_without_it(registry: list[str]) -> None:
    missing = missing_provider({}, TESTED, NOTHING)
    assert missing is not None
    assert not missing.certain
    assert len(registry) == 1


def test_what_is_no_http_is_not_taken_for_a_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(provider_mirror, "REGISTRY", f"http://127.0.0.1:{server.getsockname()[1]}")

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"garbage\r\n\r\n")

        thread = Thread(target=answer)
        thread.start()
        assert missing_provider({}, "6.46.0", NOTHING) == Missing(UNREACHABLE, certain=False)
        thread.join()


def test_nobody_asks_the_registry_where_a_mirror_or_a_configuration_decides(
    registry: list[str], home: Path
) -> None:
    found = mirror(home / ".terraform.d" / "plugins", version="6.46.0")
    assert find_mirror({}, "6.46.0") == found
    assert missing_provider({}, "6.46.0", NOTHING) is None
    (home / ".terraformrc").touch()
    assert missing_provider({}, "6.47.0", NOTHING) is None
    assert registry == []


def test_the_preflight_says_where_the_version_comes_from(registry: list[str], home: Path) -> None:
    line = preflight()
    assert (line.mark, line.text) == (Mark.BAD, f"{NOWHERE}not in the public Terraform registry")
    found = mirror(home / ".terraform.d" / "plugins", version="6.46.0")
    line = preflight()
    assert (line.mark, line.text) == (
        Mark.GOOD,
        f"6.46.0 (nobody has deployed with it yet), from the mirror {found}",
    )
