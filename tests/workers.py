"""How the tests are spread over several processes: hooks of pytest and of pytest-xdist for conftest.py."""

import gc
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent

SERVERS = {"aws", "empty_aws", "place", "running", "s3", "s3_endpoint", "server"}
"""The fixtures that start a server process."""

LONG = {
    "test_any_plan",
    "test_bulk",
    "test_equal_to_botocore",
    "test_event_patterns",
    "test_every_statement",
    "test_other_states",
    "test_promise_kinds",
    "test_promises",
    "test_proof_agrees",
    "test_random_pairs",
    "test_simulated_pairs",
    "test_since_last_release",
    "test_synthesis",
}
"""The modules without servers that take seconds for few tests."""

REVIEW = "tests/review/"

SYNTHESIZES = re.compile(
    r"^\s*from (main|ops\.pages\.guarantees_page|stacks\.app|tests\.synthesis|tests\.upgrading\.\w+) import",
    re.MULTILINE,
)
"""The imports of a module that synthesizes stacks in this process, for which it needs a jsii child."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Start a worker for each of two cores, and one more where tests wait for servers and Terraform.

    A single file or test gets none, as it would only wait for them.
    """
    if len(config.args) == 1 and ".py" in config.args[0]:
        return 0
    return 2 if "not real" in config.option.markexpr else 3


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Give a worker a module at a time, and all that synthesize to one worker, which has the jsii child.

    So are the tests of the plan review, as a process proves once what is asked about the plans of the corpus.
    """

    class OneJsii(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            module, _, _ = nodeid.partition("::")
            if synthesizes(module):
                return "jsii"
            return REVIEW if module.startswith(REVIEW) else module

    return OneJsii(config, log)


@cache
def synthesizes(module: str) -> bool:
    """Return whether a module of tests, by its path from the root, synthesizes stacks."""
    return SYNTHESIZES.search(ROOT.joinpath(module).read_text(encoding="utf-8")) is not None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have a worker report only what the run prints of a test: its result, not its begin, set-up and end.

    The reports of thousands of short tests take a tenth of the CPU time.
    """
    asked = session.config.option
    if not hasattr(session.config, "workerinput") or asked.verbose > 0 or asked.durations or asked.xmlpath:
        return
    (worker,) = (
        one for one in session.config.pluginmanager.get_plugins() if type(one).__name__ == "WorkerInteractor"
    )
    send = worker.sendevent

    def send_what_is_printed(name: str, **what: Any) -> None:
        of_no_call = name == "testreport" and what["data"]["when"] != "call"
        if name in ("logstart", "logfinish") or (of_no_call and what["data"]["outcome"] == "passed"):
            return
        send(name, **what)

    worker.sendevent = send_what_is_printed


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark as real each test that asks for a server process; the others that are real say so themselves."""
    if isinstance(item, pytest.Function) and SERVERS & set(item.fixturenames):
        item.add_marker(pytest.mark.real)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules that take long first, so that no worker is left with one of them at the end.

    Those with Terraform, then the other real ones, then `LONG`, then the rest, each by their number of tests.

    Raises:
        pytest.UsageError: a module imports the bindings, which start the jsii child, outside of its tests.
    """
    if "jsii" in sys.modules:
        raise pytest.UsageError("import what loads the bindings in a test: here each worker would start jsii")
    tests = Counter(item.path for item in items)
    real = {item.path for item in items if item.get_closest_marker("real")}

    def place(path: Path) -> tuple[bool, bool, bool, int, str]:
        with_terraform = path.is_relative_to(ROOT / "tests" / "e2e")
        return not with_terraform, path not in real, path.stem not in LONG, -tests[path], str(path)

    places = {path: place(path) for path in tests}
    items.sort(key=lambda item: places[item.path])
    gc.freeze()  # what was made to collect the tests stays: to look through it at the end takes seconds
