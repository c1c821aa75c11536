"""A plan with its review, and with what both were made from."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.ci.compare import Planned
from ops.ci.git import NO_REVISION, Revision, revision
from ops.ci.manifest import CONFIGURATION, LOCK, PLAN, PLAN_JSON, REVIEW, StateVersion
from ops.ci.store import PlanStore
from ops.deploy.bootstrapped import require_bootstrapped
from ops.deploy.object_lock import refuse_changed_object_lock
from ops.preflight import command as preflight
from ops.shared import aws
from ops.shared.checkout import environments_folder, settings_of
from ops.shared.errors import OpsError
from ops.shared.terraform import Stack, synthesized
from ops.state.remote_state import DamagedStateError, RemoteState
from ops.state.state_check import refuse_lost_state, refuse_unsaved_state
from review.build import review
from review.model import Notice, Review
from review.plan import Plan, parse_object, read_plan
from review.render.as_json import as_json
from settings import resource_names
from settings.doubtful import warnings_of
from settings.model import Settings

DEPLOYED = f"deployed/{CONFIGURATION}"
"""The configuration that was deployed last, in the store."""

OF_THE_RUN = ("relevant_attributes", "timestamp")
"""The parts of a plan's JSON that may differ between two plans of the same, and that change nothing."""


@dataclass(frozen=True)
class ReviewedPlan:
    """A plan with its review, and with what both were made from.

    Attributes:
        settings: of the environment.
        stack: the stack's name.
        of: what was planned.
        state: the version of the state that it starts from.
        terraform_version: of the Terraform that made it.
        files: the plan, its JSON and review, and the configuration and lock file that it was made with.
        plan: the plan, read.
        review: its review.
        same_configuration: whether the configuration is the one that was deployed last.
    """

    settings: Settings
    stack: str
    of: Revision
    state: StateVersion
    terraform_version: str
    files: Mapping[str, bytes]
    plan: Plan
    review: Review
    same_configuration: bool

    @property
    def planned(self) -> Planned:
        """The plan and the configuration, to be compared with those of reviews."""
        return Planned(self.plan, parse_object(self.files[CONFIGURATION], CONFIGURATION))


def plan_commit(environment: str, *, checked: bool) -> ReviewedPlan:
    """Plan the commit that is checked out.

    Args:
        environment: its name.
        checked: run the preflight first.

    Raises:
        OpsError: something is not committed, a check failed, or Terraform did.
    """
    of = revision()
    if checked:
        preflight.require(environment, read_only=True)
    return _plan(environment, of)


def plan_folder(environment: str, *, checked: bool = False) -> ReviewedPlan:
    """Plan what is in the folder, committed or not; nothing of it may be stored in the state bucket.

    Args:
        environment: its name.
        checked: run the preflight of a deploy first.

    Raises:
        OpsError: the environment is not bootstrapped, a check failed, or Terraform did.
    """
    if checked:
        preflight.require(environment)
    settings = settings_of(environment)
    refuse_unsaved_state(settings, resource_names.storage_stack(environment))
    require_bootstrapped(settings)
    return _plan(environment, NO_REVISION)


def _plan(environment: str, of: Revision) -> ReviewedPlan:
    with synthesized(environment) as (settings, stacks):
        stack = stacks[resource_names.storage_stack(environment)]
        refuse_lost_state(settings, stack.name)
        refuse_changed_object_lock(settings, stack.name)
        state = state_version(settings, stack.name)
        stack.init()
        # No lock, because a role that only reads may not take it. A plan on an older state is stale.
        warnings = stack.plan("-input=false", "-lock=false", f"-out={PLAN}")
        if state_version(settings, stack.name) != state:
            raise OpsError(f"the state of {stack.name} changed while it was planned: plan again")
        files = {name: (stack.folder / name).read_bytes() for name in (PLAN, CONFIGURATION, LOCK)}
        files[PLAN_JSON] = _plan_json(stack)
        raw = stack.terraform("show", PLAN).stdout
        version = terraform_version(stack)
    plan = read_plan(files[PLAN_JSON], PLAN)
    deployed = _deployed(settings, required=of != NO_REVISION)
    configurations = configurations_of(files[CONFIGURATION], deployed)
    doubtful = (Notice(line) for line in warnings_of([settings], environments_folder()))
    said = (*doubtful, *warnings)
    result = review(plan, environment=environment, warnings=said, raw=raw, **configurations)
    files[REVIEW] = as_json(result).encode()
    same = files[CONFIGURATION] == deployed
    return ReviewedPlan(settings, stack.name, of, state, version, files, plan, result, same)


def _deployed(settings: Settings, *, required: bool) -> bytes | None:
    """Return the configuration that CI deployed last; None before the first deploy by CI.

    Where it is not required, a role that may not read it gets a note instead of an error.
    """
    try:
        return PlanStore(settings).read(DEPLOYED)
    except OpsError as error:
        if required or not aws.refused(error):
            raise
        note = (
            "Note: these credentials may not read what CI deployed last: changes of protect are not reviewed"
        )
        print(note, file=sys.stderr)
        return None


def _plan_json(stack: Stack) -> bytes:
    """Return the JSON of the plan in the stack's folder; the same changes always make the same bytes."""
    document = parse_object(stack.terraform("show", "-json", PLAN).stdout.encode(), PLAN)
    document = {name: value for name, value in document.items() if name not in OF_THE_RUN}
    return json.dumps(document, sort_keys=True).encode() + b"\n"


def configurations_of(configuration: bytes, deployed: bytes | None) -> dict[str, dict[str, Any]]:
    """Return the configurations, by the names of `review`'s arguments; one before the first deploy."""
    found = {"synthesized": parse_object(configuration, CONFIGURATION)}
    return found if deployed is None else found | {"deployed": parse_object(deployed, DEPLOYED)}


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
        # Terraform reports other problems itself.
        return StateVersion()


def terraform_version(stack: Stack) -> str:
    """Return the version of Terraform, such as `1.11.4`."""
    return str(json.loads(stack.terraform("version", "-json").stdout)["terraform_version"])
