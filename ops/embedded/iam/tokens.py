"""The claims of a GitHub token that a role's trust policy may compare.

MiniStack knows `sub` and `aud`; STS takes more of GitHub's:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from typing import Any

GITHUB = "token.actions.githubusercontent.com"
CLAIMS = (
    "actor",
    "actor_id",
    "environment",
    "enterprise_id",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "workflow",
)


def install() -> None:
    """Let MiniStack know them."""
    from ministack.services import cognito, sts

    known = sts._web_identity_principal

    def principal(token: str, provider_id: str, role_arn: str) -> tuple[str, dict[str, Any]]:
        arn, keys = known(token, provider_id, role_arn)
        if not arn.endswith(f"/{GITHUB}"):
            return arn, keys
        claims = cognito._decode_id_token_unverified(token)
        return arn, keys | {f"{GITHUB}:{name}": claims[name] for name in CLAIMS if name in claims}

    sts._web_identity_principal = principal
