"""bucket_namespace: names that only the account can take, which a version 6 of the provider makes."""

from pathlib import Path

from settings.loading import load_environments
from settings.model import Settings
from settings.names.aws import bucket_name, is_account_regional
from settings.problems import SettingsError

import pytest

VERSION = '[terraform]\nprovider_version = "6.45.0"\nprovider_version_untested = true\n'
CHOSEN = 'bucket_namespace = "account-regional"\n'
ACCOUNT = 'account_id = "111122223333"\n'
HERE = "-111122223333-us-east-1-an"
WHERE = 'where bucket_namespace is "account-regional"'


def load(folder: Path, text: str, **environ: str) -> Settings:
    name = environ.get("ENVIRONMENT_SUFFIX", "prod")
    (folder / ("prod.toml" if name == "prod" else "dev.toml")).write_text(text, encoding="utf-8")
    (settings,) = load_environments(folder, environ)
    return settings


def test_default_names_end_with_the_account_and_their_own_region(tmp_path: Path) -> None:
    text = (
        CHOSEN
        + ACCOUNT
        + VERSION
        + '[state]\nregion = "eu-west-1"\n[replication]\nenabled = true\nregion = "us-west-2"'
    )
    settings = load(tmp_path, text)
    assert settings.bucket_name == f"secure-prod-data-bucket{HERE}"
    assert settings.logging.bucket == f"secure-prod-access-logs{HERE}"
    assert settings.state.bucket == "secure-prod-terraform-state-111122223333-eu-west-1-an"
    assert settings.replication.bucket == "secure-prod-data-replica-111122223333-us-west-2-an"


def test_a_name_that_is_given_is_taken_as_it_is(tmp_path: Path) -> None:
    settings = load(tmp_path, f'bucket_name = "acme{HERE}"\n' + CHOSEN + ACCOUNT + VERSION)
    assert settings.bucket_name == f"acme{HERE}"
    assert settings.logging.bucket == f"secure-prod-access-logs{HERE}"


def test_an_ephemeral_environment_has_such_names_of_its_own(tmp_path: Path) -> None:
    text = f'bucket_name = "acme{HERE}"\n' + CHOSEN + ACCOUNT + VERSION
    settings = load(tmp_path, text, ENVIRONMENT_SUFFIX="pr-7")
    assert settings.bucket_name == f"secure-pr-7-data-bucket{HERE}"
    assert settings.state.bucket == f"secure-pr-7-terraform-state{HERE}"


def test_without_it_names_are_as_before(tmp_path: Path) -> None:
    assert load(tmp_path, ACCOUNT).bucket_name == "secure-prod-data-bucket"


FULL = CHOSEN + ACCOUNT
WRONG = {
    f'bucket_name = "acme"\n{FULL}{VERSION}': f'bucket_name: must end with "{HERE}" {WHERE}, not "acme"',
    f'bucket_name = "acme-444455556666-us-east-1-an"\n{FULL}{VERSION}': (
        f'bucket_name: must end with "{HERE}" {WHERE}, not "acme-444455556666-us-east-1-an"'
    ),
    f'region = "eu-west-1"\nbucket_name = "acme{HERE}"\n{FULL}{VERSION}': (
        f'bucket_name: must end with "-111122223333-eu-west-1-an" {WHERE}, not "acme{HERE}"'
    ),
    f'{FULL}{VERSION}[logging]\nbucket = "logs"': (
        f'logging.bucket: must end with "{HERE}" {WHERE}, not "logs"'
    ),
    f'{FULL}{VERSION}[state]\nbucket = "acme"': f'state.bucket: must end with "{HERE}" {WHERE}, not "acme"',
    CHOSEN + VERSION: f"account_id: must be set {WHERE}; every bucket's name ends with the account",
    FULL: (
        'bucket_namespace: must be "global" where terraform.provider_version is 5.100.0, '
        'not "account-regional"; '
        "account-regional names need version 6.40.0 or newer, see docs/longevity.md"
    ),
    f'bucket_name = "acme{HERE}"\n{ACCOUNT}': (
        'bucket_name: must not end with an account, a region and "-an" where bucket_namespace is "global", '
        f'not "acme{HERE}"'
    ),
    f'bucket_name = "data-an"\n{FULL}{VERSION}': (
        'bucket_name: must not end with "-an", which S3 reserves, not "data-an"'
    ),
    'bucket_namespace = "x"': 'bucket_namespace: must be "global" or "account-regional", not "x"',
    "bucket_namespace = true": 'bucket_namespace: must be "global" or "account-regional", not true',
}


@pytest.mark.parametrize("text", WRONG)
def test_a_name_that_does_not_fit_gets_one_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert caught.value.problems == (f"{tmp_path.as_posix()}/prod.toml: {WRONG[text]}",)


def test_a_region_without_such_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, 'region = "me-south-1"\n' + FULL + VERSION)
    assert caught.value.problems[0].endswith(
        f'region: must be another region {WHERE}, not "me-south-1"; S3 has no such names there'
    )


def test_a_name_that_gets_too_long_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, FULL + VERSION, ENVIRONMENT_SUFFIX="pr-" + "7" * 20)
    assert "bucket_name: must be 3 to 63 characters long, not " in caught.value.problems[0]


def test_a_bucket_that_exists_is_taken_over_whatever_its_namespace(tmp_path: Path) -> None:
    text = f'bucket_name = "acme{HERE}"\n{ACCOUNT}[import]\nbucket = true\n[state]\nbucket = "state{HERE}"'
    settings = load(tmp_path, text)
    assert (settings.bucket_name, settings.state.bucket) == (f"acme{HERE}", f"state{HERE}")


def test_logs_can_go_to_a_bucket_of_that_namespace_that_exists(tmp_path: Path) -> None:
    settings = load(tmp_path, f'{ACCOUNT}[logging]\nexisting_bucket = "central{HERE}"')
    assert settings.logging.existing_bucket == f"central{HERE}"


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("a-111122223333-us-east-1-an", True),
        ("a-111122223333-us-gov-west-1-an", True),
        ("-111122223333-us-east-1-an", False),
        ("a-11112222333-us-east-1-an", False),
        ("a-111122223333-an", False),
        ("a-111122223333-us-east-1-ab", False),
    ],
)
def test_which_names_are_of_that_namespace(name: str, yes: bool) -> None:
    assert is_account_regional(name) == yes
    assert not yes or bucket_name(name) == name
