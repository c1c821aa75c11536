"""What exists of a stack that its state does not know, and that Terraform has to import.

Terraform writes the state of a running apply every 20 seconds at best. If it dies, the state lacks what was
made since, and the next apply fails, because the names are taken; or, worse, makes a second key. Only what
has a name of its own, and keys, must be found: everything else is a setting of a bucket or a role, or a topic
or rule, which Terraform writes again without asking what was there.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.deploy import names_in_aws
from ops.deploy.caller import Caller, require_own_account
from ops.deploy.names_in_aws import Owner, Stack, StackName, StackNames
from ops.deploy.own_keys import OWN_TAGS, OwnKeys
from ops.shared import aws
from ops.shared.errors import OpsError
from settings.model import Settings


@dataclass(frozen=True)
class Import:
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


def find_imports(
    stack: Stack, settings: Settings, resources: Mapping[str, Mapping[str, Any]], *, keys: bool = True
) -> list[Import]:
    """Return what exists of a stack outside of its state, in the order in which to import it.

    Args:
        stack: the stack's synthesized JSON.
        settings: the environment's settings.
        resources: the attributes of what the state knows, by address.
        keys: whether to look for keys, too.

    Raises:
        OpsError: AWS does not answer, the account is the wrong one, or a name belongs to something that is
            not ours.
    """
    caller = require_own_account(settings)
    # Of these a person decides: bootstrap asks whether to use what has content, and import.bucket says it.
    taken_over = {settings.state.bucket, *([settings.bucket_name] if settings.import_.bucket else [])}
    found: list[Import] = []
    for names in StackNames(stack, resources).by_region():
        search = _Search(names, caller, taken_over)
        found += search.keys() if keys else ()
        found += [*search.aliases(), *search.buckets(), *search.policies()]
        found += [*search.roles(), *search.trails()]
    return found


def refuse_unknown(
    stack: Stack,
    settings: Settings,
    resources: Mapping[str, Mapping[str, Any]],
    *,
    again: str,
    remedy: str = "recover",
) -> None:
    """Raise an OpsError where something of a stack exists that its state does not know.

    Keys are left out: one that no state knows may be kept to read old objects.

    Args:
        stack: the stack's synthesized JSON.
        settings: the environment.
        resources: the attributes of what the state knows, by address.
        again: the command that is refused.
        remedy: the command that brings it into the state.
    """
    first = f"make {remedy} ENV={settings.environment} brings it into the state, then {again} again"
    try:
        found = find_imports(stack, settings, resources, keys=False)
    except OpsError as error:
        raise OpsError(error.problem, error.remedy or ("" if aws.refused(error) else first)) from error
    if found:
        raise OpsError(f"{', '.join(one.what for one in found)} exists and is in no state", first)


def own_bucket_exists(bucket: str, *, account: str, region: str) -> bool:
    """Return whether `bucket` exists, in `account` and `region`.

    Raises:
        OpsError: it is somebody else's or in another region, or AWS does not say.
    """
    with aws.one_line_errors(f"cannot look at bucket {bucket}"):
        found = names_in_aws.look_up_bucket(bucket, account=account, region=region)
    if found.owner in (Owner.OTHERS, Owner.HIDDEN):
        raise OpsError(
            f"bucket {bucket} belongs to another account than {account}, or these credentials may not see it"
        )
    if found.owner is Owner.US and found.region not in ("", region):
        raise OpsError(f"bucket {bucket} exists already, in region {found.region} and not in {region}")
    return found.owner is Owner.US


class _Search:
    def __init__(self, names: StackNames, caller: Caller, taken_over: Collection[str]) -> None:
        self._names, self._caller, self._account = names, caller, caller.account
        self._taken_over = taken_over
        self._keys: dict[str, str] = {
            address: str(attributes["key_id"])
            for address, attributes in names.resources.items()
            if address.startswith("aws_kms_key.")
        }

    def keys(self) -> Iterator[Import]:
        for one in self._names.unknown("aws_kms_key"):
            own, description = OwnKeys(one.region, self._account, one.tags), one.described["description"]
            alias = self._alias_of(one.address)
            key = self._look_up_key(alias, one.region) if alias else None
            proof = f"{alias} is its alias"
            if key is None:
                key, proof = self._key_without_alias(one, own)
            elif difference := own.difference(key, description):
                name_taken = f"{alias} belongs to key {key['KeyId']}"
                raise OpsError(f"{name_taken}, which is not this stack's: {difference}")
            if key is None:
                continue
            if key["KeyState"] == "PendingDeletion":
                which = f"--region {one.region} --key-id {key['KeyId']}"
                raise OpsError(
                    f"key {key['KeyId']} is scheduled for deletion on {key['DeletionDate']:%Y-%m-%d}",
                    f"`aws kms cancel-key-deletion {which}` and `aws kms enable-key {which}` keep it, then "
                    "recover again",
                )
            self._keys[one.address] = key["KeyId"]
            yield Import(one.address, key["KeyId"], f"KMS key {key['KeyId']}", proof)

    def _alias_of(self, key_address: str) -> str | None:
        for alias in self._names.of("aws_kms_alias"):
            if alias.described["target_key_id"] == f"${{{key_address}.key_id}}":
                return alias.name
        return None

    def _look_up_key(self, alias: str, region: str) -> dict[str, Any] | None:
        with aws.one_line_errors(f"cannot look at {alias}"):
            return names_in_aws.look_up_key(alias, region)

    def _key_without_alias(self, name: StackName, own: OwnKeys) -> tuple[dict[str, Any] | None, str]:
        """Find a key that was made just before Terraform died, and so has no alias yet.

        Every `make destroy` leaves a key behind that waits for its deletion, looks the same and is no longer
        wanted: such a key counts only if the bucket still encrypts with it.
        """
        used = self._encrypting_keys()
        candidates = []
        for key in own.like(name.described["description"]):
            if key["Arn"] in used or key["KeyId"] in used:
                return key, "the bucket encrypts with it; its description and tags are those described"
            if key["KeyState"] in ("Enabled", "Disabled"):
                candidates.append(key)
        if len(candidates) > 1:
            ids = ", ".join(key["KeyId"] for key in candidates)
            raise OpsError(
                f"{len(candidates)} keys could be the stack's, and none has the alias: {ids}",
                "give the alias to the right one (`aws kms create-alias`), then recover again",
            )
        return (candidates[0], "its description and tags are those described") if candidates else (None, "")

    def _encrypting_keys(self) -> set[str]:
        keys: set[str] = set()
        for one in self._names.of("aws_s3_bucket"):
            try:
                with aws.one_line_errors(f"cannot read the encryption of {one.name}"):
                    keys |= names_in_aws.encrypting_keys(
                        one.name, one.region, ExpectedBucketOwner=self._account
                    )
            except OpsError as error:
                if not aws.refused(error):  # somebody else's, which `buckets` says
                    raise
        return keys

    def aliases(self) -> Iterator[Import]:
        for one in self._names.unknown("aws_kms_alias"):
            key = self._look_up_key(one.name, one.region)
            if key is None:
                continue
            ours = self._keys.get(one.described["target_key_id"][2:].removesuffix(".key_id}"))
            if ours is None:
                raise OpsError(f"{one.name}, of key {key['KeyId']}, exists and is in no state")
            if key["KeyId"] != ours:
                raise OpsError(f"{one.name} belongs to key {key['KeyId']}, and the stack's key is {ours}")
            yield Import(one.address, one.name, f"KMS alias {one.name}", f"it is the alias of key {ours}")

    def buckets(self) -> Iterator[Import]:
        for one in self._names.unknown("aws_s3_bucket"):
            if own_bucket_exists(one.name, account=self._account, region=one.region):
                proof = f"account {self._account} owns it{self._tagged(one)}"
                yield Import(one.address, one.name, f"bucket {one.name}", proof)

    def _tagged(self, bucket: StackName) -> str:
        """Say why a bucket of our account is this stack's, of which Terraform may not have set the tags yet.

        Raises:
            OpsError: it has other tags; or none, and content.
        """
        if bucket.name in self._taken_over:
            return ""
        owner = {"ExpectedBucketOwner": self._account}
        with aws.one_line_errors(f"cannot look at bucket {bucket.name}"):
            tags = names_in_aws.bucket_tags(bucket.name, bucket.region, **owner)
            if all(tags.get(tag) == bucket.tags.get(tag) for tag in OWN_TAGS):
                return "; its tags are those described"
            if not tags and names_in_aws.is_empty(bucket.name, bucket.region, **owner):
                return "; it is empty and has no tags yet"
        difference = "its tags differ" if tags else "it has content, and no tags"
        raise OpsError(
            f"bucket {bucket.name} is not this stack's: {difference}",
            "choose another name for it; import.bucket = true takes over a data bucket",
        )

    def policies(self) -> Iterator[Import]:
        for one in self._names.unknown("aws_iam_policy"):
            path = f"{one.described.get('path', '/')}{one.name}"
            arn = self._caller.iam(f"policy{path}")
            with aws.one_line_errors(f"cannot look at {arn}"):
                exists = names_in_aws.policy_exists(arn, one.region)
            if exists:
                yield Import(one.address, arn, f"policy {one.name}", f"it is {arn}")

    def trails(self) -> Iterator[Import]:
        for one in self._names.unknown("aws_cloudtrail"):
            with aws.one_line_errors(f"cannot look at trail {one.name}"):
                trail = names_in_aws.look_up_trail(one.name, one.region)
                if trail is None:
                    continue
                arn = trail["TrailARN"]
                client = aws.client("cloudtrail", one.region)
                (listed,) = client.list_tags(ResourceIdList=[arn])["ResourceTagList"]
            tags = {tag["Key"]: tag.get("Value") for tag in listed["TagsList"]}
            if any(tags.get(tag) != one.tags.get(tag) for tag in OWN_TAGS):
                raise OpsError(f"trail {one.name} is not this stack's: its tags differ")
            yield Import(one.address, arn, f"trail {one.name}", "its tags are those described")

    def roles(self) -> Iterator[Import]:
        for one in self._names.unknown("aws_iam_role"):
            with aws.one_line_errors(f"cannot look at role {one.name}"):
                role = names_in_aws.look_up_role(one.name, one.region)
            if role is None:
                continue
            other, description = role.get("Description", ""), one.described["description"]
            if other != description:
                difference = f'its description is "{other}", not "{description}"'
                raise OpsError(f"role {one.name} is not this stack's: {difference}")
            proof = f"it is {role['Arn']}; its description is that described"
            yield Import(one.address, one.name, f"role {one.name}", proof)
