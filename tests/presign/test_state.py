"""Outputs are found in a Terraform state in S3: one that is named, or that of the checkout's own stack."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.presign.presign_support import OUTPUTS, Presign, embedded, refusing

import boto3
import pytest

DEV = "s3://secure-dev-terraform-state/secure-storage-dev/terraform.tfstate"
PROD = "s3://secure-prod-terraform-state/secure-storage-prod/terraform.tfstate"
Checkout = Callable[..., Path]
Put = Callable[[str, bytes], None]

pytestmark = pytest.mark.usefixtures("keys")


def state(**changes: object) -> bytes:
    """Return a state as Terraform 1.11 writes it: with the outputs of the storage stack, and resources."""
    values = {
        name: {"value": value, "type": ["map", "string"] if isinstance(value, dict) else "string"}
        for name, value in OUTPUTS.items()
    }
    document = {
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 3,
        "lineage": "5d2c1d7e-0b55-1c3d-7a39-d1a7f3a4b7f0",
        "outputs": values,
        "resources": [
            {
                "mode": "managed",
                "type": "aws_s3_bucket",
                "name": "secure-bucket",
                "instances": [{"schema_version": 0, "attributes": {"bucket": OUTPUTS["S3BucketName"]}}],
            }
        ],
        "check_results": None,
    }
    return json.dumps({**document, **changes}).encode()


@pytest.fixture(scope="module")
def put(s3_endpoint: str) -> Put:
    """Puts an object where a URL says."""
    client = boto3.client("s3", **{**embedded(s3_endpoint), "region_name": "us-east-1"})

    def put(url: str, body: bytes) -> None:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key=key, Body=body)

    return put


@pytest.fixture
def checkout(stack_folders: dict[str, Path], tmp_path: Path) -> Checkout:
    """Makes a checkout with what `cdktf synth` writes for some of our stacks; returns its folder."""

    def make(*stacks: str, **backend: object) -> Path:
        (tmp_path / "cdktf.json").touch()
        for name in stacks:
            folder = tmp_path / "cdktf.out" / "stacks" / name
            shutil.copytree(stack_folders[name], folder)
            if backend:
                stack = json.loads((folder / "cdk.tf.json").read_bytes())
                stack["terraform"]["backend"]["s3"] |= backend
                (folder / "cdk.tf.json").write_text(json.dumps(stack))
        return tmp_path

    return make


@pytest.fixture
def in_s3(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 is the embedded one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_endpoint)


def test_the_checkout_may_have_its_stacks_elsewhere(
    presign: Presign,
    checkout: Checkout,
    in_s3: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    folder = checkout("secure-storage-dev", "secure-storage-prod")
    (folder / "cdktf.out").rename(folder / "elsewhere")
    monkeypatch.chdir(folder)
    assert presign("get", "k").code == 2
    monkeypatch.setenv("CDKTF_OUTPUT", str(folder / "elsewhere"))
    assert "this checkout has several storage stacks" in presign("get", "k").err


def test_a_state_may_be_a_file(presign: Presign) -> None:
    assert presign("get", "--outputs", "-", "k", stdin=state()).code == 0


@pytest.mark.usefixtures("in_s3")
def test_the_state_of_the_only_stack_is_read_and_named(
    presign: Presign, checkout: Checkout, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(DEV, state())
    below = checkout("secure-storage-dev", "secure-storage-dev-state") / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    result = presign("get", "--format", "url", "k")
    assert (result.code, result.err) == (0, f"Using the outputs of secure-storage-dev in {DEV}\n")
    assert "/secure-dev-data-bucket/k?" in result.out
    made = presign("bulk", "get", "-", "-o", "-", stdin=b"k\n")
    assert made.code == 0
    assert "/secure-dev-data-bucket/k?" in made.out


@pytest.mark.usefixtures("in_s3")
def test_of_several_stacks_none_is_chosen_but_the_one_that_is_named(
    presign: Presign, checkout: Checkout, put: Put
) -> None:
    put(DEV, state())
    folder = checkout("secure-storage-dev", "secure-storage-dev-state", "secure-storage-prod")
    result = presign("get", "k")
    assert (result.code, result.out, result.err) == (
        1,
        "",
        "Error: this checkout has several storage stacks, choose one with --stack: "
        f"secure-storage-dev ({DEV}), secure-storage-prod ({PROD})\n",
    )
    assert presign("get", "--stack", "secure-storage-dev", "k").code == 0
    result = presign("get", "--stack", "secure-storage-dev-state", "k")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert f"no storage stack 'secure-storage-dev-state' in {folder / 'cdktf.out'}, only: " in result.err


@pytest.mark.usefixtures("in_s3")
def test_a_file_goes_before_a_state(presign: Presign, checkout: Checkout, put: Put) -> None:
    put(DEV, state())
    folder = checkout("secure-storage-dev")
    (folder / "outputs.dev.json").write_text(json.dumps({"dev": {**OUTPUTS, "S3BucketName": "from-a-file"}}))
    result = presign("get", "--format", "url", "k")
    assert result.err == f"Using the outputs in {folder / 'outputs.dev.json'}\n"
    assert "/from-a-file/k?" in result.out


def test_the_backend_says_which_endpoint_and_profile(
    presign: Presign,
    checkout: Checkout,
    put: Put,
    s3_endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(DEV, state())
    (tmp_path / "aws-config").write_text(
        "[profile for-state]\naws_access_key_id = test\naws_secret_access_key = test\n"
    )
    checkout("secure-storage-dev", endpoints={"s3": s3_endpoint}, profile="for-state")
    assert presign("get", "k").code == 0
    wrong = presign("get", "--profile", "nobody", "k")
    assert (wrong.code, wrong.err.splitlines()[-1]) == (
        1,
        f"Error: cannot read the outputs in {DEV}: The config profile (nobody) could not be found",
    )


@pytest.mark.usefixtures("in_s3")
def test_a_state_in_s3_can_be_named(presign: Presign, put: Put) -> None:
    put("s3://named-state/dev/terraform.tfstate", state())
    result = presign("get", "--outputs", "s3://named-state/dev/terraform.tfstate", "--format", "url", "k")
    assert (result.code, result.err) == (0, "")
    assert "/secure-dev-data-bucket/k?" in result.out


@pytest.mark.usefixtures("in_s3")
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"text", f"the outputs in {DEV} are not JSON: "),
        (b"{}", f"{DEV} is not a Terraform state\n"),
        (b"[]", f"{DEV} is not a Terraform state\n"),
        (state(outputs={}), f"the state {DEV} has no outputs: deploy the storage stack first\n"),
        (
            state(outputs={"StateBucketName": {"value": "b", "type": "string"}}),
            f"the outputs in {DEV} lack S3BucketName, ",
        ),
    ],
)
def test_what_is_no_state_of_ours_is_one_line(
    presign: Presign, checkout: Checkout, put: Put, body: bytes, problem: str
) -> None:
    put(DEV, body)
    checkout("secure-storage-dev")
    assert_one_error(presign, problem)


@pytest.mark.usefixtures("in_s3")
def test_a_state_that_is_not_there_is_one_line(presign: Presign, put: Put) -> None:
    put("s3://there/k", b"")
    for url, problem in (
        ("s3://there/gone", "cannot read the outputs in s3://there/gone: there is no such object: deploy"),
        ("s3://not-there/k", "cannot read the outputs in s3://not-there/k: there is no such bucket: "),
        ("s3://bucket", "s3://bucket names no Terraform state: give s3://BUCKET/KEY\n"),
    ):
        assert_one_error(presign, problem, "--outputs", url)


@pytest.mark.usefixtures("in_s3")
def test_a_state_that_may_not_be_read_is_one_line(
    presign: Presign, checkout: Checkout, put: Put, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(DEV, state())
    checkout("secure-storage-dev")
    iam = boto3.client("iam", **embedded(s3_endpoint))
    iam.create_user(UserName="nobody")
    keys = iam.create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    assert_one_error(
        presign,
        f"cannot read the outputs in {DEV}: the credentials need s3:GetObject on it, and kms:Decrypt on its "
        "key (An error occurred (AccessDenied) when calling the GetObject operation: ",
    )
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert_one_error(presign, f"cannot read the outputs in {DEV}: Unable to locate credentials\n")


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "AccessDenied", "User: u is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:k"),
        (400, "KMS.DisabledException", "arn:aws:kms:k is disabled."),
    ],
)
def test_a_key_that_cannot_be_used_is_one_line(
    presign: Presign, checkout: Checkout, status: int, code: str, message: str
) -> None:
    """The servers that run here let everybody decrypt who may read."""
    with refusing(status, code, message) as endpoint:
        checkout("secure-storage-dev", endpoints={"s3": endpoint})
        problem = f"cannot read the outputs in {DEV}: "
        assert message in assert_one_error(presign, problem)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"output": {"S3BucketName": 1}}'])
def test_a_synthesized_stack_that_cannot_be_read_is_one_line(
    presign: Presign, checkout: Checkout, text: str
) -> None:
    path = checkout("secure-storage-dev") / "cdktf.out" / "stacks" / "secure-storage-dev" / "cdk.tf.json"
    path.write_text(text)
    assert_one_error(presign, f"cannot read where the state is in {path}: run 'cdktf synth' again, ")


def test_a_stack_whose_state_is_not_in_s3_is_not_looked_at(presign: Presign, checkout: Checkout) -> None:
    checkout("secure-storage-dev-state")
    result = presign("get", "k")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith("Error: no outputs given: ")


def assert_one_error(presign: Presign, problem: str, *options: str) -> str:
    """The command fails with one line, besides that which names the outputs; return it."""
    result = presign("get", *options, "k")
    lines = [line for line in result.err.splitlines() if not line.startswith("Using the outputs of ")]
    assert (result.code, result.out, len(lines)) == (1, "", 1)
    assert f"{lines[0]}\n".startswith(f"Error: {problem}")
    return lines[0]
