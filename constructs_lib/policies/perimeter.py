"""The perimeter: from where, and by whose principals, objects are reached."""

from dataclasses import replace

from constructs_lib.policies import Condition, Perimeter, Statement, deny

# What shows the names of objects.
LISTING_ACTIONS = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"]


def _unless_exempt(perimeter: Perimeter) -> Condition:
    """Condition that the caller is no AWS service acting for itself, and no role that passes from anywhere.

    A role that an AWS service takes, as S3 does to replicate, is not that service: it has to be among the
    roles.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
    """
    condition: Condition = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    if perimeter.exempt_roles:
        condition["ArnNotEquals"] = {"aws:PrincipalArn": list(perimeter.exempt_roles)}
    return condition


def _elsewhere(perimeter: Perimeter) -> Condition:
    """Condition that a request comes neither through one of the VPC endpoints nor from the IP ranges.

    A request through an endpoint has no `aws:SourceIp`, and another one no `aws:SourceVpce`; the negated
    operators are then true, so either is enough to pass. Services that act for a principal use their own
    networks, and pass too.
    """
    condition = _unless_exempt(perimeter)
    condition["BoolIfExists"]["aws:ViaAWSService"] = "false"
    if perimeter.vpc_endpoints:
        condition["StringNotEquals"] = {"aws:SourceVpce": list(perimeter.vpc_endpoints)}
    if perimeter.source_ips:
        condition["NotIpAddress"] = {"aws:SourceIp": list(perimeter.source_ips)}
    return condition


def _foreign(perimeter: Perimeter) -> Condition:
    """Condition that a request is made by a principal outside the organization."""
    condition = _unless_exempt(perimeter)
    condition["StringNotEquals"] = {"aws:PrincipalOrgID": perimeter.organization_id}
    return condition


def _of_listing(perimeter: Perimeter) -> Perimeter:
    return replace(perimeter, exempt_roles=perimeter.exempt_roles + perimeter.listing_roles)


def deny_outside_perimeter(*, bucket_arn: str, perimeter: Perimeter) -> Statement:
    """Refuse every request for an object that comes from another network.

    Every action, including future ones. Managing the bucket is done to the bucket, not to an object, and
    passes: a wrong perimeter must not lock out those who can correct it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
    """
    return deny("DenyOutsidePerimeter", "s3:*", f"{bucket_arn}/*", _elsewhere(perimeter))


def deny_outside_organization(*, bucket_arn: str, perimeter: Perimeter) -> Statement:
    """Refuse every request for an object by a principal outside the organization.

    A separate statement, because a caller on the right network must also be of the right organization, and
    conditions within one Deny would require only one of both.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
    """
    return deny("DenyOutsideOrganization", "s3:*", f"{bucket_arn}/*", _foreign(perimeter))


def deny_listing_outside_perimeter(*, bucket_arn: str, perimeter: Perimeter) -> Statement:
    """Refuse to list the objects from another network.

    HeadBucket asks for s3:ListBucket too, and every plan of Terraform makes that request.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    condition = _elsewhere(_of_listing(perimeter))
    return deny("DenyListingOutsidePerimeter", LISTING_ACTIONS, bucket_arn, condition)


def deny_listing_outside_organization(*, bucket_arn: str, perimeter: Perimeter) -> Statement:
    """Refuse to list the objects by a principal outside the organization."""
    condition = _foreign(_of_listing(perimeter))
    return deny("DenyListingOutsideOrganization", LISTING_ACTIONS, bucket_arn, condition)


def perimeter_statements(*, bucket_arn: str, perimeter: Perimeter) -> list[Statement]:
    """Return the statements that a perimeter asks for."""
    asked = []
    if perimeter.vpc_endpoints or perimeter.source_ips:
        asked.append((deny_outside_perimeter, deny_listing_outside_perimeter))
    if perimeter.organization_id is not None:
        asked.append((deny_outside_organization, deny_listing_outside_organization))
    return [
        refuse(bucket_arn=bucket_arn, perimeter=perimeter)
        for objects, listing in asked
        for refuse in ((objects, listing) if perimeter.listing else (objects,))
    ]
