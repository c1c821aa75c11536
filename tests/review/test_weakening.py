"""What a change does to security, in words: pairs of a change that weakens and one that does not."""

import json
from typing import Any

from review.around import Around
from review.judge import attribute_findings as findings
from review.masking import UNKNOWN_VALUE
from review.model import CAREFUL, DANGEROUS, GOOD

import pytest

PUBLIC_ACCESS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def judged(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[tuple[str, str]]:
    return [(finding.severity, finding.said) for finding in findings(kind, before, after)]


def default_encryption(algorithm: str, key: str = "") -> dict[str, Any]:
    default = {"sse_algorithm": algorithm, "kms_master_key_id": key}
    return {"rule": [{"apply_server_side_encryption_by_default": [default], "bucket_key_enabled": True}]}


def lifecycle(**rule: Any) -> dict[str, Any]:
    return {"rule": [{"id": "r", "status": "Enabled", **rule}]}


@pytest.mark.parametrize(
    ("kind", "before", "after", "there", "back"),
    [
        (
            "aws_s3_bucket_versioning",
            {"versioning_configuration": [{"status": "Enabled", "mfa_delete": ""}]},
            {"versioning_configuration": [{"status": "Suspended", "mfa_delete": ""}]},
            (DANGEROUS, "versions are no longer kept: what is overwritten or deleted is lost"),
            (GOOD, "versions are kept now"),
        ),
        (
            "aws_s3_bucket_versioning",
            {"versioning_configuration": [{"status": "Enabled", "mfa_delete": "Enabled"}]},
            {"versioning_configuration": [{"status": "Enabled", "mfa_delete": "Disabled"}]},
            (DANGEROUS, "versions can be deleted without MFA"),
            (GOOD, "versions can be deleted with MFA only"),
        ),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            default_encryption("aws:kms", "ours"),
            default_encryption("AES256"),
            (
                DANGEROUS,
                "the default encryption is AES256 now, and was aws:kms: "
                "reading an object no longer needs permission for a key",
            ),
            (GOOD, "the default encryption is aws:kms now, and was AES256"),
        ),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            default_encryption("aws:kms:dsse", "ours"),
            default_encryption("aws:kms", "ours"),
            (DANGEROUS, "the default encryption is aws:kms now, and was aws:kms:dsse"),
            (GOOD, "the default encryption is aws:kms:dsse now, and was aws:kms"),
        ),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            default_encryption("aws:kms", "ours"),
            default_encryption("aws:kms", "theirs"),
            (DANGEROUS, "the default key is theirs now, and was ours"),
            (DANGEROUS, "the default key is ours now, and was theirs"),
        ),
        (
            "aws_s3_bucket_ownership_controls",
            {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
            {"rule": [{"object_ownership": "ObjectWriter"}]},
            (DANGEROUS, "ACLs are enabled again by ObjectWriter: an object's ACL can let others in"),
            (GOOD, "ACLs are disabled: the bucket owner owns every object"),
        ),
        (
            "aws_kms_key",
            {"enable_key_rotation": True},
            {"enable_key_rotation": False},
            (DANGEROUS, "the key no longer rotates"),
            (GOOD, "the key rotates now"),
        ),
        (
            "aws_kms_key",
            {"is_enabled": True},
            {"is_enabled": False},
            (DANGEROUS, "the key is disabled: nothing that it encrypts can be read or written"),
            (GOOD, "the key can be used again"),
        ),
        (
            "aws_kms_key",
            {"enable_key_rotation": True, "rotation_period_in_days": 365},
            {"enable_key_rotation": True, "rotation_period_in_days": 2560},
            (CAREFUL, "the key rotates every 2560 days now, and every 365 before"),
            (GOOD, "the key rotates every 365 days now, and every 2560 before"),
        ),
        (
            "aws_kms_key",
            {"deletion_window_in_days": 30},
            {"deletion_window_in_days": 7},
            (DANGEROUS, "a deleted key can be restored for 7 days now, and for 30 before"),
            (GOOD, "a deleted key can be restored for 30 days now, and for 7 before"),
        ),
        (
            "aws_kms_alias",
            {"target_key_id": "ours"},
            {"target_key_id": "theirs"},
            (DANGEROUS, "the alias points to another key: theirs, and was ours"),
            (DANGEROUS, "the alias points to another key: ours, and was theirs"),
        ),
        (
            "aws_s3_bucket",
            {"force_destroy": False},
            {"force_destroy": True},
            (DANGEROUS, "a plan that destroys the bucket would delete every object in it (force_destroy)"),
            (GOOD, "a bucket with objects cannot be destroyed"),
        ),
        (
            "aws_s3_bucket_logging",
            {"target_bucket": "logs"},
            {"target_bucket": ""},
            (DANGEROUS, "requests are no longer logged"),
            (GOOD, "requests are logged to logs"),
        ),
    ],
)
def test_a_setting_that_weakens_and_the_same_put_back(
    kind: str,
    before: dict[str, Any],
    after: dict[str, Any],
    there: tuple[str, str],
    back: tuple[str, str],
) -> None:
    assert judged(kind, before, after) == [there]
    assert judged(kind, after, before) == [back]
    assert judged(kind, before, before) == []


