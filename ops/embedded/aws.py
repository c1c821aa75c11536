"""MiniStack, an AWS in one process, for the demo and the end-to-end tests.

With `auth=True` it evaluates policies, with what ops.embedded.iam adds. The credentials `test` are those
of the account's root, who may do everything; roles get theirs from STS:

    with embedded_aws(log, auth=True, tls=True) as aws:
        … make the role with aws.client("iam") …
        deployer = assume(aws, "arn:aws:iam::000000000000:role/deploy")
        subprocess.run(["terraform", "apply"], env=deployer.environment(tool_environment()))
        github = assume_with_token(aws, role_arn, {"sub": "repo:acme/storage:pull_request", "ref": …})
"""

import base64
import contextlib
import http.client
import json
import os
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from ops.shared import aws
from ops.shared.errors import OpsError
from ops.shared.process import process_group

STARTUP_SECONDS = 60
INHERITED = ("PATH", "LANG", "LD_LIBRARY_PATH")
ROOT = Path(__file__).parents[2]
ACCOUNT_ID = "000000000000"


@dataclass(frozen=True)
class EmbeddedAws:
    """A running MiniStack, and whose credentials are used on it.

    Attributes:
        endpoint: its URL, on loopback.
        certificate: the PEM file that its HTTPS is checked with; None over HTTP.
        access_key_id: of root, a user or a session.
        secret_access_key: the key's secret.
        session_token: of a session; None otherwise.
        expiration: when the credentials end, as ISO 8601; None if the tools need not know.
        region: where the tools and its clients work.
    """

    endpoint: str
    certificate: Path | None = None
    access_key_id: str = "test"
    secret_access_key: str = "test"  # noqa: S105
    session_token: str | None = None
    expiration: str | None = None
    region: str = "us-east-1"

    @property
    def variables(self) -> dict[str, str]:
        """What makes the AWS SDKs, Terraform, curl and `presign` use it."""
        optional = {
            "AWS_SESSION_TOKEN": self.session_token,
            "AWS_CREDENTIAL_EXPIRATION": self.expiration,
        }
        if self.certificate:
            optional |= dict.fromkeys(("AWS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(self.certificate))
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.region,
            **{name: value for name, value in optional.items() if value},
        }

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` pointed at this AWS, and without anything that points elsewhere."""
        # A profile, a session token or a setting of the user's must never be mixed with the fake credentials.
        clean = {k: v for k, v in base.items() if not k.startswith("AWS_")}
        direct = ",".join(filter(None, [base.get("no_proxy") or base.get("NO_PROXY"), "127.0.0.1"]))
        return {
            **clean,
            **self.variables,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": direct,
            "no_proxy": direct,
        }

    def client(self, service: str, **config: object) -> aws.Client:
        """Return a boto3 client for it, with further settings such as `signature_version`."""
        trusted = self.certificate.read_bytes() if self.certificate else b""
        return _client(self, trusted, service, json.dumps(config))

    def of_account(self, account_id: str | None) -> "EmbeddedAws":
        """Return the same AWS for an account's root, for whom MiniStack takes its id as the access key."""
        return self if account_id is None else replace(self, access_key_id=account_id)

    def with_keys(self, answer: Mapping[str, Any]) -> "EmbeddedAws":
        """Return the same AWS for those whose keys IAM or STS answered."""
        return replace(
            self,
            access_key_id=answer["AccessKeyId"],
            secret_access_key=answer["SecretAccessKey"],
            session_token=answer.get("SessionToken"),
        )


@lru_cache(maxsize=64)
def _client(of: EmbeddedAws, _trusted: bytes, service: str, config: str) -> aws.Client:
    """Return a boto3 client, the same for the same question: nothing of the environment decides about it."""
    return aws.client(
        service,
        of.region,
        endpoint_url=of.endpoint,
        aws_access_key_id=of.access_key_id,
        aws_secret_access_key=of.secret_access_key,
        aws_session_token=of.session_token,
        verify=str(of.certificate) if of.certificate else None,
        config={"proxies": {}, **json.loads(config)},
    )


def assume(aws: EmbeddedAws, role_arn: str, **options: object) -> EmbeddedAws:
    """Return the same AWS for a session of a role, which must trust the caller.

    Args:
        aws: whose credentials take the role.
        role_arn: the role.
        options: further arguments of AssumeRole, such as `Policy`.
    """
    asked = {"RoleSessionName": "embedded", **options}
    return aws.with_keys(aws.client("sts").assume_role(RoleArn=role_arn, **asked)["Credentials"])


def assume_with_token(aws: EmbeddedAws, role_arn: str, claims: Mapping[str, str]) -> EmbeddedAws:
    """Return the same AWS for a session of a role that a job on GitHub takes.

    Args:
        aws: whose credentials do not count.
        role_arn: the role, which must trust the token.
        claims: of the token, such as `sub` and `ref`, in addition to the issuer and the audience.
    """
    asked = {"RoleArn": role_arn, "RoleSessionName": "github", "WebIdentityToken": github_token(claims)}
    return aws.with_keys(aws.client("sts").assume_role_with_web_identity(**asked)["Credentials"])


def github_token(claims: Mapping[str, str]) -> str:
    """Return a token as GitHub issues it to a job, but for the signature, which MiniStack does not check."""
    issued = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "exp": int(time.time()) + 300,
        **claims,
    }
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, issued)]
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"unsigned")]
    return ".".join(encoded)


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def embedded_aws(
    log: Path, *, auth: bool = False, tls: bool = False, module: str = "ops.embedded.iam"
) -> Iterator[EmbeddedAws]:
    """Start MiniStack on a free port of 127.0.0.1, and end it with the block.

    Args:
        log: the file that its output goes to.
        auth: whether it asks who sends a request, and whether they may: then it checks the signatures of
            forms as well as those of links, and evaluates the policies of users, roles, buckets and keys.
        tls: whether it speaks HTTPS, which our buckets ask of everybody but root.
        module: what starts it with authorization.

    Raises:
        OpsError: it is not installed, or did not answer within a minute.
    """
    port = free_port()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ministack-")))
        output = stack.enter_context(log.open("ab"))
        certificate, secure = make_certificate(folder, output) if tls else (None, {})
        env = {
            **variables_of_server(folder, port, auth=auth),
            **secure,
        }
        command = [sys.executable, "-m", module] if auth else [Path(sys.executable).with_name("ministack")]
        server = stack.enter_context(process_group(command, env=env, cwd=folder, stdout=output))
        deadline = time.monotonic() + STARTUP_SECONDS
        while not answers(port, certificate):
            if server.poll() is not None or time.monotonic() > deadline:
                raise OpsError("the embedded AWS did not start", f"its output is in {log}")
            time.sleep(0.1)
        yield EmbeddedAws(f"{'https' if tls else 'http'}://127.0.0.1:{port}", certificate)


def variables_of_server(folder: Path, port: int, *, auth: bool) -> dict[str, str]:
    """Return the environment of a MiniStack on a port of 127.0.0.1 that puts its files below `folder`."""
    return {
        # Many variables change what it does, some with names like SERVICES or USE_SSL: it gets only ours.
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",  # its default is every address of the machine
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true" if auth else "false",
        **({"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} if auth else {}),
    }


def make_certificate(folder: Path, output: IO[bytes], *, days: int = 1) -> tuple[Path, dict[str, str]]:
    """Make a certificate for 127.0.0.1; return its file, and what makes MiniStack use it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [Path(sys.executable).with_name("node"), Path(__file__).with_name("self_signed.mjs")]
    with process_group([*command, key, certificate, str(days)], env={}, cwd=folder, stdout=output) as node:
        if node.wait() != 0:
            raise OpsError("cannot create a certificate for the embedded AWS", f"see {output.name}")
    secure = {"USE_SSL": "1", "MINISTACK_SSL_CERT": str(certificate), "MINISTACK_SSL_KEY": str(key)}
    return certificate, secure


def answers(port: int, certificate: Path | None) -> bool:
    """Whether a MiniStack that has this certificate answers on a port of 127.0.0.1."""
    # Not urllib: it would send the request through a proxy that the environment names.
    connection: http.client.HTTPConnection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    if certificate:
        trusted = ssl.create_default_context(cafile=str(certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=2, context=trusted)
    try:
        connection.request("GET", "/_ministack/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
