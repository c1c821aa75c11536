"""What is wrong with environments/*.toml, or with the variables, gets one line that says so."""

from collections.abc import Callable, Mapping
from pathlib import Path

from settings.loading import load_environments
from settings.problems import SettingsError

import pytest

KEY = "11111111-2222-3333-4444-555555555555"
ROLE = "arn:aws:iam::111122223333:role/data"
Problems = Callable[..., list[str]]


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Problems:
    """Write environments/<name>.toml for each argument but `environ`, load them, and give the problems."""
    monkeypatch.chdir(tmp_path)
    directory = Path("environments")
    directory.mkdir()

    def problems(environ: Mapping[str, str] | None = None, **files: str) -> list[str]:
        for name, text in files.items():
            (directory / f"{name}.toml").write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError) as caught:
            load_environments(directory, environ or {})
        assert str(caught.value) == "\n".join(caught.value.problems)
        return list(caught.value.problems)

    return problems


# ENVIRONMENT_SUFFIX


def test_an_ephemeral_environment_needs_dev(problems: Problems) -> None:
    [problem] = problems({"ENVIRONMENT_SUFFIX": "pr-12"}, prod="", staging="")
    assert problem == (
        'ENVIRONMENT_SUFFIX: must be one of prod, staging, not "pr-12"; '
        "any other environment is made from environments/dev.toml, which does not exist"
    )


@pytest.mark.parametrize(
    "name",
    [
        "PR-12",
        "pr_12",
        "pr--12",
        "-pr",
        "pr-",
        "1pr",
        "p r",
        " ",
        "../dev",
        "e" * 41,
        "pr\n",
        "x-state",
        "x-ci",
        "\udcff",
    ],
)
def test_a_suffix_that_is_no_environment_name_is_refused(problems: Problems, name: str) -> None:
    [problem] = problems({"ENVIRONMENT_SUFFIX": name}, dev="")
    assert problem.startswith("ENVIRONMENT_SUFFIX: must ")
    assert problem.isprintable()


def test_a_file_whose_name_is_no_environment_name_is_refused(problems: Problems) -> None:
    [problem] = problems(My_Env="")
    assert problem == (
        "environments/My_Env.toml: file name: must be an environment's name: lowercase letters, digits and "
        'single hyphens, beginning with a letter, at most 40 characters, not "My_Env"'
    )


# Lines

