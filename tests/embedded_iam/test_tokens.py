"""The claims of a token of GitHub's that a role asks for."""

from ops.embedded.aws import assume_with_token
from tests.embedded_iam.account import Account, refused, trust

import pytest

GITHUB = "token.actions.githubusercontent.com"
PROVIDER = {"Federated": f"arn:aws:iam::000000000000:oidc-provider/{GITHUB}"}
JOB = {"sub": "repo:acme/storage:environment:prod", "ref": "refs/heads/main", "repository": "acme/storage"}


@pytest.mark.parametrize(
    ("claim", "other"),
    [("sub", "repo:acme/storage:pull_request"), ("ref", "refs/heads/topic"), ("repository", "acme/other")],
)
def test_a_role_is_given_to_the_job_that_its_trust_names(account: Account, claim: str, other: str) -> None:
    asks = {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:{claim}": JOB[claim]}
    role = account.role(
        AssumeRolePolicyDocument=trust(PROVIDER, "sts:AssumeRoleWithWebIdentity", StringEquals=asks)
    )
    assert assume_with_token(account.aws, role, JOB).session_token
    refused(lambda: assume_with_token(account.aws, role, JOB | {claim: other}))
