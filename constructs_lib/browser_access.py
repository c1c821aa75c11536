"""Which web pages may use a bucket's presigned URLs."""

from collections.abc import Sequence
from typing import Annotated

from constructs_lib import aws
from constructs_lib.arguments import BucketName, Text, checked

from annotated_types import Ge, MinLen
from cdktf import ITerraformDependable
from constructs import Construct


@checked
class BrowserAccess(Construct):
    """The CORS rule of a bucket.

    It gives nobody access: it only tells browsers which pages may send requests and read the responses. Each
    request still needs a signature.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html

    Attributes:
        setting: the resource, for what has to wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: BucketName,
        allowed_origins: Annotated[Sequence[Text], MinLen(1)],
        allowed_methods: Annotated[Sequence[Text], MinLen(1)],
        allowed_headers: Sequence[Text],
        expose_headers: Sequence[Text],
        max_age_seconds: Annotated[int, Ge(0)],
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Create the rule.

        Args:
            scope: the construct it belongs to.
            construct_id: its id in that scope.
            bucket: the bucket's name.
            allowed_origins: the origins of the pages, such as `https://app.example.com`.
            allowed_methods: the methods that they may use, such as `PUT`.
            allowed_headers: the headers that their requests may have; each may have one `*`.
            expose_headers: the headers of the answer that they may read.
            max_age_seconds: seconds that a browser may remember the answer to its question.
            depends_on: what comes before.
        """
        super().__init__(scope, construct_id)
        self.setting: ITerraformDependable = aws.S3BucketCorsConfiguration(
            self,
            "cors",
            bucket=bucket,
            cors_rule=[
                aws.S3BucketCorsConfigurationCorsRule(
                    allowed_origins=list(allowed_origins),
                    allowed_methods=list(allowed_methods),
                    allowed_headers=list(allowed_headers),
                    expose_headers=list(expose_headers),
                    max_age_seconds=max_age_seconds,
                )
            ],
            depends_on=list(depends_on),
        )
