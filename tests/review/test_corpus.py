"""The comment on every real plan is what was reviewed; `make review-plans` renews both."""

import html
import json
import os
import re
import socket
from pathlib import Path

from review.plan import PlanError
from review.render.markdown import LIMIT, markdown
from tests.conftest import ROOT
from tests.review.corpus import CASES
from tests.review.corpus_extras import PLANTED
from tests.review.review_support import (
    FAILED,
    FORMATS,
    MARKER,
    NAMES,
    PLANS,
    REVIEWED,
    plan_of,
    review_of,
    reviewed,
)

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class Comment(SingleFileSnapshotExtension):
    """A comment, as a Markdown file of its own."""

    _write_mode = WriteMode.TEXT
    file_extension = "md"


@pytest.mark.parametrize("name", REVIEWED)
def test_the_comment_is_what_was_reviewed(name: str, snapshot: SnapshotAssertion) -> None:
    comment = markdown(reviewed(name), marker=MARKER)
    assert len(comment) <= LIMIT
    # Which request shows a finding is for the proofs to choose.
    assert re.sub(r"; for example, `[^`]*`", "; for example, `…`", comment) == snapshot(
        extension_class=Comment
    )


def test_a_name_that_no_plan_begins_with_is_refused() -> None:
    from tests.review import make_plans  # only here, as it starts the jsii child process

    with pytest.raises(SystemExit, match=r"^Error: no plan's name begins with --nope; the names are in "):
        make_plans.main([CASES[0].name, "--nope"])


def test_there_is_a_plan_of_every_case() -> None:
    assert sorted(case.name for case in CASES) == NAMES
    assert len(NAMES) >= 25


VERDICTS = {
    "create": "careful",
    "drift-policy": "careful",
    "drift-versioning": "careful",
    "hostile-names": "careful",
    "import-bucket": "safe",
    "logging-and-lock-strengthened": "safe",
    "key-rotation-longer": "careful",
    "managed-policy-attached": "careful",
    "moved": "safe",
    "no-changes": "no changes",
    "outputs-only": "safe",
    "policy-known-after-apply": "careful",
    "policy-links-live-longer": "careful",
    "policy-rewritten": "safe",
    "policy-without-sids": "safe",
    "principal-added": "careful",
    "protect-on": "safe",
    "strengthened": "safe",
    "tags-only": "safe",
}
"""The verdict of every plan that is not dangerous."""


