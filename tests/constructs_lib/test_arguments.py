"""A wrong argument of a construct is refused where it is given; none switches a protection off."""

import ast
import inspect
from typing import Any

from constructs_lib.policies import Grant, Perimeter
from constructs_lib.policies.links import Links
from constructs_lib.policies.place import Place
from tests.conftest import ROOT
from tests.constructs_lib.valid_arguments import DATA, TOKEN, made_or_refused, make, valid_arguments

import pytest

LIBRARY = ROOT / "constructs_lib"

OPTIONAL = {
    *("issued_before", "organization_id", "key_arn", "scan_plan", "scanner", "replication", "trail_arn"),
    *(
        "days",
        "years",
        "expiration_days",
        "noncurrent_days",
        "newer_noncurrent_versions",
        "abort_upload_days",
    ),
    *("deploy_role", "extra", "object_lock", "replication_role", "scan", "scanned_bucket"),
}
"""What may be None, at least somewhere: documented, and something else than a mistake."""

TEXTS = {
    *("description", "environment", "id", "name", "organization_id", "policy_name", "prefix", "role_name"),
    *("scan_plan", "storage_class", "trail_name"),
}
"""What may be any text that is not empty."""

TOKENS = TEXTS - {"prefix"} | {
    *("account_id", "alias", "bucket", "bucket_name", "deploy_role", "log_bucket", "principal", "region"),
    *("replica_bucket", "replication", "replication_role", "scanned_bucket", "scanner", "source_bucket"),
    *("boundary_arn", "bucket_arn", "key_arn", "log_bucket_arn", "provider_arn", "source_arn", "topic_arn"),
    "trail_arn",
}
"""What may be a token."""

MISTAKES: list[tuple[object, set[str]]] = [(None, OPTIONAL), ("", {"prefix"}), ("x", TEXTS), (TOKEN, TOKENS)]
"""A value that may be wrong, and the arguments for which it is not."""


def classes() -> dict[str, ast.ClassDef]:
    """The classes of the library, by module and name."""
    return {
        f"{'.'.join(file.relative_to(LIBRARY).with_suffix('').parts)}.{node.name}".replace(
            "__init__.", ""
        ): node
        for file in sorted(LIBRARY.rglob("*.py"))
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
    }


CHECKED = sorted(
    name for name, node in classes().items() if "checked" in [ast.unparse(one) for one in node.decorator_list]
)


def denials(made: Any) -> list[str]:
    statements = getattr(made, "policy", {}).get("Statement", [])
    return [one["Sid"] for one in statements if one["Effect"] == "Deny"]


def test_every_construct_is_checked() -> None:
    constructs = {name for name, node in classes().items() if "Construct" in map(ast.unparse, node.bases)}
    assert constructs | DATA.keys() <= set(CHECKED), (
        "decorate it with @checked of constructs_lib/arguments.py"
    )


@pytest.mark.parametrize("name", CHECKED)
def test_a_mistake_in_any_argument_is_refused_or_harmless(name: str) -> None:
    valid = valid_arguments(name)
    right = denials(make(name, valid))
    for argument in valid:
        for mistake, harmless in MISTAKES:
            made = made_or_refused(name, valid | {argument: mistake})
            if isinstance(made, str):
                assert made.startswith(f"{name.rpartition('.')[2]}: "), mistake
                assert f"{argument} must " in made or "must come with" in made, mistake
            else:
                assert argument in harmless, mistake
                assert mistake is None or denials(made) == right, (argument, mistake)


@pytest.mark.parametrize("name", CHECKED)
def test_the_valid_arguments_are_all_that_there_are(name: str) -> None:
    valid = valid_arguments(name)
    cls = type(make(name, valid))
    taken = inspect.signature(cls.__init__).parameters.keys()
    assert taken - {"self", "scope", "construct_id", "provider", "depends_on"} == valid.keys()


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (
            lambda: Links(revoked=("reports/november.csv")),  # type: ignore[arg-type]
            "Links: revoked must be a tuple, such as ('a',), not 'reports/november.csv'",
        ),
        (
            lambda: Links(revoked=(TOKEN,)),
            "Links: revoked[0] must be a key or prefix without * ? $ %{, not empty and no token, "
            "not '${TfToken[TOKEN.7]}'",
        ),
        (lambda: Links(max_age_seconds="3600"), "Links: max_age_seconds must be a valid integer, not '3600'"),  # type: ignore[arg-type]
        (
            lambda: Links(max_age_seconds=-8.1e301),  # type: ignore[arg-type]
            "Links: max_age_seconds must be a valid integer, not -8.1e+301",
        ),
        (
            lambda: Links(max_age_seconds=0),
            "Links: max_age_seconds must be greater than or equal to 1, not 0",
        ),
        (
            lambda: Perimeter(vpc_endpoints="vpce-0123abcd"),  # type: ignore[arg-type]
            "Perimeter: vpc_endpoints must be a tuple, such as ('a',), not 'vpce-0123abcd'",
        ),
        (
            lambda: Grant("*"),
            "Grant: principal must be the ARN of a role, a user or an account's root, not '*'",
        ),
        (
            lambda: Grant("arn:aws:iam::111122223333:root", "pub*"),
            "Grant: prefix must be a prefix without * ? $ %{, and no token, not 'pub*'",
        ),
        (
            lambda: Place("aws", "1234", "eu-central-1"),
            "Place: account_id must be an account's id, 12 digits, not '1234'",
        ),
    ],
)
def test_the_line_says_what_is_wrong(wrong: Any, line: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        wrong()
    assert str(caught.value) == line


@pytest.mark.parametrize(
    ("argument", "given", "rule"),
    [
        ("protect", None, "must be a valid boolean, not None"),
        ("protect", "false", "must be a valid boolean, not 'false'"),
        ("require_upload_headers", None, "must be a valid boolean, not None"),
        ("key_arn", "", "must be the ARN of a KMS key, and no alias, not ''"),
        (
            "bucket_arn",
            "arn:aws:s3:::acme-*",
            "must be a bucket's ARN, without wildcards, not 'arn:aws:s3:::acme-*'",
        ),
        ("bucket_arn", "acme", "must be a bucket's ARN, without wildcards, not 'acme'"),
        ("readers", "ada", "must be a list, not 'ada'"),
    ],
)
def test_a_bucket_says_what_is_wrong(argument: str, given: object, rule: str) -> None:
    valid = valid_arguments("secure_bucket.SecureBucket")
    with pytest.raises(ValueError, match="must") as caught:
        make("secure_bucket.SecureBucket", valid | {argument: given})
    assert str(caught.value) == f"SecureBucket: {argument} {rule}"


def test_a_missing_or_unknown_argument_is_what_python_says_of_it() -> None:
    with pytest.raises(TypeError, match=r"^Grant\.__init__\(\) missing 1 required positional argument"):
        Grant()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^Grant\.__init__\(\) got an unexpected keyword argument 'key'"):
        Grant("arn:aws:iam::111122223333:root", key="a")  # type: ignore[call-arg]


def test_a_token_within_an_arn_is_taken() -> None:
    assert Grant(Place("aws", TOKEN, "eu-central-1").iam("root")).principal.endswith(f"{TOKEN}:root")
