"""`[state] of`: whose state bucket an environment may use, and what its own settings then may not say."""

from pathlib import Path

from settings.loading import load_environments
from settings.model import Settings
from settings.problems import SettingsError

import pytest

SHARED = "state.shared = true\n"


def load(folder: Path, files: dict[str, str], picked: str = "") -> dict[str, Settings]:
    environments = folder / "environments"
    environments.mkdir()
    for name, text in files.items():
        (environments / f"{name}.toml").write_text(text)
    loaded = load_environments(environments, {"ENVIRONMENT_SUFFIX": picked})
    return {settings.environment: settings for settings in loaded}


def problems(folder: Path, files: dict[str, str], picked: str = "") -> list[str]:
    with pytest.raises(SettingsError) as raised:
        load(folder, files, picked)
    return [one.removeprefix(f"{folder.as_posix()}/environments/") for one in raised.value.problems]


def test_a_guest_has_the_bucket_the_region_and_the_key_of_the_owner(tmp_path: Path) -> None:
    owner = 'region = "eu-west-1"\n[state]\nshared = true\nbucket = "home"\nregion = "eu-central-1"\n'
    guest = 'region = "eu-west-1"\nstate.of = "prod"\n'
    loaded = load(tmp_path, {"prod": owner, "acme": guest})
    assert loaded["acme"].state.model_dump() == loaded["prod"].state.model_dump() | {"of": "prod"}
    assert loaded["acme"].state.bucket == "home"
    assert loaded["acme"].state.region == "eu-central-1"
    assert loaded["acme"].state.key_alias == "alias/secure-prod-terraform-state"


def test_a_guest_is_the_same_where_it_is_picked(tmp_path: Path) -> None:
    files = {"prod": SHARED, "acme": 'state.of = "prod"\n'}
    loaded = load(tmp_path, files, picked="acme")
    assert list(loaded) == ["acme"]
    assert loaded["acme"].state.bucket == "secure-prod-terraform-state"


def test_an_ephemeral_environment_uses_the_bucket_that_dev_uses(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"prod": SHARED, "dev": 'state.of = "prod"\n'}, picked="pr-12")
    assert (loaded["pr-12"].state.of, loaded["pr-12"].state.bucket) == ("prod", "secure-prod-terraform-state")


def test_an_ephemeral_environment_has_a_bucket_of_its_own_where_dev_has_one(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"dev": SHARED}, picked="pr-12")
    assert (loaded["pr-12"].state.of, loaded["pr-12"].state.bucket) == (None, "secure-pr-12-terraform-state")
    assert not loaded["pr-12"].state.shared


def test_twenty_guests_of_one_bucket_are_no_conflict(tmp_path: Path) -> None:
    guests = {f"team-{number}": 'state.of = "prod"\n' for number in range(20)}
    assert len(load(tmp_path, {"prod": SHARED, **guests})) == 21


ACCOUNT = 'account_id = "111122223333"\n'
OF = 'state.of = "prod"\n'
WRONG_OWNERS = {
    "no such environment": (
        {"prod": SHARED, "acme": 'state.of = "produ"\n'},
        'another environment with a file, not "produ"; possible here: prod',
    ),
    "itself": (
        {"acme": 'state.of = "acme"\n'},
        'another environment with a file, not "acme"; possible here: none',
    ),
    "an owner that is a guest": (
        {"home": SHARED, "prod": 'state.of = "home"\n', "acme": OF},
        'an environment with a state bucket of its own, not "prod"; prod keeps its state in that of home',
    ),
    "an owner that does not share": (
        {"prod": "", "acme": OF},
        'an environment where state.shared is true, not "prod"; set it for prod, then make bootstrap '
        "ENV=prod",
    ),
    "another account": (
        {"prod": ACCOUNT + SHARED, "acme": 'account_id = "999988887777"\n' + OF},
        'an environment of the same account_id, not "prod"; here it is "999988887777", and for prod '
        '"111122223333"',
    ),
    "an account that one of them does not name": (
        {"prod": ACCOUNT + SHARED, "acme": OF},
        'an environment of the same account_id, not "prod"; here it is not set, and for prod "111122223333"',
    ),
    "another region": (
        {"prod": SHARED, "acme": 'region = "eu-west-1"\n' + OF},
        'an environment of the same region, not "prod"; here it is "eu-west-1", and for prod "us-east-1"',
    ),
    "another partition": (
        {"prod": SHARED, "acme": 'region = "cn-north-1"\n' + OF},
        'an environment of the same region, not "prod"; here it is "cn-north-1", and for prod "us-east-1"',
    ),
    "not a name": ({"prod": SHARED, "acme": "state.of = 7\n"}, "text in quotes, not 7"),
}


@pytest.mark.parametrize(("files", "rule"), WRONG_OWNERS.values(), ids=WRONG_OWNERS)
def test_a_wrong_owner_is_one_line(tmp_path: Path, files: dict[str, str], rule: str) -> None:
    assert problems(tmp_path, files) == [f"acme.toml: state.of: must be {rule}"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("bucket", '"mine"'), ("region", '"eu-west-1"'), ("key_alias", '"alias/mine"')),
        *(("lifecycle", "false"), ("shared", "true")),
    ],
)
def test_a_guest_names_no_bucket_of_its_own(tmp_path: Path, key: str, value: str) -> None:
    assert problems(tmp_path, {"prod": SHARED, "acme": f"{OF}state.{key} = {value}\n"}) == [
        f"acme.toml: state.{key}: must not be set where state.of is set, not {value}; "
        'the bucket is that of "prod"'
    ]


def test_an_owner_that_stops_sharing_sees_its_guests(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, {"prod": "", "acme": OF, "dev": ""}, picked="prod")
    assert line.startswith("acme.toml: state.of: must be an environment where state.shared is true")


def test_others_do_not_see_the_mistakes_of_a_guest(tmp_path: Path) -> None:
    assert list(load(tmp_path, {"prod": "", "acme": OF, "dev": ""}, picked="dev")) == ["dev"]


def test_a_guest_sees_what_is_wrong_with_its_owner(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, {"prod": SHARED + "state.protect = 7\n", "acme": OF}, picked="acme")
    assert line.startswith("prod.toml: state.protect: unknown key; ")


def test_a_bucket_of_the_owner_is_taken(tmp_path: Path) -> None:
    files = {"prod": SHARED, "acme": OF + 'bucket_name = "secure-prod-terraform-state"\n'}
    (line,) = problems(tmp_path, files)
    assert line.startswith("acme.toml: bucket_name: must differ from state.bucket in ")