ONE = "the roles trust exactly one"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("region = 1", "region: must be text in quotes, not 1"),
        ('region = "eu-wst-1"', 'region: must be an AWS region, not "eu-wst-1"; did you mean "eu-west-1"?'),
        ('region = "x"', 'region: must be an AWS region, not "x"; like "us-east-1" or "eu-central-1"'),
        ("account_id = 111122223333", "account_id: must be text in quotes, not 111122223333"),
        ('account_id = "1"', 'account_id: must be 12 digits, not "1"; like "111122223333"'),
        ('protect = "yes"', 'protect: must be true or false without quotes, not "yes"'),
        ("protect = 0", "protect: must be true or false without quotes, not 0"),
        ('access = "x"', 'access: must be a table, not "x"'),
        ("access = [1]", "access: must be a table, not a list"),
        ('access.principals = "x"', 'access.principals: must be a list, like ["a", "b"], not "x"'),
        ("access.principals = [1]", "access.principals[0]: must be text in quotes, not 1"),
        (
            f'access.principals = ["{ROLE}", "{ROLE}"]',
            f'access.principals[1]: must be listed only once, not "{ROLE}"',
        ),
        (
            'access.attach_to_roles = ["a", "arn:aws:iam::111122223333:role/x/b"]',
            "access.attach_to_roles[1]: must be only the role's name, without the rest of its ARN, "
            'not "arn:aws:iam::111122223333:role/x/b"; give "b"',
        ),
        (
            'access.attach_to_roles = ["role", "Role"]',
            'access.attach_to_roles[1]: must be listed only once, not "Role"',
        ),
        (
            'region = "cn-north-1"\naccess.principals = ["arn:aws:iam::111122223333:root"]',
            'access.principals[0]: must begin with "arn:aws-cn:", as region is "cn-north-1", '
            'not "arn:aws:iam::111122223333:root"',
        ),
        *(
            (
                f'access.attach_to_roles = ["etl", "Secure-storage-{environment}-{kind}"]',
                "access.attach_to_roles[1]: must not be a role of CI, which never uses the data, "
                f'not "Secure-storage-{environment}-{kind}"',
            )
            for kind in ("review", "plan", "deploy")
            for environment in ("prod", "dev", "of-another-checkout")
        ),
        *(
            (f'ci.{key} = "{name}"', f'ci.{key}: must be {what}, without wildcards, not "{name}"; {ONE}')
            for key, what, names in (
                ("repository", "a repository on GitHub", ("acme/*", "*", "acme/storag?", "acme*/storage")),
                ("branch", "the name of a branch", ("*", "release/*", "mai?")),
                ("environment", "the name of an environment on GitHub", ("*", "prod*", "pro?")),
            )
            for name in names
        ),
        *(
            (
                f'ci.repository = "{name}"',
                f'ci.repository: must be a repository on GitHub, not "{name}"; like "org/repo", or '
                '"org@1234/repo@5678" where the sub of its tokens has the ids',
            )
            for name in (
                *("", "acme", "acme/", "/storage", "acme/storage/x", "acme/storage:ref", "${aws:x}/storage"),
                *("https://github.com/acme/storage", "acme@1/storage", "acme/storage@2", "acme@x/storage@y"),
            )
        ),
        *(
            (
                f'ci.branch = "{name}"',
                f'ci.branch: must be the name of a branch, not "{name}"; like "main" or "release/1.x"',
            )
            for name in ("", "refs/heads/main", "/main", "a//b", "main ", "a:b", "${aws:x}")
        ),
        *(
            (
                f'ci.environment = "{name}"',
                "ci.environment: must be the name of an environment on GitHub: letters, digits, spaces or "
                f'any of _ . / -, not "{name}"; like "prod"',
            )
            for name in ("", " ", "prod ", "prod:eu", "${aws:x}", "prod\u00e9")
        ),
        ("ci.repository = 1", "ci.repository: must be text in quotes, not 1"),
        ('ci.repositry = "a/b"', 'ci.repositry: unknown key; did you mean "repository"?'),
        ("state.lifecycle = 0", "state.lifecycle: must be true or false without quotes, not 0"),
        ('ci.create_provider = "no"', 'ci.create_provider: must be true or false without quotes, not "no"'),
        ('encryption.mode = "aes"', 'encryption.mode: must be "sse-kms" or "sse-s3", not "aes"'),
        ("encryption.mode = true", 'encryption.mode: must be "sse-kms" or "sse-s3", not true'),
        (
            'encryption.key_deletion_days = "7"',
            'encryption.key_deletion_days: must be a whole number without quotes from 7 to 30, not "7"',
        ),
        (
            "encryption.key_deletion_days = true",
            "encryption.key_deletion_days: must be a whole number without quotes from 7 to 30, not true",
        ),
        (
            "encryption.key_deletion_days = 7.0",
            "encryption.key_deletion_days: must be a whole number without quotes from 7 to 30, not 7.0",
        ),
        (
            "encryption.key_rotation_days = 89",
            "encryption.key_rotation_days: must be a whole number without quotes from 90 to 2560, not 89",
        ),
        (
            'presign.max_expiry = "8d"',
            'presign.max_expiry: must be from 1m to 7d, not "8d"',
        ),
        (
            "presign.max_expiry = 3600",
            'presign.max_expiry: must be a duration in quotes, like "15m", "12h" or "7d", not 3600',
        ),
        (
            "presign.max_expiry = 07:00:00",
            'presign.max_expiry: must be a duration in quotes, like "15m", "12h" or "7d", not 07:00:00',
        ),
        (
            'bucket_name = "same"\nstate.bucket = "same"',
            'state.bucket: must differ from bucket_name, not "same"',
        ),
        (
            'encryption.key_alias = "alias/k"\nstate.key_alias = "alias/k"',
            'state.key_alias: must differ from encryption.key_alias, not "alias/k"',
        ),
        (
            'state.region = "cn-north-1"',
            'state.region: must be in the same AWS partition as region, which is "us-east-1", '
            'not "cn-north-1"',
        ),
        ("tags.Cost = 42", "tags.Cost: must be text in quotes, not 42"),
        ("tags = []", "tags: must be a table, not a list"),
        (
            'tags.environment = "x"',
            'tags.environment: must differ from "Environment" by more than case, not "environment"; '
            "IAM ignores the case of tag keys",
        ),
        (
            'tags."aws:x" = ""',
            'tags."aws:x": must not begin with "aws:", which AWS reserves, not "aws:x"',
        ),
        ('bucket_nam = "x"', 'bucket_nam: unknown key; did you mean "bucket_name"?'),
        (
            'access.principals = ["arn:aws:iam::111122223333:root"]\nencryption.mode = "sse-s3"',
            'encryption.mode: must be "sse-kms" where access.principals is set, not "sse-s3"',
        ),
        (
            'network.source_ips = ["0.0.0.0/0"]',
            "network.source_ips[0]: must be an IP range that limits something, not "
            '"0.0.0.0/0"; leave it out to allow all',
        ),
        (
            'region = "us-iso-east-1"',
            'region: must be an AWS region, not "us-iso-east-1"; did you mean "us-gov-east-1"?',
        ),
        (
            "zzz = 1",
            "zzz: unknown key; allowed here: access, account_id, audit, bucket_name, bucket_namespace, ci, "
            "cors, encryption, events, import, inventory, lifecycle, logging, malware_scan, network, "
            "object_lock, presign, protect, region, replication, state, tags, terraform",
        ),
        (
            "[presign]\nttl = 1",
            "presign.ttl: unknown key; allowed here: max_expiry, revoke_issued_before, revoked",
        ),
        ('"a\\nb" = 1', '"a\\nb": unknown key; allowed here: access, '),
        ('environment = "prod"', "environment: unknown key; allowed here: access, "),
    ],
)
def test_each_mistake_gets_its_line(problems: Problems, text: str, problem: str) -> None:
    [line] = problems(prod=text)
    expected = f"environments/prod.toml: {problem}"
    assert line.startswith(expected) if problem.endswith(", ") else line == expected


