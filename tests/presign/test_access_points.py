"""Links through an access point: presign says where the stack's policies do not name it."""

import json

from presign import outputs
from presign.errors import OutputsError
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

ARN = "arn:aws:s3:eu-west-1:111122223333:accesspoint/etl"
OTHER = ARN.replace("etl", "reports")
POLICY = OUTPUTS["IAMPolicyArn"]


@pytest.mark.parametrize("command", ["get", "put"])
@pytest.mark.parametrize("arn", [ARN, ARN.replace("/", ":")])
def test_a_link_through_an_access_point_that_the_policy_names_is_made_without_a_word(
    presign: Presign, outputs_file: OutputsFile, command: str, arn: str
) -> None:
    file = outputs_file(S3AccessPointArns=[OTHER, ARN])
    made = presign(command, "--outputs", file, "--access-point", arn, "--format", "url", "k")
    assert (made.code, made.err) == (0, "")
    assert made.out.startswith("https://etl-111122223333.s3-accesspoint.eu-west-1.amazonaws.com/k?")


@pytest.mark.parametrize("command", ["get", "put"])
@pytest.mark.parametrize("others", [None, [], [OTHER]])
def test_the_policy_that_does_not_name_the_access_point_is_named(
    presign: Presign, outputs_file: OutputsFile, command: str, others: list[str] | None
) -> None:
    file = outputs_file(S3AccessPointArns=others)
    made = presign(command, "--outputs", file, "--access-point", ARN, "k")
    assert made.code == 0
    assert made.err == (
        f"Warning: the access point etl is not in the outputs, so the IAM policy {POLICY} does not name "
        f"it: S3 refuses the link unless the signer has an IAM policy that allows {ARN}/object/*; to change "
        'the stack\'s own, add "etl" to access_points in [access] of its settings and deploy\n'
    )
    assert f"Signed by  test, which needs an IAM policy that allows {ARN}/object/*\n" in made.out
    assert POLICY not in made.out


def test_without_a_policy_in_the_outputs_it_is_the_stacks(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    made = presign("get", "--outputs", outputs_file(IAMPolicyArn=None), "--access-point", ARN, "k")
    assert "so the stack's own IAM policy does not name it" in made.err


def test_show_lists_the_access_points(presign: Presign, outputs_file: OutputsFile) -> None:
    file = outputs_file(S3AccessPointArns=[ARN, OTHER])
    assert f"\nThrough    {ARN}\n           {OTHER}\n" in presign("show", "--outputs", file).out
    document = json.loads(presign("show", "--outputs", file, "--format", "json").out)
    assert document["access_points"] == [ARN, OTHER]
    assert "Through" not in presign("show", "--outputs", outputs_file()).out


@pytest.mark.parametrize("value", [ARN, [1], {"etl": ARN}, True])
def test_what_is_no_list_of_arns_is_refused(value: object) -> None:
    with pytest.raises(OutputsError, match=r"S3AccessPointArns in f is .*, not a list of ARNs"):
        outputs.parse({"stack": {**OUTPUTS, "S3AccessPointArns": value}}, "f")
