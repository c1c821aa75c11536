"""Where something is in AWS, and the ARNs that this decides."""

from dataclasses import dataclass

from constructs_lib.arguments import AccountId, Partition, Region, checked, is_reference

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""The partitions besides `aws`, by what their regions begin with."""


def iam_arn(partition: str, account_id: str, resource: str) -> str:
    """Return the ARN of a resource of IAM, which has no region; see `Place.iam`."""
    return f"arn:{partition}:iam::{account_id}:{resource}"


@checked
@dataclass(frozen=True)
class Place:
    """A region of an account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html

    Attributes:
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        account_id: the account's id, which may be a Terraform reference.
        region: such as `eu-central-1`.
    """

    partition: Partition
    account_id: AccountId
    region: Region

    def __post_init__(self) -> None:
        """Refuse a region of another partition: its ARNs would name nothing."""
        its = next((one for start, one in _PARTITIONS.items() if self.region.startswith(start)), "aws")
        if self.partition != its and not is_reference(self.region):
            raise ValueError(f"Place: partition must be {its!r} for {self.region!r}, not {self.partition!r}")

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of the region, such as `arn("sns", "alarms")`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def iam(self, resource: str) -> str:
        """Return the ARN of a resource of IAM, such as `iam("role/etl")`; `root` stands for the account."""
        return iam_arn(self.partition, self.account_id, resource)

    def bucket(self, name: str) -> str:
        """Return the ARN of a bucket."""
        return f"arn:{self.partition}:s3:::{name}"

    def access_point(self, name: str) -> str:
        """Return the ARN of an access point, of which the name or the ARN is given."""
        return self.arn("s3", f"accesspoint/{name.rpartition('/')[2]}")
