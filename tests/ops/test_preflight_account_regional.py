"""What the preflight says of names that only one account can take; the embedded AWS knows no such names."""

from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import Owner, StackNames
from ops.preflight.bucket_name import BucketName, hidden
from ops.preflight.taken import TakenNames
from tests.ops.preflight_support import ACCOUNT, NO_STACK

import pytest

OURS, THEIRS = f"acme-{ACCOUNT}-us-east-1-an", "acme-444455556666-us-east-1-an"
CALLER = Caller(f"arn:aws:iam::{ACCOUNT}:user/x", ACCOUNT)
TAKEN = TakenNames(StackNames(NO_STACK, {}), readable=True, recover="make recover ENV=dev")


def test_a_free_name_is_free_for_nobody_else() -> None:
    for name, text in ((OURS, f"{OURS} is free, and nobody else can take it"), ("acme", "acme is free")):
        bucket = BucketName("bucket name", "bucket_name", name, "region", "us-east-1")
        assert bucket.judge(Owner.NOBODY, TAKEN).text == text


@pytest.mark.parametrize("name", [THEIRS, "acme", f"acme-{ACCOUNT}"])
def test_a_bucket_that_cannot_be_looked_at_may_be_somebody_elses(name: str) -> None:
    assert hidden(name, CALLER).startswith(f"{name} is somebody else's, or ours and")


def test_one_with_a_name_of_ours_is_ours() -> None:
    assert hidden(OURS, CALLER).startswith(f"{OURS} is ours and these credentials may not look at it")
