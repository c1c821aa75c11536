"""AWS's rules for names, as pure functions: each returns its argument or raises InvalidValueError."""

import ipaddress
import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType


class InvalidValueError(ValueError):
    """A value that AWS or this project would refuse.

    `rule` says what is allowed and starts with "must"; `hint`, which may be empty, says how to fix it.
    Neither repeats the value: the caller, who reports the problem, knows it and how to show it.
    """

    def __init__(self, rule: str, hint: str = "") -> None:
        super().__init__(f"{rule}; {hint}" if hint else rule)
        self.rule = rule
        self.hint = hint


# What starts or ends like this belongs to S3's own kinds of names (access points, directory buckets, …).
_RESERVED_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
ACCOUNT_REGIONAL = "account-regional"
"""S3's namespace of buckets whose names only one account can take."""
_ACCOUNT_REGIONAL = re.compile(r".+-[0-9]{12}-[a-z]{2,}(-[a-z]+)+-[0-9]+-an")


def bucket_name(name: str) -> str:
    """Check the name of a general purpose bucket. Dots are allowed, as S3 allows them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if not 3 <= len(name) <= 63:
        raise InvalidValueError("must be 3 to 63 characters long", f"it has {len(name)}")
    if not re.fullmatch(r"[a-z0-9.-]+", name):
        raise InvalidValueError("must have only lowercase letters, digits, hyphens and dots")
    if not re.fullmatch(r"[a-z0-9].*[a-z0-9]", name):
        raise InvalidValueError("must begin and end with a lowercase letter or a digit")
    if ".." in name:
        raise InvalidValueError("must not have two dots in a row")
    if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", name):
        raise InvalidValueError("must not look like an IP address")
    for prefix in _RESERVED_BUCKET_PREFIXES:
        if name.startswith(prefix):
            raise InvalidValueError(f'must not begin with "{prefix}", which S3 reserves')
    for suffix in _RESERVED_BUCKET_SUFFIXES:
        if name.endswith(suffix):
            raise InvalidValueError(f'must not end with "{suffix}", which S3 reserves')
    if name.endswith("-an") and not is_account_regional(name):
        raise InvalidValueError('must not end with "-an", which S3 reserves')
    return name


def account_regional_suffix(account_id: str, region: str) -> str:
    """Return how the names end of the buckets that only this account can make, in this region.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
    """
    return f"-{account_id}-{region}-an"


def is_account_regional(name: str) -> bool:
    """Return whether a bucket's name is one that only the account can take that it ends with."""
    return _ACCOUNT_REGIONAL.fullmatch(name) is not None


def kms_alias(name: str) -> str:
    """Check the name of a KMS alias, which includes "alias/".

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
    The API's pattern also lets a colon through; its text and the Terraform provider do not.
    """
    if not name.startswith("alias/"):
        raise InvalidValueError('must begin with "alias/"', 'like "alias/my-key"')
    if name.startswith("alias/aws/"):
        raise InvalidValueError('must not begin with "alias/aws/", which is for keys that AWS manages')
    if not re.fullmatch(r"alias/[a-zA-Z0-9/_-]+", name):
        raise InvalidValueError('must be "alias/" and letters, digits, slashes, underscores or hyphens')
    if len(name) > 256:
        raise InvalidValueError("must be at most 256 characters long", f"it has {len(name)}")
    return name


def account_id(text: str) -> str:
    """Check an AWS account id: 12 digits, as text, because it may begin with 0.

    https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
    """
    if not re.fullmatch(r"[0-9]{12}", text):
        raise InvalidValueError("must be 12 digits", 'like "111122223333"')
    return text


# The other partitions are closed to the public, and name their services differently.
SUPPORTED_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")


@cache
def partitions() -> Mapping[str, str]:
    """Give every region's partition, as {"eu-central-1": "aws", …}, from the list that botocore ships."""
    listed = json.loads(files("botocore").joinpath("data", "partitions.json").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            region: partition["id"]
            for partition in listed["partitions"]
            if partition["id"] in SUPPORTED_PARTITIONS
            for region in partition["regions"]
            if not region.endswith("-global")  # stands for services without a region, such as IAM
        }
    )


def region(name: str) -> str:
    """Check that a region exists.

    https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
    """
    if name not in partitions():
        near = get_close_matches(name[:40], partitions(), n=1)
        hint = f'did you mean "{near[0]}"?' if near else 'like "us-east-1" or "eu-central-1"'
        raise InvalidValueError("must be an AWS region", hint)
    return name


def partition_of(region_name: str) -> str:
    """Give the partition of a region: "aws", "aws-cn", "aws-us-gov", …; raise for a region that is none."""
    return partitions()[region(region_name)]


