"""Says why boto3 finds no credentials, and what to run. Loaded only when that happens."""

import json
import os
from getpass import GetPassWarning

from botocore import exceptions
from botocore.session import Session

_EXTRA = "install presign with its extra 'login', or run pip install 'botocore[crt]'"


def reason(error: Exception, profile: str | None) -> str:
    """Return botocore's ``error`` in words; ``profile`` is the one that was asked for by name."""
    profile = profile or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    option = f" --profile {profile}" if profile else ""
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, (exceptions.SSOError, exceptions.TokenRetrievalError)):
        return f"there is no valid SSO session: run 'aws sso login{option}' ({said})"
    if isinstance(error, getattr(exceptions, "LoginError", ())):
        return f"there is no valid login session: run 'aws login{option}' ({said})"
    config = _config(profile)
    if isinstance(error, exceptions.MissingDependencyException) and "login_session" in config:
        return f"a session of 'aws login' takes botocore's extra 'crt' to read: {_EXTRA}"
    if isinstance(error, (GetPassWarning, EOFError)):
        return (
            "it asks for an MFA code, and there is no terminal to type it in: run presign in a terminal, or "
            f"run 'aws configure export-credentials --format env{option}' in one and set what it prints"
        )
    if "credential_process" in config:
        if isinstance(error, json.JSONDecodeError):
            return "its credential_process does not print JSON: run it to see what it does print"
        if isinstance(error, OSError):
            return f"its credential_process cannot be started: {said}"
    return said


def _config(profile: str | None) -> dict[str, object]:
    try:
        return dict(Session(profile=profile).get_scoped_config())
    except exceptions.BotoCoreError:
        return {}
