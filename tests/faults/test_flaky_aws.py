"""AWS that answers some calls with an error, a reset connection, or after ten seconds."""

import random
import threading
from collections.abc import Callable

from tests.aws_proxy import Call, Fault, Reset, Stall
from tests.faults.conftest import RoundOf
from tests.faults.fault_support import Site, error, error_line

import pytest

FAULTS: dict[str, Callable[[Call], Fault]] = {
    "500 InternalError": lambda call: error(call, 500, "InternalError"),
    "503 SlowDown": lambda call: error(call, 503, "SlowDown"),
    "connection reset": lambda _call: Reset(),
    "stall of 10 s": lambda _call: Stall(10),
}


@pytest.mark.parametrize("share", [0.2, 0.05], ids=["fifth", "twentieth"])
@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_deploy_ends_well_or_the_next_one_does(
    site: Site, round_of: RoundOf, fault: str, share: float
) -> None:
    with round_of(f"{fault} on {share:.0%} of calls"):
        lock, chance = threading.Lock(), random.Random(f"{fault} {share}")  # noqa: S311

        def sometimes(call: Call) -> Fault | None:
            with lock:
                hit = chance.random() < share
            return FAULTS[fault](call) if hit else None

        site.proxy.fault = sometimes
        done = site.ops("deploy", "dev")
        assert any(call.fault for call in site.proxy.calls)
        site.proxy.fault = lambda _call: None
        if done.returncode != 0:
            if "make recover ENV=dev" in error_line(done):
                site.recover()
            site.must("deploy", "dev")
        site.assert_converged()
