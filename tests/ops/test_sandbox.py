"""The embedded AWS that stays: what survives, what is refused, and who acts in it. About 40 seconds."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.cli import ops
from ops.deploy.deploy_policy import policies_of_environment
from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws, assume
from ops.sandbox.account import ADMINISTRATOR, Account
from ops.sandbox.actor import Actor
from ops.sandbox.switch import refuse_real_credentials, variables_of
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.output_folder import local_state, outputs_file
from presign.commands import link
from settings.loading import load_environments
from settings.model import Settings
from tests.handed_out import EVERYTHING, TRUST, empty
from tests.ops.ops_support import checkout_of_ops, run_ops

import click
import pytest
from botocore.exceptions import ClientError

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("synthesized_once")]

OTHER = "444455556666"
NOT_RUNNING = "Error: the sandbox does not run; `make sandbox` starts it\n"


class Sandbox:
    """A checkout and the sandbox in it."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.folder = checkout / ".cache" / "sandbox"

    def ops(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return run_ops(self.checkout, *arguments, **variables)

    def start(self) -> str:
        """Start it; return what that printed."""
        done = self.ops("sandbox", "start")
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def error(self, *arguments: str, **variables: str) -> str:
        """Run a command that must fail; return its only line."""
        done = self.ops(*arguments, **variables)
        assert (done.returncode, done.stdout) == (1, ""), done
        return done.stderr

    @property
    def about(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "about.json").read_text())
        return found

    @property
    def process(self) -> int:
        return int((self.folder / "lock").read_text())

    @property
    def aws(self) -> EmbeddedAws:
        """It, for its root."""
        return EmbeddedAws(f"https://127.0.0.1:{self.about['port']}", self.folder / "certificate.pem")

    def variables(self, *arguments: str) -> dict[str, str]:
        """What `ops sandbox env` makes of a shell with credentials of a real account."""
        done = self.ops("sandbox", "env", "dev", *arguments)
        assert done.returncode == 0, done
        shell = subprocess.run(
            ["sh", "-c", f"{done.stdout}\nenv"],
            env={"PATH": os.environ["PATH"], "AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "real"},
            capture_output=True,
            text=True,
            check=True,
        )
        return dict(line.split("=", 1) for line in shell.stdout.splitlines())


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, with the words that call it."""
    for name, command in group.commands.items():
        path = (*above, name)
        yield from commands(command, *path) if isinstance(command, click.Group) else [(path, command)]


@pytest.fixture
def stopped(checkout: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(checkout)
    yield sandbox
    if sandbox.folder.exists():
        sandbox.ops("sandbox", "stop")


def started(checkout: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(checkout_of_ops(checkout))
    sandbox.start()
    yield sandbox
    assert sandbox.ops("sandbox", "stop").returncode == 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One that runs, for tests that leave its process and its data alone."""
    yield from started(tmp_path_factory.mktemp("shared") / "checkout")


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One that tests end and start again."""
    yield from started(tmp_path_factory.mktemp("another") / "a check out")


@pytest.fixture
def sandbox(another: Sandbox) -> Sandbox:
    """That one, running and empty."""
    empty(another.aws)
    return another


def fill(aws: EmbeddedAws) -> EmbeddedAws:
    """Make what Terraform and people make; return a session of a role."""
    s3, kms, iam = aws.client("s3"), aws.client("kms"), aws.client("iam")
    key = kms.create_key(Description="the data's", Tags=[{"TagKey": "Project", "TagValue": "x"}])
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyMetadata"]["KeyId"])
    s3.create_bucket(Bucket="data-bucket", ObjectLockEnabledForBucket=True)
    s3.put_bucket_tagging(Bucket="data-bucket", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    for body in (b"first", b"second"):
        s3.put_object(Bucket="data-bucket", Key="a/b.txt", Body=body, Tagging="t=1", Metadata={"m": "n"})
    s3.put_object(Bucket="data-bucket", Key="gone", Body=b"")
    s3.delete_object(Bucket="data-bucket", Key="gone")
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime(2030, 1, 1, tzinfo=UTC)}
    s3.put_object_retention(Bucket="data-bucket", Key="a/b.txt", Retention=retention)
    s3.put_object_legal_hold(Bucket="data-bucket", Key="a/b.txt", LegalHold={"Status": "ON"})
    role = iam.create_role(RoleName="team", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="team", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    return assume(aws, role)


def seen(aws: EmbeddedAws, session: EmbeddedAws) -> list[Any]:
    """Return all of it, as AWS answers."""
    s3, kms, iam = aws.client("s3"), aws.client("kms"), aws.client("iam")
    place = {"Bucket": "data-bucket", "Key": "a/b.txt"}
    listed = s3.list_object_versions(Bucket="data-bucket")
    bodies = [
        s3.get_object(**place, VersionId=one["VersionId"])["Body"].read() for one in listed["Versions"][:2]
    ]
    answers = [
        listed,
        s3.head_object(**place),
        s3.get_object_tagging(**place),
        s3.get_object_retention(**place),
        s3.get_object_legal_hold(**place),
        s3.get_bucket_tagging(Bucket="data-bucket"),
        s3.get_object_lock_configuration(Bucket="data-bucket"),
        kms.describe_key(KeyId="alias/data"),
        kms.list_aliases(),
        iam.get_role(RoleName="team"),
        iam.get_role_policy(RoleName="team", PolicyName="all"),
        session.client("sts").get_caller_identity(),
    ]
    for answer in answers:
        del answer["ResponseMetadata"]
    return [*answers, bodies]


@pytest.mark.parametrize("end", ["stop", "kill -9"])
def test_all_that_is_in_it_and_every_link_survive_its_process(sandbox: Sandbox, end: str) -> None:
    session = fill(sandbox.aws)
    before, endpoint = seen(sandbox.aws, session), sandbox.aws.endpoint
    params = {"Bucket": "data-bucket", "Key": "a/b.txt"}
    link = session.client("s3").generate_presigned_url("get_object", Params=params)
    if end == "stop":
        assert sandbox.ops("sandbox", "stop").stdout == "✓ the sandbox is stopped; its data stays\n"
        # It ended by itself, although this process keeps connections to it.
        assert "MiniStack shutting down" in (sandbox.folder / "log").read_text()
    else:
        os.kill(sandbox.process, signal.SIGKILL)
    assert sandbox.error("plan", "dev", SANDBOX="1") == NOT_RUNNING
    assert "with its data\n" in sandbox.start()
    assert sandbox.aws.endpoint == endpoint
    assert seen(sandbox.aws, session) == before
    trusting = sandbox.aws.environment({"PATH": os.environ["PATH"]})
    got = subprocess.run(["curl", "-qsS", "--fail", link], env=trusting, capture_output=True, check=True)
    assert got.stdout == b"second"


def test_it_listens_on_127_0_0_1_alone_and_runs_once(shared: Sandbox) -> None:
    process, port = shared.process, shared.about["port"]
    assert "it runs already" in shared.start()
    assert (shared.process, shared.about["port"]) == (process, port)
    with socket.socket() as other:  # were it listening on every address, this would fail
        other.bind(("127.0.0.2", port))


def test_its_files_are_the_user_s_alone(shared: Sandbox) -> None:
    assert shared.folder.stat().st_mode & 0o077 == 0


def test_it_is_in_no_terminal_s_session(shared: Sandbox) -> None:
    assert os.getsid(shared.process) == shared.process


def test_two_checkouts_have_two_sandboxes(shared: Sandbox, sandbox: Sandbox) -> None:
    shared.aws.client("s3").create_bucket(Bucket="of-the-first")
    assert sandbox.about["port"] != shared.about["port"]
    assert sandbox.aws.client("s3").list_buckets()["Buckets"] == []


def test_a_port_that_another_program_took_is_replaced(sandbox: Sandbox) -> None:
    sandbox.aws.client("s3").create_bucket(Bucket="data-bucket")
    port = sandbox.about["port"]
    sandbox.ops("sandbox", "stop")
    with socket.create_server(("127.0.0.1", port)):
        assert f"another program has its port {port}, so older links do not work" in sandbox.start()
        assert sandbox.about["port"] != port
    assert [one["Name"] for one in sandbox.aws.client("s3").list_buckets()["Buckets"]] == ["data-bucket"]


def test_another_program_on_its_port_is_not_taken_for_it(shared: Sandbox) -> None:
    about = shared.about
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            text = json.dumps(about | {"port": server.getsockname()[1]})
            (shared.folder / "about.json").write_text(text)
            line = shared.error("plan", "dev", SANDBOX="1")
    finally:
        (shared.folder / "about.json").write_text(json.dumps(about))
    assert line.startswith("Error: the sandbox does not answer, see .cache/sandbox/log; `make sandbox-stop`,")


def test_data_of_another_version_is_not_read(sandbox: Sandbox) -> None:
    sandbox.ops("sandbox", "stop")
    (sandbox.folder / "about.json").write_text(json.dumps(sandbox.about | {"ministack": "1.0.0"}))
    line = sandbox.error("sandbox", "start")
    assert re.match(r"Error: the sandbox's data is of MiniStack 1\.0\.0, but [0-9.]+ is installed; ", line)
    assert "make sandbox-stop ARGS=--delete-data" in line
    assert sandbox.ops("sandbox", "stop", "--delete-data").stdout == (
        "✓ the sandbox did not run; its data is deleted\n"
    )
    assert "it is empty" in sandbox.start()


def test_a_process_that_has_its_id_by_now_is_not_ended(stopped: Sandbox) -> None:
    stopped.folder.mkdir(parents=True)
    with subprocess.Popen(["sleep", "100"]) as other:
        (stopped.folder / "lock").write_text(str(other.pid))
        assert stopped.ops("sandbox", "stop").stdout == "✓ the sandbox did not run; it has no data\n"
        assert other.poll() is None
        other.kill()


def test_to_stop_what_never_ran_changes_nothing(stopped: Sandbox) -> None:
    done = stopped.ops("sandbox", "stop")
    assert (done.returncode, done.stdout) == (0, "✓ the sandbox did not run; it has no data\n")
    assert not stopped.folder.exists()


def test_without_it_a_command_says_how_to_start_it(stopped: Sandbox) -> None:
    assert stopped.error("deploy", "dev", SANDBOX="1") == NOT_RUNNING


def test_each_command_acts_as_who_runs_it_in_a_real_account() -> None:
    of_an_environment = {
        " ".join(path): getattr(command.callback, "actor", None)
        for path, command in commands(ops)
        if path[0] != "ci"
        and any(isinstance(one, click.Argument) and one.name == "environment" for one in command.params)
    }
    by = {
        actor: {name for name, found in of_an_environment.items() if found is actor}
        for actor in (Actor.ADMINISTRATOR, Actor.DEPLOYER, None)
    }
    assert by == {
        Actor.ADMINISTRATOR: {
            *("bootstrap", "ci-roles", "drift", "recover", "scan-existing", "teardown"),
            *("state versions", "state restore"),
        },
        Actor.DEPLOYER: {"preflight", "plan", "deploy", "destroy", "reviewed plan", "reviewed deploy"},
        None: {"new", "prove", "deploy-policy", "sandbox env"},
    }


@pytest.mark.parametrize(
    "name",
    [
        *("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN"),
        *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ENDPOINT_URL"),
    ],
)
def test_credentials_of_another_aws_are_refused(name: str) -> None:
    with pytest.raises(OpsError) as caught:
        refuse_real_credentials({name: "real", "AWS_REGION": "eu-west-1"})
    assert str(caught.value) == (
        f"SANDBOX=1 uses the sandbox, but {name} would use another AWS; "
        f"`unset {name}`, or leave out SANDBOX=1"
    )


def test_its_own_variables_are_not_refused(shared: Sandbox) -> None:
    own = {
        name: value
        for name, value in shared.variables("--as", "administrator").items()
        if name.startswith("AWS_")
    }
    done = shared.ops("sandbox", "env", "dev", "--as", "administrator", **own, SANDBOX="1")
    assert done.returncode == 0, done


def test_the_shell_of_a_data_team_keeps_nothing_that_points_elsewhere(shared: Sandbox) -> None:
    elsewhere = {
        "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    }
    done = shared.ops("sandbox", "env", "dev", "--as", "administrator", **elsewhere)
    unset = done.stdout.splitlines()[0].split()
    assert unset[0] == "unset"
    assert elsewhere.keys() <= set(unset)
    assert "AWS_ACCESS_KEY_ID" not in unset


def test_another_value_than_1_is_refused(stopped: Sandbox) -> None:
    assert (
        stopped.error("plan", "dev", SANDBOX="yes") == 'Error: SANDBOX must be 1, or not set; it is "yes"\n'
    )


def test_the_commands_of_ci_refuse_it(stopped: Sandbox) -> None:
    assert stopped.error("ci", "environments", SANDBOX="1").startswith(
        "Error: the commands of CI cannot use the sandbox; leave out SANDBOX=1"
    )


def test_a_region_that_it_does_not_know_is_refused(shared: Sandbox) -> None:
    (shared.checkout / "environments" / "china.toml").write_text('region = "cn-north-1"\n')
    try:
        line = shared.error("preflight", "china", SANDBOX="1")
    finally:
        (shared.checkout / "environments" / "china.toml").unlink()
    assert line == (
        "Error: the sandbox has no cn-north-1: it knows the partition aws only; "
        "choose another region in environments/china.toml\n"
    )


def test_a_shell_gets_the_credentials_of_a_role_and_nothing_of_the_user_s(shared: Sandbox) -> None:
    found = shared.variables("--as", "administrator")
    assert found["AWS_ENDPOINT_URL"] == shared.aws.endpoint
    assert found["AWS_SESSION_TOKEN"] != "real"
    assert "AWS_PROFILE" not in found
    left = datetime.fromisoformat(found["AWS_CREDENTIAL_EXPIRATION"]) - datetime.now(UTC)
    assert 11 * 3600 < left.total_seconds() <= 12 * 3600


def test_scripts_for_python_trust_it_in_the_shell_that_it_prints(shared: Sandbox) -> None:
    trusting = shared.variables("--as", "administrator")
    url = shared.aws.client("sts").generate_presigned_url("get_caller_identity")
    script = link("python", "GET", url, {}, os.devnull)
    for variables, code in ((trusting, 0), (trusting | {"SSL_CERT_FILE": os.devnull}, 1)):
        done = subprocess.run(
            [sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "CERTIFICATE_VERIFY_FAILED" in done.stderr) == (code, bool(code))


def test_a_data_team_is_known_once_there_is_a_deploy(shared: Sandbox) -> None:
    assert shared.error("sandbox", "env", "dev") == (
        "Error: dev is not deployed in the sandbox; `make deploy ENV=dev SANDBOX=1` does that\n"
    )


def test_nothing_is_made_for_a_misspelt_name(shared: Sandbox) -> None:
    refusal = (
        "Error: prodd has no file of its own: it is ephemeral, made from environments/dev.toml; did you mean "
        '"prod"? Those with a file are dev, prod, staging. If not, make bootstrap ENV=prodd SANDBOX=1\n'
    )
    assert shared.error("sandbox", "env", "prodd") == refusal
    assert shared.error("plan", "prodd", SANDBOX="1") == refusal
    roles = [one["RoleName"] for one in shared.aws.client("iam").list_roles()["Roles"]]
    assert [name for name in roles if "prodd" in name] == []
    assert shared.ops("sandbox", "env", "prodd", "--as", "administrator").returncode == 0, "who bootstraps it"


def test_a_message_names_the_commands_for_the_sandbox(shared: Sandbox) -> None:
    done = shared.ops("drift", "other", SANDBOX="1")
    assert done.stderr.splitlines()[-1] == (
        "Error: other is not bootstrapped: there is no state bucket secure-other-terraform-state; make "
        "bootstrap ENV=other SANDBOX=1 first. Those with a file are dev, prod, staging."
    )


def test_a_command_says_where_it_works_and_as_whom(shared: Sandbox) -> None:
    done = shared.ops("state", "versions", "dev", SANDBOX="1")
    role = "arn:aws:sts::000000000000:assumed-role/sandbox-administrator/sandbox"
    assert done.stderr.splitlines()[0] == f"Sandbox: {shared.aws.endpoint}, as {role}"


def settings(text: str, folder: Path) -> Settings:
    folder.mkdir()
    (folder / "dev.toml").write_text(text)
    (found,) = load_environments(folder, {})
    return found


def test_the_deploying_role_has_the_deploy_policy_and_nothing_else(shared: Sandbox) -> None:
    aws = Account(shared.aws, settings_of("dev", {})).deployer()
    iam, role = shared.aws.client("iam"), "sandbox-deploy-dev"
    held = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    assert held == policies_of_environment("dev", account=ACCOUNT_ID, read_only=False)
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="secure-dev-data-bucket")
    s3.delete_bucket(Bucket="secure-dev-data-bucket")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.create_bucket(Bucket="secure-dev-terraform-state")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("iam").create_user(UserName="mallory")


def test_a_policy_that_is_not_wanted_any_more_is_taken_away(shared: Sandbox) -> None:
    account, iam = Account(shared.aws, settings_of("dev", {})), shared.aws.client("iam")
    account.administrator()
    iam.put_role_policy(RoleName=ADMINISTRATOR, PolicyName="sandbox-1", PolicyDocument=json.dumps(EVERYTHING))
    account.administrator()
    assert iam.list_role_policies(RoleName=ADMINISTRATOR)["PolicyNames"] == ["sandbox-everything"]


def test_a_policy_that_another_process_took_away_first_is_no_error(
    shared: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(shared.aws, settings_of("dev", {}))
    account.administrator()
    gone = {"PolicyNames": ["sandbox-0", "sandbox-everything"]}
    monkeypatch.setattr(account._iam, "list_role_policies", lambda **_: gone)
    assert account.administrator().client("sts").get_caller_identity()["Account"] == ACCOUNT_ID


def test_a_role_that_deploys_several_environments_has_the_policies_of_each(
    shared: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deploy of several runs side by side: one must not take the rights of the other away."""
    monkeypatch.setattr(
        "ops.sandbox.account.policies_of_environment", lambda *_, **__: [EVERYTHING, EVERYTHING]
    )
    folder, iam = tmp_path / "environments", shared.aws.of_account(OTHER).client("iam")
    folder.mkdir()
    # One of them has a name that begins with what the policies of the other are called.
    for name in ("dev", "dev-policy-1"):
        text = f'account_id = "{OTHER}"\naccess.deploy_role = "arn:aws:iam::{OTHER}:role/both"\n'
        (folder / f"{name}.toml").write_text(text)
    one, other = (Account(shared.aws, settings) for settings in load_environments(folder, {}))
    one.deployer()
    iam.put_role_policy(
        RoleName="both", PolicyName="sandbox-dev-policy-2", PolicyDocument=json.dumps(EVERYTHING)
    )
    iam.put_role_policy(RoleName="both", PolicyName="sandbox-0", PolicyDocument=json.dumps(EVERYTHING))
    other.deployer()
    one.deployer()
    assert sorted(iam.list_role_policies(RoleName="both")["PolicyNames"]) == [
        f"sandbox-{name}-policy-{number}" for name in ("dev", "dev-policy-1") for number in (0, 1)
    ]


def test_a_data_team_has_the_managed_policy_and_nothing_else(shared: Sandbox) -> None:
    for name in ("for-the-team", "for-nobody"):
        shared.aws.client("s3").create_bucket(Bucket=name)
    one = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::for-the-team"}
    made = shared.aws.client("iam").create_policy(
        PolicyName="SecureS3Access-dev",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": one}),
    )
    s3 = Account(shared.aws, settings_of("dev", {})).data_team().client("s3")
    s3.list_objects_v2(Bucket="for-the-team")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket="for-nobody")
    # As no role holds it, a destroy can delete it.
    shared.aws.client("iam").delete_policy(PolicyArn=made["Policy"]["Arn"])


