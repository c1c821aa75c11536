"""The cases of the corpus: which description is planned against which deployment.

A case is described by the settings that it changes, by a function that changes the synthesized JSON
(what our settings cannot express), or by both.
"""

import contextlib
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.review import corpus_extras as extras

Configuration = dict[str, Any]
Policy = dict[str, Any]

BASE_TOML = """
account_id = "111122223333"
{top}
[access]
principals = {principals}
deploy_role = "arn:aws:iam::111122223333:role/deploy"
{access}
[network]
source_ips = ["203.0.113.0/24"]
exempt_roles = {exempt}
[presign]
max_expiry = "{max_expiry}"
[encryption]
key_rotation_days = {rotation}
{encryption}
[logging]
enabled = false
[lifecycle]
enabled = false
[tags]
{tags}
"""


@dataclass(frozen=True)
class Settings:
    """The settings of the stack under review; the defaults are those of the `strict` deployment."""

    environment: str = "prod"
    top: str = ""
    principals: str = '["arn:aws:iam::111122223333:role/etl"]'
    access: str = ""
    exempt: str = '["arn:aws:iam::111122223333:role/breakglass"]'
    max_expiry: str = "1d"
    rotation: int = 180
    encryption: str = ""
    tags: str = 'CostCenter = "4711"'

    @property
    def toml(self) -> str:
        """The environment's file."""
        return BASE_TOML.format(**vars(self))


STRICT = Settings()
LENIENT = replace(STRICT, environment="lenient", top="protect = false")


def unchanged(configuration: Configuration) -> Configuration:
    """Change nothing."""
    return configuration


@dataclass(frozen=True)
class Case:
    """One plan.

    Attributes:
        name: the name of its files.
        base: what is deployed: empty, strict, lenient or extras.
        settings: the settings that are planned; those of the deployment where None.
        change: changes the synthesized JSON, in place.
        arguments: of `terraform plan`.
        outside: what happens behind Terraform's back before it plans.
        compares: whether the two configurations are compared as well.
    """

    name: str
    base: str = "strict"
    settings: Settings | None = None
    change: Callable[[Configuration], object] = unchanged
    arguments: tuple[str, ...] = ()
    outside: Callable[[Any], contextlib.AbstractContextManager[None]] | None = None
    compares: bool = False

    def changed(self, configuration: Configuration) -> Configuration:
        """Return the configuration that is planned."""
        result = copy.deepcopy(configuration)
        self.change(result)
        return result


def only(configuration: Configuration, kind: str, name: str = "") -> Any:
    """Return the one resource of that type whose name begins with `name`."""
    (resource,) = (v for k, v in configuration["resource"][kind].items() if k.startswith(name))
    return resource


def without(kind: str) -> Callable[[Configuration], None]:
    """Take all resources of a type out of the configuration, and what refers to them."""

    def change(configuration: Configuration) -> None:
        gone = {f"{kind}.{name}" for name in configuration["resource"].pop(kind)}
        for resources in configuration["resource"].values():
            for resource in resources.values():
                resource["depends_on"] = [r for r in resource.get("depends_on", []) if r not in gone]

    return change


def attributes(kind: str, **values: Any) -> Callable[[Configuration], None]:
    """Set attributes of the only resource of a type."""
    return lambda configuration: only(configuration, kind).update(values)


def policy(
    edit: Callable[[Policy], object], kind: str = "aws_s3_bucket_policy", name: str = ""
) -> Callable[[Configuration], None]:
    """Change a resource's policy with `edit`."""

    def change(configuration: Configuration) -> None:
        resource = only(configuration, kind, name)
        document = json.loads(resource["policy"])
        edit(document)
        resource["policy"] = json.dumps(document, indent=2)

    return change


def statement(document: Policy, sid: str) -> Any:
    """Return the statement with that Sid."""
    (found,) = (one for one in document["Statement"] if one["Sid"] == sid)
    return found


def drop(*sids: str) -> Callable[[Policy], None]:
    """Remove statements."""

    def edit(document: Policy) -> None:
        document["Statement"] = [one for one in document["Statement"] if one["Sid"] not in sids]

    return edit


def put(sid: str, **values: Any) -> Callable[[Policy], None]:
    """Set elements of a statement; None removes the element."""

    def edit(document: Policy) -> None:
        found = statement(document, sid)
        found.update(values)
        for name in [name for name, value in values.items() if value is None]:
            del found[name]

    return edit


def add(**values: Any) -> Callable[[Policy], None]:
    """Add a statement."""
    return lambda document: document["Statement"].append(values)


