"""What environments/*.toml may say, and what follows from it."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from settings.loading import load_environments
from settings.model import Settings

import pytest
from pydantic import ValidationError

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::111122223333:role/data"
Load = Callable[..., dict[str, Settings]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Write environments/<name>.toml for each argument but `environ`, and load them, by name."""
    monkeypatch.chdir(tmp_path)
    directory = Path("environments")
    directory.mkdir()

    def load(environ: Mapping[str, str] | None = None, **files: str) -> dict[str, Settings]:
        for name, text in files.items():
            (directory / f"{name}.toml").write_text(text, encoding="utf-8")
        return {settings.environment: settings for settings in load_environments(directory, environ or {})}

    return load


def test_the_environments_of_this_repository_load() -> None:
    loaded = load_environments(ROOT / "environments", {})
    assert [settings.environment for settings in loaded] == ["dev", "prod", "staging"]


def test_the_environments_of_this_repository_hold_no_account_id() -> None:
    assert {settings.account_id for settings in load_environments(ROOT / "environments", {})} == {None}


def test_importing_the_settings_imports_neither_cdktf_nor_boto3() -> None:
    code = "import sys, settings.model; print({'cdktf', 'jsii', 'boto3', 'botocore'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_an_empty_file_gives_every_default(load: Load) -> None:
    settings = load(prod="")["prod"]
    assert settings.model_dump() == {
        "environment": "prod",
        "region": "us-east-1",
        "account_id": None,
        "bucket_name": "secure-prod-data-bucket",
        "bucket_namespace": "global",
        "protect": True,
        "access": {
            "principals": (),
            "attach_to_roles": (),
            "access_points": (),
            "deploy_role": None,
            "readers": (),
            "writers": (),
        },
        "network": {
            "vpc_endpoints": (),
            "source_ips": (),
            "organization_id": None,
            "exempt_roles": (),
            "listing": False,
        },
        "encryption": {
            "mode": "sse-kms",
            "require_upload_headers": True,
            "key_alias": "alias/secure-s3-key-prod",
            "key_rotation_days": 365,
            "key_deletion_days": 30,
        },
        "presign": {"max_expiry": timedelta(days=7), "revoke_issued_before": None, "revoked": ()},
        "state": {
            "of": None,
            "shared": False,
            "bucket": "secure-prod-terraform-state",
            "region": "us-east-1",
            "key_alias": "alias/secure-prod-terraform-state",
            "lifecycle": True,
        },
        "terraform": {"provider_version": "5.100.0", "provider_version_untested": False},
        "ci": {"repository": None, "branch": "main", "environment": "prod", "create_provider": True},
        "logging": {
            "enabled": True,
            "bucket": "secure-prod-access-logs",
            "existing_bucket": None,
            "prefix": "access/",
            "retention_days": 365,
        },
        "lifecycle": {"enabled": True, "abort_incomplete_multipart_upload_days": 7, "rules": ()},
        "object_lock": {"mode": None, "days": None, "years": None},
        "replication": {
            "enabled": False,
            "region": None,
            "bucket": "secure-prod-data-replica",
            "key_alias": "alias/secure-s3-replica-prod",
            "storage_class": "STANDARD",
            "delete_markers": False,
            "replica_modifications": False,
            "time_control": False,
        },
        "inventory": {
            "enabled": False,
            "frequency": "weekly",
            "format": "parquet",
            "noncurrent_versions": False,
            "prefix": "",
        },
        "audit": {
            "enabled": False,
            "data_events": "write",
            "management_events": True,
            "notify": (),
            "key_alias": "alias/secure-s3-audit-prod",
        },
        "events": {"eventbridge": False},
        "malware_scan": {
            "enabled": False,
            "prefixes": (),
            "enforce": False,
            "readers_of_unscanned": (),
            "unscanned_become_unreadable": False,
        },
        "cors": {
            "allowed_origins": (),
            "allowed_methods": ("GET", "HEAD", "PUT"),
            "allowed_headers": ("content-type", "x-amz-*"),
            "expose_headers": ("ETag", "x-amz-version-id"),
            "max_age_seconds": 3000,
        },
        "import_": {"bucket": False, "key": None, "key_alias": False},
        "tags": {
            "Environment": "prod",
            "Project": "secure-s3-storage",
            "Purpose": "secure-data-storage",
            "DataClassification": "confidential",
        },
    }


