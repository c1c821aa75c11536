"""What replication asks of the other settings, each one line."""

from pathlib import Path

from settings.loading import load_environments
from settings.problems import SettingsError

import pytest

ON = '[replication]\nenabled = true\nregion = "eu-west-1"\n'


def problems(folder: Path, text: str) -> list[str]:
    (folder / "prod.toml").write_text(text)
    try:
        load_environments(folder, {})
    except SettingsError as error:
        return [line.partition("prod.toml: ")[2] for line in error.problems]
    return []


def test_a_state_in_the_replica_s_region_may_have_an_alias_of_its_own(tmp_path: Path) -> None:
    assert problems(tmp_path, f'{ON}[state]\nregion = "eu-west-1"\nkey_alias = "alias/a"\n') == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            f'{ON}key_alias = "alias/a"\n[state]\nregion = "eu-west-1"\nkey_alias = "alias/a"\n',
            "replication.key_alias: must differ from state.key_alias, which is in the same region, "
            'not "alias/a"',
        ),
        (
            "[replication]\nenabled = true\n",
            "replication.region: must be set where ",
        ),
        (ON.replace("eu-west-1", "us-east-1"), "replication.region: must differ from region"),
        (ON.replace("eu-west-1", "cn-north-1"), "replication.region: must be in the same AWS partition "),
        (
            f'bucket_name = "one-bucket"\n{ON}bucket = "one-bucket"\n',
            "replication.bucket: must differ from ",
        ),
    ],
)
def test_a_combination_that_cannot_work_is_one_line(text: str, problem: str, tmp_path: Path) -> None:
    (line,) = problems(tmp_path, text)
    assert line.startswith(problem)
