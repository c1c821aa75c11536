"""Who can assume a role with a token from GitHub, by exact claims.

https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

from collections.abc import Sequence

from constructs_lib.policies import Condition, Document, Statement, document

ISSUER = "token.actions.githubusercontent.com"
"""Who signs the tokens of GitHub's workflows, as IAM names it: without https://."""

AUDIENCE = "sts.amazonaws.com"
"""The audience of a token; what aws-actions/configure-aws-credentials requests by default."""


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
    """Return the `sub` of a job in an environment, whatever started it.

    https://docs.github.com/en/actions/reference/security/oidc#filtering-for-a-specific-environment
    """
    return f"repo:{repository}:environment:{name}"


def from_branch(name: str, *, partition: str) -> Condition:
    """Return the condition that the workflow runs on a branch, whatever its `sub` says.

    The `sub` of a job in an environment names no branch. STS knows the claim `ref` of GitHub's tokens since
    January 2026: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    under "Available keys for AWS OIDC federation", and
    https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
    which is reported to be of commercial Regions only. So in another partition, where a role that insists on
    it might be nobody's, it counts only where STS knows it.

    Args:
        name: the branch, without `refs/heads/`.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
    """
    operator = "StringEquals" if partition == "aws" else "StringEqualsIfExists"
    return {operator: {f"{ISSUER}:ref": f"refs/heads/{name}"}}


def allow_github(*, provider_arn: str, subjects: Sequence[str], extra: Condition | None = None) -> Statement:
    """Let a workflow in whose token was made for AWS, has exactly one of `subjects`, and meets `extra`.

    Raises:
        ValueError: one of them has a wildcard. StringEquals would compare it literally, but a reader
            would not expect that, and a copy in StringLike would let others in.
    """
    for subject in subjects:
        if "*" in subject or "?" in subject:
            raise ValueError(f"a subject must have no wildcard: {subject}")
    extra = extra or {}
    exact = {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": list(subjects), **extra.get("StringEquals", {})}
    return {
        "Sid": "AllowGitHub",
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {**extra, "StringEquals": exact},
    }


def trust_policy(*, provider_arn: str, subjects: Sequence[str], extra: Condition | None = None) -> Document:
    """Return the trust policy of a role for workflows with one of `subjects`; raises as `allow_github`."""
    return document(allow_github(provider_arn=provider_arn, subjects=subjects, extra=extra))
