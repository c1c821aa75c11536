"""The preflight on good set-ups and on bad ones: boto3 over HTTP to MiniStack, nothing of it stubbed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

from ops.deploy.caller import Caller
from ops.deploy.deploy_policy import Check
from ops.embedded.aws import EmbeddedAws, free_port
from ops.preflight import permissions
from ops.preflight.command import environment_line
from ops.preflight.verdict import Mark
from settings import resource_names
from tests.aws_proxy import Answer, AwsProxy, Call
from tests.conftest import ROOT
from tests.ops.ops_support import DONE_SECONDS, run_ops, stub
from tests.ops.preflight_support import (
    ALIAS,
    BUCKET,
    HARMLESS,
    OTHER_ACCOUNT,
    STATE_ALIAS,
    STATE_BUCKET,
    STATE_KEY,
    Account,
    lines,
    reset,
    state,
    use_account,
)

import pytest

SUBJECTS = [
    *["environment", "promises", "terraform", "AWS provider", "cdktf", "credentials", "they last", "account"],
    *[
        "state bucket",
        "its versions",
        "its encryption",
        "its public access",
        "state key",
        "state lock",
        "state",
    ],
    *["bucket name", "key alias", "managed policies", "object lock", "permissions"],
]
LOCK = {
    "ID": "0b1e",
    "Operation": "OperationTypeApply",
    "Who": "ada@ci",
    "Created": "2026-01-01T00:00:00Z",
}


@pytest.fixture
def aws(running: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> EmbeddedAws:
    """An empty account, and this process's variables set for it."""
    reset(running)
    use_account(running, monkeypatch)
    return running


@pytest.fixture
def account(aws: EmbeddedAws) -> Account:
    """An account in which dev was bootstrapped and deployed."""
    account = Account(aws.endpoint)
    account.bootstrap()
    account.deploy()
    return account


def assert_only(subject: str, mark: Mark, text: str, remedy: str, environment: str = "dev") -> None:
    """Run the preflight, and expect all to be well but for one line, and this to say what it should."""
    found = lines(environment)
    assert [
        line.subject for line in found.values() if line.mark is Mark.BAD and line.subject != subject
    ] == []
    assert found[subject].mark is mark
    assert text in found[subject].text
    assert remedy in found[subject].remedy


class TestGood:
    def test_a_deployed_environment_passes_every_check(self, account: Account) -> None:
        found = lines()
        assert list(found) == SUBJECTS
        marks = {line.mark for line in found.values() if line.subject != "permissions"}
        assert marks == {Mark.GOOD}
        assert found["bucket name"].text == f"{BUCKET}: ours, and in the state"
        assert found["state"].text == "serial 7, 3 resources"

    def test_an_environment_that_is_only_bootstrapped_passes(self, aws: EmbeddedAws) -> None:
        Account(aws.endpoint).bootstrap()
        found = lines()
        assert {line.mark for line in found.values()} == {Mark.GOOD, Mark.UNKNOWN}
        assert found["bucket name"].text == f"{BUCKET} is free"
        assert found["state"].text == "none yet: the first deploy creates it"

    def test_it_changes_nothing(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        with AwsProxy(account.endpoint) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
            lines()
        asked = {
            call.headers.get("x-amz-target", "").partition(".")[2]
            or parse_qs(call.body.decode()).get("Action", [""])[0]
            or (call.method if call.method in ("GET", "HEAD") else f"{call.method} {call.target}")
            for call in proxy.calls
        }
        assert asked == {"GET", "HEAD", "DescribeKey", "GetCallerIdentity", "GetPolicy"}

    def test_the_page_shows_every_line(self) -> None:
        page = (ROOT / "docs" / "operations.md").read_text()
        assert re.findall(r"^\S ([\w ]+): {2,}\S", page, re.MULTILINE) == SUBJECTS
        assert page.count(f" of {len(SUBJECTS)} checks ") == 2

    def test_the_managed_policies_are_those_of_the_stack(
        self, stacks: dict[str, dict[str, dict[str, dict[str, dict[str, str]]]]]
    ) -> None:
        made = stacks["secure-storage-dev"]["resource"]["aws_iam_policy"].values()
        assert {policy["name"] for policy in made} == set(resource_names.data_policies("dev"))

    def test_the_command_prints_the_lines_and_ends_well(self, account: Account, aws: EmbeddedAws) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "ops", "preflight", "dev"],
            cwd=ROOT,
            env=aws.environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=DONE_SECONDS,
        )
        assert (done.returncode, done.stderr) == (0, "")
        *checked, unseen = done.stdout.splitlines()
        assert len(checked) == len(SUBJECTS)
        assert unseen == f"1 of {len(SUBJECTS)} checks could not be made: see the lines with ?"
        assert f"✓ bucket name:          {BUCKET}: ours, and in the state\n" in done.stdout


