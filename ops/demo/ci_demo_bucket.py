"""What happens to the state bucket in the demo of CI, outside CI or by a malicious branch."""

from ops.ci.comment import comment_body
from ops.ci.manifest import (
    COMMENT,
    CONFIGURATION,
    MANIFEST,
    PLAN_JSON,
    REVIEW,
    ReviewManifest,
    digests_of,
)
from ops.ci.review import marker
from ops.ci.stand_in import BOT
from ops.demo.ci_demo_site import Site
from ops.shared.errors import OpsError


def make_state_bucket(site: Site) -> None:
    """Make the bucket and the key of dev's state."""
    state = site.settings.state
    kms = site.aws.client("kms")
    key = kms.create_key(Description="Encrypts the state")["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=state.key_alias, TargetKeyId=key)
    s3 = site.s3
    s3.create_bucket(Bucket=state.bucket)
    s3.put_bucket_versioning(Bucket=state.bucket, VersioningConfiguration={"Status": "Enabled"})
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=state.bucket, PublicAccessBlockConfiguration=dict.fromkeys(names, True))
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=state.bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]},
    )


def newest(site: Site, below: str, name: str) -> str:
    """Return the key of the file of that name that was stored last below a part of ci/dev/."""
    listed = site.s3.list_objects_v2(Bucket=site.settings.state.bucket, Prefix=f"ci/dev/{below}")["Contents"]
    found = [one for one in listed if one["Key"].endswith(f"/{name}")]
    key: str = max(found, key=lambda one: one["LastModified"])["Key"]
    return key


def show_encryption(site: Site, below: str, name: str) -> None:
    """Show with which key a file is encrypted, as it holds what the state does."""
    key = newest(site, below, name)
    head = site.s3.head_object(Bucket=site.settings.state.bucket, Key=key)
    if head.get("ServerSideEncryption") != "aws:kms":
        raise OpsError(f"{key} is not encrypted by the state's key")
    site.narrator.say(f"in the bucket {name} is encrypted: aws:kms, {head['SSEKMSKeyId']}")


def refuse_writes_of_a_branch(site: Site) -> None:
    """Try what the role of pull requests must not do: store a plan, and write over a review."""
    s3, bucket = site.session("review").client("s3"), site.settings.state.bucket
    for what, key in (
        ("store a plan for main", f"ci/dev/plans/{'a' * 40}/{'b' * 64}/plan.tfplan"),
        ("write over a stored review", newest(site, "review/1/", "plan.json")),
    ):
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=b"forged")
        except s3.exceptions.ClientError as error:
            site.narrator.say(f"AWS does not let it {what}: {error.response['Error']['Code']}")
        else:
            raise OpsError(f"the review role can {what}")


def forge_review(site: Site, number: int) -> None:
    """Store and show a review in which nothing changes, as code of a branch can with what its job has."""
    s3, bucket = site.session("review").client("s3"), site.settings.state.bucket
    text = f"<!-- {marker('dev')} -->\n## ⚪ No changes\n"
    files = {
        PLAN_JSON: b'{"format_version": "1.2", "resource_changes": []}\n',
        CONFIGURATION: b"{}\n",
        REVIEW: b'{"findings": []}\n',
        COMMENT: text.encode(),
    }
    manifest = ReviewManifest("dev", number, "no changes", digests_of(files))
    for name, body in {**files, MANIFEST: manifest.to_bytes()}.items():
        key = f"ci/dev/review/{number}/{manifest.digest}/{name}"
        s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    site.github.add_comment(number, comment_body(manifest, text), BOT)


def overwrite_plan(site: Site) -> tuple[str, str]:
    """Write another plan over the one that was stored last; return the key and the version's id."""
    key = newest(site, "plans/", "plan.tfplan")
    written = site.s3.put_object(Bucket=site.settings.state.bucket, Key=key, Body=b"another plan")
    return key, written["VersionId"]


def remove_version(site: Site, key: str, version: str) -> None:
    """Remove one version of an object."""
    site.s3.delete_object(Bucket=site.settings.state.bucket, Key=key, VersionId=version)
