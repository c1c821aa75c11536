"""Which changes of a plan are in none of the reviews, and how that is said."""

import copy
import json
from typing import Any

from ops.ci.compare import Planned, effects, unreviewed
from review.parts import plain_address
from review.plan import Plan, read_plan
from tests.conftest import ROOT

import pytest

Json = Any
CORPUS = [
    path
    for path in sorted((ROOT / "tests" / "review" / "plans").glob("*.json"))
    if not path.name.endswith(".tf.json") and json.loads(path.read_bytes()).get("errored") is not True
]
ADDRESS = "aws_s3_bucket_policy.policy"


def plan(*resources: Json, outputs: Json = None, **parts: Json) -> Plan:
    document = {"format_version": "1.2", "resource_changes": list(resources), "output_changes": outputs or {}}
    return read_plan(json.dumps(document | parts).encode(), "plan")


def update(before: Json, after: Json, *, address: str = ADDRESS, **change: Json) -> Json:
    return resource(["update"], {"before": before, "after": after, **change}, address=address)


def resource(actions: list[str], change: Json, *, address: str = ADDRESS, **item: Json) -> Json:
    return {
        "address": address,
        "type": address.split(".")[0],
        "change": {"actions": actions, **change},
        **item,
    }


def planned(plan: Plan, name: str = "") -> Planned:
    """Return a plan whose configuration has each resource and each output, and nothing of them."""
    resources: dict[str, Json] = {}
    for one in plan.resources:
        kind, _, called = plain_address(one.address).rpartition(".")
        resources.setdefault(kind, {})[called] = {}
    outputs: dict[str, Json] = {one.address.partition(".")[2]: {} for one in plan.outputs}
    return Planned(plan, {"resource": resources, "output": outputs}, name)


def said(main: Plan, **reviews: Plan) -> list[str]:
    named = [planned(one, f"pull request {name[2:]}") for name, one in reviews.items()]
    return unreviewed(planned(main), named)


def test_the_same_plan_has_nothing_that_was_not_reviewed() -> None:
    one = plan(update({"a": 1}, {"a": 2}), outputs={"O": {"actions": ["create"], "after": "x"}})
    assert said(one, pr1=one) == []


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_real_plan_is_in_its_own_review_and_in_no_empty_one(path: Any) -> None:
    one = read_plan(path.read_bytes(), path.name)
    assert said(one, pr1=one) == []
    assert len(said(one, pr1=plan())) == len(effects(planned(one)))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_real_plan_with_one_other_value_is_refused(path: Any) -> None:
    document = json.loads(path.read_bytes())
    changed = copy.deepcopy(document)
    for item in changed["resource_changes"]:
        after = item["change"].get("after")
        if item["change"]["actions"] != ["no-op"] and item.get("mode") != "data" and after:
            after["forged"] = "value"
    main, reviewed = (read_plan(json.dumps(one).encode(), "plan") for one in (changed, document))
    if changed == document:
        assert said(main, pr1=reviewed) == []
    else:
        assert all(
            "forged changes, and not in the review of pull request 1" in one
            for one in said(main, pr1=reviewed)
        )
        assert said(main, pr1=reviewed)


def test_each_change_may_be_in_another_review() -> None:
    first, second = update({"a": 1}, {"a": 2}), update({"b": 1}, {"b": 2}, address="aws_kms_key.key")
    assert said(plan(first, second), pr1=plan(first), pr2=plan(second)) == []
    assert said(plan(first, second), pr1=plan(first)) == ["aws_kms_key.key: update, which is in no review"]


def test_without_reviews_a_plan_without_changes_passes() -> None:
    assert said(plan(resource(["no-op"], {"before": {"a": 1}, "after": {"a": 1}}))) == []
    assert said(plan(update({"a": 1}, {"a": 2}))) == [f"{ADDRESS}: update, which is in no review"]


def test_one_change_is_not_put_together_from_two_reviews() -> None:
    both = update({"a": 1, "b": 1}, {"a": 2, "b": 2})
    left, right = update({"a": 1, "b": 1}, {"a": 2, "b": 1}), update({"a": 1, "b": 1}, {"a": 1, "b": 2})
    assert said(plan(both), pr1=plan(left), pr2=plan(right)) == [
        f"{ADDRESS}: update: b changes, and not in the review of pull request 1"
    ]


def test_what_does_not_change_is_not_compared() -> None:
    main = update({"a": 1, "arn": "new"}, {"a": 2, "arn": "new"})
    assert said(plan(main), pr1=plan(update({"a": 1, "arn": "old"}, {"a": 2, "arn": "old"}))) == []


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        (({"a": 1}, {"a": 2}), ({"a": 1}, {"a": 3}), "a becomes 2, and in the review of pull request 1 3"),
        (({"a": 1}, {"a": 2}), ({"a": 0}, {"a": 2}), "a was 1, and in the review of pull request 1 0"),
        (({"a": 1}, {"a": 2}), ({"a": 1}, {"a": 1}), None),
        (({"a": True}, {"a": 1}), ({"a": 1}, {"a": 1}), None),
        (({}, {"a": 1}), ({}, {"a": True}), "a becomes 1, and in the review of pull request 1 true"),
        (({}, {"a": "1"}), ({}, {"a": 1}), "a becomes 1, and in the review of pull request 1 1"),
        (
            ({"a": 1, "b": 1}, {"a": 2, "b": 1}),
            ({"a": 1, "b": 1}, {"a": 2, "b": 2}),
            "b does not change, and in the review of pull request 1 it does",
        ),
        (
            ({"l": ["x"]}, {"l": []}),
            ({"l": ["x"]}, {"l": ["y"]}),
            "l[0] becomes not set, and in the review of",
        ),
    ],
)
def test_a_difference_is_said_in_words(here: Json, there: Json, words: str | None) -> None:
    found = said(plan(update(*here)), pr1=plan(update(*there)))
    if words is None:
        assert found == [f"{ADDRESS}: update, which is in no review"]
    else:
        (line,) = found
        assert line.startswith(f"{ADDRESS}: update: {words}")


