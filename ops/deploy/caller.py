"""Whose the credentials are."""

from dataclasses import dataclass

from constructs_lib.policies.place import iam_arn
from ops.shared import aws
from ops.shared.checkout import file_of
from ops.shared.errors import OpsError
from settings.model import Settings

LOG_IN = "log in (`aws sso login`), name a profile in AWS_PROFILE, or set the variables with the keys"


@dataclass(frozen=True)
class Caller:
    """Whose the credentials are.

    Attributes:
        arn: the principal.
        account: its account, 12 digits.
    """

    arn: str
    account: str

    def iam(self, resource: str) -> str:
        """Return the ARN of something in IAM of the account, such as `iam("role/deploy")`."""
        return iam_arn(self.arn.split(":")[1], self.account, resource)

    @property
    def is_root(self) -> bool:
        """Whether it is the account's root, whom no policy of the account limits."""
        return self.arn.endswith(":root")


def ask_caller(region: str) -> Caller:
    """Ask AWS whose the credentials are; raises boto3's ClientError where it refuses them."""
    identity = aws.client("sts", region).get_caller_identity()
    return Caller(arn=identity["Arn"], account=identity["Account"])


def require_own_account(settings: Settings) -> Caller:
    """Return whose the credentials are; raises OpsError where they are not for the settings' account."""
    from botocore.exceptions import ClientError, NoCredentialsError

    try:
        with aws.one_line_errors("cannot ask AWS whose the credentials are"):
            caller = ask_caller(settings.region)
    except OpsError as error:
        if isinstance(error.__cause__, (ClientError, NoCredentialsError)):
            raise OpsError(error.problem, LOG_IN) from error.__cause__
        raise
    if settings.account_id not in (None, caller.account):
        raise OpsError(
            f"the credentials are for account {caller.account}, but account_id of "
            f"{file_of(settings.environment)} is {settings.account_id}"
        )
    return caller