@pytest.mark.parametrize("name", REVIEWED)
def test_the_verdict(name: str) -> None:
    assert reviewed(name).verdict == VERDICTS.get(name, "dangerous"), reviewed(name).findings


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("replace-bucket", "aws_s3_bucket", "the bucket is destroyed, and a new one is created"),
        ("destroy-everything", "aws_s3_bucket", "the bucket is destroyed"),
        ("destroy-everything", "aws_kms_key", "its deletion is scheduled, and after 30 days everything it encrypted is lost"),
        ("mode-sse-s3", "aws_kms_key", "the key is destroyed"),
        ("mode-sse-s3", "aws_s3_bucket_server_side_encryption_configuration", "the default encryption is AES256 now"),
        ("forget-bucket", "aws_s3_bucket", "Terraform forgets the bucket"),
        ("forget-bucket", "aws_s3_bucket", "it leaves the configuration, and prevent_destroy with it"),
        ("deposed", "aws_s3_bucket", "that an earlier replacement left over is destroyed"),
        ("key-deletion-window-shortened", "aws_kms_key", "can be restored for 7 days now, and for 30 before"),
        ("key-rotation-off", "aws_kms_key", "the key no longer rotates"),
        ("key-rotation-longer", "aws_kms_key", "the key rotates every 365 days now, and every 180 before"),
        ("key-disabled", "aws_kms_key", "the key is disabled"),
        ("public-access-block-weakened", "aws_s3_bucket_public_access_block", "no longer blocks public policies"),
        ("public-access-block-removed", "aws_s3_bucket_public_access_block", "the public-access block is removed"),
        ("versioning-suspended", "aws_s3_bucket_versioning", "versions are no longer kept"),
        ("versioning-removed", "aws_s3_bucket_versioning", "versioning is removed"),
        ("encryption-weakened", "aws_s3_bucket_server_side_encryption_configuration", "AES256 now, and was aws:kms"),
        ("encryption-removed", "aws_s3_bucket_server_side_encryption_configuration", "the default encryption is removed"),
        ("ownership-weakened", "aws_s3_bucket_ownership_controls", "ACLs are enabled again by ObjectWriter"),
        ("ownership-removed", "aws_s3_bucket_ownership_controls", "the object ownership is removed"),
        ("policy-removed", "aws_s3_bucket_policy", "the bucket policy is removed"),
        ("policy-tls-removed", "aws_s3_bucket_policy", "the Deny DenyInsecureTransport is removed"),
        ("policy-tls-version-lowered", "aws_s3_bucket_policy", "NumericLessThan s3:TlsVersion 1.2 becomes 1.0"),
        ("policy-deny-to-allow", "aws_s3_bucket_policy", "by the statement DenyLegacySignatures, which was a Deny and is now an Allow"),
        ("policy-exempt-role-added", "aws_s3_bucket_policy", "arn:aws:iam::111122223333:role/contractor"),
        ("policy-headers-optional", "aws_s3_bucket_policy", "only with Condition Null s3:x-amz-server-side-encryption"),
        ("policy-links-live-longer", "aws_s3_bucket_policy", "s3:signatureAge 1 day becomes 7 days"),
        ("policy-deny-for-fewer", "aws_s3_bucket_policy", "narrower: NotPrincipal arn:aws:iam::111122223333:role/etl"),
        ("policy-deny-fewer-actions", "aws_s3_bucket_policy", "narrower: Action s3:*"),
        ("policy-deny-not-action", "aws_s3_bucket_policy", "narrower: NotAction s3:GetObject"),
        ("policy-operator-laxer", "aws_s3_bucket_policy", "narrower: only with Condition Null aws:SourceVpce true"),
        ("policy-public", "aws_s3_bucket_policy", "anybody may now read: s3:GetObject on arn:aws:s3:::secure-prod-data-bucket/*"),
        ("policy-allow-not-principal", "aws_s3_bucket_policy", "anybody but arn:aws:iam::111122223333:role/x may now do everything: all but s3:DeleteBucket on"),
        ("policy-known-after-apply", "aws_s3_bucket_policy", "cannot be judged yet"),
        ("principal-added", "aws_kms_key", "arn:aws:iam::111122223333:role/intern may now decrypt: kms:Decrypt"),
        ("reader-of-another-account", "aws_s3_bucket_policy", "arn:aws:iam::444455556666:root of another account may now read"),
        ("reader-of-another-account", "aws_kms_key", "arn:aws:iam::444455556666:root of another account may now decrypt"),
        ("key-policy-lockout", "aws_kms_key", "nobody could fix it"),
        ("key-policy-any-principal", "aws_kms_key", "anybody may now decrypt: kms:Decrypt"),
        ("managed-policy-wildcard", "aws_iam_policy", "who has the policy may now do everything: s3:* on *"),
        ("managed-policy-attached", "aws_iam_role_policy_attachment", "the role analyst gets the policy"),
        ("role-trusts-others", "aws_iam_role", "arn:aws:iam::444455556666:root of another account may now assume the role"),
        ("logging-and-lock-weakened", "aws_s3_bucket_object_lock_configuration", "objects are locked for 7 days"),
        ("logging-and-lock-weakened", "aws_s3_bucket_object_lock_configuration", "can lift it: GOVERNANCE, and was COMPLIANCE"),
        ("logging-and-lock-weakened", "aws_s3_bucket_logging", "requests are logged to corpus-copy"),
        ("logging-and-lock-weakened", "aws_s3_bucket_replication_configuration", "no longer replicated by the rule"),
        ("logging-lock-replication-removed", "aws_s3_bucket_logging", "access logging is removed"),
        ("logging-lock-replication-removed", "aws_s3_bucket_object_lock_configuration", "Object Lock is removed"),
        ("logging-lock-replication-removed", "aws_s3_bucket_replication_configuration", "replication is removed"),
        ("protect-off", "aws_s3_bucket", "a plan that destroys the bucket would delete every object in it"),
        ("protect-off", "aws_s3_bucket", "prevent_destroy is gone"),
        ("protect-off", "aws_kms_key", "prevent_destroy is gone"),
        ("prevent-destroy-gone", "aws_kms_key", "changes to its tags are ignored"),
        ("sensitive-policy-weakened", "aws_s3_bucket_policy", "because it is sensitive, weakens what it protects"),
        ("drift-versioning", "aws_s3_bucket_versioning", "changed outside of Terraform: versions are no longer kept"),
        ("drift-policy", "aws_s3_bucket_policy", "changed outside of Terraform: the Deny DenyInsecureTransport is removed"),
        ("unjudged-kinds", "aws_s3_bucket_website_configuration", "there is no rule about a change of"),
        ("unjudged-kinds", "aws_s3_bucket_acl", "the bucket's ACL is public-read"),
    ],
)  # fmt: skip
def test_every_weakening_is_named(name: str, kind: str, words: str) -> None:
    found = [(one.address, one.said) for one in reviewed(name).findings]
    assert [one for one in found if one[0].startswith(f"{kind}.") and words in one[1]], found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("strengthened", "the key rotates now"),
        ("strengthened", "a deleted key can be restored for 30 days now, and for 7 before"),
        ("strengthened", "the public-access block keeps others out of a bucket with a public policy now"),
        ("strengthened", "versions are kept now"),
        ("strengthened", "the default encryption is aws:kms now, and was AES256"),
        ("strengthened", "ACLs are disabled: the bucket owner owns every object"),
        ("strengthened", "the Deny DenyInsecureTransport is added: it refuses requests over plain HTTP"),
        ("strengthened", "the Allow AllowPartner is removed: s3:GetObject on arn:aws:s3:::secure-lenient-data-bucket/*"),
        ("strengthened", "DenyOutdatedTLS refuses more: Condition NumericLessThan s3:TlsVersion 1.0 becomes 1.2"),
        ("protect-on", "prevent_destroy is set: no plan can destroy it"),
        ("protect-on", "a bucket with objects cannot be destroyed"),
        ("logging-and-lock-strengthened", "objects are locked for 365 days, and were for 30"),
        ("logging-and-lock-strengthened", "requests are logged to corpus-logs"),
    ],
)  # fmt: skip
def test_every_strengthening_is_good_news(name: str, words: str) -> None:
    assert words in [one.said for one in reviewed(name).strengthenings]