def principal_arn(arn: str) -> str:
    """Check the ARN of a role, a user or an account's root, which a policy may name as its principal.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    rule = "must be the ARN of a role, a user or an account's root"
    if "*" in arn or "?" in arn:
        raise InvalidValueError(f"{rule}, without wildcards", "name each principal")
    if "${" in arn or "%{" in arn:
        raise InvalidValueError(f"{rule}, without ${{ or %{{, which have a meaning in Terraform")
    session = re.fullmatch(r"arn:([a-z-]+):sts::([0-9]{12}):assumed-role/([\w+=,.@-]+)/.*", arn, re.ASCII)
    if session:
        partition, account, role = session.groups()
        itself = f"arn:{partition}:iam::{account}:role/{role}"
        hint = f'name the role of the session, "{itself}", with its path if it has one'
        raise InvalidValueError(rule, hint)
    if re.match(r"arn:[a-z-]+:sts:", arn):
        raise InvalidValueError(rule, "name the role or user behind the session")
    if re.match(r"arn:[a-z-]+:iam::[0-9]{12}:group/", arn):
        raise InvalidValueError(rule, "a policy cannot name a group: name its users or a role")
    name = r"/(?:[!-~]{1,510}/)?[\w+=,.@-]{1,64}"  # a path of up to 512 characters, and a name
    if not re.fullmatch(rf"arn:aws[a-z-]*:iam::[0-9]{{12}}:(root|(role|user){name})", arn, re.ASCII):
        raise InvalidValueError(rule, 'like "arn:aws:iam::111122223333:role/name"')
    return arn


def role_arn(arn: str) -> str:
    """Check the ARN of an IAM role, with its path.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    principal_arn(arn)
    if ":role/" not in arn:
        raise InvalidValueError("must be the ARN of a role", 'like "arn:aws:iam::111122223333:role/name"')
    return arn


def arn_account(arn: str) -> str:
    """Give the account that an ARN names: "111122223333" of "arn:aws:iam::111122223333:root"."""
    return arn.split(":")[4]


def vpc_endpoint_id(text: str) -> str:
    """Check the id of a VPC endpoint.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
    """
    if not re.fullmatch(r"vpce-([0-9a-f]{8}|[0-9a-f]{17})", text):
        raise InvalidValueError("must be the id of a VPC endpoint", 'like "vpce-0123456789abcdef0"')
    return text


def organization_id(text: str) -> str:
    """Check the id of an organization.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
    """
    if not re.fullmatch(r"o-[a-z0-9]{10,32}", text):
        raise InvalidValueError("must be the id of an organization", 'like "o-a1b2c3d4e5"')
    return text


def ip_range(text: str) -> str:
    """Check a range of IPv4 or IPv6 addresses in CIDR notation (RFC 4632)."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidValueError("must be an IP range in CIDR notation", 'like "203.0.113.0/24"') from None
    if network.prefixlen == 0:
        raise InvalidValueError("must be an IP range that limits something", "leave it out to allow all")
    if "/" not in text or str(network) != text:
        raise InvalidValueError("must be an IP range in CIDR notation", f'give "{network}"')
    return text


def key_prefix(text: str) -> str:
    """Check what object keys begin with, as a policy can say it literally.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    if len(text.encode()) > 1024:
        raise InvalidValueError("must be at most 1024 bytes")
    if re.search(r"[*?$]|%\{|[^\x20-\x7e\x80-\U0010ffff]", text):
        raise InvalidValueError(
            "must not contain * ? $ %{, which have a meaning in a policy or in Terraform, or control "
            "characters"
        )
    return text


def log_prefix(text: str) -> str:
    """Check the prefix of a log's keys: a folder, or nothing.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    key_prefix(text)
    # S3 adds account, region, bucket, date and a name to it, and a key has 1,024 bytes.
    if len(text.encode()) > 512:
        raise InvalidValueError("must be at most 512 bytes")
    if not text.endswith("/") or text.startswith("/") or "//" in text:
        raise InvalidValueError("must be a folder, which ends with a slash", 'like "access/"')
    if any(text.startswith(taken) for taken in ("AWSLogs/", "inventory/")):
        raise InvalidValueError('must not begin with "AWSLogs/" or "inventory/", where other records go')
    return text


def kms_key(text: str) -> str:
    """Check the id or the ARN of a KMS key, which is not its alias.

    https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
    """
    key_id = r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    if not re.fullmatch(rf"(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{{12}}:key/)?{key_id}", text):
        raise InvalidValueError(
            "must be the id or the ARN of a KMS key", 'like "11111111-2222-3333-4444-555555555555"'
        )
    return text


def arn_partition(arn: str) -> str:
    """Give the partition that an ARN names: "aws" of "arn:aws:iam::111122223333:root"."""
    return arn.split(":")[1]


def role_name(name: str) -> str:
    """Check an IAM role's name, which is not its ARN.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    if name.startswith("arn:"):
        last = name.rpartition("/")[2]
        hint = f'give "{last}"' if re.fullmatch(r"[\w+=,.@-]{1,64}", last, re.ASCII) else ""
        raise InvalidValueError("must be only the role's name, without the rest of its ARN", hint)
    if not re.fullmatch(r"[\w+=,.@-]{1,64}", name, re.ASCII):
        raise InvalidValueError("must be a role's name: 1 to 64 letters, digits or any of _ + = , . @ -")
    return name