def test_all_problems_of_all_files_are_reported_at_once(problems: Problems) -> None:
    lines = problems(
        dev='region = "x"\nencryption.mode = "aes"\nbucket_name = "b"',
        prod="protect = 1\nstate.bucket = 'b'",
        staging="= broken",
        Odd="",
    )
    assert [line.split(": ")[:2] for line in lines] == [
        ["environments/Odd.toml", "file name"],
        ["environments/dev.toml", "region"],
        ["environments/dev.toml", "bucket_name"],
        ["environments/dev.toml", "encryption.mode"],
        ["environments/prod.toml", "protect"],
        ["environments/prod.toml", "state.bucket"],
        ["environments/staging.toml", "is not valid TOML"],
    ]


def test_a_wrong_aws_region_is_reported_once_and_by_its_name(problems: Problems) -> None:
    assert problems({"AWS_REGION": "us-eats-1"}, dev="", prod="") == [
        'AWS_REGION: must be an AWS region, not "us-eats-1"; did you mean "us-east-1"?'
    ]


def test_what_does_not_fit_together_is_reported_once_every_value_is_right(problems: Problems) -> None:
    same = "state.bucket = 'secure-prod-data-bucket'"
    assert [line.split(": ")[1] for line in problems(prod=f"protect = 1\n{same}")] == ["protect"]
    text = f"{same}\naccess.attach_to_roles = ['secure-storage-prod-plan']\nstate.region = 'cn-north-1'"
    assert [line.split(": ")[1] for line in problems(prod=text)] == [
        "access.attach_to_roles[0]",
        "state.region",
        "state.bucket",
    ]


def test_more_than_fifty_tags_are_refused(problems: Problems) -> None:
    tags = [f'tags.t{number} = ""' for number in range(46)]
    [line] = problems(dev="\n".join([*tags, 'tags.more = ""']))
    assert line.startswith("environments/dev.toml: tags: must be at most 50 tags")


def test_a_long_value_is_shortened_and_kept_on_one_line(problems: Problems) -> None:
    [line] = problems(dev=f'bucket_name = "line\\nbreak\\u2028{"x" * 5000}"')
    assert r'not "line\nbreak\u2028xxx' in line
    assert "… (5011 characters)" in line
    assert len(line) < 250


# Names that two environments share


