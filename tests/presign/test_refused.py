"""Cases of credentials and outputs that were refused, and should work.

Endpoints are in test_refused_endpoints.py, long columns in test_believed_manifests.py, `AWS_CA_BUNDLE` in
tests/enforcement/test_check_asks.py, and a session of `aws login` with the extra in test_installation.py.
"""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign

import pytest

ROLE = "arn:aws:iam::111122223333:role/data"
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/data/s</Arn><AssumedRoleId>A:s</AssumedRoleId>
</AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"""


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An STS that lets everyone assume every role, and the Authorization header of each request to it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.headers["Authorization"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(ASSUMED)))
            self.end_headers()
            self.wfile.write(ASSUMED.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{server.server_port}")
        yield asked
        server.shutdown()
        thread.join()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The file for the profile `p`, whose `source_profile` may be `keys`."""
    (tmp_path / "aws-credentials").write_text(
        "[keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
    )
    return tmp_path / "aws-config"


@pytest.mark.parametrize(("own", "used"), [("", "eu-west-1"), ("region = us-west-2\n", "us-west-2")])
def test_a_role_is_assumed_in_the_buckets_region_where_the_profile_names_none(
    presign: Presign, outputs_file: OutputsFile, sts: list[str], profile: Path, own: str, used: str
) -> None:
    profile.write_text(f"[profile p]\nrole_arn = {ROLE}\nsource_profile = keys\n{own}")
    result = presign("get", "--outputs", outputs_file(), "--profile", "p", "--format", "url", "k")
    assert (result.code, result.err) == (0, "")
    assert "X-Amz-Credential=ASIAIOSFODNN7EXAMPLE%2F" in result.out
    [authorization] = sts
    assert f"/{used}/sts/aws4_request" in authorization


WRAPPED = """[command]/opt/terraform/terraform-bin output -json
{}

::debug::Terraform exited with code 0.
::debug::stdout: x
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("source", ["file", "-"])
def test_outputs_within_the_lines_of_a_wrapper_are_read(
    presign: Presign, monkeypatch: pytest.MonkeyPatch, source: str, encoding: str, newline: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    outputs = {name: {"value": value, "type": "string"} for name, value in OUTPUTS.items()}
    text = WRAPPED.format(json.dumps(outputs, indent=2)).replace("\n", newline).encode(encoding)
    Path("file").write_bytes(text)
    result = presign("get", "--outputs", source, "--format", "url", "k", stdin=text)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("https://secure-dev-data-bucket.")


def test_outputs_that_a_wrapper_broke_name_its_input(presign: Presign) -> None:
    Path("file").write_text(WRAPPED.format("Error: no state"))
    result = presign("get", "--outputs", "file", "k")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.startswith("Error: the outputs in file are not JSON: ")
    assert result.err.endswith(": give hashicorp/setup-terraform the input 'terraform_wrapper: false'\n")


def test_outputs_that_are_not_json_name_no_wrapper(presign: Presign) -> None:
    Path("file").write_text("no state")
    assert "wrapper" not in presign("get", "--outputs", "file", "k").err
