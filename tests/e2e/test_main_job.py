"""The main job with real terraform, the real provider and an embedded AWS, for both encryption modes.

The demo does the same through cdktf for one mode; here terraform runs on the
synthesized JSON directly, with authorization on: each step by the role that it is
meant for, with exactly the policy that we hand out.
"""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.demo.main_job import Workplace, tampered, without_headers
from ops.embedded.aws import EmbeddedAws, embedded_aws
from tests import handed_out
from tests.e2e.deployed import Deployed, at_work, deploy, root_of, terraform, values
from tests.state_stack import copy_state_stack

import pytest

KEY = "uploads/a name with spaces & ümlauts.txt"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log", auth=True, tls=True) as running:
        yield running


def encryption_of(outputs: dict[str, Any]) -> dict[str, str]:
    """What boto3 has to send with a write."""
    if "KMSKeyArn" not in outputs:
        return {"ServerSideEncryption": "AES256"}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": outputs["KMSKeyArn"]}


@pytest.fixture(scope="class")
def deployed(
    request: pytest.FixtureRequest,
    aws: EmbeddedAws,
    stack_folders: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    root = tmp_path_factory.mktemp("deploy")
    place = Workplace(root, root, root / "log", aws, {}, root / "outputs.json")
    stack = f"secure-storage-{request.cls.environment}"
    folder, state_folder = root / stack, root / f"{stack}-state"
    shutil.copytree(stack_folders[folder.name], folder)
    handed_out.empty(aws)
    described = handed_out.read_stack(folder)
    administrator = handed_out.administrator(aws)
    deployer, planner = (make(aws, described) for make in (handed_out.deployer, handed_out.planner))
    bucket = described["terraform"]["backend"]["s3"]["bucket"]
    if request.cls.bootstraps:
        copy_state_stack(stack_folders[state_folder.name], state_folder)
        state = values(deploy(state_folder, administrator))
    else:
        administrator.client("s3").create_bucket(Bucket=bucket)
        state = {"StateBucketName": bucket}
    outputs = deploy(folder, deployer)
    place.outputs.write_text(json.dumps(outputs))
    user = handed_out.role(aws, "user", managed=(f"SecureS3Access-{request.cls.environment}",))
    deployed = Deployed(
        place=at_work(place, user),
        administrator=administrator,
        deployer=deployer,
        planner=planner,
        outputs=values(outputs),
        state=state,
        folder=folder,
    )
    yield deployed
    handed_out.take_away_managed_policies(aws)
    destroy(folder, deployer)
    of_state = deployed.s3.get_object(Bucket=bucket, Key=f"{stack}/terraform.tfstate")["Body"]
    assert json.load(of_state)["resources"] == []
    if request.cls.bootstraps:
        destroy(state_folder, administrator)
        assert json.loads((state_folder / "terraform.tfstate").read_bytes())["resources"] == []


def destroy(folder: Path, aws: EmbeddedAws) -> None:
    done = terraform(folder, aws, "destroy", "-input=false", "-auto-approve")
    assert done.returncode == 0, done.stdout + done.stderr


class MainJob:
    """The tests, for whichever environment a class below names.

    Attributes:
        environment: its name.
        bootstraps: whether its state stack is deployed. All of them are the same but for the names.
    """

    environment: str
    bootstraps: bool

    def test_a_plan_of_the_role_that_only_reads_changes_nothing(self, deployed: Deployed) -> None:
        plan = ("plan", "-detailed-exitcode", "-input=false", "-lock=false")
        done = terraform(deployed.folder, deployed.planner, *plan)
        assert done.returncode == 0, done.stdout + done.stderr
        locking = terraform(deployed.folder, deployed.planner, "plan", "-input=false", "-no-color")
        assert "Error acquiring the state lock" in locking.stderr

    def test_a_reader_reads_and_does_not_write(self, deployed: Deployed) -> None:
        deployed.s3.put_object(
            Bucket=deployed.bucket, Key="read", Body=b"content", **encryption_of(deployed.outputs)
        )
        reader = deployed.holding("SecureS3Read-ENV")
        assert reader.curl(reader.presign("get", "read", "--file", "down")["curl"]) == 200
        (reader.folder / "up").write_bytes(b"content")
        assert reader.curl(reader.presign("put", "read", "--file", "up")["curl"]) == 403

    def test_a_writer_writes_and_does_not_read(self, deployed: Deployed) -> None:
        writer = deployed.holding("SecureS3Write-ENV")
        (writer.folder / "up").write_bytes(b"content")
        assert writer.curl(writer.presign("put", "written", "--file", "up")["curl"]) == 200
        assert writer.curl(writer.presign("get", "written", "--file", "down")["curl"]) == 403

    def test_links_transfer_bytes_and_misuse_is_refused(self, deployed: Deployed) -> None:
        place = deployed.place
        put = place.presign("put", KEY, "--file", "up")
        get = place.presign("get", KEY, "--file", "down")
        content = bytes(range(256)) * 1000
        (place.folder / "up").write_bytes(content)

        assert place.curl(put["curl"]) == 200
        assert place.curl(get["curl"]) == 200
        assert (place.folder / "down").read_bytes() == content

        assert put["headers"] == deployed.outputs["UploadHeaders"] != {}
        assert place.curl(without_headers(put["curl"])) == 403
        assert place.curl(get["curl"].replace(get["url"], tampered(get["url"]))) == 403
        expired = place.presign("get", KEY, "--expires", "1s")
        time.sleep(2.5)
        assert place.curl(expired["curl"]) == 403

    def test_an_upload_is_encrypted_as_described(self, deployed: Deployed) -> None:
        key = "encrypted.txt"
        put = deployed.place.presign("put", key, "--file", "up")
        (deployed.place.folder / "up").write_bytes(b"content")
        assert deployed.place.curl(put["curl"]) == 200
        head = deployed.s3.head_object(Bucket=deployed.bucket, Key=key)
        if "KMSKeyArn" in deployed.outputs:
            assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == (
                "aws:kms",
                deployed.outputs["KMSKeyArn"],
            )
        else:
            assert (head["ServerSideEncryption"], head.get("SSEKMSKeyId")) == ("AES256", None)

    def test_an_overwritten_and_deleted_object_is_restored_from_its_version(self, deployed: Deployed) -> None:
        key, place, s3 = "precious.txt", deployed.place, deployed.s3
        put = place.presign("put", key, "--file", "up")
        for content in (b"right", b"wrong"):
            (place.folder / "up").write_bytes(content)
            assert place.curl(put["curl"]) == 200
        s3.delete_object(Bucket=deployed.bucket, Key=key)
        get = place.presign("get", key, "--file", "down")
        assert place.curl(get["curl"]) == 404

        versions = s3.list_object_versions(Bucket=deployed.bucket, Prefix=key)["Versions"]
        (first,) = (
            version["VersionId"]
            for version in versions
            if s3.get_object(Bucket=deployed.bucket, Key=key, VersionId=version["VersionId"])["Body"].read()
            == b"right"
        )
        source = {"Bucket": deployed.bucket, "Key": key, "VersionId": first}
        s3.copy_object(Bucket=deployed.bucket, Key=key, CopySource=source, **encryption_of(deployed.outputs))
        assert place.curl(get["curl"]) == 200
        assert (place.folder / "down").read_bytes() == b"right"


PLAN = ("plan", "-input=false", "-no-color")


class TestWithKmsKey(MainJob):
    environment, bootstraps = "dev", True

    def test_a_second_plan_changes_nothing(self, deployed: Deployed) -> None:
        done = deployed.terraform("plan", "-detailed-exitcode", "-input=false")
        assert done.returncode == 0, done.stdout

    def test_the_policy_of_the_state_gives_the_state_and_nothing_else(self, deployed: Deployed) -> None:
        holder = deployed.holding("SecureStorageState-ENV")
        listed = terraform(deployed.folder, holder.aws, "state", "list")
        assert listed.returncode == 0, listed.stderr
        assert "aws_s3_bucket" in listed.stdout
        assert holder.curl(holder.presign("get", "written", "--file", "down")["curl"]) == 403

    def test_state_is_encrypted_with_the_state_key(self, deployed: Deployed) -> None:
        stack = deployed.folder.name
        head = deployed.s3.head_object(
            Bucket=deployed.state["StateBucketName"], Key=f"{stack}/terraform.tfstate"
        )
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == (
            "aws:kms",
            deployed.state["StateKeyArn"],
        )

    def test_a_held_lock_keeps_a_second_deploy_out(self, deployed: Deployed) -> None:
        lock = {
            "Bucket": deployed.state["StateBucketName"],
            "Key": f"{deployed.folder.name}/terraform.tfstate.tflock",
        }
        holder = {
            "ID": "0b1e",
            "Operation": "OperationTypeApply",
            "Who": "ada@ci",
            "Created": "2026-01-01T00:00:00Z",
        }
        # The lock that terraform took itself to deploy is gone.
        listed = deployed.s3.list_objects_v2(Bucket=lock["Bucket"])
        assert [found["Key"] for found in listed["Contents"]] == [f"{deployed.folder.name}/terraform.tfstate"]
        deployed.s3.put_object(**lock, Body=json.dumps(holder).encode())
        try:
            done = deployed.terraform("apply", "-input=false", "-auto-approve", "-no-color")
            assert done.returncode == 1
            assert "Error acquiring the state lock" in done.stderr
            assert "ada@ci" in done.stderr
        finally:
            deployed.s3.delete_object(**lock)

    @pytest.mark.parametrize(
        ("read_only", "action", "run"),
        [
            (True, "s3:GetBucketPolicy", (*PLAN, "-lock=false")),
            (True, "kms:Decrypt", ("state", "list")),
            (False, "s3:PutObject", PLAN),
            (False, "s3:PutBucketVersioning", ("apply", "-input=false", "-no-color", "-auto-approve")),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_terraform_is_refused_without_one_permission_of_its_role(
        self, deployed: Deployed, read_only: bool, action: str, run: tuple[str, ...]
    ) -> None:
        """With the permission, the same runs go well: the tests above."""
        documents = handed_out.deploy_documents(handed_out.read_stack(deployed.folder), read_only=read_only)
        name = f"without-{action.replace(':', '-')}"
        weaker = handed_out.role(root_of(deployed.place.aws), name, *handed_out.without(action, documents))
        if action == "s3:PutBucketVersioning":
            suspended = {"Status": "Suspended"}
            deployed.s3.put_bucket_versioning(Bucket=deployed.bucket, VersioningConfiguration=suspended)
        done = terraform(deployed.folder, weaker, *run)
        assert done.returncode == 1, done.stdout
        assert f"not authorized to perform: {action}" in " ".join(done.stderr.split())
        if action == "s3:PutBucketVersioning":
            enabled = {"Status": "Enabled"}
            deployed.s3.put_bucket_versioning(Bucket=deployed.bucket, VersioningConfiguration=enabled)

    @pytest.mark.parametrize(("action", "link"), [("s3:GetObject", "get"), ("kms:GenerateDataKey", "put")])
    def test_a_link_is_refused_without_one_permission_of_its_signer(
        self, deployed: Deployed, action: str, link: str
    ) -> None:
        """With the permission, the same links work: the tests above."""
        iam = root_of(deployed.place.aws).client("iam")
        policy = iam.get_policy(PolicyArn=deployed.outputs["IAMPolicyArn"])["Policy"]
        version = {"PolicyArn": policy["Arn"], "VersionId": policy["DefaultVersionId"]}
        document = iam.get_policy_version(**version)["PolicyVersion"]["Document"]
        (weaker,) = handed_out.without(action, [document])
        name = f"without-{link}"
        signer = at_work(deployed.place, handed_out.role(root_of(deployed.place.aws), name, weaker))
        (signer.folder / "up").write_bytes(b"content")
        file = "up" if link == "put" else "down"
        assert signer.curl(signer.presign(link, KEY, "--file", file)["curl"]) == 403


class TestWithSseS3(MainJob):
    environment, bootstraps = "sse-s3", False
