"""A change of Object Lock on a bucket that exists is refused in one line, before anything happens."""

from ops.deploy.object_lock import refuse_changed_object_lock
from ops.embedded.aws import EmbeddedAws
from ops.preflight import object_lock
from ops.preflight.verdict import Mark
from ops.shared.errors import OpsError
from settings.loading import load_environments
from settings.model import Settings
from tests.conftest import VARIANTS
from tests.ops.preflight_support import Account, use_account

import pytest

STACK = "secure-storage-object-lock"


@pytest.fixture
def aws(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> EmbeddedAws:
    use_account(running, monkeypatch)
    return running


def settings(bucket: str, *, locked: bool) -> Settings:
    (found,) = load_environments(VARIANTS, {"ENVIRONMENT_SUFFIX": "object-lock"})
    lock = found.object_lock if locked else found.object_lock.model_copy(update={"mode": None, "days": None})
    return found.model_copy(update={"object_lock": lock, "bucket_name": bucket})


@pytest.mark.parametrize("locked", [False, True])
def test_a_bucket_that_is_as_the_settings_say_passes(aws: EmbeddedAws, *, locked: bool) -> None:
    bucket = f"as-asked-{locked}".lower()
    asked = settings(bucket, locked=locked)
    assert object_lock.check(asked).mark is Mark.GOOD  # there is none yet
    refuse_changed_object_lock(asked, STACK)
    Account(aws.endpoint).s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked)
    assert object_lock.check(asked).mark is Mark.GOOD
    refuse_changed_object_lock(asked, STACK)


@pytest.mark.parametrize(
    ("locked", "problem"),
    [
        (False, "has no Object Lock, and the settings ask for one"),
        (True, "has Object Lock, and the settings ask for none"),
    ],
)
def test_a_bucket_that_is_not_is_refused_with_the_reason(
    aws: EmbeddedAws, problem: str, *, locked: bool
) -> None:
    bucket = f"otherwise-{locked}".lower()
    Account(aws.endpoint).s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked)
    asked = settings(bucket, locked=not locked)
    line = object_lock.check(asked)
    assert (line.mark, line.text) == (
        Mark.BAD,
        f"{bucket} {problem}: it is chosen when a bucket is made, so that Terraform would have to replace "
        "the bucket",
    )
    with pytest.raises(OpsError) as caught:
        refuse_changed_object_lock(asked, STACK)
    assert str(caught.value) == f"{bucket} {problem}; {line.text.partition(': ')[2]}: {line.remedy}"
    refuse_changed_object_lock(asked, f"{STACK}-state")  # which is about another bucket