def test_an_inventory_that_goes_elsewhere_is_weaker_and_one_that_ends_is_reported() -> None:
    kind = "aws_s3_bucket_inventory"

    def inventory(arn: str) -> dict[str, Any]:
        return {"enabled": True, "destination": [{"bucket": [{"bucket_arn": arn}]}]}

    ours, others = inventory("arn:aws:s3:::ours"), inventory("arn:aws:s3:::others")
    assert judged(kind, ours, others) == [(DANGEROUS, "the inventory is written to arn:aws:s3:::others")]
    assert judged(kind, ours, ours) == []
    assert [words for _, words in judged(kind, ours, None)] == ["the inventory is no longer written"]


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("block_public_acls", "refuses new ACLs that make something public"),
        ("block_public_policy", "blocks public policies"),
        ("ignore_public_acls", "ignores ACLs that make something public"),
        ("restrict_public_buckets", "keeps others out of a bucket with a public policy"),
    ],
)
def test_each_way_to_block_public_access_has_words(name: str, does: str) -> None:
    kind, strict = "aws_s3_bucket_public_access_block", dict.fromkeys(PUBLIC_ACCESS, True)
    (finding,) = findings(kind, strict, strict | {name: False})
    assert finding.severity == DANGEROUS
    assert finding.words == f"the public-access block no longer {does}"
    assert judged(kind, strict | {name: False}, strict) == [(GOOD, f"the public-access block {does} now")]


@pytest.mark.parametrize(
    ("kind", "before", "count", "severity"),
    [
        ("aws_s3_bucket_public_access_block", dict.fromkeys(PUBLIC_ACCESS, True), 1, DANGEROUS),
        ("aws_s3_bucket_versioning", {"versioning_configuration": [{"status": "Enabled"}]}, 1, DANGEROUS),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            default_encryption("aws:kms", "k"),
            1,
            DANGEROUS,
        ),
        (
            "aws_s3_bucket_ownership_controls",
            {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
            1,
            DANGEROUS,
        ),
        ("aws_s3_bucket_logging", {"target_bucket": "logs"}, 1, DANGEROUS),
        ("aws_s3_bucket", {"bucket": "b"}, 1, DANGEROUS),
        ("aws_kms_key", {"key_id": "k"}, 1, DANGEROUS),
        ("aws_kms_alias", {"name": "alias/a"}, 1, CAREFUL),
        ("aws_iam_policy", {"name": "p"}, 1, CAREFUL),
        ("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": "a"}, 1, CAREFUL),
        ("aws_anything_else", {"name": "p"}, 0, CAREFUL),
    ],
)
def test_what_is_gone_leaves_what_aws_does_without_it(
    kind: str, before: dict[str, Any], count: int, severity: str
) -> None:
    assert [finding.severity for finding in findings(kind, before, None)] == [severity] * count