@pytest.mark.parametrize(
    ("dev", "prod", "dev_key", "prod_key", "name"),
    [
        ('bucket_name = "same"', 'bucket_name = "same"', "bucket_name", "bucket_name", "same"),
        ('state.bucket = "same"', 'bucket_name = "same"', "state.bucket", "bucket_name", "same"),
        (
            'encryption.key_alias = "alias/k"',
            'state.key_alias = "alias/k"',
            "encryption.key_alias",
            "state.key_alias",
            "alias/k",
        ),
        (
            f'protect = true\nimport.key = "arn:aws:kms:us-east-1:111122223333:key/{KEY}"',
            f'import.key = "{KEY}"',
            "import.key",
            "import.key",
            KEY,
        ),
    ],
)
def test_two_environments_cannot_share_a_name(
    problems: Problems, dev: str, prod: str, dev_key: str, prod_key: str, name: str
) -> None:
    assert problems(dev=dev, prod=prod) == [
        f"environments/dev.toml: {dev_key}: must differ from {prod_key} in environments/prod.toml, "
        f'but both are "{name}"'
    ]


def test_a_bucket_name_is_global_whatever_the_account(problems: Problems) -> None:
    text = 'bucket_name = "same"\naccount_id = "{}"'
    assert len(problems(dev=text.format("111122223333"), prod=text.format("444455556666"))) == 1


def test_an_account_that_is_not_set_may_be_that_of_the_other(problems: Problems) -> None:
    alias = 'encryption.key_alias = "alias/k"'
    assert problems(dev=alias, prod=f'account_id = "111122223333"\n{alias}') == [
        "environments/dev.toml: encryption.key_alias: must differ from encryption.key_alias in "
        'environments/prod.toml, but both are "alias/k"; if their accounts differ, set account_id in both'
    ]


def test_a_picked_environment_cannot_take_the_name_of_another(problems: Problems) -> None:
    text = 'bucket_name = "same"'
    assert len(problems({"ENVIRONMENT_SUFFIX": "prod"}, dev=text, prod=text, staging="")) == 1


def test_an_ephemeral_environment_cannot_take_the_name_of_another(problems: Problems) -> None:
    [line] = problems({"ENVIRONMENT_SUFFIX": "pr-1"}, dev="", prod='bucket_name = "secure-pr-1-data-bucket"')
    assert "environments/prod.toml" in line
    assert "environments/dev.toml (for pr-1)" in line


# Files


def test_broken_toml_is_reported_with_line_and_column(problems: Problems) -> None:
    [line] = problems(dev="\nregion = \n")
    assert line.startswith("environments/dev.toml: is not valid TOML: ")
    assert "line 2, column" in line


@pytest.mark.parametrize(
    "content",
    [
        b"region = '\xff'",
        b"x = " + b"[" * 100_000,
        b"x = " + b"9" * 5000,
        b"protect = 0x" + b"f" * 5000,
        b"region." + b"a." * 5000 + b"b = 1",
        b"tags." + b"a." * 5000 + b"b = 1",
        b"\x00",
    ],
    ids=["not UTF-8", "deep list", "long number", "long hex", "deep key", "deep tag", "NUL"],
)
def test_a_file_that_makes_no_sense_gives_one_short_line(problems: Problems, content: bytes) -> None:
    Path("environments/dev.toml").write_bytes(content)
    [line] = problems()
    assert line.startswith("environments/dev.toml: ")
    assert line.isprintable()
    assert len(line) < 300


@pytest.mark.parametrize(
    ("directory", "problem"),
    [
        ("missing", "missing: cannot be read: no such file or directory"),
        ("file", "file: cannot be read: not a directory"),
        ("environments", "environments: has no *.toml file; each environment is one, like dev.toml"),
    ],
)
def test_a_directory_without_environments_gives_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directory: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("environments").mkdir()
    Path("environments/.hidden.toml").touch()
    with pytest.raises(SettingsError) as caught:
        load_environments(Path(directory), {})
    assert caught.value.problems == (problem,)


def test_an_unreadable_file_gives_one_line(problems: Problems) -> None:
    Path("environments/dev.toml").mkdir()
    assert problems() == ["environments/dev.toml: cannot be read: is a directory"]


def test_an_account_gets_its_provider_for_tokens_from_one_environment(problems: Problems) -> None:
    text = 'account_id = "111122223333"\n[ci]\nrepository = "acme/storage"\n'
    assert problems(dev=text, prod=text) == [
        "environments/dev.toml: ci.create_provider: must be true in only one environment of account "
        "111122223333, and it is in environments/prod.toml"
    ]
