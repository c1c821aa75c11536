"""Settings that are right one by one and wrong together: each gets one line."""

from pathlib import Path

from settings.loading import load_environments
from settings.problems import SettingsError

import pytest

KEY = "11111111-2222-3333-4444-555555555555"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"

# What a file says, the line about it, and the same made right.
WRONG: dict[str, tuple[str, str, str]] = {
    "listing within a perimeter that is none": (
        "[network]\nlisting = true",
        "network.listing: must be false where nothing is limited, not true; "
        "set network.vpc_endpoints, network.source_ips or network.organization_id",
        '[network]\nlisting = true\norganization_id = "o-a1b2c3d4e5"',
    ),
    "the log bucket is the data bucket": (
        '[logging]\nexisting_bucket = "secure-prod-data-bucket"',
        'logging.existing_bucket: must differ from bucket_name, not "secure-prod-data-bucket"',
        '[logging]\nexisting_bucket = "central-logs"',
    ),
    "the log bucket is the state bucket": (
        '[logging]\nbucket = "secure-prod-terraform-state"',
        'logging.bucket: must differ from state.bucket, not "secure-prod-terraform-state"',
        '[logging]\nbucket = "prod-logs"',
    ),
    "a log bucket without logs": (
        '[logging]\nenabled = false\nexisting_bucket = "central-logs"',
        "logging.enabled: must be true where logging.existing_bucket is set, not false",
        "[logging]\nenabled = false",
    ),
    "rules of a lifecycle that is off": (
        '[lifecycle]\nenabled = false\nrules = [{ prefix = "raw/", expiration_days = 9 }]',
        "lifecycle.enabled: must be true where lifecycle.rules is set, not false",
        '[lifecycle]\nrules = [{ prefix = "raw/", expiration_days = 9 }]',
    ),
    "a lock without a mode": (
        "[object_lock]\ndays = 30",
        "object_lock.days: may only be set together with object_lock.mode, not 30",
        '[object_lock]\nmode = "compliance"\ndays = 30',
    ),
    "a lock for no time": (
        '[object_lock]\nmode = "governance"',
        'object_lock: needs either days or years, as mode is "governance"; it has neither',
        '[object_lock]\nmode = "governance"\nyears = 1',
    ),
    "a lock for days and years": (
        '[object_lock]\nmode = "governance"\ndays = 1\nyears = 1',
        'object_lock: needs either days or years, as mode is "governance"; it has both',
        '[object_lock]\nmode = "governance"\ndays = 1',
    ),
    "a lock that nobody can lift, in a bucket that can be destroyed": (
        'protect = false\n[object_lock]\nmode = "compliance"\ndays = 1',
        'protect: must be true where object_lock.mode is "compliance", not false; '
        "nothing can empty such a bucket",
        'protect = false\n[object_lock]\nmode = "governance"\ndays = 1',
    ),
    "a replica nowhere": (
        "[replication]\nenabled = true",
        "replication.region: must be set where replication.enabled is true",
        '[replication]\nenabled = true\nregion = "eu-west-1"',
    ),
    "a replica in the same region": (
        '[replication]\nenabled = true\nregion = "us-east-1"',
        'replication.region: must differ from region, not "us-east-1"',
        '[replication]\nenabled = true\nregion = "us-east-2"',
    ),
    "a replica in another partition": (
        '[replication]\nenabled = true\nregion = "cn-north-1"',
        "replication.region: must be in the same AWS partition as region, "
        'which is "us-east-1", not "cn-north-1"',
        'region = "cn-northwest-1"\n[replication]\nenabled = true\nregion = "cn-north-1"',
    ),
    "a replica in the bucket of the logs": (
        '[replication]\nenabled = true\nregion = "eu-west-1"\nbucket = "secure-prod-access-logs"',
        'replication.bucket: must differ from logging.bucket, not "secure-prod-access-logs"',
        '[replication]\nenabled = true\nregion = "eu-west-1"\nbucket = "prod-replica"',
    ),
    "an inventory without a log bucket": (
        "[logging]\nenabled = false\n[inventory]\nenabled = true",
        "inventory.enabled: must be false where logging makes no bucket to write to, not true; "
        "set logging.enabled, and no logging.existing_bucket",
        "[inventory]\nenabled = true",
    ),
    "a trail for a log bucket that is not ours": (
        '[logging]\nexisting_bucket = "central-logs"\n[audit]\nenabled = true',
        "audit.enabled: must be false where logging makes no bucket to write to, not true; "
        "set logging.enabled, and no logging.existing_bucket",
        '[audit]\nenabled = true\nnotify = ["ops@example.com"]',
    ),
    "alarms for somebody that nobody raises": (
        '[audit]\nnotify = ["ops@example.com"]',
        "audit.enabled: must be true where audit.notify is set, not false",
        '[audit]\nenabled = true\nnotify = ["ops@example.com"]',
    ),
    "one key for the data and for the alarms about it": (
        '[audit]\nenabled = true\nkey_alias = "alias/secure-s3-key-prod"',
        'audit.key_alias: must differ from encryption.key_alias, not "alias/secure-s3-key-prod"',
        '[audit]\nenabled = true\nkey_alias = "alias/alarms"',
    ),
    "every web page, with credentials": (
        '[cors]\nallowed_origins = ["*"]\nallowed_headers = ["content-type", "Authorization"]',
        'cors.allowed_headers[1]: must not allow credentials where cors.allowed_origins is "*", '
        'not "Authorization"; name the origins, or headers like "content-type"',
        '[cors]\nallowed_origins = ["*"]\nallowed_headers = ["content-type"]',
    ),
    "every web page, and one": (
        '[cors]\nallowed_origins = ["*", "https://app.example.com"]',
        'cors.allowed_origins: must list "*" alone, because it allows every origin, not a list',
        '[cors]\nallowed_origins = ["https://app.example.com"]',
    ),
    "a key that is taken over and not used": (
        f'[encryption]\nmode = "sse-s3"\n[import]\nkey = "{KEY}"',
        'encryption.mode: must be "sse-kms" where import.key is set, not "sse-s3"',
        f'[import]\nkey = "{KEY}"',
    ),
    "an alias that is taken over without its key": (
        "[import]\nkey_alias = true",
        "import.key: must be set where import.key_alias is true; an alias belongs to a key",
        f'[import]\nkey = "{KEY}"\nkey_alias = true',
    ),
    "a bucket that is taken over, and emptied by a destroy": (
        "protect = false\n[import]\nbucket = true",
        "protect: must be true where import.bucket is true, not false; "
        "otherwise a destroy deletes what was in the bucket before",
        "[import]\nbucket = true",
    ),
    "a key that is taken over, and deleted by a destroy": (
        f'protect = false\n[import]\nkey = "{KEY}"',
        "protect: must be true where import.key is set, not false; "
        "otherwise a destroy deletes the key, and all that it encrypted is lost",
        f'[import]\nkey = "{KEY}"',
    ),
    "a replica in the log bucket of the company": (
        '[logging]\nexisting_bucket = "central"\n'
        '[replication]\nenabled = true\nregion = "eu-west-1"\nbucket = "central"',
        'logging.existing_bucket: must differ from replication.bucket, not "central"',
        '[logging]\nexisting_bucket = "central"\n[replication]\nenabled = true\nregion = "eu-west-1"',
    ),
    "a trail that is gone after a week": (
        "[logging]\nretention_days = 7\n[audit]\nenabled = true",
        "logging.retention_days: must be at least 90 where audit.enabled is true, not 7; "
        "the trail's records are in it",
        "[logging]\nretention_days = 90\n[audit]\nenabled = true",
    ),
    "a replica that nobody switched on": (
        '[replication]\nregion = "eu-west-1"',
        "replication.enabled: must be set where replication.region is set, which has no effect without it",
        '[replication]\nenabled = false\nregion = "eu-west-1"',
    ),
    "methods for no web page": (
        '[cors]\nallowed_methods = ["GET"]',
        "cors.allowed_origins: must be set where cors.allowed_methods is set, which has no effect without it",
        '[cors]\nallowed_methods = ["GET"]\nallowed_origins = []',
    ),
    "a key of another partition": (
        f'[import]\nkey = "{ARN.replace("arn:aws:", "arn:aws-cn:")}"',
        f'import.key: must begin with "arn:aws:", not "{ARN.replace("arn:aws:", "arn:aws-cn:")}"',
        f'[import]\nkey = "{KEY}"',
    ),
    "a key of another region": (
        f'[import]\nkey = "{ARN}"',
        f'import.key: must be in region, which is "us-east-1", not "{ARN}"',
        f'region = "eu-west-1"\n[import]\nkey = "{ARN}"',
    ),
    "a key of another account": (
        f'region = "eu-west-1"\naccount_id = "999988887777"\n[import]\nkey = "{ARN}"',
        f'import.key: must be of account_id, "999988887777", not "{ARN}"',
        f'region = "eu-west-1"\naccount_id = "111122223333"\n[import]\nkey = "{ARN}"',
    ),
}


