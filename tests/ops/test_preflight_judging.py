"""How the preflight judges what AWS answered, without an AWS: answers that the embedded AWS does not give."""

from typing import Any

from ops.preflight.permissions import SHOWN, Result, judge
from ops.preflight.state import encryption
from ops.preflight.verdict import Mark

import pytest

ROLE = "arn:aws:iam::111122223333:role/deploy"
KEY = "arn:aws:kms:us-east-1:111122223333:key/a"


def result(action: str, decision: str, *missing: str) -> Result:
    return "*", {"EvalActionName": action, "EvalDecision": decision, "MissingContextValues": list(missing)}


def test_a_role_that_may_do_everything_passes() -> None:
    line = judge(ROLE, [result("s3:GetObject", "allowed"), result("kms:Decrypt", "allowed", "aws:b")], "")
    assert (line.mark, line.text.partition(" may ")[2][:18]) == (Mark.GOOD, "do all 2 things th")


def test_what_depends_on_the_request_is_unknown_and_named_once() -> None:
    asked = [result("a:B", "implicitDeny", "aws:b", "aws:a"), result("a:C", "explicitDeny", "aws:a")]
    line = judge(ROLE, asked, "attach it")
    assert (line.mark, line.remedy) == (Mark.UNKNOWN, "")
    assert line.text.endswith(f"whether {ROLE} may depends on aws:a, aws:b")


def test_one_refusal_outweighs_what_is_not_known() -> None:
    line = judge(ROLE, [result("a:B", "implicitDeny", "aws:b"), result("a:C", "explicitDeny")], "attach it")
    assert (line.mark, line.text, line.remedy) == (Mark.BAD, f"{ROLE} may not a:C on *", "attach it")


def test_only_some_of_many_refusals_are_shown() -> None:
    line = judge(ROLE, [result(f"a:{number}", "implicitDeny") for number in range(SHOWN + 2)], "")
    assert line.text.endswith(f"a:{SHOWN - 1} on * and 2 more")


RULES: dict[str, tuple[dict[str, Any], bool, Mark]] = {
    "our key": ({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}, False, Mark.GOOD),
    "our key, twice": ({"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": KEY}, False, Mark.GOOD),
    "the key of AWS": ({"SSEAlgorithm": "aws:kms"}, False, Mark.BAD),
    "S3's keys": ({"SSEAlgorithm": "AES256"}, False, Mark.BAD),
    "a bucket key": ({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}, True, Mark.GOOD),
}


@pytest.mark.parametrize("name", RULES)
def test_a_state_is_encrypted_with_a_key_of_ours(name: str) -> None:
    default, bucket_key, mark = RULES[name]
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    assert encryption(rule, "make bootstrap", shared=False).mark is mark


def test_a_rule_without_a_default_is_bad() -> None:
    assert encryption({"BucketKeyEnabled": False}, "make bootstrap", shared=False).mark is Mark.BAD


def test_a_shared_bucket_has_no_bucket_key() -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}
    assert encryption(rule, "make bootstrap", shared=True).mark is Mark.GOOD
    assert encryption({**rule, "BucketKeyEnabled": True}, "make bootstrap", shared=True).mark is Mark.BAD
