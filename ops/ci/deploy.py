"""Deploys exactly the approved plan of the main branch."""

import json

from ops.ci.apply import advice, laid_out, outputs_of, storage_stack
from ops.ci.comment import own_comment
from ops.ci.git import revision
from ops.ci.github import github
from ops.ci.label import LABEL, NOT_ALLOWED, label_problem
from ops.ci.manifest import CONFIGURATION, PLAN, Manifest, require_for, require_fresh
from ops.ci.merged import DEPLOYED_COMMIT, commit_record
from ops.ci.reviewed_plan import DEPLOYED, state_version, terraform_version
from ops.ci.store import PlanStore
from ops.deploy.locked_objects import refuse_locked_in_what_goes
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.output_folder import outputs_file
from ops.shared.terraform import Stack
from ops.shared.toolchain import ROOT
from ops.state.emergency_copy import alone_in_output_folder, emergency_copies
from ops.state.state_check import note_way_back, refuse_lost_state
from review.model import DANGEROUS
from settings.model import Settings


@alone_in_output_folder()
def run_deploy(environment: str, *, digest: str, allowed: bool) -> None:
    """Deploy the stored plan, and write its outputs to `outputs.ENV.json`.

    Args:
        environment: its name.
        digest: the SHA-256 of the plan's manifest, which `ops ci plan` printed for this commit.
        allowed: deploy a dangerous plan that no label allowed.

    Raises:
        OpsError: another run works in the output folder, there is no such plan, it is altered or stale,
            nobody allowed it, a version in a bucket that would go is locked, or Terraform failed.
    """
    of = revision()
    settings = settings_of(environment)
    store = PlanStore(settings)
    stack = storage_stack(settings)
    name = stack.name
    manifest, files = store.plan(of.tree, digest)
    require_for(manifest, environment=environment, tree=of.tree)
    _require_allowed(manifest, allowed=allowed)

    refuse_lost_state(settings, name)
    refuse_locked_in_what_goes(settings, name, lambda: json.loads(files[CONFIGURATION]))
    state = state_version(settings, name)
    with laid_out(stack, files):
        require_fresh(manifest, state=state, terraform_version=terraform_version(stack))
        stack.init("-lockfile=readonly")
        note_way_back(settings, name)
        print(f"Deploying the plan {digest} of {name}, made at commit {manifest.commit}")
        _apply(stack, settings, store)
        outputs = outputs_of(stack)
    (ROOT / outputs_file(environment)).write_bytes(outputs)
    store.replace(DEPLOYED, files[CONFIGURATION])
    store.replace("deployed/outputs.json", outputs)
    store.replace(DEPLOYED_COMMIT, commit_record(manifest.commit))
    print(f"✓ deployed {name}; its outputs are in {outputs_file(environment)}")


def _require_allowed(manifest: Manifest, *, allowed: bool) -> None:
    """Raise an OpsError of status 4 where the plan is dangerous and is not allowed, or not any more."""
    if manifest.verdict != DANGEROUS or allowed:
        return
    start = f"the plan of {manifest.environment} is dangerous"
    if not manifest.allowed_by:
        raise OpsError(
            start, f"--allow-destroy deploys it, as the label {LABEL} does on GitHub", status=NOT_ALLOWED
        )
    repository = github()
    for number in manifest.allowed_by:
        comment = own_comment(repository.comments(number), manifest.environment)
        problem = f"pull request {number} has lost its comment"
        if comment is not None:
            problem = label_problem(repository, number, comment.written) or ""
        if problem:
            raise OpsError(f"{start}, and {problem}", status=NOT_ALLOWED)


def _apply(stack: Stack, settings: Settings, store: PlanStore) -> None:
    try:
        stack.apply(PLAN)
    except BaseException as error:
        saved = _saved_copies(stack.name, store)
        if not isinstance(error, OpsError):
            raise
        raise OpsError(str(error), f"{advice(settings, stack.name)}{saved}") from error


def _saved_copies(name: str, store: PlanStore) -> str:
    """Store emergency copies of the state in the bucket, too: a CI machine is soon deleted."""
    said = ""
    for copy in emergency_copies(name):
        try:
            store.keep(f"deployed/errored/{copy.name}", copy.read_bytes())
            said += f"; it is also stored in {store.url(f'deployed/errored/{copy.name}')}"
        except OpsError as error:
            said += f"; save that file before this machine is gone: {error}"
    return said
