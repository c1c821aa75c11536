"""Who may take a role with a token of GitHub's, by exact claims.

https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

from collections.abc import Sequence

from constructs_lib.policies import Document, Statement, document

ISSUER = "token.actions.githubusercontent.com"
"""Who signs the tokens of GitHub's workflows, as IAM names it: without https://."""

AUDIENCE = "sts.amazonaws.com"
"""Whom a token has to be made for; what aws-actions/configure-aws-credentials asks for by default."""


def pull_request(repository: str) -> str:
    """Return the `sub` of a workflow for a pull request, which names no branch.

    https://docs.github.com/en/actions/reference/security/oidc#filtering-for-pull_request-events
    """
    return f"repo:{repository}:pull_request"


def branch(repository: str, name: str) -> str:
    """Return the `sub` of a job on a branch, outside of any environment; scheduled workflows have it too.

    https://docs.github.com/en/actions/reference/security/oidc#filtering-for-a-specific-branch
    """
    return f"repo:{repository}:ref:refs/heads/{name}"


def environment(repository: str, name: str) -> str:
    """Return the `sub` of a job in an environment, whatever it was that started it.

    https://docs.github.com/en/actions/reference/security/oidc#filtering-for-a-specific-environment
    """
    return f"repo:{repository}:environment:{name}"


def allow_github(*, provider_arn: str, subjects: Sequence[str]) -> Statement:
    """Let a workflow in whose token was made for AWS and has exactly one of `subjects`.

    Raises:
        ValueError: one of them has a wildcard. StringEquals would take it literally, but whoever reads it
            would not, and whoever copies it into StringLike would let in others.
    """
    for subject in subjects:
        if "*" in subject or "?" in subject:
            raise ValueError(f"a subject must have no wildcard: {subject}")
    return {
        "Sid": "AllowGitHub",
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": list(subjects)}},
    }


def trust_policy(*, provider_arn: str, subjects: Sequence[str]) -> Document:
    """Return the trust policy of a role for workflows with one of `subjects`; raises as `allow_github`."""
    return document(allow_github(provider_arn=provider_arn, subjects=subjects))
