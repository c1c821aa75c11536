"""The CI stack: GitHub's identity provider, and the roles with which CI plans and deploys an environment."""

from dataclasses import replace

from constructs_lib.ci_role import CiRole
from constructs_lib.oidc_provider import OidcProvider
from constructs_lib.policies import Document, plan_files, trust_policy
from constructs_lib.policies.deploy_policy import DeployPolicyError, deploy_policies
from settings import resource_names
from settings.model import Settings
from settings.problems import SettingsError
from stacks import state_use
from stacks.account import Account, keep_state_remotely
from stacks.storage import StorageStack

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct


class CiStack(TerraformStack):
    """One environment's roles for CI. They can change neither themselves nor each other."""

    def __init__(
        self, scope: Construct, settings: Settings, *, repository: str, storage: StorageStack
    ) -> None:
        """Describe `settings`' roles as stack `secure-storage-<environment>-ci`.

        Args:
            scope: the app.
            settings: the environment.
            repository: whose workflows may take the roles.
            storage: the stack that the roles plan and deploy; they are allowed what it needs.

        Raises:
            SettingsError: no policy can be made for that stack.
        """
        environment = settings.environment
        name = resource_names.ci_stack(environment)
        super().__init__(scope, name)
        place = Account(self, region=settings.region, settings=settings).place
        keep_state_remotely(self, name, settings)

        described, contexts = storage.to_terraform(), state_use.contexts_of_ci(settings, place)

        def may_deploy(role: str, *, read_only: bool) -> dict[str, Document]:
            try:
                documents = deploy_policies(
                    described,
                    place=place,
                    state_key_alias=settings.state.key_alias,
                    state_contexts=contexts,
                    read_only=read_only,
                )
            except DeployPolicyError as error:
                raise SettingsError([f"environment {environment}: {error}"]) from error
            policies = resource_names.ci_policies(role, environment, len(documents))
            return dict(zip(policies, documents, strict=True))

        provider = OidcProvider(
            self,
            "oidc-provider",
            place=place,
            create=settings.ci.create_provider,
            protect=settings.protect,
        )
        names = resource_names.ci_roles(environment)
        files = plan_files.Files(
            bucket_arn=place.bucket(settings.state.bucket),
            folders=state_use.folders(settings),
            key_alias=settings.state.key_alias,
            place=replace(place, region=settings.state.region),
            contexts=contexts,
        )
        review = CiRole(
            self,
            "review-role",
            name=names.review,
            description=f"Plans environment {environment} for a pull request, and changes nothing",
            provider_arn=provider.arn,
            subjects=[trust_policy.pull_request(repository)],
            policies={
                **may_deploy("review", read_only=True),
                resource_names.ci_files_policy("review", environment): plan_files.review_files_policy(files),
            },
        )
        plan = CiRole(
            self,
            "plan-role",
            name=names.plan,
            description=f"Plans environment {environment} in CI, and changes nothing",
            provider_arn=provider.arn,
            subjects=[trust_policy.branch(repository, settings.ci.branch)],
            policies={
                **may_deploy("plan", read_only=True),
                resource_names.ci_files_policy("plan", environment): plan_files.store_policy(files),
            },
        )
        deploy = CiRole(
            self,
            "deploy-role",
            name=names.deploy,
            description=f"Deploys environment {environment} from CI, and nothing else",
            provider_arn=provider.arn,
            subjects=[trust_policy.environment(repository, settings.ci.environment)],
            extra=trust_policy.from_branch(settings.ci.branch, partition=place.partition),
            policies={
                **may_deploy("deploy", read_only=False),
                resource_names.ci_files_policy("deploy", environment): plan_files.deploy_files_policy(files),
            },
        )
        TerraformOutput(self, "ReviewRoleArn", value=review.arn)
        TerraformOutput(self, "PlanRoleArn", value=plan.arn)
        TerraformOutput(self, "DeployRoleArn", value=deploy.arn)
