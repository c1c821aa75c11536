"""Deploys exactly the plan that was stored and reviewed for what is checked out."""

import json
import shutil

from ops.ci.comment import LABEL, own_comment, require_label, reviewed_digest
from ops.ci.git import Revision, revision
from ops.ci.github import PullRequest, github, has_github
from ops.ci.manifest import CONFIGURATION, LOCK, PLAN, Manifest, require_for, require_fresh
from ops.ci.plan import DEPLOYED, review_of, state_version, terraform_version
from ops.ci.store import PlanStore
from ops.emergency_copy import emergency_copies
from ops.errors import OpsError
from ops.output_folder import stack_folder
from ops.remote_state import RemoteState
from ops.stack_commands import checked_settings
from ops.state_check import advice_after_failure, refuse_lost_state
from ops.terraform import Stack
from ops.toolchain import ROOT, tool_environment
from review.model import DANGEROUS
from stacks.settings import Settings


def run_deploy(environment: str, *, digest: str | None, allowed: bool) -> None:
    """Deploy the stored plan, and write its outputs to `outputs.ENV.json`.

    Args:
        environment: its name.
        digest: the SHA-256 of the plan's manifest; what the comment on the merged pull request names where
            None, or without GitHub the only plan there is.
        allowed: deploy a dangerous plan without the label on its pull request.

    Raises:
        OpsError: there is no such plan, it is altered or stale, nobody allowed it, or Terraform failed.
    """
    of = revision()
    env = {**tool_environment(), "ENVIRONMENT_SUFFIX": environment}
    (settings,) = checked_settings(env)
    store = PlanStore(settings)
    name = f"secure-storage-{environment}"
    digests = store.digests(of.tree)
    if not digests:
        raise OpsError(
            f"nobody reviewed a plan of {environment} for what commit {of.commit} holds (tree {of.tree}); "
            "plan it in a pull request that is up to date with main"
        )
    merged = None
    if has_github() and (digest is None or not allowed):
        merged = github().merged_as(of.commit)
    digest = digest or _reviewed(environment, of, merged, digests)
    if digest not in digests:
        raise OpsError(f"no plan {digest} of {environment} is stored for the tree {of.tree}")
    manifest, files = store.plan(of.tree, digest)
    require_for(manifest, environment=environment, tree=of.tree)

    # Where `ops deploy` works, so that an emergency copy of the state is found as after that.
    stack = Stack(name, stack_folder(name), env)
    refuse_lost_state(settings, name)
    state = state_version(settings, name)
    shutil.rmtree(stack.folder, ignore_errors=True)
    stack.folder.mkdir(parents=True)
    stack.folder.chmod(0o700)
    try:
        for file in (PLAN, CONFIGURATION, LOCK):
            (stack.folder / file).write_bytes(files[file])
        require_fresh(manifest, state=state, terraform_version=terraform_version(stack))
        stack.init("-lockfile=readonly")
        _require_allowed(stack, manifest, files[CONFIGURATION], store, merged, allowed=allowed)
        print(f"Deploying the plan {digest} of {name}, made at commit {manifest.commit}")
        _apply(stack, settings, store)
        outputs = _outputs(stack)
    finally:
        (stack.folder / PLAN).unlink(missing_ok=True)  # it holds the state
    (ROOT / f"outputs.{environment}.json").write_bytes(outputs)
    store.replace(DEPLOYED, files[CONFIGURATION])
    store.replace("deployed/outputs.json", outputs)
    print(f"✓ deployed {name}; its outputs are in outputs.{environment}.json")


def _reviewed(environment: str, of: Revision, merged: PullRequest | None, digests: list[str]) -> str:
    """Return the digest of the plan that was reviewed."""
    if has_github():
        if merged is None:
            raise OpsError(f"no pull request was merged as commit {of.commit}, so no plan of it was reviewed")
        comment = own_comment(github().comments(merged.number), environment)
        if comment is None:
            raise OpsError(f"pull request {merged.number} has no comment with a plan of {environment}")
        return reviewed_digest(comment)
    if len(digests) > 1:
        raise OpsError(
            f"{len(digests)} plans of {environment} are stored for the tree {of.tree}; "
            f"say with --sha256 which was reviewed: {', '.join(digests)}"
        )
    return digests[0]


def _require_allowed(
    stack: Stack,
    manifest: Manifest,
    configuration: bytes,
    store: PlanStore,
    merged: PullRequest | None,
    *,
    allowed: bool,
) -> None:
    # Reviewed again: what the manifest says of the plan was written by whoever stored it.
    verdict = review_of(stack, configuration, store.read(DEPLOYED)).verdict
    if DANGEROUS not in (verdict, manifest.verdict) or allowed:
        return
    if not has_github():
        raise OpsError(
            f"the plan of {manifest.environment} is dangerous; --allow-destroy deploys it, "
            f"as the label {LABEL} does on GitHub",
            4,
        )
    require_label(manifest.environment, () if merged is None else merged.labels)


def _apply(stack: Stack, settings: Settings, store: PlanStore) -> None:
    try:
        stack.apply(PLAN)
    except BaseException as error:
        saved = _saved_copies(stack.name, store)
        if not isinstance(error, OpsError):
            raise
        raise OpsError(f"{error}; {_advice(stack.name, settings)}{saved}") from error


def _advice(name: str, settings: Settings) -> str:
    try:
        locked = RemoteState(settings, name).lock() is not None
    except OpsError:
        locked = False
    if locked or emergency_copies(name):
        return advice_after_failure(settings, name, "terraform apply", 1)
    return "the plan is used up: once that is mended, plan again"


def _saved_copies(name: str, store: PlanStore) -> str:
    """Keep emergency copies of the state in the bucket, too: a CI's machine is soon gone."""
    said = ""
    for copy in emergency_copies(name):
        try:
            store.keep(f"deployed/errored/{copy.name}", copy.read_bytes())
            said += f"; it is also kept in {store.url(f'deployed/errored/{copy.name}')}"
        except OpsError as error:
            said += f"; keep that file before this machine goes: {error}"
    return said


def _outputs(stack: Stack) -> bytes:
    found = json.loads(stack.terraform("output", "-json").stdout)
    # As `cdktf deploy --outputs-file` writes them.
    values = {stack.name: {name: output["value"] for name, output in found.items()}}
    return json.dumps(values, indent=2).encode() + b"\n"
