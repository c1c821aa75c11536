"""Finds what exists in AWS under the names that a stack describes, but that its state does not know.

Terraform writes the state of a running apply every 20 seconds at best. What
was made since is unknown to it if it dies, and the next apply fails, as the
names are taken; or, worse, makes a second key. Only what has a name of its
own needs to be found: all else is a setting of a bucket or a role, or a topic
or rule, which Terraform writes again without asking what was there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.policies.place import Place
from ops.deploy.own_keys import OWN_TAGS, OwnKeys
from ops.shared import aws
from ops.shared.errors import OpsError
from settings.model import Settings
from settings.names.aws import partition_of

Resources = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Found:
    """Something that exists, is ours, and belongs into the state.

    Attributes:
        address: the resource's address in the stack.
        import_id: what `terraform import` calls it.
        what: what it is, for people.
        proof: why it is ours.
    """

    address: str
    import_id: str
    what: str
    proof: str


def find_existing(stack: Mapping[str, Any], settings: Settings, state_resources: Resources) -> list[Found]:
    """Return what exists of a stack outside of its state, in the order in which to import it.

    Args:
        stack: the stack's synthesized JSON.
        settings: the environment's settings.
        state_resources: the attributes of what the state knows, by address.

    Raises:
        OpsError: AWS does not answer, the account is the wrong one, or a
            name is taken by something that is not ours.
    """
    found: list[Found] = []
    for provider in stack["provider"]["aws"]:
        search = _Search(_resources_of(stack, provider), settings, state_resources, provider)
        found += [*search.keys(), *search.aliases(), *search.buckets(), *search.policies()]
        found += [*search.roles(), *search.trails()]
    return found


def _resources_of(stack: Mapping[str, Any], provider: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resources of one provider, which are those of one region."""
    reference = f"aws.{provider['alias']}" if "alias" in provider else "aws"
    return {
        kind: {name: one for name, one in resources.items() if one.get("provider", "aws") == reference}
        for kind, resources in stack["resource"].items()
    }


def bucket_exists(bucket: str, *, account: str, region: str) -> bool:
    """Return whether `bucket` exists, in `account` and `region`.

    Raises:
        OpsError: it is somebody else's or in another region, or AWS does not say.
    """
    from botocore.exceptions import ClientError

    with aws.one_line_errors(f"cannot look at bucket {bucket}"):
        try:
            answer = aws.client("s3", region).head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
        except ClientError as error:
            code = aws.error_code(error)
            if code in ("404", "NoSuchBucket"):
                return False
            if code in ("403", "AccessDenied"):
                raise OpsError(
                    f"bucket {bucket} belongs to another account than {account}, "
                    "or these credentials may not see it"
                ) from error
            raise
    found = answer.get("BucketRegion", region)
    if found != region:
        raise OpsError(f"bucket {bucket} exists already, in region {found} and not in {region}")
    return True


