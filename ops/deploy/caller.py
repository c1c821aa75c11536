"""Whose the credentials are."""

from dataclasses import dataclass

from constructs_lib.policies.place import Place
from ops.shared import aws


@dataclass(frozen=True)
class Caller:
    """Whose the credentials are.

    Attributes:
        arn: the principal.
        account: its account, 12 digits.
    """

    arn: str
    account: str

    @property
    def partition(self) -> str:
        """The ARN's partition, such as `aws`."""
        return self.arn.split(":")[1]

    def iam(self, resource: str) -> str:
        """Return the ARN of something in IAM of the account, such as `iam("role/deploy")`."""
        return Place(self.partition, self.account, region="").iam(resource)

    @property
    def is_root(self) -> bool:
        """Whether it is the account's root, whom no policy of the account limits."""
        return self.arn.endswith(":root")


def ask_caller(region: str) -> Caller:
    """Ask AWS whose the credentials are; raises boto3's ClientError where it refuses them."""
    identity = aws.client("sts", region).get_caller_identity()
    return Caller(arn=identity["Arn"], account=identity["Account"])
