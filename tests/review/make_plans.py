"""Make the corpus in `plans/`: real plans, by the real Terraform, on the embedded AWS.

    make review-plans                 # all of them
    make review-plans ARGS=drift      # only those whose name begins so

Three stacks are deployed once: ours, ours made weak, and `corpus_extras`, which holds what ours
does not have. Every plan is then what Terraform plans for another description of one of them.
"""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.process import unwind_on_signals
from ops.shared.toolchain import CACHE, tool_environment
from settings.loading import load_environments
from settings.problems import SettingsError
from stacks.app import build
from tests.review import corpus_extras
from tests.review.corpus import CASES, LENIENT, STRICT, Case, Configuration, Settings

import boto3

PLANS = Path(__file__).parent / "plans"
ACCOUNT = "111122223333"
# Where state lies is no matter here; and 127.0.0.1 has no host names of buckets below it.
OVERRIDE = {"terraform": {"backend": {"local": {}}}, "provider": {"aws": {"s3_use_path_style": True}}}


class TerraformFailedError(Exception):
    """What Terraform said."""


@dataclass(frozen=True)
class Deployment:
    """A folder in which Terraform runs, and how."""

    folder: Path
    env: dict[str, str]

    def terraform(self, *arguments: str) -> str:
        """Run Terraform; return what it printed."""
        done = self._run(arguments)
        # A plan that `prevent_destroy` forbids is a plan, too: one with "errored".
        if done.returncode != 0 and "Instance cannot be destroyed" not in done.stderr:
            raise TerraformFailedError(f"terraform {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout

    def failing(self, *arguments: str) -> str:
        """Run Terraform, which is to fail; return its errors."""
        return self._run(arguments).stderr

    def _run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def s3(self) -> Any:
        """Return an S3 client for the embedded AWS."""
        return boto3.client(
            "s3",
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="test",
        )

    def describe(self, configuration: Configuration) -> None:
        """Make `configuration` what Terraform reads."""
        (self.folder / "cdk.tf.json").write_text(json.dumps(configuration), encoding="utf-8")

    def plan(self, *arguments: str) -> dict[str, Any]:
        """Plan; return the plan's JSON."""
        self.terraform("plan", "-input=false", "-out=plan", *arguments)
        plan: dict[str, Any] = json.loads(self.terraform("show", "-json", "plan"))
        return plan


def synthesized(settings: Settings, folder: Path) -> Configuration:
    """Return the synthesized JSON of our storage stack with these settings."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        environments, out = Path(temporary, "environments"), Path(temporary, "out")
        environments.mkdir()
        (environments / f"{settings.environment}.toml").write_text(settings.toml, encoding="utf-8")
        build(load_environments(environments, {}), outdir=str(out)).synth()
        stack = out / "stacks" / f"secure-storage-{settings.environment}" / "cdk.tf.json"
        configuration: Configuration = json.loads(stack.read_bytes())
        return configuration


def trimmed(plan: dict[str, Any]) -> dict[str, Any]:
    """Return what a review needs of a plan: without the state before it and the whole configuration."""
    kept = {
        name: value
        for name, value in plan.items()
        if name
        not in (
            "planned_values",
            "prior_state",
            "configuration",
            "relevant_attributes",
            "timestamp",
            "checks",
        )
    }
    for changes in ("resource_changes", "resource_drift"):
        for change in kept.get(changes, []):
            change.pop("provider_name", None)
    # Which variables are sensitive, and which account is ours, stands nowhere else.
    configuration = plan["configuration"]
    provider = configuration.get("provider_config", {}).get("aws", {}).get("expressions", {})
    kept["configuration"] = {
        "provider_config": {
            "aws": {"expressions": {k: v for k, v in provider.items() if k == "allowed_account_ids"}}
        },
        "root_module": {"variables": configuration["root_module"].get("variables", {})},
    }
    return kept


def write(
    name: str, plan: dict[str, Any], configurations: tuple[Configuration, Configuration] | None
) -> None:
    """Write a plan, and where a case compares them, the deployed and the new configuration."""
    text = json.dumps(trimmed(plan), indent=1, sort_keys=True) + "\n"
    (PLANS / f"{name}.json").write_text(text, encoding="utf-8")
    if configurations is not None:
        for kind, configuration in zip(("deployed", "synthesized"), configurations, strict=True):
            text = json.dumps(configuration, indent=1, sort_keys=True) + "\n"
            (PLANS / f"{name}.{kind}.tf.json").write_text(text, encoding="utf-8")


@contextlib.contextmanager
def deployed(name: str, configuration: Configuration, aws: EmbeddedAws, folder: Path) -> Iterator[Deployment]:
    """Deploy a configuration, in a folder of its own."""
    env = {**aws.environment(tool_environment()), "AWS_ACCESS_KEY_ID": ACCOUNT, "TF_CLI_ARGS": "-no-color"}
    deployment = Deployment(folder / name, env)
    deployment.folder.mkdir()
    (deployment.folder / "test_override.tf.json").write_text(json.dumps(OVERRIDE), encoding="utf-8")
    deployment.describe(configuration)
    print(f"deploying {name}", flush=True)
    deployment.terraform("init", "-input=false")
    if name != "empty":
        deployment.terraform("apply", "-input=false", "-auto-approve")
    yield deployment


def make(case: Case, deployment: Deployment, before: Configuration, after: Configuration) -> None:
    """Make the plan of one case."""
    print(f"  {case.name}", flush=True)
    deployment.describe(after)
    arguments = case.arguments if case.outside else ("-refresh=false", *case.arguments)
    with case.outside(deployment) if case.outside else contextlib.nullcontext():
        plan = deployment.plan(*arguments)
    write(case.name, plan, (before, after) if case.compares else None)


def main(prefixes: list[str]) -> None:
    """Make every plan whose name begins with one of `prefixes`, or all without any."""
    unknown = [one for one in prefixes if not any(case.name.startswith(one) for case in CASES)]
    if unknown:
        names = "the names are in tests/review/corpus.py"
        sys.exit(f"Error: no plan's name begins with {', '.join(unknown)}; {names}")
    unwind_on_signals()
    failed: list[str] = []
    wanted = [case for case in CASES if not prefixes or case.name.startswith(tuple(prefixes))]
    if not prefixes:
        shutil.rmtree(PLANS, ignore_errors=True)
    PLANS.mkdir(exist_ok=True)
    CACHE.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="secure-s3-plans-")))
        aws = stack.enter_context(embedded_aws(CACHE / "review-plans.log"))
        strict = synthesized(STRICT, folder)
        bases: dict[str, Configuration] = {
            "empty": strict,
            "strict": strict,
            "lenient": synthesized(LENIENT, folder),
            "extras": corpus_extras.BASE,
        }
        bases["lenient"] = corpus_extras.weakened(bases["lenient"])
        for name, base in bases.items():
            cases = [case for case in wanted if case.base == name]
            if not cases:
                continue
            with deployed(name, base, aws, folder) as deployment:
                for case in cases:
                    try:
                        described = synthesized(case.settings, folder) if case.settings else base
                        make(case, deployment, base, case.changed(described))
                    except (TerraformFailedError, SettingsError) as error:
                        failed.append(case.name)
                        print(f"{case.name}: {error}", file=sys.stderr)
    if failed:
        sys.exit(f"Error: no plan of {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
