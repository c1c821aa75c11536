"""What the bucket's IAM policies say of an access point.

S3 asks the signer's policies about the access point, not about the bucket behind it:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
"""

from presign.outputs import Outputs


def named(arn: str, stack: Outputs) -> bool:
    """Whether the policies name the access point; AWS takes ``accesspoint:NAME`` in ARNs, policies do not."""
    return _in_policies(arn) in stack.access_points


def needs(arn: str) -> str:
    """Return which policy it takes to use an access point that the stack's own policies do not name."""
    return f"an IAM policy that allows {_in_policies(arn)}/object/*"


def warning(arn: str, stack: Outputs) -> str:
    """Say which policy lets nobody through an access point, and what changes that."""
    policy = f"the IAM policy {stack.policy_arn}" if stack.policy_arn else "the stack's own IAM policy"
    name = _in_policies(arn).rpartition("/")[2]
    return (
        f"the access point {name} is not in the outputs, so {policy} does not name it: S3 refuses the link "
        f"unless the signer has {needs(arn)}; to change the stack's own, add "
        f'"{name}" to access_points in [access] of its settings and deploy'
    )


def _in_policies(arn: str) -> str:
    return arn.replace(":accesspoint:", ":accesspoint/")
