"""A call of the preflight that AWS refuses: its check could not be made, which is neither good nor bad.

But what a deploy would make unreadable must be counted.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from ops.deploy.caller import Caller
from ops.deploy.deploy_policy import Check
from ops.embedded.aws import EmbeddedAws
from ops.preflight import ci_roles, names, object_lock, permissions, principals, state
from ops.preflight.command import environment_line
from ops.preflight.verdict import Mark, Verdict
from settings.loading import load_environments
from settings.model import Settings
from stacks.app import build
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.ops.preflight_support import (
    ACCOUNT,
    BUCKET,
    HARMLESS,
    OTHER_ACCOUNT,
    STATE_BUCKET,
    Account,
    reset,
    use_account,
)

import pytest

CALLER = Caller(f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ada", ACCOUNT)
EVERYTHING = f"""
[access]
principals = ["arn:aws:iam::{ACCOUNT}:role/etl"]
[ci]
repository = "acme/storage"
[logging]
enabled = true
[audit]
enabled = true
notify = ["ops@example.com"]
[replication]
enabled = true
region = "eu-west-3"
[events]
eventbridge = true
[malware_scan]
enabled = true
enforce = true
"""
ADOPTION = """
protect = true
[logging]
enabled = false
[import]
bucket = true
"""
EXISTING_LOGS = """
[logging]
enabled = true
existing_bucket = "company-logs"
"""

LIST_BUCKETS = "GET /  "


@pytest.fixture
def account(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account in which dev was bootstrapped, and its role may do what the tests ask for."""
    reset(running)
    use_account(running, monkeypatch)
    account = Account(running.endpoint)
    account.bootstrap()
    account.iam.create_policy(PolicyName="SecureS3ReplicationBoundary-dev", PolicyDocument=HARMLESS)
    account.iam.create_policy(PolicyName="SecureS3ScanBoundary-dev", PolicyDocument=HARMLESS)
    for role in ("deployer", "etl"):
        account.iam.create_role(RoleName=role, AssumeRolePolicyDocument=HARMLESS)
    account.iam.put_role_policy(RoleName="deployer", PolicyName="all", PolicyDocument=HARMLESS)
    return account


def nothing_more(account: Account) -> None:
    """Leave it bootstrapped."""


def deployed(account: Account) -> None:
    account.deploy()


def to_adopt(account: Account) -> None:
    account.s3.create_bucket(Bucket=BUCKET)