def test_roles_that_the_settings_name_are_made_once(shared: Sandbox, tmp_path: Path) -> None:
    text = """
        account_id = "111122223333"
        [access]
        deploy_role = "arn:aws:iam::111122223333:role/ci/deploy"
        attach_to_roles = ["etl"]
        principals = [
            "arn:aws:iam::111122223333:role/etl",
            "arn:aws:iam::111122223333:role/ci/deploy",
            "arn:aws:iam::111122223333:user/ada",
        ]
    """
    account = Account(shared.aws, settings(text, tmp_path / "environments"))
    assert account.make_named_roles() == ["etl", "ci/deploy"]
    assert account.make_named_roles() == []
    roles = account.root.client("iam").list_roles()["Roles"]
    assert {one["Arn"] for one in roles} == {
        "arn:aws:iam::111122223333:role/etl",
        "arn:aws:iam::111122223333:role/ci/deploy",
    }
    identity = account.administrator().client("sts").get_caller_identity()
    assert identity["Account"] == "111122223333"


def test_its_states_and_outputs_lie_apart_from_real_ones(
    shared: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = variables_of(shared.aws, {"AWS_REGION": "eu-west-1", "CDKTF_OUTPUT": "mine", "SANDBOX": "1"})
    assert env["AWS_REGION"] == "eu-west-1"
    assert local_state("any", env).parts[-3:-1] == (".cache", "sandbox")
    monkeypatch.delenv("SANDBOX", raising=False)
    assert outputs_file("dev") == "outputs.dev.json"
    monkeypatch.setenv("SANDBOX", "1")
    assert (outputs_file("dev"), outputs_file("dev", ".ci")) == (
        "outputs.dev.sandbox.json",
        "outputs.dev.ci.sandbox.json",
    )
