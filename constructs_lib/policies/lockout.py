"""Refuses policies with which nobody could manage or use any more what they protect.

A small evaluator of exactly the operators that our own documents use; it
decides a handful of requests that must stay possible. How AWS evaluates:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import product

from constructs_lib.policies import Document, Perimeter, Statement

KEY_MANAGEMENT = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]
BUCKET_MANAGEMENT = [
    "s3:DeleteBucketPolicy",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
]

# Addresses that no request from the internet has, so that S3 never sees them in aws:SourceIp:
# https://www.iana.org/assignments/iana-ipv4-special-registry/
INTERNAL = [
    ipaddress.ip_network(cidr)
    for cidr in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
]

# What every up-to-date client sends; what is absent here, as the network, is not known.
CLIENT = {
    "aws:SecureTransport": "true",
    "aws:PrincipalIsAWSService": "false",
    "aws:ViaAWSService": "false",
    "s3:TlsVersion": "1.3",
    "s3:authType": "REST-HEADER",
    "s3:signatureAge": "0",
    "s3:signatureversion": "AWS4-HMAC-SHA256",
}


class LockoutError(Exception):
    """Policies that would lock out whoever must get in.

    Attributes:
        problems: one line each, which begins with the Sid of the statement to blame.
    """

    def __init__(self, problems: list[str]) -> None:
        """Hold `problems`."""
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class _Request:
    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def _in_network(address: str, network: str) -> bool:
    return ipaddress.ip_network(address) == ipaddress.ip_network(network)


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "ArnEquals": str.__eq__,
    "Bool": str.__eq__,
    "IpAddress": _in_network,
    "NumericGreaterThan": lambda given, limit: float(given) > float(limit),
    "NumericLessThan": lambda given, limit: float(given) < float(limit),
    "StringEquals": str.__eq__,
    "StringLike": fnmatchcase,
}
_NEGATED = {"ArnNotEquals": "ArnEquals", "NotIpAddress": "IpAddress", "StringNotEquals": "StringEquals"}


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _holds(operator: str, key: str, wanted: list[str], context: Mapping[str, str]) -> bool:
    if operator == "Null":
        return (key not in context) == (wanted == ["true"])
    name = operator.removesuffix("IfExists")
    if key not in context:
        return operator != name or name in _NEGATED
    compare = _COMPARE[_NEGATED.get(name, name)]
    return any(compare(context[key], value) for value in wanted) != (name in _NEGATED)


def _applies(statement: Statement, request: _Request) -> bool:
    principal = statement["Principal"]
    if principal != "*":
        named = _as_list(principal.get("AWS", []))
        account_root = ":".join([*request.principal.split(":")[:5], "root"])
        if request.principal not in named and account_root not in named:
            return False
    return (
        any(fnmatchcase(request.action, action) for action in _as_list(statement["Action"]))
        and any(fnmatchcase(request.resource, resource) for resource in _as_list(statement["Resource"]))
        and all(
            _holds(operator, key, _as_list(wanted), request.context)
            for operator, block in statement.get("Condition", {}).items()
            for key, wanted in block.items()
        )
    )


def _decider(policy: Document, effect: str, request: _Request) -> str | None:
    """Return the Sid of the first statement of that effect that applies."""
    for statement in policy["Statement"]:
        if statement["Effect"] == effect and _applies(statement, request):
            return str(statement["Sid"])
    return None


def key_lockouts(policy: Document, *, key_arn: str, root_arn: str, deploy_role: str | None) -> Iterator[str]:
    """Yield what keeps the account's root, or the deploying role, from managing the key.

    Args:
        policy: the key policy.
        key_arn: the key's ARN.
        root_arn: the ARN of the account's root.
        deploy_role: the ARN of the role that deploys, where known.
    """
    managers = [("the account's root", root_arn)]
    if deploy_role is not None:
        managers.append(("access.deploy_role", deploy_role))
    for (who, principal), action in product(managers, KEY_MANAGEMENT):
        request = _Request(principal, action, key_arn, {"aws:PrincipalArn": principal})
        if denier := _decider(policy, "Deny", request):
            yield f"{denier}: would keep {who} ({principal}) from {action}"
        elif _decider(policy, "Allow", request) is None:
            yield f"EnableRootAccess: does not let {who} ({principal}) do {action}: not of this account"
            return


def bucket_lockouts(
    policy: Document,
    *,
    bucket_arn: str,
    deploy_role: str | None,
    perimeter: Perimeter,
    upload_headers: Mapping[str, str],
) -> Iterator[str]:
    """Yield what keeps the deploying role from the bucket, or makes every upload impossible.

    Args:
        policy: the bucket policy.
        bucket_arn: the bucket's ARN.
        deploy_role: the ARN of the role that deploys, where known.
        perimeter: where requests may come from.
        upload_headers: what an upload sends.
    """
    who = deploy_role or "arn:aws:iam::000000000000:role/deploy"
    for action in BUCKET_MANAGEMENT:
        request = _Request(who, action, bucket_arn, CLIENT | {"aws:PrincipalArn": who})
        if denier := _decider(policy, "Deny", request):
            yield f"{denier}: would keep whoever deploys from {action}"
    # Terraform deletes the objects of a bucket that is not protected.
    request = _Request(who, "s3:DeleteObjectVersion", f"{bucket_arn}/*", CLIENT | {"aws:PrincipalArn": who})
    if denier := _decider(policy, "Deny", request):
        yield f"{denier}: would hold for the role that deploys as well; name that role in access.deploy_role"

    headers = {f"s3:{name}": value for name, value in upload_headers.items()}
    deniers = []
    for network in _networks(perimeter):
        context = CLIENT | headers | network | {"aws:PrincipalArn": "arn:aws:iam::000000000000:role/team"}
        if perimeter.organization_id is not None:
            context["aws:PrincipalOrgID"] = perimeter.organization_id
        upload = _Request(context["aws:PrincipalArn"], "s3:PutObject", f"{bucket_arn}/key", context)
        deniers.append(_decider(policy, "Deny", upload))
    if None not in deniers:
        hint = (
            "; network.source_ips has only private ranges, and S3 sees none of those"
            if perimeter.source_ips
            else ""
        )
        yield f"{deniers[0]}: would refuse every upload{hint}"


def _is_internal(cidr: str) -> bool:
    network = ipaddress.ip_network(cidr)
    return any(
        int(network.network_address) >= int(internal.network_address)
        and int(network.broadcast_address) <= int(internal.broadcast_address)
        for internal in INTERNAL
        if internal.version == network.version
    )


def _networks(perimeter: Perimeter) -> Iterator[dict[str, str]]:
    """Yield the networks that a request may come from, as context keys."""
    if not perimeter.vpc_endpoints and not perimeter.source_ips:
        yield {"aws:SourceIp": "198.51.100.7"}
    for endpoint in perimeter.vpc_endpoints:
        yield {"aws:SourceVpce": endpoint}
    public = [cidr for cidr in perimeter.source_ips if not _is_internal(cidr)]
    for cidr in public:
        yield {"aws:SourceIp": cidr}
    if not perimeter.vpc_endpoints and not public and perimeter.source_ips:
        yield {}
