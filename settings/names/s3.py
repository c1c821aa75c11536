"""S3's rules for access points and object keys; the rules for bucket names are in aws.py."""

import re

from settings.names.aws import InvalidValueError, key_prefix

# Like those of buckets: aliases, and other kinds of access points.
_RESERVED_ACCESS_POINT_SUFFIXES = ("-s3alias", "--xa-s3")


def access_point(text: str) -> str:
    """Check the name of an access point, or its ARN.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
    """
    rule = "must be the name of an access point or its ARN"
    like = 'like "reports" or "arn:aws:s3:eu-central-1:111122223333:accesspoint/reports"'
    name = text
    if text.startswith("arn:"):
        match = re.fullmatch(r"arn:aws[a-z-]*:s3:[a-z0-9-]+:[0-9]{12}:accesspoint/([^/:]+)", text)
        if match is None:
            raise InvalidValueError(rule, like)
        name = match[1]
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]", name):
        length = "3 to 50 lowercase letters, digits and hyphens, with no hyphen first or last"
        raise InvalidValueError(f"{rule}; a name has {length}", like)
    for suffix in _RESERVED_ACCESS_POINT_SUFFIXES:
        if name.endswith(suffix):
            raise InvalidValueError(
                f'must not end with "{suffix}"', "a policy cannot name an alias: give the name"
            )
    return text


def key_or_folder(text: str) -> str:
    """Check an object's key, or a prefix that ends with a slash, as a policy can say it literally.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    rule = "must be a key, or a prefix that ends with a slash"
    if not text:
        raise InvalidValueError(rule, 'like "reports/november.csv" or "inbox/"')
    # What is copied from a link, a URI or an ARN would match no object, and seem to end the links for one.
    if re.match(r"[A-Za-z0-9]+://|arn:", text):
        raise InvalidValueError(rule, "without the bucket's name, and not as it is written in a link")
    if re.search(r"%[0-9A-Fa-f]{2}", text):
        raise InvalidValueError(
            "must not have an escape like %20, as a link has it",
            "write the character itself; if the key really has it, name the folder that it is in",
        )
    if re.match(r"/[^/]", text):
        raise InvalidValueError(
            "must not begin with a slash, as the path of a link does",
            'leave the slash out; "/" ends the links for all keys that really begin with one',
        )
    try:
        return key_prefix(text)
    except InvalidValueError as error:
        raise InvalidValueError(error.rule, 'name the folder that it is in, like "reports/"') from None
