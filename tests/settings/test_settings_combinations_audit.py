"""What `[audit]` asks of the other sections: one line each."""

from pathlib import Path

from settings.loading import load_environments
from settings.problems import SettingsError

import pytest

LOGGING = "[logging]\nenabled = true\n"


def problems(folder: Path, toml: str) -> str:
    (folder / "dev.toml").write_text(toml)
    try:
        load_environments(folder, {})
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("[audit]\nenabled = true", "audit.enabled: must be false where logging makes no bucket"),
        (
            '[logging]\nenabled = true\nexisting_bucket = "logs-of-all"\n[audit]\nenabled = true',
            "audit.enabled: must be false where logging makes no bucket",
        ),
        ('[audit]\nnotify = ["ops@example.com"]', "audit.enabled: must be true where audit.notify is set"),
        (
            f'{LOGGING}[audit]\nenabled = true\nkey_alias = "alias/secure-s3-key-dev"',
            "audit.key_alias: must differ from encryption.key_alias",
        ),
        (
            f'{LOGGING}[audit]\nenabled = true\nkey_alias = "alias/secure-dev-terraform-state"',
            "audit.key_alias: must differ from state.key_alias",
        ),
        (f'{LOGGING}[audit]\nenabled = true\nnotify = ["ops"]', "audit.notify[0]"),
    ],
)
def test_a_wrong_combination_is_one_line(toml: str, problem: str, tmp_path: Path) -> None:
    said = problems(tmp_path, toml)
    assert problem in said, said
    assert said.count("\n") == 0


@pytest.mark.parametrize(
    "toml",
    [
        f"{LOGGING}[audit]\nenabled = true",
        f'{LOGGING}[audit]\nenabled = true\nnotify = ["ops@example.com"]\ndata_events = "read"',
        '[audit]\nkey_alias = "alias/secure-s3-key-dev"',
    ],
)
def test_a_right_combination_is_none(toml: str, tmp_path: Path) -> None:
    assert problems(tmp_path, toml) == ""