def test_a_public_access_block_that_is_gone_is_reported_with_all_that_it_did() -> None:
    (finding,) = findings("aws_s3_bucket_public_access_block", dict.fromkeys(PUBLIC_ACCESS, True), None)
    assert finding.said == (
        "the public-access block is removed: it no longer refuses new ACLs that make something public; "
        "it no longer blocks public policies; it no longer ignores ACLs that make something public; "
        "it no longer keeps others out of a bucket with a public policy"
    )


def test_a_key_that_is_gone_is_to_be_kept_before_a_deploy_makes_another() -> None:
    (finding,) = findings("aws_kms_key", {"key_id": "1234"}, None)
    assert "aws kms cancel-key-deletion --key-id 1234" in finding.remedy
    assert "a deploy would create another" in finding.remedy


def test_what_is_new_weakens_nothing() -> None:
    assert findings("aws_kms_key", None, {"enable_key_rotation": False}) == []
    assert findings("aws_s3_bucket", None, {"force_destroy": True}) == []
    strict = dict.fromkeys(PUBLIC_ACCESS, True)
    assert [one.severity for one in findings("aws_s3_bucket_public_access_block", None, strict)] == [GOOD] * 4


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        (
            {"uri": "http://acs.amazonaws.com/groups/global/AllUsers", "permissions": ["READ"]},
            (DANGEROUS, "the bucket's ACL gives READ to everybody"),
        ),
        (
            {
                "uri": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
                "permissions": ["WRITE", "READ"],
            },
            (DANGEROUS, "the bucket's ACL gives READ, WRITE to everybody with an AWS account"),
        ),
        ({"id": "c0ffee", "permissions": ["READ"]}, (DANGEROUS, "the bucket's ACL gives READ to c0ffee")),
    ],
)
def test_an_acl_that_lets_others_in(grant: dict[str, Any], expected: tuple[str, str]) -> None:
    owner = {"id": "owner", "permissions": ["FULL_CONTROL"]}
    assert judged("aws_s3_bucket", {"grant": [owner]}, {"grant": [owner, grant]}) == [expected]
    assert judged("aws_s3_bucket", {"grant": [owner, grant]}, {"grant": [owner]}) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            lifecycle(noncurrent_version_expiration=[{"noncurrent_days": 365}]),
            lifecycle(noncurrent_version_expiration=[{"noncurrent_days": 7}]),
            [(DANGEROUS, "lifecycle rule r deletes earlier versions after 7 days")],
        ),
        (
            lifecycle(noncurrent_version_expiration=[{"noncurrent_days": 7}]),
            lifecycle(noncurrent_version_expiration=[{"noncurrent_days": 365}]),
            [],
        ),
        (
            lifecycle(),
            lifecycle(expiration=[{"days": 1}]),
            [(DANGEROUS, "lifecycle rule r deletes objects after 1 days")],
        ),
        (
            lifecycle(noncurrent_version_expiration=[{"noncurrent_days": 7, "newer_noncurrent_versions": 5}]),
            lifecycle(noncurrent_version_expiration=[{"noncurrent_days": 7, "newer_noncurrent_versions": 2}]),
            [(DANGEROUS, "lifecycle rule r keeps 2 of the versions it deletes, not 5")],
        ),
        (
            lifecycle(noncurrent_version_expiration=[{"noncurrent_days": 7}]),
            lifecycle(noncurrent_version_expiration=[{"noncurrent_days": 7, "newer_noncurrent_versions": 2}]),
            [],
        ),
        (lifecycle(), None, [(CAREFUL, "lifecycle rule r is removed")]),
    ],
)
def test_what_is_deleted_by_itself(
    before: dict[str, Any], after: dict[str, Any] | None, expected: list[tuple[str, str]]
) -> None:
    assert judged("aws_s3_bucket_lifecycle_configuration", before, after) == expected


