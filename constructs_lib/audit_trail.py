"""A CloudTrail trail: who did what with the objects, and with the account."""

from collections.abc import Sequence
from typing import Literal

from constructs_lib import aws
from constructs_lib.arguments import BucketArn, BucketName, KeyArn, Text, checked

from cdktf import ITerraformDependable
from constructs import Construct

# Whether the call only reads; no condition for both.
READ_ONLY = {"read": "true", "write": "false", "all": None}


@checked
class AuditTrail(Construct):
    """A trail of one region, with what was done to the objects of one bucket.

    S3 and KMS record a call in the region of the bucket or the key, wherever it comes from, so a trail of one
    region has them all.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: Text,
        bucket_arn: BucketArn,
        log_bucket: BucketName,
        key_arn: KeyArn,
        data_events: Literal["read", "write", "all"] = "write",
        management_events: bool = True,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create the trail.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope; renaming it replaces the trail.
            name: its name.
            bucket_arn: the bucket whose objects it is about.
            log_bucket: the name of the bucket that the records go to.
            key_arn: the KMS key that encrypts them.
            data_events: which requests for objects it records.
            management_events: whether it records too what changes the account; EventBridge has these only
                where some trail of the account records them.
            depends_on: what comes before; the log bucket's policy has to, as CloudTrail tries to write:
                https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
        """
        super().__init__(scope, construct_id)
        selectors = [_objects(bucket_arn, READ_ONLY[data_events])]
        if management_events:
            selectors.append(_changes())
        aws.Cloudtrail(
            self,
            "trail",
            name=name,
            s3_bucket_name=log_bucket,
            kms_key_id=key_arn,
            # Digests, signed by AWS, with which `aws cloudtrail validate-logs` finds out what was changed:
            # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
            enable_log_file_validation=True,
            include_global_service_events=False,
            is_multi_region_trail=False,
            advanced_event_selector=selectors,
            depends_on=list(depends_on),
        )


def _field(name: str, *values: str) -> aws.CloudtrailAdvancedEventSelectorFieldSelector:
    return aws.CloudtrailAdvancedEventSelectorFieldSelector(field=name, equal_to=list(values))


def _objects(bucket_arn: str, read_only: str | None) -> aws.CloudtrailAdvancedEventSelector:
    """Select requests for the bucket's objects.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
    """
    fields = [
        _field("eventCategory", "Data"),
        _field("resources.type", "AWS::S3::Object"),
        # The slash keeps out buckets whose names only begin with this one's.
        aws.CloudtrailAdvancedEventSelectorFieldSelector(
            field="resources.ARN", starts_with=[f"{bucket_arn}/"]
        ),
    ]
    if read_only is not None:
        fields.append(_field("readOnly", read_only))
    return aws.CloudtrailAdvancedEventSelector(name="objects of the bucket", field_selector=fields)


def _changes() -> aws.CloudtrailAdvancedEventSelector:
    """Select what changes the account.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
    """
    return aws.CloudtrailAdvancedEventSelector(
        name="changes of the account",
        field_selector=[_field("eventCategory", "Management"), _field("readOnly", "false")],
    )
