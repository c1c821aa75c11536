"""A checkout whose deploys run real terraform on an AWS that fails on request.

Authorization is on: roles run the commands, with exactly what we hand out.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws
from ops.shared.toolchain import tool_environment
from tests import handed_out
from tests.aws_proxy import Answer, AwsProxy, Call, Fault
from tests.ops.ops_support import DONE_SECONDS, checkout_of_ops, stub

STACK = "secure-storage-dev"
STATE_BUCKET = "secure-dev-terraform-state"
STATE_KEY = f"{STACK}/terraform.tfstate"
DEPLOY_SECONDS = 600
"""How long a deploy may take on a busy machine with an AWS that stalls."""

# What cdktf does after it synthesized, which would take seconds each time and be the same.
CDKTF = """cd "cdktf.out/stacks/$2" || exit 1
terraform init -input=false -no-color || exit 1
case $1 in
deploy) exec terraform apply -input=false -auto-approve -no-color ;;
diff) exec terraform plan -input=false -detailed-exitcode -no-color ;;
esac"""


@dataclass(frozen=True)
class People:
    """The account as three callers see it.

    Attributes:
        root: who only looks, and is refused nothing.
        deployer: a role with exactly `ops deploy-policy dev`.
        administrator: who may do everything that the policies of buckets and keys do not refuse.
    """

    root: EmbeddedAws
    deployer: EmbeddedAws
    administrator: EmbeddedAws

    def who_runs(self, command: str) -> EmbeddedAws:
        """Return who runs a command of ops: what no state knows is for an administrator to find."""
        return self.administrator if command in ("recover", "state") else self.deployer


def people_of(aws: EmbeddedAws, stack: Path) -> People:
    """Make the roles in an empty account."""
    deployer = handed_out.deployer(aws, handed_out.read_stack(stack))
    return People(aws, deployer, handed_out.administrator(aws))


class Site:
    """An account, and a checkout to deploy from.

    Attributes:
        proxy: through which all of it goes; its `fault` may be set.
        checkout: where `python -m ops` runs.
    """

    def __init__(self, people: People, proxy: AwsProxy, folder: Path, stack: Path) -> None:
        """Make a checkout in `folder` with the synthesized `stack`."""
        self._people = people
        self.proxy = proxy
        self.checkout = checkout_of_ops(folder)
        stub(self.checkout / ".venv" / "bin" / "cdktf", CDKTF)
        self.stack = self.checkout / "cdktf.out" / "stacks" / STACK
        self.stack.mkdir(parents=True)
        self._synthesized = (stack / "cdk.tf.json").read_text()
        self.describe(604800)

    def describe(self, max_seconds: int) -> None:
        """Synthesize with another `presign.max_expiry`, which changes the bucket policy and an output."""
        text = self._synthesized.replace("604800", str(max_seconds))
        (self.stack / "cdk.tf.json").write_text(text)

    def _env(self, command: str) -> dict[str, str]:
        aws = replace(self._people.who_runs(command), endpoint=self.proxy.endpoint, certificate=None)
        return aws.environment(tool_environment()) | {"PYTHONDONTWRITEBYTECODE": "1"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `python -m ops` in a process group of its own.

        Without a preflight, which would stop most of these deploys before there is anything to lose.
        """
        unchecked = ["--no-preflight"] if arguments[0] == "deploy" else []
        return subprocess.Popen(
            [sys.executable, "-m", "ops", *arguments, *unchecked],
            cwd=self.checkout,
            env=self._env(arguments[0]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m ops`."""
        return ended(self.start(*arguments))

    def must(self, *arguments: str) -> str:
        """Run `python -m ops`, which must succeed."""
        done = self.ops(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def wait_for_answers(self) -> None:
        """Wait until AWS has carried out all that it was asked, also by who is dead now."""
        end = time.monotonic() + DONE_SECONDS
        while waiting := [operation(call) for call in self.proxy.calls if call.status is None]:
            assert time.monotonic() < end, f"without an answer: {waiting}"
            time.sleep(0.05)

    def recover(self) -> None:
        """Recover as people do: by the id of the lock, where one was left."""
        s3, lock = self.client("s3"), f"{STATE_KEY}.tflock"
        release = []
        if s3.list_objects_v2(Bucket=STATE_BUCKET, Prefix=lock)["KeyCount"]:
            left = s3.get_object(Bucket=STATE_BUCKET, Key=lock)
            release = ["--release-lock", json.loads(left["Body"].read())["ID"]]
        self.must("recover", "dev", "--yes", *release)

    def client(self, service: str) -> Any:
        """Return a boto3 client, past the proxy."""
        return self._people.root.client(service)

    def state_bodies(self) -> list[bytes]:
        """Every version of the state, the newest first."""
        s3 = self.client("s3")
        listed = s3.list_object_versions(Bucket=STATE_BUCKET, Prefix=STATE_KEY).get("Versions", [])
        return [
            s3.get_object(Bucket=STATE_BUCKET, Key=STATE_KEY, VersionId=one["VersionId"])["Body"].read()
            for one in listed
            if one["Key"] == STATE_KEY
        ]

    def state(self) -> dict[str, Any]:
        """The newest state."""
        content: dict[str, Any] = json.loads(self.state_bodies()[0])
        return content

    def emergency_copies(self) -> list[Path]:
        """The copies of states that could not be saved, wherever they lie."""
        return [*self.checkout.glob("terraform.*.errored-*"), *self.stack.glob("errored.tfstate")]

    def assert_converged(self) -> None:
        """What was described exists exactly once and is in the state; nothing is locked; a plan is clean."""
        assert self.ops("plan", "dev").returncode == 0
        resources = self.state()["resources"]
        in_state = {
            f"{one['type']}.{one['name']}": one["instances"][0]["attributes"]
            for one in resources
            if one["mode"] == "managed"
        }
        described = json.loads(self._synthesized)["resource"]
        assert sorted(in_state) == sorted(f"{kind}.{name}" for kind in described for name in described[kind])
        kms, s3, iam = (self.client(service) for service in ("kms", "s3", "iam"))
        keys = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
        enabled = [
            key["Arn"] for key in keys if key["KeyManager"] == "CUSTOMER" and key["KeyState"] == "Enabled"
        ]
        aliases = [
            one["AliasName"] for one in kms.list_aliases()["Aliases"] if "alias/aws/" not in one["AliasName"]
        ]
        policies = [one["Arn"] for one in iam.list_policies(Scope="Local")["Policies"]]
        buckets = [one["Name"] for one in s3.list_buckets()["Buckets"]]
        assert enabled == [one["arn"] for address, one in in_state.items() if "aws_kms_key." in address]
        assert aliases == ["alias/secure-s3-key-dev"]
        assert sorted(policies) == sorted(
            one["arn"] for address, one in in_state.items() if "aws_iam_policy." in address
        )
        assert sorted(buckets) == ["secure-dev-data-bucket", STATE_BUCKET]
        assert self.emergency_copies() == []
        locks = s3.list_objects_v2(Bucket=STATE_BUCKET, Prefix=f"{STATE_KEY}.tflock").get("Contents", [])
        assert locks == []


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for what `Site.start` started, and kill all of it where it hangs."""
    try:
        out, err = process.communicate(timeout=DEPLOY_SECONDS)
    except BaseException:
        kill(process)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def kill(process: subprocess.Popen[str]) -> None:
    """`kill -9` the whole group: ops, cdktf, terraform and its provider."""
    os.killpg(process.pid, signal.SIGKILL)


def empty_account(aws: EmbeddedAws) -> None:
    """Forget all that is in the embedded AWS, and make a versioned state bucket."""
    handed_out.empty(aws)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=STATE_BUCKET)
    s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})


def error_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that ops itself says after a failure; terraform's own come before it."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: "), done.stdout + done.stderr
    return last


def operation(call: Call) -> str:
    """Name what a call does, such as `CreateKey` or, for S3, `PUT bucket?policy`."""
    if target := call.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return call.body.decode().partition("Action=")[2].partition("&")[0]
    bucket, _, key = call.url.path.strip("/").partition("/")
    if bucket == STATE_BUCKET:
        kind = {STATE_KEY: "state", f"{STATE_KEY}.tflock": "lock"}.get(key, "state bucket")
        return f"{call.method} {kind}"
    return f"{call.method} bucket{'?' if call.query else ''}{'&'.join(sorted(call.query))}"


def is_of_state_bucket(call: Call) -> bool:
    """Whether a call is for the state bucket."""
    return call.url.path.strip("/").partition("/")[0] == STATE_BUCKET


def error(call: Call, status: int, code: str) -> Answer:
    """Return an error in the format of the service that was called."""
    if "x-amz-target" in call.headers:
        body = json.dumps({"__type": code, "message": "injected"})
        return Answer(status, body.encode(), {"Content-Type": "application/x-amz-json-1.1"})
    inner = f"<Code>{code}</Code><Message>injected</Message>"
    if call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error></ErrorResponse>"
    else:
        body = f"<Error>{inner}</Error>"
    return Answer(status, body.encode(), {"Content-Type": "text/xml"})


@dataclass
class Once:
    """Calls `then` before the first call of an operation is carried out, and never again."""

    name: str
    then: Callable[[], None]

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.happened = False

    def __call__(self, call: Call) -> Fault | None:
        with self._lock:
            if not self.happened and operation(call) == self.name:
                self.happened = True
                self.then()
        return None
