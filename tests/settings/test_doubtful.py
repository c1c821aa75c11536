"""Settings that are legal and surely not meant: what gets a warning, and what gets none."""

from pathlib import Path

from settings.doubtful import warnings_of
from settings.loading import load_environments
from settings.problems import SettingsError
from tests.conftest import ROOT, VARIANTS

import pytest

GRANT = '[[access.{}]]\nprincipal = "arn:aws:iam::444455556666:root"\nprefix = "{}"\n'
RULE = '[lifecycle]\nenabled = true\n[[lifecycle.rules]]\nprefix = "raw/"\nexpiration_days = 30\n'
AUDIT = "[audit]\nenabled = true\n"
NOTIFY = 'notify = ["ops@example.com"]\n'
ROLE = "arn:aws:iam::111122223333:role/ci/Deploy"


def warnings(folder: Path, content: str) -> list[str]:
    (folder / "prod.toml").write_text(content)
    found = warnings_of(load_environments(folder, {}), folder)
    return [line.removeprefix(f"{folder.as_posix()}/prod.toml: ") for line in found]


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        (
            GRANT.format("readers", "published"),
            'access.readers[0].prefix: "published" also lets in to "published-old/x"; "published/" is the '
            "folder alone",
        ),
        (
            GRANT.format("writers", "/inbox/"),
            'access.writers[0].prefix: "/inbox/" begins with a slash, as hardly any key does; leave it out',
        ),
        (AUDIT, "audit.notify: is empty, so nobody gets the alarms; name an e-mail address"),
        (
            RULE,
            "lifecycle.rules[0].expiration_days: deletes nothing: the bucket keeps the version; set "
            "noncurrent_expiration_days, too",
        ),
        (
            '[tags]\nregion = "eu-central-1"\n',
            "tags.region: is a tag here; the setting region belongs above the first [section]",
        ),
    ],
)
def test_what_is_surely_not_meant_is_named_with_its_key(tmp_path: Path, content: str, warning: str) -> None:
    assert warnings(tmp_path, content) == [warning]


@pytest.mark.parametrize(
    "content",
    [
        GRANT.format("readers", "published/"),
        GRANT.format("writers", ""),
        AUDIT + NOTIFY,
        RULE + "noncurrent_expiration_days = 7\n",
        RULE + '[[lifecycle.rules]]\nprefix = ""\nnoncurrent_expiration_days = 7\n',
        '[tags]\nRegion = "north"\n',
    ],
)
def test_what_may_be_meant_gets_no_warning(tmp_path: Path, content: str) -> None:
    assert warnings(tmp_path, content) == []


@pytest.mark.parametrize("key", ["protect", "bucket_name"])
def test_a_key_of_the_top_below_a_section_is_named(tmp_path: Path, key: str) -> None:
    (tmp_path / "prod.toml").write_text(f"[access]\n{key} = true\n")
    with pytest.raises(SettingsError) as raised:
        load_environments(tmp_path, {})
    (problem,) = raised.value.problems
    assert problem.endswith(f"access.{key}: unknown key; {key} belongs above the first [section]")


@pytest.mark.parametrize(("role", "refused"), [("Deploy", True), ("deploy", True), ("etl", False)])
def test_the_role_that_deploys_gets_no_policy_that_it_can_change(
    tmp_path: Path, role: str, refused: bool
) -> None:
    content = f'[access]\ndeploy_role = "{ROLE}"\nattach_to_roles = ["{role}"]\n'
    (tmp_path / "prod.toml").write_text(content)
    if not refused:
        load_environments(tmp_path, {})
        return
    with pytest.raises(SettingsError) as raised:
        load_environments(tmp_path, {})
    assert "access.attach_to_roles[0]: must not be the role of access.deploy_role" in str(raised.value)


def test_our_own_environments_have_no_warning() -> None:
    for folder in (ROOT / "environments", VARIANTS / "ci"):
        assert list(warnings_of(load_environments(folder, {}), folder)) == []
