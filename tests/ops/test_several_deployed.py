"""Several environments deployed, planned and compared at once, with real Terraform on an embedded AWS.

About a minute and a half in all on two idle cores.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.environments import RELAXED
from ops.demo.own_checkout import make_checkout
from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.toolchain import tool_environment

import pytest

pytestmark = pytest.mark.slow

RUN_SECONDS = 600
LATE = ("late-1", "late-2")
"""Two more, which a test interrupts."""


@dataclass(frozen=True)
class Team:
    """Two bootstrapped environments and one that is not, in a checkout of their own."""

    aws: EmbeddedAws
    checkout: Path

    @property
    def s3(self) -> Any:
        return self.aws.client("s3")

    def ops(self, *arguments: str) -> tuple[int, dict[str, list[str]], str]:
        """Run `python -m ops` for `team-*`; return its status, its rows without the time, and its output."""
        done = subprocess.run(
            [sys.executable, "-m", "ops", arguments[0], "team-*", *arguments[1:]],
            cwd=self.checkout,
            env={**self.aws.environment(tool_environment()), "JOBS": "2"},
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )
        cells = [re.split(" {2,}", line, maxsplit=3) for line in done.stdout.splitlines()]
        rows = {one[0]: [one[1], *one[3:]] for one in cells if one[0].startswith("team-") and len(one) > 2}
        return done.returncode, rows, done.stdout + done.stderr

    def states(self, name: str) -> list[str]:
        """The keys in the bucket of a state: the state, and its lock."""
        listed = self.s3.list_objects_v2(Bucket=f"secure-{name}-terraform-state")
        return [one["Key"] for one in listed.get("Contents", [])]

    def versioning(self, name: str) -> str:
        return str(self.s3.get_bucket_versioning(Bucket=f"secure-{name}-data-bucket")["Status"])


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("several")
    checkout = make_checkout(folder / "checkout")
    dev = RELAXED + (checkout / "environments" / "dev.toml").read_text()
    with embedded_aws(folder / "aws.log") as aws:
        for name in ("team-1", "team-2", "team-3", *LATE):
            (checkout / "environments" / f"{name}.toml").write_text(dev)
            if name != "team-3":
                # What bootstrap adds to it has its own tests, and takes half a minute for each.
                aws.client("s3").create_bucket(Bucket=f"secure-{name}-terraform-state")
        yield Team(aws, checkout)


NOT_BOOTSTRAPPED = [
    "✗ failed",
    "team-3 is not bootstrapped: there is no state bucket secure-team-3-terraform-state; "
    "make bootstrap ENV=team-3 first",
]


def test_two_are_deployed_at_once_and_the_third_is_named(team: Team) -> None:
    status, rows, printed = team.ops("deploy", "--no-preflight", "--auto-approve")
    assert status == 1, printed
    assert {name: one[0] for name, one in rows.items()} == {
        "team-1": "✓ deployed",
        "team-2": "✓ deployed",
        "team-3": "✗ failed",
    }, printed
    assert rows["team-3"] == NOT_BOOTSTRAPPED
    assert "Deploy team-1, team-2? yes (--auto-approve)" in printed
    for name in ("team-1", "team-2"):
        outputs = json.loads((team.checkout / f"outputs.{name}.json").read_text())
        assert outputs[f"secure-storage-{name}"]["S3BucketName"] == f"secure-{name}-data-bucket"
        assert team.versioning(name) == "Enabled"
        folder = team.checkout / "cdktf.out" / "several" / name / "stacks" / f"secure-storage-{name}"
        assert (folder / "cdk.tf.json").exists()
        assert not (folder / "plan.tfplan").exists()
        assert team.states(name) == [f"secure-storage-{name}/terraform.tfstate"]


def test_what_was_changed_by_hand_is_seen_in_the_one_that_has_it(team: Team) -> None:
    team.s3.put_bucket_versioning(
        Bucket="secure-team-2-data-bucket", VersioningConfiguration={"Status": "Suspended"}
    )
    status, rows, printed = team.ops("drift", "--storage-only")
    assert (status, rows) == (
        3,
        {
            "team-1": ["✓ ok", "✓ team-1 is as it was deployed: nothing drifted."],
            "team-2": ["✗ drifted", "1 resource of team-2 drifted; 1 of the findings is dangerous."],
            "team-3": NOT_BOOTSTRAPPED,
        },
    ), printed


def test_a_dangerous_plan_is_left_out_and_what_changes_nothing_too(team: Team) -> None:
    file = team.checkout / "environments" / "team-2.toml"
    file.write_text(f'bucket_name = "another-name"\n{file.read_text()}')
    status, rows, printed = team.ops("deploy", "--no-preflight", "--auto-approve")
    assert status == 4, printed
    assert rows["team-1"] == ["\u2013 no changes", "no changes"], printed
    assert rows["team-2"][0] == "✗ dangerous: left out", printed
    assert rows["team-2"][1].startswith("dangerous. Replaces ")
    assert "yes (--auto-approve)" not in printed
    assert team.versioning("team-2") == "Suspended"
    status, rows, printed = team.ops("plan", "--review", "--fail-on", "dangerous")
    assert (status, rows["team-2"][0]) == (4, "✗ verdict"), printed


def test_ctrl_c_lets_each_terraform_save_its_state_and_release_its_lock(team: Team) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ops", "deploy", "late-*", "--no-preflight", "--auto-approve"],
        cwd=team.checkout,
        env={**team.aws.environment(tool_environment()), "JOBS": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        deadline = time.monotonic() + RUN_SECONDS
        while not all(any(key.endswith(".tflock") for key in team.states(name)) for name in LATE):
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        for _ in range(2):  # Terraform would stop at once if the second one reached it
            running.send_signal(signal.SIGINT)
            time.sleep(0.3)
        output, _ = running.communicate(timeout=RUN_SECONDS)
    assert running.returncode == 130, output
    assert output.count("✗ interrupted") >= len(LATE), output
    for name in LATE:
        assert team.states(name) in ([], [f"secure-storage-{name}/terraform.tfstate"])
    assert list(team.checkout.glob("**/errored.tfstate")) == []
