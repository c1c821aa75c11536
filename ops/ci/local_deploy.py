"""The two halves of a deploy from here: a plan is made and reviewed, then exactly that plan is applied.

For several environments, a person answers in between. Terraform refuses the plan if the state changed.
"""

import json
from pathlib import Path

from ops.ci.apply import advice, laid_out, outputs_of, storage_stack
from ops.ci.manifest import CONFIGURATION, LOCK, PLAN, REVIEW
from ops.ci.reviewed_plan import plan_folder
from ops.deploy.locked_objects import refuse_locked_in_what_goes
from ops.shared.checkout import settings_of
from ops.shared.errors import OpsError
from ops.shared.output_folder import outputs_file
from ops.shared.toolchain import ROOT
from ops.state.emergency_copy import alone_in_output_folder
from ops.state.state_check import note_way_back, refuse_lost_state
from review.render.text import text

KEPT = (PLAN, CONFIGURATION, LOCK, REVIEW)


def plan_into(folder: Path, environment: str, *, checked: bool) -> None:
    """Plan what is in the checkout, print the plan's review, and keep both in a new folder.

    Args:
        folder: only its owner can read it, as a plan contains the state.
        environment: its name.
        checked: run the preflight first.

    Raises:
        OpsError: the environment is not bootstrapped, a check failed, or Terraform did.
    """
    made = plan_folder(environment, checked=checked)
    folder.mkdir(mode=0o700)
    for name in KEPT:
        (folder / name).write_bytes(made.files[name])
    print(text(made.review), end="")


@alone_in_output_folder()
def deploy_from(folder: Path, environment: str) -> None:
    """Deploy the plan that `plan_into` kept; its outputs go to a file in the checkout.

    Raises:
        OpsError: another run works in the output folder, a version in a bucket that would go is locked, the
            plan is stale, or Terraform failed; the line says what to do next.
    """
    settings = settings_of(environment)
    stack = storage_stack(settings)
    files = {name: (folder / name).read_bytes() for name in KEPT}
    refuse_lost_state(settings, stack.name)
    refuse_locked_in_what_goes(settings, stack.name, lambda: json.loads(files[CONFIGURATION]))
    with laid_out(stack, files):
        stack.init("-lockfile=readonly")
        note_way_back(settings, stack.name)
        try:
            stack.apply(PLAN)
        except OpsError as error:
            raise OpsError(str(error), advice(settings, stack.name)) from error
        outputs = outputs_of(stack)
    (ROOT / outputs_file(environment)).write_bytes(outputs)
    print(f"✓ deployed {stack.name}; its outputs are in {outputs_file(environment)}")