def test_another_action_on_the_same_resource_is_refused() -> None:
    main = plan(resource(["delete"], {"before": {"a": 1}, "after": None}))
    assert said(main, pr1=plan(update({"a": 1}, {"a": 2}))) == [
        f"{ADDRESS}: destroy, and in the review of pull request 1 it is update"
    ]


def test_an_import_a_move_and_a_left_over_object_are_changes_of_their_own() -> None:
    unchanged = {"before": {"a": 1}, "after": {"a": 1}}
    imported = resource(["no-op"], {**unchanged, "importing": {"id": "x"}})
    moved = resource(["no-op"], unchanged, previous_address="aws_s3_bucket_policy.old")
    deposed = resource(["delete"], {"before": {"a": 1}, "after": None}, deposed="1234")
    for one in (imported, moved, deposed):
        assert said(plan(one), pr1=plan(one)) == []
        assert len(said(plan(one), pr1=plan(resource(["delete"], {"before": {"a": 1}, "after": None})))) == 1


def test_the_tags_of_who_deploys_from_where_are_left_out_and_no_others() -> None:
    def tagged(**tags: str) -> Json:
        old = {"Author": "before", "Repository": "before", "Team": "one"}
        return update({"tags_all": old, "tags": old}, {"tags_all": old | tags, "tags": old | tags})

    assert effects(planned(plan(tagged(Author="me", Repository="mine")))) == []
    assert said(plan(tagged(Author="me")), pr1=plan()) == []
    both = plan(tagged(Author="me", Team="two"))
    assert said(both, pr1=plan(tagged(Author="you", Team="two"))) == []
    assert len(said(both, pr1=plan(tagged(Author="me", Team="three")))) == 1
    assert len(said(plan(update({"author": 1}, {"author": 2})), pr1=plan())) == 1


def test_what_is_known_only_after_apply_is_no_value_that_is_known() -> None:
    def made(after: Json, unknown: Json) -> Plan:
        return plan(resource(["create"], {"before": None, "after": after, "after_unknown": unknown}))

    unknown = made({}, {"arn": True})
    assert said(unknown, pr1=unknown) == []
    (line,) = said(unknown, pr1=made({"arn": "(known after apply)"}, {}))
    assert "arn becomes (known after apply), and in the review of pull request 1 (known after apply)" in line


def sensitive(after: str, marks: Json) -> Plan:
    return plan(
        update({"secret": "before"}, {"secret": after}, before_sensitive=marks, after_sensitive=marks)
    )


@pytest.mark.parametrize("marks", [{"secret": True}, True])
def test_sensitive_values_are_compared_and_not_shown(marks: Json) -> None:
    assert said(sensitive("hunter2222", marks), pr1=sensitive("hunter2222", marks)) == []
    (line,) = said(sensitive("hunter2222", marks), pr1=sensitive("other-secret", marks))
    assert "secret becomes another (sensitive) value" in line
    assert "hunter2222" not in line
    assert "other-secret" not in line


def test_a_secret_of_either_plan_is_shown_nowhere() -> None:
    main = plan(
        update({}, {"a": "has hunter2222"}),
        update({}, {"s": "hunter2222"}, address="aws_x.y", after_sensitive={"s": True}),
    )
    reviewed = plan(
        update({}, {"a": "has nothing"}),
        update({}, {"s": "open-sesame"}, address="aws_x.y", after_sensitive={"s": True}),
    )
    text = "\n".join(said(main, pr1=reviewed))
    assert "a becomes has (sensitive)" in text
    assert "hunter2222" not in text
    assert "open-sesame" not in text


def test_of_long_values_the_part_that_differs_is_shown() -> None:
    long = "x" * 5000
    (line,) = said(
        plan(update({}, {"policy": f"{long}here"})), pr1=plan(update({}, {"policy": f"{long}there"}))
    )
    assert len(line) < 300
    assert "xhere" in line
    assert "xthere" in line


def test_only_some_of_many_differences_are_shown() -> None:
    many = {f"a{number}": number for number in range(9)}
    (line,) = said(plan(update({}, many)), pr1=plan(update({}, {"other": 1})))
    assert "; and 7 more values" in line


def test_outputs_are_compared_too() -> None:
    def output(value: Json) -> Plan:
        return plan(outputs={"Url": {"actions": ["create"], "before": None, "after": value}})

    assert said(output("x"), pr1=output("x")) == []
    assert said(output("x"), pr1=output("y")) == [
        "output.Url: create: its value becomes x, and in the review of pull request 1 y"
    ]


def test_a_part_of_a_plan_that_is_not_known_here_is_compared_whole() -> None:
    def acting(name: str) -> Plan:
        return plan(action_invocations=[{"address": name}])

    assert said(acting("a"), pr1=acting("a")) == []
    assert len(said(acting("a"), pr1=acting("b"))) == 1
    assert said(acting("a"), pr1=plan()) == ["the plan's action_invocations: change, which is in no review"]
    assert said(plan(action_invocations=[]), pr1=plan()) == []


def test_control_characters_of_a_plan_do_not_reach_the_terminal() -> None:
    (line,) = said(plan(update({}, {"a": "x\n\x1b[2J"})), pr1=plan(update({}, {"a": "y"})))
    assert line.isprintable()