ROLE, ALLOW = "arn:aws:iam::111122223333:role/etl", "arn:aws:s3:::b/*"
OTHER = "arn:aws:iam::444455556666:root"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(**changes: Any) -> dict[str, Any]:
    return {
        "Sid": "D",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": ALLOW,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    } | changes


def allow(**changes: Any) -> dict[str, Any]:
    return {
        "Sid": "A",
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": "s3:GetObject",
        "Resource": ALLOW,
    } | changes


def compared(before: str | None, after: str | None) -> list[tuple[str, str]]:
    was, now = ({"bucket": "b", "policy": one} for one in (before, after))
    found = findings("aws_s3_bucket_policy", was, now, Around(["111122223333"]))
    return [(finding.severity, finding.said) for finding in found]


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (policy(deny(), allow()), policy(allow(), deny())),
        (policy(allow(Action=["s3:GetObject"])), policy(allow(Action="s3:GetObject"))),
        (policy(allow(Action="s3:GetObject")), policy(allow(Action="S3:getobject"))),
        (
            policy(allow(Principal={"AWS": "111122223333"})),
            policy(allow(Principal={"AWS": "arn:aws:iam::111122223333:root"})),
        ),
        (policy(allow(Principal="*")), policy(allow(Principal={"AWS": ["*"]}))),
        (policy(deny()), policy(deny(Condition={"Bool": {"aws:SecureTransport": [False]}}))),
        (policy(deny(Action=["s3:PutObject", "s3:GetObject"])), policy(deny())),
        (
            policy(allow(Sid="")),
            policy({key: value for key, value in allow().items() if key != "Sid"} | {"Sid": ""}),
        ),
        (json.dumps({"Statement": allow()}, indent=4), policy(allow())),
        ("", policy()),
        (None, ""),
    ],
)
def test_two_spellings_of_one_policy_are_no_change(one: str | None, same: str | None) -> None:
    assert compared(one, same) == []
    assert compared(same, one) == []


