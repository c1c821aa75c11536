"""One embedded AWS per worker, emptied before each test; the table at the end."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops.embedded.aws import EmbeddedAws, embedded_aws
from tests.aws_proxy import AwsProxy
from tests.faults.fault_support import STACK, People, Site, empty_account, people_of

import pytest
from xdist.scheduler import LoadScheduling


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Any:
    """Hand out test by test: each needs an AWS of its own, and none shares more with the others."""
    return LoadScheduling(config, log)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log", auth=True, tls=True) as running:
        yield running


@pytest.fixture
def proxy(aws: EmbeddedAws) -> Iterator[AwsProxy]:
    empty_account(aws)
    with AwsProxy(aws.endpoint, certificate=aws.certificate) as running:
        yield running


@pytest.fixture
def people(aws: EmbeddedAws, proxy: AwsProxy, stack_folders: dict[str, Path]) -> People:
    return people_of(aws, stack_folders[STACK])


@pytest.fixture
def site(people: People, proxy: AwsProxy, tmp_path: Path, stack_folders: dict[str, Path]) -> Site:
    return Site(people, proxy, tmp_path / "checkout", stack_folders[STACK])


@pytest.fixture
def round_of(request: pytest.FixtureRequest) -> "RoundOf":
    """`with round_of(fault):` is a round, which counts as survived if the block ends without an error."""
    return RoundOf(request.node.user_properties)


class RoundOf:
    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    @contextmanager
    def __call__(self, fault: str) -> Iterator[None]:
        self._properties.append(("fault round", fault))
        yield
        self._properties.append(("fault survived", fault))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = {"fault round": Counter[str](), "fault survived": Counter[str]()}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call":
                for name, fault in report.user_properties:
                    if name in counts:
                        counts[name][str(fault)] += 1
    rounds, survived = counts["fault round"], counts["fault survived"]
    if not rounds:
        return
    terminalreporter.section("faults")
    width = max(map(len, rounds))
    terminalreporter.line(f"{'fault':<{width}}  rounds  survived  lost")
    for fault in sorted(rounds):
        lost = rounds[fault] - survived[fault]
        terminalreporter.line(f"{fault:<{width}}  {rounds[fault]:>6}  {survived[fault]:>8}  {lost:>4}")
    total, saved = rounds.total(), survived.total()
    terminalreporter.line(f"{'in all':<{width}}  {total:>6}  {saved:>8}  {total - saved:>4}")