def logs_that_exist(account: Account) -> None:
    account.s3.create_bucket(Bucket="company-logs")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    account.s3.put_bucket_encryption(
        Bucket="company-logs", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def lines(folder: Path, text: str) -> dict[str, Verdict]:
    """Ask AWS all that the preflight asks for a role; return the lines by their subjects."""
    return {line.subject: line for check in checks(folder, text) for line in check()}


def checks(folder: Path, text: str) -> list[Callable[[], list[Verdict]]]:
    """Return what asks that, in parts that do not depend on each other."""
    (folder / "dev.toml").write_text(f"{text}[lifecycle]\nenabled = false\n")
    (settings,) = load_environments(folder, {})

    def backend_and_names() -> list[Verdict]:
        found, facts = state.check(settings, CALLER)
        return [*found, *names.check(settings, CALLER, facts, stack_of(settings))]

    return [
        backend_and_names,
        lambda: principals.check(settings, CALLER),
        lambda: [object_lock.check(settings)],
        lambda: [ci_roles.check(settings, CALLER, {})],
        lambda: [permissions.check(settings.region, CALLER, [Check("sqs:ListQueues", "*", {})], "")],
    ]


STACKS: dict[str, dict[str, Any]] = {}
"""By settings, as synthesizing one takes longer than all the calls."""


def stack_of(settings: Settings) -> dict[str, Any]:
    """Return the storage stack of these settings."""
    key = settings.model_dump_json()
    if key not in STACKS:
        with TemporaryDirectory() as folder:
            build([settings], outdir=folder).synth()
            file = Path(folder, "stacks", "secure-storage-dev", "cdk.tf.json")
            STACKS[key] = json.loads(file.read_bytes())
    return STACKS[key]


def name_of(call: Call) -> str:
    """Say which call it is: what it does, and to what."""
    target = call.headers.get("x-amz-target", "")
    form = call.body.decode() if call.method == "POST" else ""
    return f"{call.method} {call.target} {target} {form}"


def refused(call: Call) -> Answer:
    """Return AWS's refusal, as the call's protocol has it."""
    if "x-amz-target" in call.headers:
        return Answer(400, b'{"__type": "AccessDeniedException", "message": "no"}')
    if call.method == "POST":
        error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>"
        return Answer(403, f"<ErrorResponse>{error}</ErrorResponse>".encode())
    return Answer(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")


def refusing(
    *names: str, before: Mapping[str, Call] = MappingProxyType({})
) -> Callable[[Call], Answer | None]:
    """Return what refuses these calls, and answers those of `before` as they were answered then."""

    def fault(call: Call) -> Answer | None:
        name = name_of(call)
        if name in names:
            return refused(call)
        same = before.get(name)
        return Answer(same.status or 0, same.answer, same.answer_headers) if same else None

    return fault


@pytest.mark.parametrize(
    ("text", "set_up"),
    [
        (EVERYTHING, nothing_more),
        (EVERYTHING, deployed),
        (ADOPTION, to_adopt),
        (EXISTING_LOGS, logs_that_exist),
    ],
)
def test_each_call_refused_leaves_something_unchecked_and_nothing_bad(
    text: str,
    set_up: Callable[[Account], None],
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    set_up(account)
    wrong = {}
    with AwsProxy(account.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        first = []
        calls: dict[str, Call] = {}
        for check in checks(tmp_path, text):
            proxy.calls.clear()
            allowed = {line.subject: line for line in check()}
            made = {name_of(call): call for call in proxy.calls}
            first.append((check, allowed, made.keys()))
            calls |= made
            marks = (Mark.GOOD, Mark.SKIPPED)
            assert [str(line) for line in allowed.values() if line.mark not in marks] == []
        assert len(calls) > 15
        for name in calls:
            # Who may not look at one bucket may seldom list them all, which would tell whose it is.
            # Nothing has changed: AWS would answer the other calls as before, and so all other checks.
            refused_now = {name, LIST_BUCKETS}
            proxy.fault = refusing(*refused_now, before=calls)
            after = [
                (line, allowed[line.subject])
                for check, allowed, made_first in first
                if made_first & refused_now
                for line in check()
            ]
            as_expected = {
                # How many become unreadable must be known, as with ? a deploy goes on.
                line.mark is (Mark.BAD if line.subject == "unscanned objects" else Mark.UNKNOWN)
                for line, before in after
                if line != before
            }
            if as_expected != {True} and not said_otherwise(name):
                wrong[name] = [str(line) for line, _ in after if line.mark is not Mark.GOOD]
    assert wrong == {}


def said_otherwise(name: str) -> bool:
    # Without it the role's path is not known. Where the role has none, IAM simulates it all the same.
    return "Action=GetRole&" in name and "RoleName=deployer" in name


class TestBucketThatAnswers403:
    """HEAD of a bucket that is there answers 403 to others, and to those of us who may not look at it."""

    def line(self, account: Account, folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> Verdict:
        with AwsProxy(account.endpoint, refusing(*names)) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
            return lines(folder, "")["bucket name"]

    def test_it_is_of_others_where_all_of_ours_are_listed(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        Account(account.endpoint, OTHER_ACCOUNT).s3.create_bucket(Bucket=BUCKET)
        line = self.line(account, tmp_path, monkeypatch)
        assert (line.mark, line.text) == (Mark.BAD, f"{BUCKET} is somebody else's")

    def test_nobody_knows_where_ours_may_not_be_listed(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        Account(account.endpoint, OTHER_ACCOUNT).s3.create_bucket(Bucket=BUCKET)
        line = self.line(account, tmp_path, monkeypatch, LIST_BUCKETS)
        assert line.mark is Mark.UNKNOWN
        assert "is somebody else's, or ours and these credentials may not look at it" in line.text

    def test_it_is_ours_where_it_is_listed_and_could_not_be_looked_at(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        account.deploy()
        line = self.line(account, tmp_path, monkeypatch, f"HEAD /{BUCKET}  ")
        assert line.mark is Mark.UNKNOWN


def test_without_a_look_at_the_state_bucket_the_rest_is_checked_all_the_same(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account.deploy()
    with AwsProxy(account.endpoint, refusing(f"HEAD /{STATE_BUCKET}  ", LIST_BUCKETS)) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        found = lines(tmp_path, "")
    assert found["state bucket"].mark is Mark.UNKNOWN
    assert found["its versions"].mark is found["state"].mark is found["bucket name"].mark is Mark.GOOD


def test_a_lock_that_may_not_be_read_is_neither_free_nor_held(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The role that plans, before it was allowed the lock file; S3 says 403 also where there is none.
    def fault(call: Call) -> Answer | None:
        return refused(call) if call.url.path.endswith(".tflock") else None

    with AwsProxy(account.endpoint, fault) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        line = lines(tmp_path, "")["state lock"]
    assert (line.mark, line.text) == (
        Mark.UNKNOWN,
        "could not be checked: these credentials may not read the lock file, "
        "or may not see whether it exists",
    )


def test_a_state_that_is_not_there_may_have_been_deleted(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fault(call: Call) -> Answer | None:
        return refused(call) if "versions" in call.query else None

    with AwsProxy(account.endpoint, fault) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        line = lines(tmp_path, "")["state"]
    assert line.mark is Mark.UNKNOWN
    assert "there is none, and these credentials may not see whether one was deleted" in line.text


def test_a_name_like_another_is_not_called_misspelt_where_its_backend_cannot_be_seen() -> None:
    assert environment_line("prd", bootstrapped=None).mark is Mark.UNKNOWN
    assert environment_line("prd", bootstrapped=False).mark is Mark.BAD
    assert environment_line("prd", bootstrapped=True).mark is Mark.GOOD
    assert environment_line("prod", bootstrapped=None).mark is Mark.GOOD
