"""Two people deploy at once, each from a checkout of their own and something else."""

import re
import threading
import time
from pathlib import Path

from tests.aws_proxy import AwsProxy, Call
from tests.faults.conftest import RoundOf
from tests.faults.fault_support import DEPLOY_SECONDS, STACK, People, Site, ended, error_line, operation

ROUNDS = 20


def test_exactly_one_of_two_deploys_applies(
    site: Site,
    people: People,
    proxy: AwsProxy,
    tmp_path: Path,
    stack_folders: dict[str, Path],
    round_of: RoundOf,
) -> None:
    sites = [site, Site(people, proxy, tmp_path / "other" / "checkout", stack_folders[STACK])]
    site.must("deploy", "dev")
    for number in range(ROUNDS):
        with round_of("two deploys at once"):
            before = site.state_bodies()
            serial = site.state()["serial"]
            one_has_ended = threading.Event()

            def wait_for_the_other(call: Call, ended: threading.Event = one_has_ended) -> None:
                # The deploy that got this far holds the lock, and keeps it until the other has seen that.
                if operation(call) == "PUT bucket?policy":
                    ended.wait(DEPLOY_SECONDS)

            proxy.fault = wait_for_the_other
            seconds = [3600 + 2 * number, 3601 + 2 * number]
            for each, maximum in zip(sites, seconds, strict=True):
                each.describe(maximum)
            processes = [each.start("deploy", "dev") for each in sites]
            while all(process.poll() is None for process in processes):
                time.sleep(0.1)
            one_has_ended.set()
            done = [ended(process) for process in processes]

            assert sorted(one.returncode for one in done) == [0, 1], [one.stderr for one in done]
            winner = 0 if done[0].returncode == 0 else 1
            assert "Error acquiring the state lock" in done[1 - winner].stderr
            assert re.search(
                r"is locked by \S+@\S+ since \S+ \(apply, lock [0-9a-f-]{36}\); if that run is certainly",
                error_line(done[1 - winner]),
            )
            state = site.state()
            assert state["outputs"]["PresignMaxSeconds"]["value"] == seconds[winner]
            assert state["serial"] == serial + 1
            assert site.state_bodies()[1:] == before
    proxy.fault = lambda _call: None
    for each in sites:
        each.describe(7200)
    site.must("deploy", "dev")
    site.assert_converged()
