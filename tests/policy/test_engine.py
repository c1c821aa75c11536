"""The engine says what it cannot evaluate, and ends with its input."""

from dataclasses import replace

from tests.policy.deployment import UnresolvedReferenceError, resolve
from tests.policy.engine import Engine, EngineError, EngineRequest
from tests.policy.people import OWN_POLICIES

import pytest

GET = EngineRequest(
    principal="arn:aws:iam::111122223333:user/ada",
    action="s3:GetObject",
    resource="arn:aws:s3:::bucket/key",
    account="111122223333",
    context={"aws:SecureTransport": "true"},
    identity=["AdministratorAccess"],
    resource_policy=None,
)
DECRYPT = replace(GET, action="kms:Decrypt", resource="arn:aws:kms:us-east-1:111122223333:key/1")


@pytest.mark.parametrize("request_", [GET, DECRYPT], ids=["s3", "kms"])
def test_a_condition_key_that_the_action_does_not_have_is_reported(
    request_: EngineRequest, engine: Engine
) -> None:
    context = {**request_.context, "aws:SecureTransprt": "true", "s3:prefix": "data/"}
    (evaluation,) = engine.evaluate([replace(request_, context=context)], OWN_POLICIES)
    assert evaluation.ignored == ("aws:SecureTransprt", "s3:prefix")


def test_a_policy_that_is_not_valid_is_an_error(engine: Engine) -> None:
    policies = {"AdministratorAccess": {"Version": "2012-10-17", "Statement": [{"Efect": "Allow"}]}}
    with pytest.raises(EngineError, match="Efect"):
        engine.evaluate([GET], policies)


def test_a_policy_that_nobody_wrote_is_an_error(engine: Engine) -> None:
    for request in (GET, DECRYPT):
        with pytest.raises(EngineError):
            engine.evaluate([request], {})


def test_it_answers_after_an_error(engine: Engine) -> None:
    with pytest.raises(EngineError):
        engine.evaluate([replace(GET, action="s3:GetObjekt")], OWN_POLICIES)
    (evaluation,) = engine.evaluate([GET], OWN_POLICIES)
    assert (evaluation.result, evaluation.allows) == (
        "Allowed",
        (("AdministratorAccess", "AdministratorAccess"),),
    )


def test_it_ends_with_the_session() -> None:
    with Engine() as engine:
        engine.evaluate([GET], OWN_POLICIES)
    with pytest.raises((BrokenPipeError, ValueError)):
        engine.evaluate([GET], OWN_POLICIES)


def test_a_terraform_reference_without_an_example_is_an_error() -> None:
    examples = {"aws_kms_key.arn": "arn"}
    assert resolve("${aws_kms_key.encryption-key_1.arn}/*", examples) == "arn/*"
    with pytest.raises(UnresolvedReferenceError, match=r"no example for \$\{aws_s3_bucket.b.arn\}"):
        resolve("${aws_s3_bucket.b.arn}", examples)
