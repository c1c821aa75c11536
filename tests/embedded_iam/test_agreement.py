"""Every decision of the embedded AWS in these tests is the proof's as well: conftest.py sees to it.

The policies, the resource's owner and the values of condition keys are those that it goes by itself;
test_gaps.py lists where AWS would have others, or asks for more.
"""

from tests.embedded_iam.account import Account, allow, document, refused
from tests.embedded_iam.agreement import Log, by_proof, disagreements


def test_what_is_decided_is_recorded_with_all_that_it_depends_on(account: Account, decisions: Log) -> None:
    boundary = account.policy("boundary")
    text = document(allow("s3:GetObject"))
    account.iam.create_policy_version(PolicyArn=boundary, PolicyDocument=text, SetAsDefault=True)
    denies = {"Effect": "Deny", "Principal": "*", "Resource": f"arn:aws:s3:::{account.bucket}/secret"}
    account.s3.put_bucket_policy(Bucket=account.bucket, Policy=document(allow("s3:GetObject") | denies))
    role = account.role(PermissionsBoundary=boundary)
    caller = account.session(allow("s3:*", Bool={"aws:SecureTransport": "true"}), role=role)
    decisions.new()

    caller.get()
    refused(lambda: caller.get("secret"))
    refused(caller.put)
    read, secret, written = found = decisions.new()
    assert [one["allowed"] for one in found] == [True, False, False]
    assert read["context"] == {"aws:PrincipalArn": [role], "aws:SecureTransport": ["true"]}
    assert list(disagreements(found)) == []

    # Without any of them, the proof decides something else.
    without: dict[str, list[str] | None] = {"identity": [], "limits": [], "of_resource": None}
    for one, name in ((read, "identity"), (written, "limits"), (secret, "of_resource")):
        changed = one | {"policies": one["policies"] | {name: without[name]}}
        (answer,) = by_proof([changed])
        assert answer.allowed is not one["allowed"]
        assert len(list(disagreements([changed]))) == 1
