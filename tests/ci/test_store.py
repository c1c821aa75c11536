"""The plans and reviews in the state bucket of the embedded AWS."""

from pathlib import Path
from typing import Any

from ops.ci.manifest import COMMENT, CONFIGURATION, MANIFEST, PLAN, PLAN_JSON, SUMMARY, sha256
from ops.ci.store import PlanStore
from ops.shared.errors import OpsError
from tests.ci.conftest import (
    BODIES,
    BUCKET,
    DIGEST,
    REVIEW_BODIES,
    REVIEWED,
    SETTINGS,
    TREE,
    manifest_with,
    review_with,
)

import pytest


def key(name: str) -> str:
    return f"ci/dev/plans/{TREE}/{DIGEST}/{name}"


def review_key(name: str) -> str:
    return f"ci/dev/review/1/{REVIEWED}/{name}"


def test_a_plan_reads_back_as_it_was_stored(store: PlanStore) -> None:
    assert store.plan(TREE, DIGEST) == (manifest_with(), BODIES)


def test_a_review_reads_back_as_it_was_stored(store: PlanStore) -> None:
    assert store.review(1, REVIEWED) == (review_with(), REVIEW_BODIES)
    assert store.review_digests(1) == [REVIEWED]
    assert store.review_digests(2) == []


def test_what_is_not_stored_is_one_line(store: PlanStore) -> None:
    with pytest.raises(OpsError, match=r"^no plan is stored in s3://.+/plans/b+/.+/; each is kept for 30 "):
        store.plan("b" * 40, DIGEST)
    with pytest.raises(OpsError, match=r"^no review is stored in s3://.+/review/2/.+/; each is kept for 30"):
        store.review(2, REVIEWED)


def test_the_same_again_makes_no_new_version(store: PlanStore) -> None:
    store.keep_plan(manifest_with(), BODIES)
    store.keep_review(review_with(), REVIEW_BODIES)
    assert store.plan(TREE, DIGEST) == (manifest_with(), BODIES)
    assert store.review(1, REVIEWED) == (review_with(), REVIEW_BODIES)


def test_another_one_lies_next_to_it(store: PlanStore) -> None:
    other = manifest_with(verdict="careful")
    store.keep_plan(other, BODIES)
    store.keep_review(review_with(verdict="careful"), REVIEW_BODIES)
    assert store.plan(TREE, other.digest)[0].verdict == "careful"
    assert store.plan(TREE, DIGEST)[0].verdict == "safe"
    assert len(store.review_digests(1)) == 2


def test_nothing_is_overwritten(store: PlanStore) -> None:
    store.keep_plan(manifest_with(), BODIES | {PLAN: b"another"})
    assert store.plan(TREE, DIGEST) == (manifest_with(), BODIES)


@pytest.mark.parametrize("name", [PLAN, SUMMARY, MANIFEST])
def test_a_plan_with_two_versions_is_refused_even_if_both_are_the_same(
    store: PlanStore, s3: Any, name: str
) -> None:
    body = s3.get_object(Bucket=BUCKET, Key=key(name))["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=key(name), Body=body)
    with pytest.raises(OpsError, match=rf"plan was altered: s3://.+/{name} was written 2 times$"):
        store.plan(TREE, DIGEST)


@pytest.mark.parametrize("name", [PLAN_JSON, CONFIGURATION, COMMENT, MANIFEST])
def test_a_review_with_two_versions_is_refused(store: PlanStore, s3: Any, name: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=review_key(name), Body=b"forged")
    with pytest.raises(OpsError, match=rf"review was altered: s3://.+/{name} was written 2 times$"):
        store.review(1, REVIEWED)


def test_a_plan_that_was_deleted_and_written_again_is_refused(store: PlanStore, s3: Any) -> None:
    (version,) = s3.list_object_versions(Bucket=BUCKET, Prefix=key(PLAN))["Versions"]
    s3.delete_object(Bucket=BUCKET, Key=key(PLAN), VersionId=version["VersionId"])
    with pytest.raises(OpsError, match=r"altered: s3://.+/plan\.tfplan is missing$"):
        store.plan(TREE, DIGEST)
    s3.put_object(Bucket=BUCKET, Key=key(PLAN), Body=b"another plan")
    with pytest.raises(OpsError, match=r"altered: the SHA-256 of plan\.tfplan is"):
        store.plan(TREE, DIGEST)


def test_a_manifest_that_was_exchanged_is_refused(store: PlanStore, s3: Any) -> None:
    (version,) = s3.list_object_versions(Bucket=BUCKET, Prefix=key(MANIFEST))["Versions"]
    s3.delete_object(Bucket=BUCKET, Key=key(MANIFEST), VersionId=version["VersionId"])
    s3.put_object(Bucket=BUCKET, Key=key(MANIFEST), Body=manifest_with(verdict="no changes").to_bytes())
    with pytest.raises(OpsError, match=rf"altered: the SHA-256 of s3://.+/manifest\.json is not {DIGEST}$"):
        store.plan(TREE, DIGEST)


def test_a_review_of_another_pull_request_or_environment_is_refused(store: PlanStore, s3: Any) -> None:
    for other in (review_with(number=2), review_with(environment="prod")):
        for name, body in {**REVIEW_BODIES, MANIFEST: other.to_bytes()}.items():
            s3.put_object(Bucket=BUCKET, Key=f"ci/dev/review/1/{other.digest}/{name}", Body=body)
        said = (
            rf"^the stored review is of {other.environment} in pull request {other.number}, not of dev in 1$"
        )
        with pytest.raises(OpsError, match=said):
            store.review(1, other.digest)


def test_a_review_of_an_older_version_is_not_called_altered(store: PlanStore, s3: Any) -> None:
    bodies = {name: body for name, body in REVIEW_BODIES.items() if name != CONFIGURATION}
    older = review_with(bodies).to_bytes().replace(b'"format_version": "3"', b'"format_version": "2"')
    for name, body in {**bodies, MANIFEST: older}.items():
        s3.put_object(Bucket=BUCKET, Key=f"ci/dev/review/1/{sha256(older)}/{name}", Body=body)
    with pytest.raises(OpsError, match=r"^manifest\.json is of another version of ops: run `ops ci review` "):
        store.review(1, sha256(older))


def test_what_does_not_belong_to_a_plan_is_refused(store: PlanStore, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=key("override.tf.json"), Body=b"{}")
    with pytest.raises(OpsError, match=r"altered: s3://.+/override\.tf\.json is not part of it$"):
        store.plan(TREE, DIGEST)


def test_a_review_whose_manifest_was_not_written_yet_is_not_found(store: PlanStore, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"ci/dev/review/3/{REVIEWED}/{PLAN_JSON}", Body=b"half")
    assert store.review_digests(3) == []


def test_what_was_deployed_last_is_replaced(store: PlanStore) -> None:
    assert store.read("deployed/cdk.tf.json") is None
    store.replace("deployed/cdk.tf.json", b"1")
    store.replace("deployed/cdk.tf.json", b"2")
    assert store.read("deployed/cdk.tf.json") == b"2"


def test_a_missing_bucket_is_one_line(s3: Any, tmp_path: Path) -> None:
    other = SETTINGS.model_copy(update={"state": SETTINGS.state.model_copy(update={"bucket": "no-such-one"})})
    with pytest.raises(
        OpsError, match=r"^the state bucket no-such-one does not exist; make bootstrap ENV=dev "
    ):
        PlanStore(other).plan(TREE, DIGEST)