def test_a_file_overrides_every_default(load: Load) -> None:
    text = f"""
        region = "eu-west-1"
        account_id = "111122223333"
        bucket_name = "my.data"
        protect = false
        [access]
        principals = ["{ROLE}"]
        attach_to_roles = ["loader"]
        [encryption]
        mode = "sse-kms"
        require_upload_headers = false
        key_alias = "alias/mine"
        key_rotation_days = 90
        key_deletion_days = 7
        [presign]
        max_expiry = "15m"
        [state]
        bucket = "my-state"
        region = "eu-central-1"
        key_alias = "alias/mine"
        lifecycle = false
        [tags]
        Project = "other"
        Team = ""
    """
    settings = load(prod=text)["prod"]
    assert settings.access.principals == (ROLE,)
    assert settings.access.attach_to_roles == ("loader",)
    assert settings.encryption.model_dump() == {
        "mode": "sse-kms",
        "require_upload_headers": False,
        "key_alias": "alias/mine",
        "key_rotation_days": 90,
        "key_deletion_days": 7,
    }
    assert settings.presign.max_expiry == timedelta(minutes=15)
    assert settings.state.model_dump() == {
        "of": None,
        "shared": False,
        "bucket": "my-state",
        "region": "eu-central-1",
        "key_alias": "alias/mine",
        "lifecycle": False,
    }
    assert (settings.region, settings.account_id, settings.bucket_name, settings.protect) == (
        "eu-west-1",
        "111122223333",
        "my.data",
        False,
    )
    assert settings.tags["Project"] == "other"
    assert settings.tags["Team"] == ""
    assert settings.tags["Environment"] == "prod"


def test_settings_cannot_be_changed(load: Load) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load(dev="")["dev"].region = "eu-west-1"


def test_environments_are_sorted_by_name(load: Load) -> None:
    assert list(load(c="", a="", b="")) == ["a", "b", "c"]


def test_only_dev_is_unprotected_by_default(load: Load) -> None:
    assert {name: s.protect for name, s in load(dev="", staging="", prod="").items()} == {
        "dev": False,
        "staging": True,
        "prod": True,
    }


def test_the_region_is_by_default_aws_region(load: Load) -> None:
    loaded = load({"AWS_REGION": "eu-west-1"}, dev="", prod='region = "eu-central-1"')
    assert (loaded["dev"].region, loaded["dev"].state.region) == ("eu-west-1", "eu-west-1")
    assert (loaded["prod"].region, loaded["prod"].state.region) == ("eu-central-1", "eu-central-1")


def test_empty_variables_count_as_unset(load: Load) -> None:
    variables = ["AWS_REGION", "ENVIRONMENT_SUFFIX", "REPOSITORY", "COMMIT_AUTHOR"]
    assert load(dict.fromkeys(variables, ""), dev="", prod="") == load(dev="", prod="")


def test_repository_and_author_become_tags_that_aws_takes(load: Load) -> None:
    environ = {"REPOSITORY": "team/storage", "COMMIT_AUTHOR": "dependabot[bot]"}
    tags = load(environ, dev="")["dev"].tags
    assert (tags["Repository"], tags["Author"]) == ("team/storage", "dependabot_bot_")


@pytest.mark.parametrize("name", ["a", "pr-12", "e" * 40])
def test_default_names_of_any_environment_name_are_valid(load: Load, name: str) -> None:
    assert load({"ENVIRONMENT_SUFFIX": name}, dev="")[name].environment == name


