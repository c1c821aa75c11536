"""What the tests of every part share: the synthesized stacks of all environments and variants."""

import fcntl
import gc
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from ops.embedded.aws import EmbeddedAws, embedded_aws
from settings.loading import load_environments
from tests import handed_out
from tests.example_count import examples
from tests.ops.ops_support import checkout_of_ops, copy_ops
from tests.policy.engine import Engine
from tests.synthesized_once import write_main
from tests.workers import (  # noqa: F401 (hooks of pytest)
    pytest_collection_modifyitems,
    pytest_itemcollected,
    pytest_sessionstart,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

import pytest
from botocore.loaders import create_loader
from hypothesis import settings

# The tests leave little garbage: looking for it as often as Python does by default takes a tenth of the time.
gc.set_threshold(50_000, 20, 50)

# No example fails for being slow on a busy machine.
settings.register_profile("ours", max_examples=examples(100), deadline=None)
settings.load_profile("ours")

ROOT = Path(__file__).parent.parent
VARIANTS = ROOT / "tests" / "variants"
STATE_VARIANTS = ("malware-scan", "named-principals", "replication")
"""The variants that say something of the state stack; for the others its stack is the same as for prod."""
STACKS = [
    f"secure-storage-{file.stem}{suffix}"
    for folder in (ROOT / "environments", VARIANTS)
    for file in sorted(folder.glob("*.toml"))
    for suffix in (("", "-state") if folder != VARIANTS or file.stem in STATE_VARIANTS else ("",))
]
"""The name of every stack with a bucket, of every environment and of every variant of the settings."""
CI_STACKS = [f"secure-storage-{file.stem}-ci" for file in sorted((VARIANTS / "ci").glob("*.toml"))]
"""The name of every stack with roles for CI; those environments' buckets are like that of dev or prod."""
SHARED_STACKS = [
    f"secure-storage-{file.stem}{suffix}"
    for file in sorted((VARIANTS / "shared").glob("*.toml"))
    for suffix in ("-state", "-ci")
]
"""The state and CI stacks of an environment that shares its state bucket, and of one that uses it."""


@pytest.fixture(scope="session", autouse=True)
def one_loader() -> Iterator[None]:
    """Have all sessions of boto3 share what reads and keeps the descriptions of AWS's services."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


@pytest.fixture(scope="session", autouse=True)
def types_are_read_once() -> Iterator[None]:
    """Have the bindings read the types of a function once, and not at each call of which they check them."""
    read_once = cache(get_type_hints)

    def read(what: Any, *others: Any, **options: Any) -> dict[str, Any]:
        of_bindings = getattr(what, "__name__", "").startswith("_typecheckingstub__")
        return read_once(what) if of_bindings else get_type_hints(what, *others, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typing.get_type_hints", read)
        yield


@pytest.fixture(scope="session", autouse=True)
def variables_stay() -> Iterator[None]:
    """Keep the test's name out of the variables, at each change of which `aws.client` makes new clients."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("_pytest.runner._update_current_test_var", lambda *_: None)
        patch.delenv("PYTEST_CURRENT_TEST")
        yield


@contextmanager
def made_once(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """Yield where the workers of a run keep what the first of them makes; the others wait for it."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield shared / name


@pytest.fixture(scope="session")
def copied_ops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `ops`, which no test changes: each moves it into its checkout and back."""
    return copy_ops(tmp_path_factory.mktemp("copied") / "ops")


@pytest.fixture
def checkout(tmp_path: Path, copied_ops: Path) -> Iterator[Path]:
    """A checkout for the commands of ops, the set-up of which was not done; it is no git repository."""
    folder = checkout_of_ops(tmp_path / "a check out", copied_ops)
    yield folder
    (folder / "ops").rename(copied_ops)


@pytest.fixture(scope="session")
def stack_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder with each stack's synthesized JSON, by the stack's name."""
    with made_once(tmp_path_factory, "synthesized") as made:
        if not made.exists():
            from stacks.app import build  # only here, as it starts the jsii child process

            part = tmp_path_factory.mktemp("cdktf.out")
            for number, environments in enumerate(
                (ROOT / "environments", VARIANTS, VARIANTS / "ci", VARIANTS / "shared")
            ):
                build(load_environments(environments, {}), outdir=str(part / str(number))).synth()
            part.rename(made)
    return {folder.name: folder for folder in made.glob("*/stacks/*")}


@pytest.fixture(scope="session")
def stacks(stack_folders: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """Each stack's synthesized JSON, by the stack's name."""
    return {name: json.loads((folder / "cdk.tf.json").read_bytes()) for name, folder in stack_folders.items()}


@pytest.fixture(scope="session")
def main_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `main.py` that synthesizes the same settings only once."""
    with made_once(tmp_path_factory, "main") as folder:
        folder.mkdir(exist_ok=True)
        return write_main(folder)


@pytest.fixture(scope="module")
def synthesized_once(main_once: Path) -> Iterator[None]:
    """Have commands of ops that are called in this process synthesize the same settings only once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ops.shared.terraform.SYNTHESIZE", (sys.executable, "-O", str(main_once)))
        yield


@pytest.fixture(scope="session")
def one_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS of this worker, for `empty_aws`: its start takes seconds of CPU."""
    with embedded_aws(tmp_path_factory.mktemp("aws") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def empty_aws(one_aws: EmbeddedAws) -> EmbeddedAws:
    """An embedded AWS over HTTP, without authorization and without what another module left in it."""
    handed_out.empty(one_aws)
    return one_aws


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The policy engine, in a process of its own."""
    with Engine() as engine:
        yield engine


@pytest.fixture
def signals_are_not_ignored() -> Iterator[None]:
    """Have child processes start as from a terminal, also in the background and in nohup."""
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGHUP, hangup)
