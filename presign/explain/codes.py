"""What S3's error codes mean for a link, and what to do: the one table, which docs/presign.md shows as well.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

_NEW_LINK = "Make a new link"


@dataclass(frozen=True)
class Code:
    """What a code means, and the remedy.

    ``signed`` is true where S3 gives the code only after it has accepted the signature: then nothing is wrong
    with the link as such.
    """

    meaning: str
    remedy: str
    signed: bool = False


CODES: Mapping[str, Code] = {
    "AccessDenied": Code(
        "a policy does not allow the request, or the link is too old, too new, or used with other headers",
        "Read the message: it names the policy; `presign explain` says which of these it is",
    ),
    "SignatureDoesNotMatch": Code(
        "the request is not the one that was signed, or the secret key was wrong",
        "Use the link, the method and the headers exactly as presign printed them",
    ),
    "AuthorizationQueryParametersError": Code(
        "a parameter of the signature is missing or wrong, such as the region",
        "Copy the whole link; where the region is wrong, use the outputs of the right stack",
    ),
    "AuthorizationHeaderMalformed": Code(
        "an Authorization header was sent, or the region is wrong", "Send the link without such a header"
    ),
    "RequestExpired": Code("the link has expired", _NEW_LINK),
    "ExpiredToken": Code(
        "the session that signed has ended, and the link with it",
        "Get new credentials and make a new link; for long links use a longer session or a user's own keys",
    ),
    "TokenRefreshRequired": Code("the session token must be renewed", "Get new credentials, make a new link"),
    "InvalidToken": Code(
        "the session token does not belong to the access key, or was changed",
        "Get new credentials and set all three values; make a new link",
    ),
    "InvalidAccessKeyId": Code(
        "S3 does not know the access key: it was deleted or deactivated, belongs to another partition, "
        "or is of a session whose token is missing",
        "Get new credentials and make a new link",
    ),
    "RequestTimeTooSkewed": Code(
        "the clock of the machine that signed is wrong", "Set the clock and make a new link"
    ),
    "MissingSecurityHeader": Code("the request lacks a header that it needs", "Send the link's headers"),
    "InvalidRequest": Code(
        "the request does not fit the bucket, such as an upload without a checksum under Object Lock",
        "Read the message; for Object Lock use `presign put --checksum`",
    ),
    "InvalidArgument": Code(
        "a header, parameter or field has a value that S3 does not take; often a second way to sign was sent",
        "Read the message; send no Authorization header with a link",
    ),
    "InvalidURI": Code("the URL cannot be read", "Use the link as presign printed it"),
    "NoSuchBucket": Code(
        "there is no such bucket at this host: it was deleted, or the link leads to another place",
        "Compare the bucket and the endpoint with the outputs; make a new link",
    ),
    "NoSuchKey": Code("there is no object under this key", "Compare the key, letter by letter", signed=True),
    "NoSuchVersion": Code(
        "there is no such version of the object",
        "Take the version id from `aws s3api list-object-versions`",
        signed=True,
    ),
    "NoSuchUpload": Code(
        "the upload in parts was completed, aborted, or removed by the lifecycle",
        "Start the upload again",
        signed=True,
    ),
    "MethodNotAllowed": Code(
        "this version is a delete marker: the object was deleted; or the operation takes another method",
        "Make a link for an older version (`--version-id`)",
        signed=True,
    ),
    "InvalidObjectState": Code(
        "the object is archived and must be restored before it can be downloaded",
        "Restore it (`aws s3api restore-object`), wait, and use the link again",
        signed=True,
    ),
    "InvalidRange": Code("the object has no bytes in this range", "Ask for another range", signed=True),
    "PreconditionFailed": Code(
        "an If-Match or If-None-Match header does not hold: the object exists or has changed",
        "Choose another key, or send the header that the object's state asks for",
        signed=True,
    ),
    "BadDigest": Code(
        "the content is not that of the checksum: another file, or one that changed or arrived broken",
        "Upload the very file of the checksum, or make a link for this one",
        signed=True,
    ),
    "XAmzContentChecksumMismatch": Code(
        "the content is not that of the checksum", "Upload the very file of the checksum", signed=True
    ),
    "XAmzContentSHA256Mismatch": Code(
        "the header x-amz-content-sha256 is not the content's digest", "Do not send this header with a link"
    ),
    "InvalidDigest": Code(
        "the checksum or Content-MD5 cannot be one", "Make the link with `--checksum sha256:DIGEST`"
    ),
    "EntityTooLarge": Code(
        "the file is larger than the form, or one request, allows (5 GiB)",
        "Make the form with a larger `--max-size`, or upload in parts (`presign put --multipart`)",
        signed=True,
    ),
    "EntityTooSmall": Code(
        "the file is smaller than the form allows, or a part has less than 5 MiB",
        "Upload a larger file, or make the form with a smaller `--min-size`",
        signed=True,
    ),
    "MissingContentLength": Code(
        "the upload does not say its size, as from a pipe", "Upload a file, so that the size is known"
    ),
    "IncompleteBody": Code(
        "the connection ended before the whole file was there", "Upload again", signed=True
    ),
    "RequestTimeout": Code("the upload stood still for too long", "Upload again"),
    "NotImplemented": Code(
        "the request has a header that S3 does not know here, often Transfer-Encoding: chunked",
        "Upload a file, so that the size is known",
    ),
    "MetadataTooLarge": Code("the metadata headers exceed 2 KB", "Make a link with less metadata"),
    "KeyTooLongError": Code("the key has more than 1,024 bytes", "Choose a shorter key"),
    "AccessControlListNotSupported": Code(
        "the upload sends an ACL, and the bucket takes none", "Leave x-amz-acl out", signed=True
    ),
    "MalformedPOSTRequest": Code(
        "the form is not multipart/form-data", "Send it as presign's curl command does, the file last"
    ),
    "InvalidPolicyDocument": Code(
        "the form's policy field was changed, or the form does not meet it",
        "Send the fields exactly as presign printed them",
    ),
    "UserKeyMustBeSpecified": Code("the form has no field key", "Send all fields, before the file"),
    "PermanentRedirect": Code(
        "the bucket is in another region or at another host",
        "Use the outputs of the right stack, make a new link",
    ),
    "TemporaryRedirect": Code(
        "the bucket is new and its name is not yet known everywhere, or the host has no region",
        "Use the regional host, as presign does; otherwise wait an hour",
    ),
    "IllegalLocationConstraintException": Code(
        "the bucket is in another region than the host", "Make a new link with the right outputs"
    ),
    "KMS.DisabledException": Code("the KMS key is disabled", "Enable the key", signed=True),
    "KMS.NotFoundException": Code(
        "there is no such KMS key", "Make a new link with the bucket's present outputs", signed=True
    ),
    "KMS.KMSInvalidStateException": Code(
        "the KMS key waits for its deletion or is not ready", "Cancel the key's deletion", signed=True
    ),
    "SlowDown": Code("too many requests at once", "Retry, more slowly", signed=True),
    "ServiceUnavailable": Code("S3 is overloaded for the moment", "Retry"),
    "InternalError": Code("S3 had an error of its own", "Retry"),
    "AllAccessDisabled": Code("AWS has closed the bucket or the account", "Ask AWS Support"),
    "AccountProblem": Code("the account that owns the bucket has a problem", "Ask AWS Support"),
}

MESSAGES: tuple[tuple[str, Code], ...] = (
    (
        "Only one auth mechanism",
        Code(
            "the client sends an Authorization header in addition to the link's own signature",
            "Send the link without it: no user and password, no token, no SDK that signs",
        ),
    ),
    (
        "requires the X-Amz-Algorithm",
        Code(
            "the link was used without all of its parameters: a shell cut it at an '&', or '&amp;' was sent",
            "Put the link in quotes; replace each &amp; by &",
        ),
    ),
    (
        "require AWS Signature Version 4",
        Code(
            "the link is signed with Signature Version 2, which SSE-KMS refuses", "Make the link with presign"
        ),
    ),
    (
        "Object Lock",
        Code(
            "the bucket has Object Lock, which takes no upload without a checksum",
            "Make the link with `presign put --checksum sha256:DIGEST`",
        ),
    ),
)
"""Of codes that have several meanings: a part of the message, and what it means."""
