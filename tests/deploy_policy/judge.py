"""Whether a policy allows what AWS authorizes, as the policy engine evaluates it."""

import json
from collections.abc import Sequence

from tests.deploy_policy.calls import Needed
from tests.policy.engine import Document, Engine, EngineRequest, Evaluation

# KMS asks the key's own policy too. This one leaves it to IAM's, as a new key's does without one.
LEFT_TO_IAM = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "LeftToIam",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
)


def judge(engine: Engine, document: Document, needed: Sequence[Needed]) -> list[Evaluation]:
    """Return what AWS says to each, for a role of account 000000000000 that has only `document`."""
    policies = {"the role's": document}
    requests = []
    for one in needed:
        key_policy = None
        if one.action.startswith("kms:"):
            key_policy = one.key_policy or LEFT_TO_IAM
            policies[key_policy] = json.loads(key_policy)
        requests.append(
            EngineRequest(
                principal="arn:aws:iam::000000000000:role/deploy",
                action=one.action,
                resource=one.resource,
                account="000000000000",
                context=one.context,
                identity=["the role's"],
                resource_policy=key_policy,
            )
        )
    return engine.evaluate(requests, policies)


def together(documents: Sequence[Document]) -> Document:
    """Return one document that allows what all of them do, without a limit to its size."""
    return {**documents[0], "Statement": [one for document in documents for one in document["Statement"]]}


def granted(document: Document) -> set[tuple[str, str]]:
    """Return each statement's Sid with each of its actions."""
    return {(one["Sid"], action) for one in document["Statement"] for action in one["Action"]}


def used(needed: Sequence[Needed], evaluations: Sequence[Evaluation]) -> set[tuple[str, str]]:
    """Return which of them allowed anything."""
    return {
        (sid, one.action)
        for one, evaluation in zip(needed, evaluations, strict=True)
        for policy, sid in evaluation.allows
        if policy == "the role's"
    }
