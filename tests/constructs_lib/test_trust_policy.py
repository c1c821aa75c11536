"""A trust policy names each subject exactly."""

from constructs_lib.policies import trust_policy

import pytest

PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


def test_each_subject_is_the_one_that_github_documents() -> None:
    assert trust_policy.pull_request("acme/storage") == "repo:acme/storage:pull_request"
    assert trust_policy.branch("acme/storage", "main") == "repo:acme/storage:ref:refs/heads/main"
    assert trust_policy.environment("acme/storage", "prod") == "repo:acme/storage:environment:prod"


@pytest.mark.parametrize(
    "subject", ["repo:acme/storage:*", "*", "repo:acme/*:pull_request", "repo:acm?/storage"]
)
def test_a_subject_with_a_wildcard_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match=r"^a subject must have no wildcard: "):
        trust_policy.trust_policy(provider_arn=PROVIDER, subjects=["repo:acme/storage:pull_request", subject])