def problems(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> tuple[str, ...]:
    monkeypatch.chdir(folder)
    environments = Path("environments")
    environments.mkdir(exist_ok=True)
    for name, text in files.items():
        (environments / f"{name}.toml").write_text(text)
    try:
        load_environments(environments, {})
    except SettingsError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("what", WRONG)
def test_it_is_refused_in_one_line_and_taken_once_it_is_right(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, line, right = WRONG[what]
    assert problems(tmp_path, monkeypatch, prod=wrong) == (f"environments/prod.toml: {line}",)
    assert problems(tmp_path, monkeypatch, prod=right) == ()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("logging.bucket", '[logging]\nbucket = "one-for-all"'),
        ("replication.bucket", '[replication]\nenabled = true\nregion = "eu-west-1"\nbucket = "one-for-all"'),
    ],
)
def test_two_environments_cannot_have_the_same_bucket(
    key: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = problems(tmp_path, monkeypatch, prod=text, staging=text)
    both = f'must differ from {key} in environments/staging.toml, but both are "one-for-all"'
    assert line == f"environments/prod.toml: {key}: {both}"


def test_a_log_bucket_may_be_shared_but_is_nobodys_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = '[logging]\nexisting_bucket = "central"'
    assert problems(tmp_path, monkeypatch, prod=shared, staging=shared) == ()
    (line,) = problems(
        tmp_path, monkeypatch, prod='[logging]\nexisting_bucket = "secure-staging-data-bucket"', staging=""
    )
    assert line == (
        "environments/prod.toml: logging.existing_bucket: must differ from bucket_name in "
        'environments/staging.toml, but both are "secure-staging-data-bucket"'
    )


def test_a_log_bucket_is_nobodys_replica_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose policy refuses what log delivery writes."""
    logs = '[logging]\nexisting_bucket = "secure-staging-data-replica"'
    replica = '[replication]\nenabled = true\nregion = "eu-west-1"'
    (line,) = problems(tmp_path, monkeypatch, prod=logs, staging=replica)
    assert line.startswith(
        "environments/prod.toml: logging.existing_bucket: must differ from replication.bucket in "
    )


def test_without_a_key_its_alias_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[encryption]\nmode = "sse-s3"\n[audit]\nenabled = true\nkey_alias = "alias/secure-s3-key-prod"'
    assert problems(tmp_path, monkeypatch, prod=text) == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            '[[lifecycle.rules]]\nprefx = "a/"',
            'lifecycle.rules[0].prefx: unknown key; did you mean "prefix"?',
        ),
        (
            "[[lifecycle.rules]]\nnoncurrent_expiration_days = 9\nnewer_noncurrent_versions = 101",
            "lifecycle.rules[0].newer_noncurrent_versions: must be a whole number without quotes "
            "from 1 to 100, not 101",
        ),
        (
            '[lifecycle.rules]\nprefix = "a/"',
            "lifecycle.rules: must be a list of tables, each under a heading in double brackets, not a table",
        ),
        (
            '[[access.readers]]\nprincpal = "x"',
            'access.readers[0].princpal: unknown key; did you mean "principal"?',
        ),
    ],
)
def test_what_is_wrong_in_a_list_of_tables_is_reported_as_elsewhere(
    text: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"environments/prod.toml: {line}" in problems(tmp_path, monkeypatch, prod=text)


ROLE = "arn:aws:iam::111122223333:role"


@pytest.mark.parametrize(
    "text",
    [
        f'[[access.readers]]\nprincipal = "{ROLE}/r"\nprefix = "a%{{ if false }}secret/%{{ endif }}"',
        f'[access]\nprincipals = ["{ROLE}/${{path.module}}/x"]',
        f'[access]\nprincipals = ["{ROLE}/%{{ if true }}/x"]',
        '[logging]\nprefix = "a%{x}/"',
        '[[lifecycle.rules]]\nprefix = "a%{x}/"\nexpiration_days = 9',
        '[inventory]\nenabled = true\nprefix = "${x}"',
    ],
)
def test_nothing_that_terraform_would_evaluate_is_let_through(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = problems(tmp_path, monkeypatch, prod=text)
    assert "in Terraform" in line


def test_a_file_of_a_windows_editor_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(tmp_path, monkeypatch, prod="\ufeff[events]\neventbridge = true") == ()


@pytest.mark.parametrize(
    "origin",
    [
        "http://app.example.com",
        "https://app.example.com/",
        "app.example.com",
        "null",
        "https://-..-",
        "https://a:0",
    ],
)
def test_an_origin_that_is_not_safe_or_none_is_refused(
    origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = problems(tmp_path, monkeypatch, prod=f'[cors]\nallowed_origins = ["{origin}"]')
    assert line.startswith("environments/prod.toml: cors.allowed_origins[0]: must be")


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "http://127.0.0.1:8080", "https://*.example.com", "https://a.example:8443"],
)
def test_an_origin_of_this_machine_or_under_tls_is_taken(
    origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problems(tmp_path, monkeypatch, prod=f'[cors]\nallowed_origins = ["{origin}"]') == ()
