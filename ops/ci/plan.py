"""Plans an environment once, and stores the plan for the deploy."""

import json
import shutil
from pathlib import Path

from ops import preflight
from ops.ci.git import Revision, revision
from ops.ci.manifest import (
    COMMENT,
    CONFIGURATION,
    FILES,
    LOCK,
    MANIFEST,
    PLAN,
    REVIEW,
    Manifest,
    StateVersion,
    require_unaltered,
    sha256,
)
from ops.ci.store import PlanStore
from ops.errors import OpsError
from ops.object_lock import refuse_changed_object_lock
from ops.remote_state import DamagedStateError, RemoteState
from ops.state_check import refuse_lost_state
from ops.terraform import Stack, synthesized
from ops.toolchain import ROOT
from review.build import review
from review.model import Review
from review.plan import parse_object, read_plan
from review.render.as_json import as_json
from review.render.markdown import LIMIT, markdown
from stacks.settings import Settings

DEPLOYED = f"deployed/{CONFIGURATION}"
"""The configuration that was deployed last, in the store."""

FOOTER = 500
"""Characters of the comment that are left for what `ops ci comment` adds."""


def plan_folder(environment: str) -> Path:
    """Return where the plan of an environment lies."""
    return ROOT / "ci-plan" / environment


def run_plan(environment: str, *, marker: str, checked: bool) -> None:
    """Plan an environment, and store the plan with its review in `ci-plan/` and in the state bucket.

    Args:
        environment: its name.
        marker: the hidden text by which its comment is found again.
        checked: run the preflight first.

    Raises:
        OpsError: something is not committed, a check failed, or Terraform did.
    """
    of = revision()
    if checked:
        preflight.require(environment, read_only=True)
    with synthesized(environment) as (settings, stacks):
        stack = stacks[f"secure-storage-{environment}"]
        store = PlanStore(settings)
        refuse_lost_state(settings, stack.name)
        refuse_changed_object_lock(settings, stack.name)
        manifest, files, result = _plan(stack, settings, store, of, marker)
    folder = plan_folder(environment)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # It holds the state.
    folder.chmod(0o700)
    for name, body in files.items():
        (folder / name).write_bytes(body)
    (folder / MANIFEST).write_bytes(manifest.to_bytes())
    where = store.keep_plan(manifest, files)
    print(f"{result.headline}\n✓ planned {stack.name} at {of.commit}: {where}/")


def _plan(
    stack: Stack, settings: Settings, store: PlanStore, of: Revision, marker: str
) -> tuple[Manifest, dict[str, bytes], Review]:
    before = state_version(settings, stack.name)
    stack.init()
    # No lock, as a role that only reads may not take one: what changes meanwhile makes the plan stale.
    stack.terraform("plan", "-input=false", "-lock=false", f"-out={PLAN}")
    if state_version(settings, stack.name) != before:
        raise OpsError(f"the state of {stack.name} changed while it was planned: plan again")
    files = {name: (stack.folder / name).read_bytes() for name in (PLAN, CONFIGURATION, LOCK)}
    result = review_of(stack, files[CONFIGURATION], store.read(DEPLOYED))
    files[COMMENT] = markdown(result, marker=marker, limit=LIMIT - FOOTER).encode()
    files[REVIEW] = as_json(result).encode()
    manifest = Manifest(
        environment=settings.environment,
        stack=stack.name,
        commit=of.commit,
        tree=of.tree,
        state=before,
        terraform_version=terraform_version(stack),
        verdict=result.verdict,
        files={name: sha256(files[name]) for name in FILES},
    )
    return manifest, files, result


def state_version(settings: Settings, stack: str) -> StateVersion:
    """Return which version of the state there is now.

    Raises:
        DamagedStateError: it is damaged, or was deleted.
    """
    try:
        return StateVersion.of(RemoteState(settings, stack).read())
    except DamagedStateError:
        raise
    except OpsError:
        # CI's roles may not list the versions of a state, which tells one that was deleted from none. What
        # else can be wrong with it, Terraform says itself.
        return StateVersion()


def review_of(stack: Stack, configuration: bytes, deployed: bytes | None) -> Review:
    """Return the review of the plan in the stack's folder; `deployed` is the configuration before it."""
    plan = read_plan(stack.terraform("show", "-json", PLAN).stdout.encode(), PLAN)
    if deployed is None:
        return review(plan)
    return review(
        plan,
        synthesized=parse_object(configuration, CONFIGURATION),
        deployed=parse_object(deployed, DEPLOYED),
    )


def terraform_version(stack: Stack) -> str:
    """Return the version of Terraform, such as `1.11.4`."""
    return str(json.loads(stack.terraform("version", "-json").stdout)["terraform_version"])


def made_plan(environment: str) -> tuple[Manifest, str]:
    """Return the manifest of the plan in `ci-plan/`, and the text of its comment.

    Raises:
        OpsError: there is none, or it is not as it was made.
    """
    folder = plan_folder(environment)
    try:
        manifest = Manifest.parse((folder / MANIFEST).read_bytes())
        files = {name: (folder / name).read_bytes() for name in FILES}
    except FileNotFoundError as error:
        raise OpsError(f"there is no plan of {environment} yet: make ci-plan ENV={environment}") from error
    require_unaltered(manifest, files)
    return manifest, files[COMMENT].decode()