@pytest.mark.parametrize("name", REVIEWED)
def test_nothing_that_is_safe_is_called_otherwise(name: str) -> None:
    if name in ("no-changes", "tags-only", "outputs-only", "moved", "policy-rewritten"):
        assert reviewed(name).findings == ()


def test_of_a_new_stack_only_its_policies_need_a_look() -> None:
    for finding in reviewed("create").findings:
        assert "may now" in finding.said or finding.said.startswith("its policy is known only after apply")


def test_order_formatting_and_lists_of_one_are_no_change_of_a_policy() -> None:
    for policy in reviewed("policy-rewritten").policies:
        assert policy.statements == ()


def test_a_statement_that_only_loses_its_sid_is_renamed() -> None:
    (policy,) = reviewed("policy-without-sids").policies
    assert {statement.change for statement in policy.statements} == {"renamed"}


def written(name: str) -> dict[str, str]:
    result = reviewed(name)
    return {kind: write(result) for kind, write in FORMATS.items()}


@pytest.mark.parametrize("name", REVIEWED)
def test_no_secret_is_in_any_output(name: str) -> None:
    for output in written(name).values():
        decoded = output.replace('\\"', '"').replace("\\\\", "\\")
        for form in (output, html.unescape(output), decoded, html.unescape(decoded)):
            for secret in PLANTED:
                assert secret not in form
                assert json.dumps(secret)[1:-1] not in form


def test_the_secrets_are_where_a_careless_review_would_show_them() -> None:
    # Without this, the test above could pass on plans that hold none.
    plan = json.dumps(plan_of("sensitive"))
    for secret in PLANTED:
        assert json.dumps(secret)[1:-1] in plan or json.dumps(json.dumps(secret)[1:-1])[1:-1] in plan
    assert "(sensitive)" in written("sensitive")["markdown"]


def test_a_secret_is_hidden_in_addresses_and_in_other_attributes() -> None:
    comment = html.unescape(written("sensitive")["markdown"])
    assert 'terraform_data.leak["(sensitive)"]' in comment
    assert "token=(sensitive) of (sensitive)" in comment


def test_hostile_names_stay_in_their_cells() -> None:
    hidden, _, comment = written("hostile-names")["markdown"].partition("\n")
    assert hidden == f"<!-- {MARKER} -->"
    assert comment.startswith("## ")
    columns = None
    for line in comment.splitlines():
        assert line.isprintable()
        assert line.count("`") % 2 == 0
        outside = re.sub(r"`[^`]*`", "", line)
        assert set(re.findall(r"<([^>]*)>?", outside)) <= {"br", "details", "/details", "summary", "/summary"}
        assert not re.search(
            r"[@#\\\[\]!~$&]|http|www|octocat|evil", outside.removeprefix("## ").removeprefix("###")
        )
        columns = None if not line.startswith("|") else columns or line.count("|")
        assert columns is None or line.count("|") == columns
    assert comment.count("evil.example") > 5  # it is there, and only within code


@pytest.mark.parametrize("kind", ["text", "json"])
def test_no_output_moves_the_cursor_or_turns_the_text_around(kind: str) -> None:
    for line in written("hostile-names")[kind].split("\n"):
        assert line.isprintable()


def test_a_plan_that_failed_is_refused() -> None:
    with pytest.raises(PlanError, match=r"^plan\.json: is of a plan that failed"):
        review_of(plan_of(FAILED))


@pytest.mark.parametrize("path", sorted(PLANS.iterdir()), ids=lambda path: path.name)
def test_no_plan_tells_of_the_machine_that_made_it(path: Path) -> None:
    content = path.read_text()
    for word in (str(ROOT), "/tmp/", str(Path.home()) + "/", os.sep + "work" + os.sep, "127.0.0.1"):  # noqa: S108
        assert word not in content
    assert socket.gethostname() not in content


def test_a_plan_says_nothing_of_prevent_destroy() -> None:
    """Why the configurations are compared: the plan is the same with and without."""
    for name in ("protect-off", "prevent-destroy-gone"):
        assert "prevent_destroy" not in (PLANS / f"{name}.json").read_text()
    assert review_of(plan_of("prevent-destroy-gone")).verdict == "no changes"