def test_the_suffix_picks_one_environment(load: Load) -> None:
    assert list(load({"ENVIRONMENT_SUFFIX": "prod"}, dev="", prod="")) == ["prod"]


def test_a_picked_environment_does_not_fail_because_of_another(load: Load) -> None:
    assert list(load({"ENVIRONMENT_SUFFIX": "prod"}, dev="wrong = 1", prod="", Odd="")) == ["prod"]


def test_a_name_without_a_file_is_an_ephemeral_environment_made_from_dev(load: Load) -> None:
    dev = (
        'region = "eu-west-1"\naccount_id = "111122223333"\n[presign]\nmax_expiry = "1h"\n[tags]\nTeam = "a"'
    )
    settings = load({"ENVIRONMENT_SUFFIX": "pr-12"}, dev=dev)["pr-12"]
    assert settings.region == "eu-west-1"
    assert settings.account_id == "111122223333"
    assert settings.presign.max_expiry == timedelta(hours=1)
    assert settings.tags["Team"] == "a"
    assert settings.tags["Environment"] == "pr-12"
    assert settings.protect is False


def test_an_ephemeral_environment_takes_none_of_the_names_of_dev(load: Load) -> None:
    dev = """
        bucket_name = "devs-bucket"
        encryption.key_alias = "alias/dev"
        state.bucket = "devs-state"
        state.key_alias = "alias/devs-state"
        tags.Environment = "development"
    """
    settings = load({"ENVIRONMENT_SUFFIX": "pr-12"}, dev=dev)["pr-12"]
    assert settings.bucket_name == "secure-pr-12-data-bucket"
    assert settings.encryption.key_alias == "alias/secure-s3-key-pr-12"
    assert settings.state.bucket == "secure-pr-12-terraform-state"
    assert settings.state.key_alias == "alias/secure-pr-12-terraform-state"
    assert settings.tags["Environment"] == "pr-12"


def test_a_wrong_aws_region_does_not_matter_where_every_file_names_its_own(load: Load) -> None:
    assert load({"AWS_REGION": "nowhere"}, dev='region = "eu-west-1"')["dev"].region == "eu-west-1"


def test_an_alias_may_be_the_same_in_another_region_or_account(load: Load) -> None:
    text = 'encryption.key_alias = "alias/k"\n'
    assert load(dev=text, prod=f'{text}region = "eu-west-1"')
    one, other = (f'{text}account_id = "{account}"' for account in ("111122223333", "444455556666"))
    assert load(dev=one, prod=other)


def test_a_bucket_name_may_be_the_same_in_another_partition(load: Load) -> None:
    text = 'bucket_name = "same"\n'
    assert load(dev=text, prod=f'{text}region = "cn-north-1"')


def test_fifty_tags_are_not_too_many(load: Load) -> None:
    text = "".join(f'tags.t{number} = ""\n' for number in range(46))
    assert len(load(dev=text)["dev"].tags) == 50


def test_an_ephemeral_environment_has_no_roles_for_ci(load: Load) -> None:
    text = '[ci]\nrepository = "acme/storage"\nenvironment = "development"'
    assert load(dev=text)["dev"].ci.environment == "development"
    ephemeral = load({"ENVIRONMENT_SUFFIX": "pr-12"})["pr-12"]
    assert (ephemeral.ci.repository, ephemeral.ci.environment) == (None, "pr-12")


def test_several_accounts_can_each_have_a_provider_for_tokens(load: Load) -> None:
    ci = '[ci]\nrepository = "acme/storage"\n'
    loaded = load(
        dev=f'account_id = "111122223333"\n{ci}',
        staging=f'account_id = "111122223333"\n{ci}create_provider = false',
        prod=f'account_id = "444455556666"\n{ci}',
        test=ci,
    )
    assert {name: one.ci.create_provider for name, one in loaded.items()} == {
        "dev": True,
        "staging": False,
        "prod": True,
        "test": True,
    }
