"""Which versions of Terraform's AWS provider an environment may use."""

import re

from settings.names.aws import InvalidValueError

TESTED = "5.100.0"
"""The version that the pinned bindings were generated from, and that every test runs with: the default."""

FIRST_OF_6 = (6, 40)
"""The first of version 6 that may be used. From 6.22 on, S3's block on SSE-C is an argument; until 6.40, each
plan of a configuration that leaves it out takes the block away:
https://github.com/hashicorp/terraform-provider-aws/pull/47359."""


def provider_version(text: str) -> str:
    """Check a version of the AWS provider: the tested one, or one of version 6 that may be tried."""
    match = re.fullmatch(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", text)
    if match is None:
        raise InvalidValueError(f'must be an exact version, "{TESTED}" or like "6.45.0"')
    version = tuple(int(part[:9]) for part in match.groups())
    if version[0] == 6 and version < FIRST_OF_6:
        rule = "must be 6.40.0 or newer of version 6"
        raise InvalidValueError(rule, "each plan of 6.22 to 6.39 would take away the block on SSE-C")
    if text != TESTED and version[0] != 6:
        raise InvalidValueError(f"must be {TESTED}, or 6.40.0 or newer of version 6")
    return text
