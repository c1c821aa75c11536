"""[terraform]: which versions of the AWS provider an environment may use."""

from pathlib import Path

from settings.loading import load_environments
from settings.model import TerraformSettings
from settings.problems import SettingsError

import pytest

EXACT = 'must be an exact version, "5.100.0" or like "6.45.0"'
EITHER = "must be 5.100.0, or 6.40.0 or newer of version 6"
BLOCK = "each plan of 6.22 to 6.39 would take away the block on SSE-C"
UNTESTED = "terraform.provider_version_untested"

WRONG = {
    'provider_version = "latest"': f'terraform.provider_version: {EXACT}, not "latest"',
    'provider_version = "~> 6.45"': f'terraform.provider_version: {EXACT}, not "~> 6.45"',
    'provider_version = "6.45"': f'terraform.provider_version: {EXACT}, not "6.45"',
    'provider_version = "6.45.0-beta1"': f'terraform.provider_version: {EXACT}, not "6.45.0-beta1"',
    'provider_version = "6.045.0"': f'terraform.provider_version: {EXACT}, not "6.045.0"',
    'provider_version = "6.45.\u0663"': f'terraform.provider_version: {EXACT}, not "6.45.\u0663"',
    "provider_version = 6.45": "terraform.provider_version: must be text in quotes, not 6.45",
    'provider_version = "5.99.1"': f'terraform.provider_version: {EITHER}, not "5.99.1"',
    'provider_version = "5.100.1"': f'terraform.provider_version: {EITHER}, not "5.100.1"',
    'provider_version = "7.0.0"\nprovider_version_untested = true': (
        f'terraform.provider_version: {EITHER}, not "7.0.0"'
    ),
    'provider_version = "6.0.0"\nprovider_version_untested = true': (
        f'terraform.provider_version: must be 6.40.0 or newer of version 6, not "6.0.0"; {BLOCK}'
    ),
    'provider_version = "6.39.9"\nprovider_version_untested = true': (
        f'terraform.provider_version: must be 6.40.0 or newer of version 6, not "6.39.9"; {BLOCK}'
    ),
    'provider_version = "6.40.0"': (
        f"{UNTESTED}: must be true where terraform.provider_version is not 5.100.0, not false; "
        "nobody has deployed with 6.40.0 yet, see docs/longevity.md"
    ),
    "provider_version_untested = true": (
        f"{UNTESTED}: must be false where terraform.provider_version is 5.100.0, not true"
    ),
    'provider_version_untested = "yes"': f'{UNTESTED}: must be true or false without quotes, not "yes"',
    'provider_verion = "6.45.0"': 'terraform.provider_verion: unknown key; did you mean "provider_version"?',
}


def load(folder: Path, text: str) -> TerraformSettings:
    (folder / "prod.toml").write_text(f"[terraform]\n{text}\n", encoding="utf-8")
    (settings,) = load_environments(folder, {})
    return settings.terraform


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_gets_one_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert caught.value.problems == (f"{tmp_path.as_posix()}/prod.toml: {WRONG[text]}",)


def test_the_tested_version_is_the_default_and_can_be_named(tmp_path: Path) -> None:
    assert load(tmp_path, "") == load(tmp_path, 'provider_version = "5.100.0"')
    assert load(tmp_path, "").provider_version == "5.100.0"


@pytest.mark.parametrize("version", ["6.40.0", "6.45.0", "6.100.12"])
def test_a_version_6_is_taken_if_the_settings_say_that_it_is_untested(version: str, tmp_path: Path) -> None:
    found = load(tmp_path, f'provider_version = "{version}"\nprovider_version_untested = true')
    assert found.provider_version == version
