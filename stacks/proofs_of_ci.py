"""What an environment promises about the roles of CI, by its settings."""

from collections.abc import Iterator

from proof.asking import EVERY, Action, Principal, When, Where
from proof.properties import GivenUp, Property, ci, scans
from proof.properties.things import Holder
from settings import resource_names
from stacks.proofs_words import InProofsWords

ISSUER = "token.actions.githubusercontent.com"


class CiInProofsWords(InProofsWords):
    """The settings of one environment, those about CI among them."""

    def _ci(self) -> Iterator[Property | GivenUp]:
        """Yield every promise about the roles of CI; none where it has none."""
        names, roles = resource_names.ci_roles(self._settings.environment), self._deployed.roles
        if not any(name in roles for name in names):
            return
        yield ci.no_data(
            [roles[name] for name in names], self._data, self._tags_and_locks(roles[names.deploy])
        )
        state_bucket, folders = self._state_use.bucket_arn, self._ci_folders
        yield ci.writes_only(
            roles[names.review],
            "ci-review-writes-reviews-only",
            "The role of pull requests can only write new reviews, and change nothing.",
            state_bucket,
            folders["review"],
        )
        yield ci.writes_only(
            roles[names.plan],
            "ci-plan-writes-plans-only",
            "The role of the main branch can only write new plans, and change nothing.",
            state_bucket,
            folders["plans"],
        )
        yield ci.taken_by(self._who_takes(roles))
        if not self._ref_is_known:
            yield GivenUp(
                "ci-deploys-from-its-branch",
                "The role that deploys can be assumed only from the branch ci.branch.",
                f"STS does not know the claim ref in partition {self._place.partition} yet; allow "
                "only that branch in the environment on GitHub",
            )

    def _tags_and_locks(self, deploy_role: Holder) -> dict[str, Where]:
        """Return the requests about tags and locks of the data that CI needs, by a clause for each."""
        settings, needed = self._settings, {}
        if self._scan_role is not None:
            part = scans.Part(self._data, settings.malware_scan.prefixes)
            needed["the preflight reads the tags of what is scanned for malware"] = part.objects & Action(
                "s3:GetObjectVersionTagging"
            )
        if settings.object_lock.mode is not None and not settings.protect:
            needed["a destroy reads the locks that it lifts"] = deploy_role.requests & Action(
                "s3:GetObjectLegalHold", "s3:GetObjectRetention"
            )
        return needed

    def _who_takes(self, roles: dict[str, Holder]) -> dict[Holder, Where]:
        settings = self._settings
        names = resource_names.ci_roles(settings.environment)
        repo = f"repo:{settings.ci.repository}"
        claims = {
            names.review: {f"{ISSUER}:sub": f"{repo}:pull_request"},
            names.plan: {f"{ISSUER}:sub": f"{repo}:ref:refs/heads/{settings.ci.branch}"},
            names.deploy: {f"{ISSUER}:sub": f"{repo}:environment:{settings.ci.environment}"},
        }
        branch = {f"{ISSUER}:ref": f"refs/heads/{settings.ci.branch}"}
        from_branch = When({"StringEquals" if self._ref_is_known else "StringEqualsIfExists": branch})
        provider = self._place.iam(f"oidc-provider/{ISSUER}")
        return {
            roles[name]: Principal(federated=(provider,))
            & Action("sts:AssumeRoleWithWebIdentity")
            & When({"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", **claim}})
            & (from_branch if name == names.deploy else EVERY)
            for name, claim in claims.items()
        }

    @property
    def _ref_is_known(self) -> bool:
        """Whether STS compares the claim `ref`, which it does since 2026 in commercial Regions.

        https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
        """
        return self._place.partition == "aws"