def hold_lock(account: Account) -> None:
    account.s3.put_object(Bucket=STATE_BUCKET, Key=f"{STATE_KEY}.tflock", Body=json.dumps(LOCK).encode())


def lose_public_access_block(account: Account) -> None:
    account.s3.delete_public_access_block(Bucket=STATE_BUCKET)


def suspend_versions(account: Account) -> None:
    account.s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Suspended"})


def delete_key_of(alias: str) -> Callable[[Account], None]:
    def change(account: Account) -> None:
        key = account.kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]
        account.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    return change


def disable_key(account: Account) -> None:
    account.kms.disable_key(KeyId=account.kms.describe_key(KeyId=STATE_ALIAS)["KeyMetadata"]["KeyId"])


def forget(kind: str) -> Callable[[Account], None]:
    """Take a resource out of the state, as when terraform was killed before it wrote it."""

    def change(account: Account) -> None:
        content = json.loads(state())
        content["resources"] = [one for one in content["resources"] if one["type"] != kind]
        account.put_state(json.dumps(content).encode())

    return change


def lose_to_others(account: Account) -> None:
    account.s3.delete_bucket(Bucket=BUCKET)
    Account(account.endpoint, OTHER_ACCOUNT).s3.create_bucket(Bucket=BUCKET)


def move_bucket(account: Account) -> None:
    account.s3.delete_bucket(Bucket=BUCKET)
    account.client("s3", "eu-west-1").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


BAD_SET_UPS = {
    "the state is not versioned": (
        suspend_versions,
        ("its versions", "versioning is Suspended: an overwritten state is lost", "make bootstrap ENV=dev"),
    ),
    "the state is not encrypted with our key": (
        lambda account: account.encrypt_state("AES256"),
        ("its encryption", "is AES256, not aws:kms with a key of our own", "make bootstrap ENV=dev"),
    ),
    "the state bucket has no public-access block": (
        lose_public_access_block,
        (
            "its public access",
            "BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy",
            "make bootstrap ENV=dev",
        ),
    ),
    "the state bucket may have a public policy": (
        lambda account: account.block_public_access(BlockPublicPolicy=False),
        ("its public access", "is not blocked: BlockPublicPolicy off", "make bootstrap ENV=dev"),
    ),
    "the state key is to be deleted": (
        delete_key_of(STATE_ALIAS),
        (
            "state key",
            f"{STATE_ALIAS}: the key is scheduled for deletion on 20",
            "aws kms cancel-key-deletion --key-id ",
        ),
    ),
    "the state key is disabled": (
        disable_key,
        ("state key", f"{STATE_ALIAS}: the key is Disabled", "aws kms enable-key --key-id "),
    ),
    "the state is locked": (
        hold_lock,
        ("state lock", "held by ada@ci since 2026-01-01T00:00:00Z: apply, lock 0b1e", "make recover ENV=dev"),
    ),
    "the state was emptied": (
        lambda account: account.put_state(b""),
        ("state", "is empty", "make state-restore ENV=dev"),
    ),
    "the state is corrupted": (
        lambda account: account.put_state(state()[:-20]),
        ("state", "is not JSON", "make state-restore ENV=dev"),
    ),
    "the state is something else": (
        lambda account: account.put_state(b'{"some": "JSON"}'),
        ("state", "not a Terraform state", "make state-restore ENV=dev"),
    ),
    "the state was deleted": (
        lambda account: account.s3.delete_object(Bucket=STATE_BUCKET, Key=STATE_KEY),
        ("state", "was deleted", "make state-restore ENV=dev"),
    ),
    "the bucket is not in the state": (
        forget("aws_s3_bucket"),
        ("bucket name", f"{BUCKET}: exists in this account, and is not in the state", "make recover ENV=dev"),
    ),
    "the bucket's name is somebody else's": (
        lose_to_others,
        ("bucket name", f"{BUCKET} is somebody else's", "set bucket_name to a name of your own"),
    ),
    "the bucket is in another region": (
        move_bucket,
        (
            "bucket name",
            f"{BUCKET} is ours, but in eu-west-1, and the settings say us-east-1",
            "correct region",
        ),
    ),
    "the alias is not in the state": (
        forget("aws_kms_alias"),
        ("key alias", f"{ALIAS}: exists in this account, and is not in the state", "make recover ENV=dev"),
    ),
    "the key is scheduled for deletion": (
        delete_key_of(ALIAS),
        (
            "key alias",
            f"{ALIAS}: the key is scheduled for deletion on 20",
            "aws kms cancel-key-deletion --key-id ",
        ),
    ),
    "a managed policy is not in the state": (
        forget("aws_iam_policy"),
        (
            "managed policies",
            "SecureS3Access-dev: exists in this account, and is not in",
            "make recover ENV=dev",
        ),
    ),
}


