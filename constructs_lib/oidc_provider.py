"""The provider through which an account takes the tokens of GitHub's workflows."""

from constructs_lib import aws
from constructs_lib.arguments import checked
from constructs_lib.policies.place import Place
from constructs_lib.policies.trust_policy import AUDIENCE, ISSUER

from cdktf import TerraformResourceLifecycle
from constructs import Construct


@checked
class OidcProvider(Construct):
    """GitHub as an identity provider of the account, which can have it only once.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
    AWS checks GitHub's certificates by its own list, so no thumbprints are given.

    Attributes:
        arn: the provider's ARN.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        place: Place,
        create: bool = True,
        protect: bool = True,
    ) -> None:
        """Create the provider, or only name the one that there is.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the provider.
            place: the account.
            create: whether to make it; False where the account has it already.
            protect: whether a plan that destroys it is refused; other environments may need it.
        """
        super().__init__(scope, construct_id)
        if not create:
            self.arn = place.iam(f"oidc-provider/{ISSUER}")
            return
        provider = aws.IamOpenidConnectProvider(
            self,
            "provider",
            url=f"https://{ISSUER}",
            client_id_list=[AUDIENCE],
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protect),
        )
        self.arn = provider.arn
