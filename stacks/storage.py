"""The storage stack: key, bucket, managed policy, and the outputs that `presign` needs."""

from collections.abc import Iterable, Iterator

from constructs_lib.access_policy import AccessPolicy
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.policies import Grant, Perimeter
from constructs_lib.policies.access_policy import access_policy, read_policy, write_policy
from constructs_lib.policies.encryption import upload_headers
from constructs_lib.policies.place import Place
from constructs_lib.secure_bucket import SecureBucket
from settings import resource_names
from settings.model import GrantSettings, Settings
from stacks import malware_scan
from stacks.account import Account, choose_namespace, keep_state_remotely
from stacks.links import links_of
from stacks.protection import protect_data
from stacks.replication import replication_role_arn, source_key_statements, writer_back

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct


class StorageStack(TerraformStack):
    """One environment's data bucket and all that belongs to it."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        """Describe `settings`' environment as stack `secure-storage-<environment>`."""
        name = resource_names.storage_stack(settings.environment)
        super().__init__(scope, name)
        account = Account(self, region=settings.region, settings=settings)
        place = account.place
        bucket_arn = place.bucket(settings.bucket_name)
        keep_state_remotely(self, name, settings)

        readers, writers = _grants(settings.access.readers), _grants(settings.access.writers)
        perimeter = _perimeter(settings, place)
        key: EncryptionKey | None = None
        if settings.encryption.mode == "sse-kms":
            key = EncryptionKey(
                self,
                "encryption-key",
                alias=settings.encryption.key_alias,
                description=f"Encrypts {settings.bucket_name}",
                place=place,
                bucket_arn=bucket_arn,
                principals=settings.access.principals,
                readers=readers,
                writers=writers,
                extra_statements=[
                    *source_key_statements(settings, place),
                    *malware_scan.scan_key_statements(settings, place),
                ],
                deploy_role=settings.access.deploy_role,
                rotation_days=settings.encryption.key_rotation_days,
                deletion_days=settings.encryption.key_deletion_days,
                protect=settings.protect,
            )
        key_arn = None if key is None else key.arn
        links = links_of(settings)
        bucket = SecureBucket(
            self,
            "secure-bucket",
            bucket_name=settings.bucket_name,
            bucket_arn=bucket_arn,
            key_arn=key_arn,
            require_upload_headers=settings.encryption.require_upload_headers,
            links=links,
            perimeter=perimeter,
            readers=readers,
            writers=writers,
            replication_role=writer_back(settings, place),
            scan=malware_scan.scan_of_data(settings, place),
            object_lock=settings.object_lock.mode is not None,
            protect=settings.protect,
        )
        _take_over(settings, bucket, key)
        access_points = _access_points(settings, place)
        access = AccessPolicy(
            self,
            "access-policy",
            name=resource_names.data_policies(settings.environment).access,
            description="Use of one secure bucket and its key, and nothing else",
            document=access_policy(bucket_arn=bucket_arn, key_arn=key_arn, access_points=access_points),
            attach_to_roles=settings.access.attach_to_roles,
        )
        read = AccessPolicy(
            self,
            "read-policy",
            name=resource_names.data_policies(settings.environment).read,
            description="Reading from one secure bucket, and nothing else",
            document=read_policy(bucket_arn=bucket_arn, key_arn=key_arn, access_points=access_points),
        )
        write = AccessPolicy(
            self,
            "write-policy",
            name=resource_names.data_policies(settings.environment).write,
            description="Uploading to one secure bucket, and nothing else",
            document=write_policy(bucket_arn=bucket_arn, key_arn=key_arn, access_points=access_points),
        )

        headers = upload_headers(key_arn=key_arn, require_headers=settings.encryption.require_upload_headers)
        protect_data(self, settings, account=account, bucket=bucket, key=key, perimeter=perimeter)
        choose_namespace(self, settings)

        TerraformOutput(self, "S3BucketName", value=bucket.name)
        TerraformOutput(self, "S3BucketArn", value=bucket.arn)
        TerraformOutput(self, "S3BucketRegion", value=settings.region)
        if key is not None:
            TerraformOutput(self, "KMSKeyArn", value=key.arn)
        TerraformOutput(self, "IAMPolicyArn", value=access.arn)
        TerraformOutput(self, "IAMReadPolicyArn", value=read.arn)
        TerraformOutput(self, "IAMWritePolicyArn", value=write.arn)
        if settings.logging.enabled:
            TerraformOutput(self, "LogBucketName", value=settings.logging.target)
        if access_points:
            TerraformOutput(self, "S3AccessPointArns", value=access_points)
        TerraformOutput(self, "UploadHeaders", value=headers)
        TerraformOutput(self, "PresignMaxSeconds", value=links.max_age_seconds)
        if settings.object_lock.mode is not None:
            TerraformOutput(self, "ObjectLock", value=True)
        if settings.malware_scan.enabled:
            TerraformOutput(self, "MalwareScan", value=malware_scan.output(settings))
        if links.issued_before is not None:
            TerraformOutput(self, "PresignRevokedBefore", value=links.issued_before)
        if links.revoked:
            TerraformOutput(self, "PresignRevoked", value=list(links.revoked))


def _take_over(settings: Settings, bucket: SecureBucket, key: EncryptionKey | None) -> None:
    """Let Terraform import what exists, by the settings; once it is in the state, this changes nothing.

    Everything else of the bucket is a setting, and a deploy overwrites what was there.
    https://developer.hashicorp.com/terraform/language/import
    """
    imported = settings.import_
    if imported.bucket:
        bucket.bucket.import_from(settings.bucket_name)
    if key is not None and imported.key is not None:
        key.key.import_from(imported.key.rpartition("/")[2])
        if imported.key_alias:
            key.alias.import_from(settings.encryption.key_alias)


def _grants(settings: Iterable[GrantSettings]) -> list[Grant]:
    return [Grant(principal=one.principal, prefix=one.prefix) for one in settings]


def _access_points(settings: Settings, place: Place) -> list[str]:
    arns = [place.access_point(one) for one in settings.access.access_points]
    return list(dict.fromkeys(arns))  # the same one may be there by name and by ARN


def _perimeter(settings: Settings, place: Place) -> Perimeter:
    network = settings.network
    return Perimeter(
        vpc_endpoints=network.vpc_endpoints,
        source_ips=network.source_ips,
        organization_id=network.organization_id,
        exempt_roles=tuple(sorted({*network.exempt_roles, *_roles_of_ours(settings, place)})),
        listing=network.listing,
        listing_roles=tuple(_roles_of_ci(settings, place)),
    )


def _roles_of_ours(settings: Settings, place: Place) -> Iterator[str]:
    """Yield the roles that use objects from networks that are not known in advance."""
    if settings.access.deploy_role is not None:
        # Terraform deletes the objects of a bucket that is not protected, from wherever it runs.
        yield settings.access.deploy_role
    if settings.replication.enabled:
        # S3 takes it, and is not aws:PrincipalIsAWSService then.
        yield replication_role_arn(settings, place)
    if settings.malware_scan.enabled:
        # GuardDuty takes it, for which the same holds.
        yield malware_scan.scan_role_arn(settings, place)


def _roles_of_ci(settings: Settings, place: Place) -> Iterator[str]:
    """Yield the roles that plan on GitHub's runners: they look at the bucket, but read no object."""
    if settings.ci.repository is not None:
        for name in resource_names.ci_roles(settings.environment):
            yield place.iam(f"role/{name}")
