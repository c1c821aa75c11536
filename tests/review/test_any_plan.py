"""Whatever JSON is given: a review without any secret, or one line that says what is wrong."""

import json
import random
import string
from typing import Any

from review.plan import PlanError
from review.render.markdown import LIMIT, markdown
from tests.example_count import examples
from tests.review.review_support import FORMATS, REVIEWED, plan_of, review_of, reviewed

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SECRET = "s3cr3t-of-the-test"

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
names = st.sampled_from(
    [
        "actions",
        "address",
        "after",
        "after_sensitive",
        "after_unknown",
        "before",
        "before_sensitive",
        "bucket",
        "change",
        "deposed",
        "format_version",
        "importing",
        "mode",
        "output_changes",
        "policy",
        "replace_paths",
        "resource_changes",
        "resource_drift",
        "Statement",
        "tags",
        "type",
    ]
) | st.text(max_size=4)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=6,
)

policies = st.builds(
    lambda statements: json.dumps({"Statement": statements}),
    st.lists(
        st.fixed_dictionaries(
            {"Effect": st.sampled_from(["Allow", "Deny"])},
            optional={
                "Sid": anything,
                "Principal": anything | st.fixed_dictionaries({"AWS": anything}),
                "NotPrincipal": anything,
                "Action": anything,
                "NotAction": anything,
                "Resource": anything,
                "Condition": st.dictionaries(
                    st.sampled_from(["NumericLessThan", "StringNotEquals", "Null", "{}", ""]),
                    st.dictionaries(st.text(max_size=4), anything, max_size=2) | scalars,
                    max_size=2,
                )
                | anything,
            },
        ),
        max_size=3,
    )
    | anything,
)
attributes = anything | st.dictionaries(
    st.sampled_from(
        ["policy", "bucket", "rule", "grant", "versioning_configuration", "target_bucket", "acl", "arn"]
    ),
    policies | anything,
    max_size=4,
)
KINDS = [
    "aws_s3_bucket",
    "aws_s3_bucket_policy",
    "aws_kms_key",
    "aws_iam_policy",
    "aws_iam_role",
    "aws_guardduty_malware_protection_plan",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_acl",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_replication_configuration",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_iam_role_policy_attachment",
    "aws_kms_alias",
    "aws_sqs_queue",
    "terraform_data",
]
changes = st.fixed_dictionaries(
    {
        "actions": st.sampled_from(
            [["create"], ["update"], ["delete"], ["delete", "create"], ["no-op"], ["forget"]]
        ),
        "before": attributes,
        "after": attributes,
    },
    optional={
        "after_unknown": anything,
        "before_sensitive": anything,
        "after_sensitive": anything,
        "replace_paths": anything,
        "importing": anything,
    },
)
resources = st.fixed_dictionaries(
    {
        "address": st.text(max_size=20),
        "type": st.sampled_from(KINDS),
        "change": changes,
    },
    optional={
        "deposed": scalars,
        "action_reason": st.text(max_size=5),
        "previous_address": st.text(max_size=5),
    },
)
generated = st.fixed_dictionaries(
    {"format_version": st.just("1.2") | scalars},
    optional={
        "resource_changes": st.lists(resources, max_size=4) | anything,
        "resource_drift": st.lists(resources, max_size=2) | anything,
        "output_changes": st.dictionaries(st.text(max_size=5), changes, max_size=2) | anything,
        "planned_values": anything,
        "prior_state": anything,
        "configuration": anything,
        "variables": anything,
        "complete": anything,
        "errored": anything,
    },
)


def written(plan: Any) -> dict[str, str] | None:
    """Return every output of a plan's review, or None where it is refused in one line."""
    refusal, result = "", None
    try:
        result = review_of(plan)
    except PlanError as error:
        refusal = str(error)
    if result is None:
        assert refusal.startswith("plan.json: ")
        assert refusal.isprintable()
        return None
    outputs = {kind: write(result) for kind, write in FORMATS.items()}
    for output in outputs.values():
        output.encode()  # what no file could take, such as half of a surrogate pair, raises here
    assert len(outputs["markdown"]) <= LIMIT
    return outputs


