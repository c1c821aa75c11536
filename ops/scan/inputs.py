"""What a scan judges: the synthesized JSON of every stack, and Terraform's plans of the storage stacks."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.embedded.aws import EmbeddedAws
from ops.scan.checkov import Source
from ops.scan.processes import Job, run_together
from ops.shared.checkout import load_settings
from ops.shared.errors import OpsError
from ops.shared.process import check
from ops.shared.toolchain import ROOT, SYNTHESIZE, tool_environment
from settings import resource_names
from settings.model import Settings

PLANNED = ("dev", "prod")
"""The environments whose storage stacks are planned: an unprotected and a protected environment."""

# Well below what is found today, and far above nothing: where Checkov cannot
# read its input, it finds nothing and exits with 0.
JSON_FLOOR, PLAN_FLOOR, APPLIED_FLOOR = 18, 24, 40


@dataclass(frozen=True)
class _Deployment:
    stack: str
    settings: Settings
    folder: Path
    aws: EmbeddedAws
    env: dict[str, str]


def scan_inputs(aws: EmbeddedAws, folder: Path, log: Path) -> list[Source]:
    """Synthesize every environment, plan and apply PLANNED in `aws`, and return the results.

    Args:
        aws: where the storage stacks are deployed to.
        folder: an empty folder, for what this makes.
        log: the file that the tools' output goes to.

    Raises:
        OpsError: the settings are wrong, or a tool failed.
    """
    env = aws.environment(tool_environment())
    env.pop("ENVIRONMENT_SUFFIX", None)
    environments = load_settings(env)
    out = folder / "out"
    check(SYNTHESIZE, env=env | {"CDKTF_OUTDIR": str(out)}, cwd=ROOT, log=log)
    sources = [
        Source(stack.name.removeprefix(resource_names.STACK_PREFIX), "terraform_json", stack, JSON_FLOOR)
        for stack in sorted((out / "stacks").iterdir())
    ]
    planned = []
    for settings in environments:
        if settings.environment in PLANNED:
            stack = resource_names.storage_stack(settings.environment)
            place = folder / "plans" / stack
            shutil.copytree(out / "stacks" / stack, place)
            # The state bucket does not exist here, and where the state lies does not change the plan.
            (place / "backend_override.tf.json").write_text('{"terraform": {"backend": {"local": {}}}}')
            own = aws.of_account(settings.account_id)
            tools = tool_environment(provider_version=settings.terraform.provider_version)
            planned.append(_Deployment(stack, settings, place, own, own.environment(tools)))
    return sources + _plans(planned, log)


def _plans(planned: Sequence[_Deployment], log: Path) -> list[Source]:
    """Plan the stacks before they exist, and again once they do.

    Before, the policies that name the key's ARN are not known yet, and no
    check can judge them. Afterwards everything is known; but then the bucket
    has an empty list wherever it has no logging and no lifecycle, which
    Checkov takes for having them.
    """
    _terraform(planned, log, "init", "-input=false", "-no-color")
    sources = _plan(planned, log, "plan", PLAN_FLOOR)
    for one in planned:
        _make_roles(one.settings.access.attach_to_roles, one.aws)
    _terraform(planned, log, "apply", "-input=false", "-no-color", "-auto-approve")
    return sources + _plan(planned, log, "applied", APPLIED_FLOOR)


def _plan(planned: Sequence[_Deployment], log: Path, kind: str, floor: int) -> list[Source]:
    _terraform(planned, log, "plan", "-refresh=false", "-input=false", "-no-color", f"-out={kind}")
    sources = []
    for one in planned:
        done = subprocess.run(
            ["terraform", "show", "-json", kind],
            cwd=one.folder,
            env=one.env,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            with log.open("ab") as output:
                output.write(done.stderr)
            raise OpsError(f"`terraform show` failed for {one.stack}", f"its output is in {log}")
        path = one.folder / f"{kind}.json"
        path.write_bytes(done.stdout)
        sources.append(Source(f"{one.settings.environment} ({kind})", "terraform_plan", path, floor))
    return sources


def _terraform(planned: Sequence[_Deployment], log: Path, *arguments: str) -> None:
    statuses = run_together([Job(["terraform", *arguments], one.folder, one.env) for one in planned], log)
    for one, status in zip(planned, statuses, strict=True):
        if status != 0:
            raise OpsError(
                f"`terraform {arguments[0]}` failed for {one.stack} with exit status {status}",
                f"its output is in {log}",
            )


def _make_roles(names: Iterable[str], aws: EmbeddedAws) -> None:
    """Make the roles that the settings expect to exist."""
    iam = aws.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    for name in names:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
