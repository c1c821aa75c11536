"""How Terraform's errors become one line, and where the synthesized stacks lie."""

from pathlib import Path

from ops.shared.errors import OpsError
from ops.shared.terraform import problem_of, synthesized
from tests.ops.ops_support import stub

import pytest

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("synthesized_once")]

FRAMED = """
╷
│ Warning: Something else
│
│ It does not matter.
╵
╷
│ Error: creating S3 Bucket (b): operation error S3: CreateBucket
│
│   with aws_s3_bucket.secure-bucket_0CB5C930,
│   on cdk.tf.json line 10, in resource.aws_s3_bucket:
│   10:       },
│
│ BucketAlreadyExists: The requested bucket
│ name is not available.
╵
"""


def test_an_error_is_its_title_and_its_first_paragraph() -> None:
    assert problem_of(FRAMED) == (
        "creating S3 Bucket (b): operation error S3: CreateBucket "
        "BucketAlreadyExists: The requested bucket name is not available."
    )
    assert problem_of("Error: No configuration files\n\nPlan requires some.\n\nMore.\n") == (
        "No configuration files Plan requires some."
    )
    assert problem_of("") == ""


def test_each_stack_lies_in_a_folder_that_is_gone_afterwards() -> None:
    with synthesized("dev") as (settings, stacks):
        assert settings.environment == "dev"
        assert sorted(stacks) == ["secure-storage-dev", "secure-storage-dev-state"]
        folder = stacks["secure-storage-dev"].folder
        assert (folder / "cdk.tf.json").is_file()
    assert not folder.exists()


def test_what_terraform_cannot_do_is_reported_in_a_line() -> None:
    with synthesized("dev") as (_, stacks):
        stack = stacks["secure-storage-dev"]
        assert stack.terraform("version", "-json").stdout.startswith("{")
        with pytest.raises(OpsError, match=r"^`terraform nonsense` of secure-storage-dev failed: .+$"):
            stack.terraform("nonsense")
        assert stack.terraform("nonsense", accept=[1]).returncode == 1


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (
            'echo \'{"terraform_version": "1.5.7"}\'',
            "terraform 1.5.7 cannot lock the state with a file in S3",
        ),
        (None, "terraform is not on PATH"),
    ],
)
def test_a_terraform_that_will_not_do_is_refused_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None, problem: str
) -> None:
    if script is not None:
        stub(tmp_path / "terraform", script)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OpsError, match=problem) as refused, synthesized("dev"):
        pass
    assert refused.value.remedy.startswith("install Terraform 1.11 or newer")
    with synthesized("dev", for_terraform=False) as (_, stacks):
        assert "secure-storage-dev" in stacks


def test_bad_settings_are_reported_before_anything_is_written() -> None:
    with pytest.raises(OpsError, match="ENVIRONMENT_SUFFIX"), synthesized("Not A Name"):
        pass
