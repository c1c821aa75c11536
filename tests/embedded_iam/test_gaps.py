"""What the launcher still does not check, so that no test may lean on it: one list, each entry shown.

Recorded calls and the simulator decide these: tests/deploy_policy and tests/policy.
"""

from collections.abc import Callable

from ops.embedded.aws import assume_with_token
from tests.embedded_iam.account import Account, allow, document, refused, trust

OTHER_ACCOUNT = "111122223333"


def passing_a_role_needs_no_pass_role(account: Account) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html."""
    caller = account.session(allow("s3:PutReplicationConfiguration"))
    copies = f"copies-{account.id}"
    account.s3.create_bucket(Bucket=copies)
    for bucket in (account.bucket, copies):
        account.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": f"arn:aws:s3:::{copies}"}}
    caller.s3.put_bucket_replication(
        Bucket=account.bucket, ReplicationConfiguration={"Role": account.role("copies"), "Rules": [rule]}
    )


def a_key_may_be_made_with_a_policy_that_locks_out_its_maker(account: Account) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html."""
    locked = document(allow("kms:*") | {"Principal": {"AWS": account.role("elsewhere")}})
    account.session(allow("kms:CreateKey")).aws.client("kms").create_key(Policy=locked)


def a_token_needs_no_signature(account: Account) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html."""
    github = {"Federated": "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com"}
    role = account.role(AssumeRolePolicyDocument=trust(github, "sts:AssumeRoleWithWebIdentity"))
    assume_with_token(account.aws, role, {"sub": "anybody"})


def root_is_refused_nothing(account: Account) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html."""
    forbidden = allow("s3:*") | {"Effect": "Deny", "Principal": "*"}
    forbidden["Resource"] = f"arn:aws:s3:::{account.bucket}/*"
    account.s3.put_bucket_policy(Bucket=account.bucket, Policy=document(forbidden))
    account.s3.get_object(Bucket=account.bucket, Key="there")


def a_role_of_another_account_is_no_principal(account: Account) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html.

    AWS would allow this request.
    """
    there = Account(account.aws.of_account(OTHER_ACCOUNT))
    role = there.role("reader", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}))
    objects = f"arn:aws:s3:::{account.bucket}/*"
    lets_in = allow("s3:GetObject") | {"Principal": {"AWS": role}, "Resource": objects}
    account.s3.put_bucket_policy(Bucket=account.bucket, Policy=document(lets_in))
    caller = there.session(allow("s3:GetObject"), role=role)
    refused(lambda: caller.aws.client("s3").get_object(Bucket=account.bucket, Key="there"))


GAPS: list[Callable[[Account], None]] = [
    passing_a_role_needs_no_pass_role,
    a_key_may_be_made_with_a_policy_that_locks_out_its_maker,
    a_token_needs_no_signature,
    root_is_refused_nothing,
    a_role_of_another_account_is_no_principal,
]


def test_these_are_the_gaps_and_each_is_still_there(account: Account) -> None:
    """One that is closed fails here, and is taken off the list."""
    for gap in GAPS:
        gap(Account(account.aws))