def rewritten(document: Policy) -> None:
    """Write the same policy differently: another order, lists for single strings and the other way."""
    for one in document["Statement"]:
        for element in ("Action", "Resource"):
            value = one[element]
            if isinstance(value, str):
                one[element] = [value]
            else:
                one[element] = value[0] if len(value) == 1 else value[::-1]
        if one.get("Principal") == "*":
            one["Principal"] = {"AWS": ["*"]}
    document["Statement"].reverse()


def moved(configuration: Configuration) -> None:
    """Rename the bucket in Terraform, and say so."""
    buckets = configuration["resource"]["aws_s3_bucket"]
    (old,) = buckets
    buckets["data"] = buckets.pop(old)
    text = json.dumps(configuration).replace(f"aws_s3_bucket.{old}", "aws_s3_bucket.data")
    configuration.clear()
    configuration.update(json.loads(text))
    configuration["moved"] = [{"from": f"aws_s3_bucket.{old}", "to": "aws_s3_bucket.data"}]


def forgotten(configuration: Configuration) -> None:
    """Take the bucket and all of its settings out of Terraform, and leave them in AWS."""
    removed = []
    for kind in [kind for kind in configuration["resource"] if kind.startswith("aws_s3_bucket")]:
        for name in configuration["resource"].pop(kind):
            removed.append({"from": f"{kind}.{name}", "lifecycle": {"destroy": False}})
    configuration["removed"] = removed
    del configuration["output"]


def unprotected(configuration: Configuration) -> None:
    """Take prevent_destroy away, and nothing else: Terraform's plan then shows no change."""
    for kind in ("aws_s3_bucket", "aws_kms_key"):
        only(configuration, kind)["lifecycle"] = {"ignore_changes": ["tags"]}


def another_output(configuration: Configuration) -> None:
    """Change an output, and no resource."""
    configuration["output"]["Contact"] = {"value": "storage-team"}


READER = 'readers = [{ principal = "arn:aws:iam::444455556666:root", prefix = "published/" }]'
S3_ALL = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
BUCKET_ARN = "arn:aws:s3:::secure-prod-data-bucket"
PERIMETER_EXEMPT = [
    f"arn:aws:iam::111122223333:role/{name}" for name in ("breakglass", "contractor", "deploy")
]


def off(**changes: Any) -> Settings:
    """Return the strict settings with some changed, and `protect` off."""
    return replace(STRICT, top="protect = false", **changes)


