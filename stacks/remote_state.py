"""Where stacks keep their Terraform state: in the environment's state bucket, locked by S3's lock file."""

from settings.model import Settings

from cdktf import S3Backend, TerraformStack


def state_key(stack: str) -> str:
    """Return the key of a stack's state in the state bucket."""
    return f"{stack}/terraform.tfstate"


def keep_state_remotely(stack: TerraformStack, name: str, settings: Settings) -> None:
    """Give the stack called `name` the backend that `settings` describe."""
    # No `encrypt` and no `kms_key_id`: with `encrypt` alone Terraform asks for
    # AES256, which would override the state bucket's default encryption with
    # its own key; and the key's ARN is not known when this is synthesized.
    backend = S3Backend(
        stack,
        bucket=settings.state.bucket,
        key=state_key(name),
        region=settings.state.region,
        allowed_account_ids=None if settings.account_id is None else [settings.account_id],
    )
    # The S3Backend of cdktf 0.21 has no argument for S3's own lock file.
    backend.add_override("use_lockfile", True)
