"""Which endpoint boto3 would use: the environment's, or the profile's.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from presign.endpoint import Variant
from presign.errors import EndpointError

# botocore, which reads the files exactly, takes longer to load than all else here. AWS's own hosts get
# `auto` and `virtual` alike, so there only `path` is worth it.
_CLUES = re.compile(rb"endpoint|addressing_style\s*=\s*path")
_CLUES_WITH_ENDPOINT = re.compile(rb"endpoint|addressing_style")
_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
}


def configured(
    given: str | None, profile: str | None, environ: Mapping[str, str]
) -> tuple[str | None, Variant]:
    """Return the endpoint's URL, None for AWS's own, and which variant of it.

    ``given`` and ``profile`` are from the command line and go before the environment's, which go before the
    profile's. Raises EndpointError for files that cannot be read, and for a profile that names services
    which are not there.
    """
    from_environ = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    clues = _CLUES_WITH_ENDPOINT if given or from_environ else _CLUES
    config, services = _of_profile(profile) if _worth_reading(clues, environ) else ({}, {})
    s3 = _section(config, "s3")
    style = s3.get("addressing_style")

    def on(variable: str, name: str) -> bool:
        return _true(environ.get(variable) or config.get(name))

    endpoint_url = given
    if not given and not on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"):
        endpoint_url = (
            from_environ or _section(services, "s3").get("endpoint_url") or config.get("endpoint_url")
        )
    variant = Variant(
        fips=on("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        dualstack=_true(s3["use_dualstack_endpoint"])
        if "use_dualstack_endpoint" in s3
        else on("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
        accelerate=_true(s3.get("use_accelerate_endpoint")),
        style=style if style in ("path", "virtual") else "auto",
    )
    return endpoint_url or None, variant


def _worth_reading(clues: re.Pattern[bytes], environ: Mapping[str, str]) -> bool:
    for variable, usual in _FILES.items():
        try:
            text = Path(environ.get(variable) or usual).expanduser().read_bytes()
        except (OSError, RuntimeError):  # RuntimeError: no home
            continue
        if clues.search(text):
            return True
    return False


def _of_profile(profile: str | None) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the profile's settings, and those of the services that it names."""
    from botocore.exceptions import BotoCoreError, ProfileNotFound
    from botocore.session import Session

    session = Session(profile=profile, include_builtin_handlers=False)
    try:
        config = session.get_scoped_config()
        services = session.full_config.get("services", {})
    except ProfileNotFound:
        return {}, {}  # as the search for credentials reports, if it needs the profile
    except BotoCoreError as error:
        raise EndpointError(f"cannot read the endpoint in the AWS config: {error}") from error
    name = config.get("services")
    if name is not None and name not in services:
        raise EndpointError(
            f"the profile names the services {name!r}, and the AWS config has no section [services {name}]"
        )
    return config, services.get(name, {})


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = config.get(name)
    return found if isinstance(found, Mapping) else {}


def _true(value: object) -> bool:
    """Read a setting as botocore does."""
    return str(value).lower() == "true"