@pytest.mark.parametrize("name", BAD_SET_UPS)
def test_bad_set_up(account: Account, name: str) -> None:
    change, (subject, text, remedy) = BAD_SET_UPS[name]
    change(account)
    assert_only(subject, Mark.BAD, text, remedy)


class TestStateBucket:
    def test_without_one_the_rest_of_the_backend_is_skipped_and_the_names_are_not(
        self, aws: EmbeddedAws
    ) -> None:
        found = lines()
        assert found["state bucket"].mark is Mark.BAD
        assert found["state bucket"].remedy == "make bootstrap ENV=dev"
        backend = SUBJECTS[SUBJECTS.index("its versions") : SUBJECTS.index("bucket name")]
        assert {found[subject].mark for subject in backend} == {Mark.SKIPPED}
        assert found["bucket name"].text == f"{BUCKET} is free"

    def test_of_another_account_is_not_used(self, aws: EmbeddedAws) -> None:
        Account(aws.endpoint, OTHER_ACCOUNT).s3.create_bucket(Bucket=STATE_BUCKET)
        line = lines()["state bucket"]
        assert line.mark is Mark.BAD
        assert f"{STATE_BUCKET} is not account 000000000000's" in line.text
        assert "set state.bucket to a name of your own" in line.remedy

    def test_in_another_region_is_not_used(self, aws: EmbeddedAws) -> None:
        Account(aws.endpoint).client("s3", "eu-west-1").create_bucket(
            Bucket=STATE_BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        line = lines()["state bucket"]
        assert (line.mark, line.text) == (
            Mark.BAD,
            f"{STATE_BUCKET} is in eu-west-1, and the settings say us-east-1",
        )
        assert "correct state.region" in line.remedy

    def test_a_state_that_could_not_be_saved_is_to_be_recovered(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        # Where a deploy would have left it, but in a checkout of our own.
        monkeypatch.setenv("CDKTF_OUTPUT", str(tmp_path))
        copy = tmp_path / "stacks" / "secure-storage-dev" / "errored.tfstate"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(state())
        assert_only("state", Mark.BAD, f"is only in {copy}", "make recover ENV=dev")
        assert copy.exists()

    def test_with_a_state_that_cannot_be_read_nobody_knows_whose_the_names_are(
        self, account: Account
    ) -> None:
        account.put_state(b"")
        found = lines()
        unknown = [found[subject].mark for subject in ("bucket name", "key alias", "managed policies")]
        assert unknown == [Mark.UNKNOWN] * 3
        assert "the state that may have it cannot be read" in found["bucket name"].text


EXPIRED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message>
</Error></ErrorResponse>"""
DENIED = b"""<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>not authorized to perform: iam:SimulatePrincipalPolicy</Message>
</Error></ErrorResponse>"""


def action(call: Call) -> str:
    return parse_qs(call.body.decode()).get("Action", [""])[0]


class TestCredentials:
    def assert_everything_else_is_skipped(self, remedy: str, text: str) -> None:
        found = lines()
        assert (found["credentials"].mark, found["terraform"].mark) == (Mark.BAD, Mark.GOOD)
        assert text in found["credentials"].text
        assert remedy in found["credentials"].remedy
        later = SUBJECTS[SUBJECTS.index("they last") :]
        assert {found[subject].mark for subject in later} == {Mark.SKIPPED}

    def test_there_are_none(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        self.assert_everything_else_is_skipped("log in", "none found in environment, profiles")

    def test_a_profile_that_does_not_exist(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        self.assert_everything_else_is_skipped(
            "name a profile", "cannot be loaded: The config profile (nobody)"
        )

    def test_that_have_expired(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        # MiniStack's own sessions live for a quarter of an hour at least, so the proxy answers for it.
        with AwsProxy(account.endpoint, lambda call: Answer(403, EXPIRED)) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
            self.assert_everything_else_is_skipped(
                "log in", "AWS rejects them: An error occurred (ExpiredToken)"
            )

    def test_that_cannot_be_shown_to_aws(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        self.assert_everything_else_is_skipped("log in", "Could not connect to the endpoint URL")

    @pytest.mark.parametrize(
        ("minutes", "mark", "text"),
        [
            (None, Mark.GOOD, "for an unknown time"),
            (5, Mark.BAD, "minutes"),
            (60, Mark.GOOD, "59 minutes"),
        ],
    )
    def test_how_long_they_last(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, minutes: int | None, mark: Mark, text: str
    ) -> None:
        self.assume(account, monkeypatch, HARMLESS)
        if minutes is not None:
            end = datetime.now(UTC) + timedelta(minutes=minutes)
            monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", end.isoformat())
        line = lines()["they last"]
        assert line.mark is mark
        assert text in line.text
        assert line.remedy.startswith("get new credentials" if mark is Mark.BAD else "")

    def assume(self, account: Account, monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
        """Give this process the credentials of a role that has only this policy."""
        anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
        role = account.iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=trust)["Role"]
        account.iam.put_role_policy(RoleName="deployer", PolicyName="it", PolicyDocument=policy)
        session = account.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")[
            "Credentials"
        ]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", session["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", session["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", session["SessionToken"])

    def test_that_may_do_all_that_a_deploy_does(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        allowed = {"Effect": "Allow", "Action": ["s3:*", "kms:*", "iam:*"], "Resource": "*"}
        self.assume(account, monkeypatch, json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
        line = lines()["permissions"]
        assert line.mark is Mark.GOOD
        assert line.text.startswith("arn:aws:iam::000000000000:role/deployer may do all ")

    def test_that_may_not(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        allowed = {"Effect": "Allow", "Action": ["s3:*", "iam:*"], "Resource": "*"}
        self.assume(account, monkeypatch, json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
        line = lines()["permissions"]
        assert line.mark is Mark.BAD
        assert "arn:aws:iam::000000000000:role/deployer may not kms:CreateKey on *" in line.text
        assert "s3:" not in line.text
        assert "ops deploy-policy dev" in line.remedy

    def test_conditions_are_asked_about_with_what_a_deploy_sends(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # MiniStack's simulator does not look at them, so this can only see that they are sent.
        self.assume(account, monkeypatch, HARMLESS)
        caller = Caller("arn:aws:sts::000000000000:assumed-role/deployer/test", "000000000000")
        context = {"aws:RequestTag/Environment": ["dev"]}
        needed = [Check("kms:CreateKey", "*", context), Check("kms:TagResource", "*", context)]
        with AwsProxy(account.endpoint) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
            permissions.check("us-east-1", caller, needed, "remedy")
        (sent,) = [
            parse_qs(call.body.decode()) for call in proxy.calls if action(call).startswith("Simulate")
        ]
        assert sent["ActionNames.member.2"] == ["kms:TagResource"]
        assert sent["ContextEntries.member.1.ContextKeyName"] == ["aws:RequestTag/Environment"]
        assert sent["ContextEntries.member.1.ContextKeyValues.member.1"] == ["dev"]
        assert sent["ContextEntries.member.1.ContextKeyType"] == ["string"]

    def test_that_may_not_even_ask_what_they_may(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # MiniStack lets everybody ask, so the proxy answers for it.
        self.assume(account, monkeypatch, HARMLESS)

        def refuse(call: Call) -> Answer | None:
            return Answer(403, DENIED) if action(call) == "SimulatePrincipalPolicy" else None

        with AwsProxy(account.endpoint, refuse) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
            assert_only("permissions", Mark.UNKNOWN, "could not be checked: these credentials may not", "")

    def test_of_the_root_are_not_simulated(self, account: Account) -> None:
        assert_only("permissions", Mark.UNKNOWN, "no policy limits the account's root", "")


class TestEnvironment:
    def test_a_name_without_a_file_is_said_to_be_ephemeral(self) -> None:
        line = environment_line("pr-7", bootstrapped=False)
        assert line.mark is Mark.GOOD
        assert line.text == "pr-7 has no file of its own: it is ephemeral, made from environments/dev.toml"

    @pytest.mark.parametrize(
        ("typo", "meant"),
        [
            ("prd", "prod"),
            ("pord", "prod"),
            ("production", "prod"),
            ("stagin", "staging"),
            ("stage", "staging"),
            ("devel", "dev"),
        ],
    )
    def test_a_name_that_is_nearly_another_is_asked_about_until_it_was_bootstrapped(
        self, typo: str, meant: str
    ) -> None:
        line = environment_line(typo, bootstrapped=False)
        assert line.mark is Mark.BAD
        assert line.remedy == (
            f'did you mean "{meant}"? Those with a file are dev, prod, staging. If not, '
            f"make bootstrap ENV={typo}"
        )
        assert environment_line(typo, bootstrapped=True).mark is Mark.GOOD

    def test_whether_it_was_is_asked_of_aws(self, aws: EmbeddedAws) -> None:
        assert lines("prd")["environment"].mark is Mark.BAD
        Account(aws.endpoint).s3.create_bucket(Bucket="secure-prd-terraform-state")
        assert lines("prd")["environment"].mark is Mark.GOOD


class TestTools:
    @pytest.mark.parametrize(
        ("script", "text"),
        [
            ('echo \'{"terraform_version": "1.10.5"}\'', "1.10.5 cannot lock the state with a file in S3"),
            ("echo broken", "does not report its version"),
        ],
    )
    def test_a_terraform_that_will_not_do(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, text: str
    ) -> None:
        stub(tmp_path / "terraform", script)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        assert_only("terraform", Mark.BAD, text, "install Terraform 1.11 or newer")

    def test_no_terraform(self, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert_only("terraform", Mark.BAD, "is not on PATH", "install Terraform 1.11 or newer")


def variables(aws: EmbeddedAws) -> dict[str, str]:
    return {name: value for name, value in aws.environment({}).items() if "PATH" not in name}


class TestCommand:
    """In a checkout with settings and a cdktf of its own."""

    @pytest.fixture
    def checkout(self, checkout: Path) -> Path:
        stub(checkout / ".venv" / "bin" / "cdktf", 'echo "cdktf $1 $2"')
        return checkout

    def test_credentials_for_another_account_stop_it(
        self, account: Account, aws: EmbeddedAws, checkout: Path
    ) -> None:
        (checkout / "environments" / "dev.toml").write_text(f'account_id = "{OTHER_ACCOUNT}"\n')
        done = run_ops(checkout, "preflight", "dev", **variables(aws))
        assert done.returncode == 1
        assert (
            "✗ account:              the credentials are for 000000000000, and the settings say "
            f"{OTHER_ACCOUNT}"
            f" → use credentials for {OTHER_ACCOUNT}, or correct account_id in the environment's file\n"
        ) in done.stdout
        unasked = done.stdout.count("not checked: no credentials for the right account")
        assert unasked == len(SUBJECTS) - SUBJECTS.index("account") - 1
        failed = f"1 of {len(SUBJECTS)} checks failed"
        assert done.stderr == f"Error: preflight of dev: {failed}; nothing was changed\n"

    def test_credentials_for_the_account_pass(
        self, account: Account, aws: EmbeddedAws, checkout: Path
    ) -> None:
        (checkout / "environments" / "dev.toml").write_text('account_id = "000000000000"\n')
        done = run_ops(checkout, "preflight", "dev", **variables(aws))
        assert (done.returncode, done.stderr) == (0, "")
        assert "✓ account:              000000000000, as the settings say\n" in done.stdout

    def test_a_deploy_runs_it_first(self, aws: EmbeddedAws, checkout: Path) -> None:
        stopped = run_ops(checkout, "deploy", "dev", **variables(aws))
        assert (stopped.returncode, "cdktf deploy" in stopped.stdout) == (1, False)
        assert "✗ state bucket:" in stopped.stdout
        Account(aws.endpoint).bootstrap()
        done = run_ops(checkout, "deploy", "dev", "--auto-approve", **variables(aws))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("cdktf deploy secure-storage-dev\n")

    def test_a_deploy_can_do_without(self, aws: EmbeddedAws, checkout: Path) -> None:
        Account(aws.endpoint).bootstrap()
        done = run_ops(checkout, "deploy", "dev", "--no-preflight", **variables(aws))
        assert (done.returncode, done.stdout, done.stderr) == (0, "cdktf deploy secure-storage-dev\n", "")

    def test_a_broken_promise_is_a_line_among_the_others(self, aws: EmbeddedAws, checkout: Path) -> None:
        (checkout / "environments" / "dev.toml").write_text('[network]\nvpc_endpoints = ["vpce-01234567"]\n')
        done = run_ops(checkout, "preflight", "dev", **variables(aws))
        assert (done.returncode, "✗ state bucket:" in done.stdout) == (1, True)
        assert "✗ promises:             not proven: deploy-role-keeps-control" in done.stdout
        assert "→ make prove ENV=dev shows why\n" in done.stdout

    def test_bad_settings_are_reported_as_everywhere(self, checkout: Path) -> None:
        (checkout / "environments" / "dev.toml").write_text('bucket_name = "Bad_Name"\n')
        done = run_ops(checkout, "preflight", "dev")
        (line,) = done.stderr.splitlines()
        assert (done.returncode, done.stdout) == (1, "")
        assert line.startswith("Error: environments/dev.toml: bucket_name: must ")
