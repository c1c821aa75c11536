"""Who acts in the sandbox: roles of its account, which its root makes where they are missing.

The administrator may do everything, but is bound by bucket and key policies. The role that deploys has what
`ops deploy-policy ENV` prints, and nothing else. A data team has `SecureS3Access-ENV`, and nothing else.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ops.deploy.deploy_policy import policies_of_environment
from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws, assume
from ops.shared.errors import OpsError
from settings import resource_names
from settings.model import Settings

ADMINISTRATOR = "sandbox-administrator"
SESSION_SECONDS = 43_200
EVERYTHING_NAME = "sandbox-everything"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}


class Account:
    """The account of one environment in the sandbox.

    Attributes:
        root: the sandbox for the account's root.
    """

    def __init__(self, sandbox: EmbeddedAws, settings: Settings) -> None:
        self.settings, self._id = settings, settings.account_id or ACCOUNT_ID
        self.root = sandbox.of_account(settings.account_id)
        self._iam = self.root.client("iam")

    def administrator(self) -> EmbeddedAws:
        """Return the sandbox for who bootstraps."""
        return self._session(ADMINISTRATOR, {EVERYTHING_NAME: EVERYTHING})

    def deployer(self) -> EmbeddedAws:
        """Return the sandbox for a role with what `ops deploy-policy` prints now."""
        name = self._own_role(self.settings.access.deploy_role) or f"sandbox-deploy-{self._environment}"
        policies = policies_of_environment(self._environment, account=self._id, read_only=False)
        prefix = f"sandbox-{self._environment}-policy-"
        return self._session(name, {f"{prefix}{number}": one for number, one in enumerate(policies)})

    def data_team(self) -> EmbeddedAws:
        """Return the sandbox for who makes links; raises OpsError if the environment is not deployed."""
        access = self.settings.access
        policy = resource_names.data_policies(self._environment).access
        if not self._has_policy(policy):
            command = f"make deploy ENV={self._environment} SANDBOX=1"
            raise OpsError(f"{self._environment} is not deployed in the sandbox", f"`{command}` does that")
        if access.attach_to_roles:
            return self._session(access.attach_to_roles[0], {})
        principals = [name for one in access.principals if (name := self._own_role(one))]
        # Limited by the session: a policy that is attached to a role could not be deleted by a destroy.
        arn = f"arn:aws:iam::{self._id}:policy/{policy}"
        name = principals[0] if principals else f"sandbox-data-{self._environment}"
        return self._session(name, {EVERYTHING_NAME: EVERYTHING}, PolicyArns=[{"arn": arn}])

    def make_named_roles(self) -> list[str]:
        """Make the roles of the account that the settings name; return which were missing."""
        access = self.settings.access
        named = [self._own_role(one) for one in (access.deploy_role, *access.principals)]
        return [
            name for name in dict.fromkeys([*access.attach_to_roles, *named]) if name and self._make(name)
        ]

    @property
    def _environment(self) -> str:
        return self.settings.environment

    def _own_role(self, arn: str | None) -> str | None:
        """Return the path and the name of a role of this account; None for anything else."""
        prefix = f"arn:aws:iam::{self._id}:role/"
        return arn.removeprefix(prefix) if arn is not None and arn.startswith(prefix) else None

    def _session(self, role: str, policies: Mapping[str, object], **options: object) -> EmbeddedAws:
        """Return a session of a role with exactly these policies, besides those that a deploy attaches.

        The policies with which the same role deploys other environments stay: one may be deployed right now.
        """
        self._make(role)
        name = role.rpartition("/")[2]
        # First put, then delete: another process may work as this role.
        for policy_name, policy in policies.items():
            document = json.dumps(policy)
            self._iam.put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=document)
        for found in self._iam.list_role_policies(RoleName=name)["PolicyNames"]:
            if found.startswith("sandbox-") and found not in policies and not self._of_another(found):
                with suppress(self._iam.exceptions.NoSuchEntityException):  # another process was faster
                    self._iam.delete_role_policy(RoleName=name, PolicyName=found)
        arn = self._iam.get_role(RoleName=name)["Role"]["Arn"]
        ends = datetime.now(UTC) + timedelta(seconds=SESSION_SECONDS)
        asked = {"RoleSessionName": "sandbox", "DurationSeconds": SESSION_SECONDS, **options}
        return replace(assume(self.root, arn, **asked), expiration=ends.isoformat(timespec="seconds"))

    def _of_another(self, policy: str) -> bool:
        """Whether an inline policy is one with which its role deploys another environment."""
        found = re.fullmatch("sandbox-(.+)-policy-[0-9]+", policy)
        return found is not None and found[1] != self._environment

    def _make(self, role: str) -> bool:
        """Make a role that the account's root may take, unless it exists; return whether it was missing."""
        trust = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{self._id}:root"},
                "Action": "sts:AssumeRole",
            },
        }
        path, _, name = role.rpartition("/")
        try:
            self._iam.create_role(
                Path=f"/{path}/" if path else "/",
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(trust),
                MaxSessionDuration=SESSION_SECONDS,
            )
        except self._iam.exceptions.EntityAlreadyExistsException:
            return False
        return True

    def _has_policy(self, name: str) -> bool:
        try:
            self._iam.get_policy(PolicyArn=f"arn:aws:iam::{self._id}:policy/{name}")
        except self._iam.exceptions.NoSuchEntityException:
            return False
        return True
