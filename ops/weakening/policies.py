"""What a change of a policy, or of who has it, does to who may do what."""

from collections.abc import Callable, Mapping

from ops.attributes import Attributes
from ops.findings import Finding, Severity
from ops.policy_changes import policy_findings

CHANGED = Severity.CHANGED


def policy_of(name: str) -> Callable[[Attributes, Attributes], list[Finding]]:
    """Return what judges a change of the policy that people call `name`."""

    def judge(before: Attributes, after: Attributes) -> list[Finding]:
        if "policy" in before and "policy" not in after:
            words = f"{name} is not known before it is applied, and may change"
            return [Finding(CHANGED, words, "policy")]
        return policy_findings(name, before.get("policy"), after.get("policy"), "policy")

    return judge


JUDGES: Mapping[str, Callable[[Attributes, Attributes], list[Finding]]] = {
    "aws_iam_policy": policy_of("the managed policy"),
    "aws_s3_bucket_policy": policy_of("the bucket policy"),
    "aws_sns_topic_policy": policy_of("the topic policy"),
}

GONE: Mapping[str, Callable[[Attributes], Finding]] = {
    "aws_iam_policy": lambda before: Finding(
        CHANGED, f"the managed policy {before.get('name')} is gone: who had it may do nothing by it any more"
    ),
    "aws_iam_role_policy_attachment": lambda before: Finding(
        CHANGED, f"the role {before.get('role')} no longer has {before.get('policy_arn')}"
    ),
}