@settings(max_examples=examples(1_000), suppress_health_check=list(HealthCheck))
@given(plan=generated | anything)
def test_any_json_is_reviewed_or_refused_in_a_line(plan: Any) -> None:
    written(plan)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of everything in a JSON document."""
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        found += places(part, (*path, key))
    return found


def changing(name: str) -> str:
    """Return a real plan as JSON, without the resources that do not change."""
    plan = plan_of(name)
    changes = plan.get("resource_changes", [])
    plan["resource_changes"] = [one for one in changes if one["change"]["actions"] != ["no-op"]]
    return json.dumps(plan)


CORPUS = {name: changing(name) for name in REVIEWED}
PLACES = {name: places(json.loads(text)) for name, text in CORPUS.items()}


@settings(max_examples=examples(1_000), suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(REVIEWED),
    edits=st.lists(st.tuples(st.randoms(use_true_random=False), anything | policies), min_size=1, max_size=3),
)
def test_a_real_plan_that_is_mutated_is_reviewed_or_refused_in_a_line(
    name: str, edits: list[tuple[random.Random, Any]]
) -> None:
    plan: Any = json.loads(CORPUS[name])
    for chance, value in edits:
        plan = replaced(plan, chance.choice(PLACES[name]), value)
    written(plan)


def replaced(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return a document with another value at a path, if it still has that path."""
    if not path:
        return value
    parent = document
    try:
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = value
    except (KeyError, IndexError, TypeError):
        pass
    return document


LETTERS = string.ascii_letters + string.digits + '"\\|<>&`\n€'


@settings(max_examples=examples(300), suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from([name for name in REVIEWED if json.loads(CORPUS[name])["resource_changes"]]),
    chance=st.randoms(use_true_random=False),
    tail=st.text(LETTERS, max_size=8),
    before=st.booleans(),
)
def test_a_secret_that_is_planted_anywhere_is_shown_nowhere(
    name: str, chance: random.Random, tail: str, before: bool
) -> None:
    """Planted once where Terraform marks it, and three times in texts where nothing marks it."""
    plan = json.loads(CORPUS[name])
    secret = SECRET + tail
    side = "before" if before else "after"
    change = chance.choice(plan["resource_changes"])["change"]
    change[side] = {**(change[side] or {}), "planted": {"deep": [secret]}}
    marks = change.get(f"{side}_sensitive")
    change[f"{side}_sensitive"] = {**(marks if isinstance(marks, dict) else {}), "planted": {"deep": [True]}}
    texts = [
        path for path in PLACES[name] if path[:1] == ("resource_changes",) and isinstance(at(plan, path), str)
    ]
    kept = ("actions", "type", "mode", "planted")
    for path in chance.choices([path for path in texts if not set(kept) & set(path)], k=3):
        replaced(plan, path, f"{at(plan, path)} {secret}")
    for output in (written(plan) or {}).values():
        assert SECRET not in output


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    """Return what lies at a path."""
    try:
        for key in path:
            document = document[key]
    except (KeyError, IndexError, TypeError):
        return None
    return document


def test_a_plan_of_5000_resources_fits_and_its_findings_are_cut_last() -> None:
    plan = plan_of("destroy-everything")
    (bucket,) = (one for one in plan["resource_changes"] if one["type"] == "aws_s3_bucket")
    plan["resource_changes"] = [
        {**one, "address": f"{one['type']}.n{number}"}
        for number in range(4_990)
        for one in [plan["resource_changes"][number % 4]]
    ] + [{**bucket, "address": f"aws_s3_bucket.b{number}"} for number in range(10)]
    comment = markdown(review_of(plan))
    assert len(comment) <= LIMIT
    for number in range(10):
        assert f"`aws_s3_bucket.b{number}`" in comment
    assert "more findings: the comment is full" in comment
    for line in comment.splitlines():
        assert not line.startswith("|") or line.endswith("|")


@pytest.mark.parametrize("name", REVIEWED)
def test_a_comment_is_cut_between_rows(name: str) -> None:
    whole = markdown(reviewed(name), limit=10_000_000)
    lines = set(whole.splitlines())
    for limit in (3_000, 5_000, 20_000):
        comment = markdown(reviewed(name), limit=limit)
        assert len(comment) <= limit
        assert [
            line for line in comment.splitlines() if line not in lines and "the comment is full" not in line
        ] == []
        assert ("the comment is full" in comment) == (len(comment) != len(whole))