CASES = [
    # What Terraform does.
    Case("create", base="empty"),
    Case("no-changes"),
    Case("tags-only", settings=replace(STRICT, tags='CostCenter = "0815"')),
    Case("outputs-only", change=another_output),
    Case("drift-versioning", outside=extras.versioning_suspended),
    Case("drift-policy", outside=extras.bucket_policy_replaced),
    Case("moved", change=moved),
    Case("forget-bucket", change=forgotten, compares=True),
    Case(
        "replace-bucket", settings=replace(STRICT, top='protect = false\nbucket_name = "another-data-bucket"')
    ),
    Case("destroy-everything", settings=off(), arguments=("-destroy",)),
    Case("destroy-protected", arguments=("-destroy",)),
    # What weakens the key and the bucket.
    Case("protect-off", settings=off(), compares=True),
    Case("prevent-destroy-gone", change=unprotected, compares=True),
    Case("mode-sse-s3", settings=off(principals="[]", encryption='mode = "sse-s3"'), compares=True),
    Case("key-deletion-window-shortened", settings=replace(STRICT, encryption="key_deletion_days = 7")),
    Case("key-rotation-off", change=attributes("aws_kms_key", enable_key_rotation=False)),
    Case("key-rotation-longer", settings=replace(STRICT, rotation=365)),
    Case("key-disabled", change=attributes("aws_kms_key", is_enabled=False)),
    Case(
        "public-access-block-weakened",
        change=attributes(
            "aws_s3_bucket_public_access_block", block_public_policy=False, restrict_public_buckets=False
        ),
    ),
    Case("public-access-block-removed", change=without("aws_s3_bucket_public_access_block")),
    Case(
        "versioning-suspended",
        change=attributes("aws_s3_bucket_versioning", versioning_configuration={"status": "Suspended"}),
    ),
    Case("versioning-removed", change=without("aws_s3_bucket_versioning")),
    Case(
        "encryption-weakened",
        change=attributes(
            "aws_s3_bucket_server_side_encryption_configuration",
            rule=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        ),
    ),
    Case("encryption-removed", change=without("aws_s3_bucket_server_side_encryption_configuration")),
    Case(
        "ownership-weakened",
        change=attributes("aws_s3_bucket_ownership_controls", rule={"object_ownership": "ObjectWriter"}),
    ),
    Case("ownership-removed", change=without("aws_s3_bucket_ownership_controls")),
    # What weakens the bucket policy.
    Case("policy-removed", change=without("aws_s3_bucket_policy")),
    Case("policy-tls-removed", change=policy(drop("DenyInsecureTransport", "DenyOutdatedTLS"))),
    Case(
        "policy-tls-version-lowered",
        change=policy(put("DenyOutdatedTLS", Condition={"NumericLessThan": {"s3:TlsVersion": "1.0"}})),
    ),
    Case("policy-deny-to-allow", change=policy(put("DenyLegacySignatures", Effect="Allow"))),
    Case(
        "policy-exempt-role-added",
        settings=replace(STRICT, exempt=json.dumps([PERIMETER_EXEMPT[0], PERIMETER_EXEMPT[1]])),
    ),
    Case("policy-headers-optional", settings=replace(STRICT, encryption="require_upload_headers = false")),
    Case("policy-links-live-longer", settings=replace(STRICT, max_expiry="7d")),
    Case(
        "policy-deny-for-fewer",
        change=policy(
            put(
                "DenyInsecureTransport",
                Principal=None,
                NotPrincipal={"AWS": "arn:aws:iam::111122223333:role/etl"},
            )
        ),
    ),
    Case(
        "policy-deny-fewer-actions",
        change=policy(put("DenyInsecureTransport", Action=["s3:GetObject"], Resource=f"{BUCKET_ARN}/*")),
    ),
    Case(
        "policy-deny-not-action",
        change=policy(put("DenyLegacySignatures", Action=None, NotAction=["s3:GetObject"])),
    ),
    Case(
        "policy-operator-laxer",
        change=policy(
            put(
                "DenyInsecureTransport",
                Condition={"Bool": {"aws:SecureTransport": "false"}, "Null": {"aws:SourceVpce": "true"}},
            )
        ),
    ),
    Case(
        "policy-public",
        change=policy(
            add(
                Sid="AllowEverybody",
                Effect="Allow",
                Principal="*",
                Action="s3:GetObject",
                Resource=f"{BUCKET_ARN}/*",
            )
        ),
    ),
    Case(
        "policy-allow-not-principal",
        change=policy(
            add(
                Sid="AllowAlmostEverybody",
                Effect="Allow",
                NotPrincipal={"AWS": "arn:aws:iam::111122223333:role/x"},
                NotAction="s3:DeleteBucket",
                Resource=[BUCKET_ARN, f"{BUCKET_ARN}/*"],
            )
        ),
    ),
    Case(
        "policy-without-sids",
        change=policy(lambda document: [one.pop("Sid") for one in document["Statement"]]),
    ),
    Case("policy-rewritten", change=policy(rewritten)),
    Case(
        "policy-known-after-apply",
        change=lambda configuration: extras.random_suffix(
            configuration, only(configuration, "aws_s3_bucket_policy")
        ),
    ),
    # Who else gets in.
    Case(
        "principal-added",
        settings=replace(
            STRICT,
            principals='["arn:aws:iam::111122223333:role/etl", "arn:aws:iam::111122223333:role/intern"]',
        ),
    ),
    Case("reader-of-another-account", settings=replace(STRICT, access=READER)),
    Case("key-policy-lockout", change=policy(drop("EnableRootAccess"), "aws_kms_key")),
    Case(
        "key-policy-any-principal",
        change=policy(put("AllowSpecifiedPrincipals", Principal={"AWS": "*"}, Condition=None), "aws_kms_key"),
    ),
    Case(
        "managed-policy-wildcard",
        change=policy(
            lambda document: document["Statement"].append(S3_ALL), "aws_iam_policy", "access-policy"
        ),
    ),
    Case("managed-policy-attached", settings=replace(STRICT, access='attach_to_roles = ["analyst"]')),
    # What strengthens.
    Case("strengthened", base="lenient", settings=LENIENT),
    Case("protect-on", base="lenient", settings=replace(LENIENT, top="protect = true"), compares=True),
    # What our stacks do not have.
    Case("import-bucket", base="extras", change=extras.imported, outside=extras.bucket_of_old),
    Case("logging-and-lock-weakened", base="extras", change=extras.lock_weakened),
    Case("logging-lock-replication-removed", base="extras", change=extras.protections_removed),
    Case("logging-and-lock-strengthened", base="extras", change=extras.lock_strengthened),
    Case("sensitive", base="extras", change=extras.other_secrets),
    Case("sensitive-policy-weakened", base="extras", change=extras.sensitive_policy_weakened),
    Case("hostile-names", base="extras", change=extras.hostile),
    Case("role-trusts-others", base="extras", change=extras.role_trusts_others),
    Case("unjudged-kinds", base="extras", change=extras.website),
    Case("deposed", base="extras", change=extras.deposed, outside=extras.deposed_bucket),
]