@pytest.mark.parametrize(
    ("before", "after", "there", "back"),
    [
        pytest.param(
            policy(deny(Sid="DenyInsecureTransport")),
            policy(),
            (
                DANGEROUS,
                "the Deny DenyInsecureTransport is removed: it no longer refuses requests over plain HTTP",
            ),
            "the Deny DenyInsecureTransport is added: it refuses requests over plain HTTP",
            id="a deny is removed",
        ),
        pytest.param(
            policy(),
            policy(allow()),
            (CAREFUL, f"{ROLE} may now read: s3:GetObject on {ALLOW}, by the statement A"),
            f"the Allow A is removed: s3:GetObject on {ALLOW}",
            id="an allow is added",
        ),
        pytest.param(
            policy(deny()),
            policy(deny(Action="s3:PutObject")),
            (DANGEROUS, "the Deny D is narrower: Action s3:GetObject"),
            "D refuses more: Action s3:GetObject",
            id="a deny refuses fewer actions",
        ),
        pytest.param(
            policy(deny(Action="s3:*")),
            policy(deny()),
            (DANGEROUS, "the Deny D is narrower: Action s3:*"),
            "D refuses more: Action s3:*",
            id="a deny of every action is narrowed",
        ),
        pytest.param(
            policy(deny(Principal={"AWS": [ROLE, f"{ROLE}-2"]})),
            policy(deny(Principal={"AWS": ROLE})),
            (DANGEROUS, f"the Deny D is narrower: Principal {ROLE}-2"),
            f"D refuses more: Principal {ROLE}-2",
            id="a deny is for fewer",
        ),
        pytest.param(
            policy(deny(Principal={"AWS": ROLE}, Condition={})),
            policy(deny(Principal={"AWS": ROLE})),
            (DANGEROUS, "the Deny D is narrower: only with Condition Bool aws:SecureTransport false"),
            "D refuses more: without Condition Bool aws:SecureTransport false",
            id="a deny gets a condition",
        ),
        pytest.param(
            policy(allow()),
            policy(allow(Action=["s3:GetObject", "s3:PutObject"])),
            (CAREFUL, f"{ROLE} may now write: s3:PutObject on {ALLOW}, by the statement A"),
            f"the Allow A allows less: s3:PutObject on {ALLOW}",
            id="an allow gets an action",
        ),
        pytest.param(
            policy(allow()),
            policy(allow(Principal={"AWS": [ROLE, "444455556666"]})),
            (
                DANGEROUS,
                f"{OTHER} of another account may now read: s3:GetObject on {ALLOW}",
            ),
            f"the Allow A allows less: s3:GetObject on {ALLOW}",
            id="an allow gets an account",
        ),
        pytest.param(
            policy(allow(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
            policy(allow()),
            (CAREFUL, f"{ROLE} may now read: s3:GetObject on {ALLOW}, by the statement A"),
            f"the Allow A allows less: s3:GetObject on {ALLOW}",
            id="an allow loses its condition",
        ),
        pytest.param(
            policy(
                {
                    "Sid": "N",
                    "Effect": "Deny",
                    "Principal": {"AWS": ROLE},
                    "NotAction": ["s3:GetObject"],
                    "Resource": ALLOW,
                }
            ),
            policy(
                {
                    "Sid": "N",
                    "Effect": "Deny",
                    "Principal": {"AWS": ROLE},
                    "NotAction": ["s3:*"],
                    "Resource": ALLOW,
                }
            ),
            (DANGEROUS, "the Deny N is narrower: NotAction s3:*"),
            "N refuses more: NotAction s3:*",
            id="a deny of all but gets an exception",
        ),
    ],
)
def test_a_policy_that_weakens_and_the_same_put_back(
    before: str, after: str, there: tuple[str, str], back: str
) -> None:
    ((severity, words),) = compared(before, after)
    assert severity == there[0]
    assert words.startswith(there[1])
    ((severity, words),) = compared(after, before)
    assert severity == GOOD
    assert words.startswith(back)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(policy(), policy(allow(Principal="*")), id="everybody is let in"),
        pytest.param(policy(), policy(allow(Action="*")), id="every action is allowed"),
        pytest.param(policy(allow()), policy(allow(Principal={"AWS": [ROLE, "*"]})), id="everybody is added"),
        pytest.param(policy(allow()), policy(allow(Action=["*"])), id="every action is added"),
        pytest.param(policy(deny()), policy(deny(Effect="Allow")), id="a deny is turned into an allow"),
        pytest.param(
            policy(allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
            policy(allow(Principal="*")),
            id="everybody's condition is removed",
        ),
        pytest.param(
            policy(allow()),
            policy(
                {key: value for key, value in allow(NotPrincipal={"AWS": ROLE}).items() if key != "Principal"}
            ),
            id="all but one are let in",
        ),
    ],
)
def test_a_policy_that_lets_anybody_in_is_dangerous(before: str, after: str) -> None:
    assert {severity for severity, _ in compared(before, after)} - {GOOD} == {DANGEROUS}


def test_a_condition_with_another_value_is_to_be_looked_at() -> None:
    changed = deny(Condition={"Bool": {"aws:SecureTransport": "true"}})
    (weaker, over_https, stricter) = compared(policy(deny()), policy(changed))
    assert weaker == (
        DANGEROUS,
        "the Deny D is narrower: Condition Bool aws:SecureTransport without false",
    )
    words = "nobody can read objects or write objects any more: D denies it to everybody"
    assert over_https == (CAREFUL, words)
    assert stricter == (GOOD, "D refuses more: Condition Bool aws:SecureTransport true")


def test_statements_without_a_sid_are_distinguished_by_what_they_say() -> None:
    one, other = allow(Sid=""), allow(Sid="", Action="s3:PutObject")
    assert [severity for severity, _ in compared(policy(one), policy(other, one))] == [CAREFUL]
    assert compared(policy(one, other), policy(other, one)) == []


@pytest.mark.parametrize(
    "text", ["{", "[]", '"text"', '{"Statement": ["text"]}', '{"Statement": {"Condition": [1]}}']
)
def test_what_is_no_policy_is_said_to_be_none(text: str) -> None:
    ((severity, words),) = compared(policy(allow()), text)
    assert severity == CAREFUL
    assert words == "its policy is not a policy in JSON, so it cannot be judged"


def test_a_policy_that_is_not_known_before_it_is_applied_is_said_to_be_so() -> None:
    before, after = {"bucket": "b", "policy": policy(deny())}, {"bucket": "b", "policy": UNKNOWN_VALUE}
    assert judged("aws_s3_bucket_policy", before, after) == [
        (CAREFUL, "its policy is known only after apply, so it cannot be judged yet")
    ]


def retention(mode: str, **time: int) -> dict[str, Any]:
    return {"rule": [{"default_retention": [{"mode": mode, **time}]}]}


@pytest.mark.parametrize(
    ("kind", "before", "after", "there", "back"),
    [
        (
            "aws_s3_bucket_object_lock_configuration",
            retention("COMPLIANCE", days=30),
            retention("GOVERNANCE", days=30),
            [
                (
                    DANGEROUS,
                    "Object Lock is weaker: anyone with the permission can lift it: "
                    "GOVERNANCE, and was COMPLIANCE",
                )
            ],
            [(GOOD, "Object Lock is stronger: nobody can lift it")],
        ),
        (
            "aws_s3_bucket_object_lock_configuration",
            retention("GOVERNANCE", years=1),
            retention("GOVERNANCE", days=30),
            [(DANGEROUS, "objects are locked for 30 days, and were for 365")],
            [(GOOD, "objects are locked for 365 days, and were for 30")],
        ),
        (
            "aws_s3_bucket_object_lock_configuration",
            retention("GOVERNANCE", days=30),
            None,
            [(DANGEROUS, "Object Lock is removed: new versions are no longer locked")],
            [(GOOD, "new versions are locked for 30 days now: GOVERNANCE")],
        ),
        (
            "aws_s3_bucket_cors_configuration",
            None,
            {"cors_rule": [{"allowed_origins": ["https://a.example"], "allowed_methods": ["GET"]}]},
            [(DANGEROUS, "web pages of https://a.example may use the bucket's links")],
            [(GOOD, "web pages of https://a.example may no longer use the bucket's links")],
        ),
        (
            "aws_s3_bucket_cors_configuration",
            {"cors_rule": [{"allowed_origins": ["https://a.example"], "allowed_methods": ["GET"]}]},
            {"cors_rule": [{"allowed_origins": ["https://a.example"], "allowed_methods": ["PUT"]}]},
            [(CAREFUL, "web pages may use the bucket's links in another way")],
            [(CAREFUL, "web pages may use the bucket's links in another way")],
        ),
        (
            "aws_s3_bucket_notification",
            {"eventbridge": True},
            {"eventbridge": False},
            [(CAREFUL, "EventBridge is no longer notified when objects change: its rules start nothing")],
            [(CAREFUL, "EventBridge is notified when objects change")],
        ),
    ],
)
def test_retention_pages_and_events_change_both_ways(
    kind: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    there: list[tuple[str, str]],
    back: list[tuple[str, str]],
) -> None:
    assert judged(kind, before, after) == there
    assert judged(kind, after, before) == back
    assert judged(kind, before, before) == []


@pytest.mark.parametrize("value", ["1e400", float("inf"), float("nan"), 10**400])
def test_a_number_that_is_none_is_as_one_that_is_not_said(value: object) -> None:
    after = {"deletion_window_in_days": value}
    assert judged("aws_kms_key", {"deletion_window_in_days": 30}, after) == []
    assert judged("aws_kms_key", {"deletion_window_in_days": 7}, after) == [
        (GOOD, "a deleted key can be restored for 30 days now, and for 7 before")
    ]


def test_of_tags_that_are_known_only_after_apply_none_is_said_to_be_gone() -> None:
    tags = {"Environment": "prod", "Project": "p"}
    before = {"tags": {"Project": "p"}, "tags_all": tags}
    after = {"tags": {"Project": "p", "By": UNKNOWN_VALUE}, "tags_all": UNKNOWN_VALUE}
    assert judged("aws_kms_key", before, after) == [
        (CAREFUL, "its tags are known only after apply, and policies decide by environment")
    ]
    assert judged("aws_kms_key", before, {**after, "tags": tags}) == []