class _Search:
    def __init__(
        self,
        resources: Mapping[str, Any],
        settings: Settings,
        state: Resources,
        provider: Mapping[str, Any],
    ) -> None:
        self._resources = resources
        self._state = state
        self._region = provider["region"]
        self._tags = provider["default_tags"][0]["tags"]
        self._s3 = aws.client("s3", self._region)
        self._iam = aws.client("iam", self._region)
        with aws.one_line_errors("cannot tell which account this is"):
            self._account = aws.client("sts", self._region).get_caller_identity()["Account"]
        if settings.account_id not in (None, self._account):
            raise OpsError(
                f"the credentials are for account {self._account}, and the settings of "
                f"{settings.environment} say {settings.account_id}"
            )
        self._own_keys = OwnKeys(aws.client("kms", self._region), self._account, self._tags)
        self._keys: dict[str, str] = {
            address: str(attributes["key_id"])
            for address, attributes in state.items()
            if address.startswith("aws_kms_key.")
        }

    def _missing(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, described in self._resources.get(kind, {}).items():
            if f"{kind}.{name}" not in self._state:
                yield f"{kind}.{name}", described

    def keys(self) -> Iterator[Found]:
        for address, described in self._missing("aws_kms_key"):
            alias = self._alias_of(address)
            key = self._own_keys.look_up(alias) if alias else None
            proof = f"{alias} is its alias"
            if key is not None:
                self._refuse_foreign(key, described["description"], f"{alias} belongs to")
            else:
                key, proof = self._key_without_alias(described["description"])
            if key is None:
                continue
            if key["KeyState"] == "PendingDeletion":
                raise OpsError(
                    f"key {key['KeyId']} is scheduled for deletion on {key['DeletionDate']:%Y-%m-%d}; "
                    f"`aws kms cancel-key-deletion --region {self._region} --key-id {key['KeyId']}` and "
                    f"`aws kms enable-key --region {self._region} --key-id {key['KeyId']}` keep it, "
                    "then recover again"
                )
            self._keys[address] = key["KeyId"]
            yield Found(address, key["KeyId"], f"KMS key {key['KeyId']}", proof)

    def _alias_of(self, key_address: str) -> str | None:
        for described in self._resources.get("aws_kms_alias", {}).values():
            if described["target_key_id"] == f"${{{key_address}.key_id}}":
                return str(described["name"])
        return None

    def _refuse_foreign(self, key: Mapping[str, Any], description: str, name_taken: str) -> None:
        if difference := self._own_keys.difference(key, description):
            raise OpsError(f"{name_taken} key {key['KeyId']}, which is not this stack's: {difference}")

    def _key_without_alias(self, description: str) -> tuple[dict[str, Any] | None, str]:
        """Find a key that was made just before Terraform died, and so has no alias yet.

        Every `make destroy` leaves a key behind that waits for its deletion,
        looks the same and is no longer wanted: such a one counts only if the
        bucket still encrypts with it.
        """
        used = self._encrypting_keys()
        candidates = []
        for key in self._own_keys.like(description):
            in_use = key["Arn"] in used or key["KeyId"] in used
            if in_use:
                return key, "the bucket encrypts with it; its description and tags are those described"
            if key["KeyState"] in ("Enabled", "Disabled"):
                candidates.append(key)
        if len(candidates) > 1:
            ids = ", ".join(key["KeyId"] for key in candidates)
            raise OpsError(
                f"{len(candidates)} keys could be the stack's, and none has the alias: {ids}; give the alias "
                "to the right one (`aws kms create-alias`), then recover again"
            )
        return (candidates[0], "its description and tags are those described") if candidates else (None, "")

    def _encrypting_keys(self) -> set[str]:
        keys = set()
        for described in self._resources.get("aws_s3_bucket", {}).values():
            with aws.one_line_errors(f"cannot read the encryption of {described['bucket']}"):
                try:
                    rules = self._s3.get_bucket_encryption(
                        Bucket=described["bucket"], ExpectedBucketOwner=self._account
                    )["ServerSideEncryptionConfiguration"]["Rules"]
                except self._s3.exceptions.ClientError as error:
                    if aws.error_code(error) not in (
                        "NoSuchBucket",
                        "ServerSideEncryptionConfigurationNotFoundError",
                        "AccessDenied",  # somebody else's, which `buckets` says
                    ):
                        raise
                    continue
            keys |= {
                rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "") for rule in rules
            }
        return keys

    def aliases(self) -> Iterator[Found]:
        for address, described in self._missing("aws_kms_alias"):
            alias = described["name"]
            key = self._own_keys.look_up(alias)
            if key is None:
                continue
            ours = self._keys.get(described["target_key_id"][2:].removesuffix(".key_id}"))
            if key["KeyId"] != ours:
                raise OpsError(f"{alias} belongs to key {key['KeyId']}, and the stack's key is {ours}")
            yield Found(address, alias, f"KMS alias {alias}", f"it is the alias of key {ours}")

    def buckets(self) -> Iterator[Found]:
        for address, described in self._missing("aws_s3_bucket"):
            name = described["bucket"]
            if not bucket_exists(name, account=self._account, region=self._region):
                continue
            yield Found(address, name, f"bucket {name}", f"account {self._account} owns it")

    def policies(self) -> Iterator[Found]:
        for address, described in self._missing("aws_iam_policy"):
            path = described.get("path", "/")
            name = f"{path}{described['name']}"
            arn = Place(partition_of(self._region), self._account, self._region).iam(f"policy{name}")
            with aws.one_line_errors(f"cannot look at {arn}"):
                try:
                    self._iam.get_policy(PolicyArn=arn)
                except self._iam.exceptions.NoSuchEntityException:
                    continue
            yield Found(address, arn, f"policy {described['name']}", f"it is {arn}")

    def trails(self) -> Iterator[Found]:
        for address, described in self._missing("aws_cloudtrail"):
            name = described["name"]
            client = aws.client("cloudtrail", self._region)
            with aws.one_line_errors(f"cannot look at trail {name}"):
                found = client.describe_trails(trailNameList=[name], includeShadowTrails=False)["trailList"]
                for trail in found:
                    arn = trail["TrailARN"]
                    (listed,) = client.list_tags(ResourceIdList=[arn])["ResourceTagList"]
                    tags = {tag["Key"]: tag.get("Value") for tag in listed["TagsList"]}
                    if any(tags.get(tag) != self._tags.get(tag) for tag in OWN_TAGS):
                        raise OpsError(f"trail {name} is not this stack's: its tags are other ones")
                    yield Found(address, arn, f"trail {name}", "its tags are those described")

    def roles(self) -> Iterator[Found]:
        for address, described in self._missing("aws_iam_role"):
            name, description = described["name"], described["description"]
            with aws.one_line_errors(f"cannot look at role {name}"):
                try:
                    role = self._iam.get_role(RoleName=name)["Role"]
                except self._iam.exceptions.NoSuchEntityException:
                    continue
            if (other := role.get("Description", "")) != description:
                difference = f'its description is "{other}", not "{description}"'
                raise OpsError(f"role {name} is not this stack's: {difference}")
            yield Found(
                address, name, f"role {name}", f"it is {role['Arn']}; its description is that described"
            )
