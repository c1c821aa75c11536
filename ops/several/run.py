"""One command for several environments: each in a process of its own, and one table at the end."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ops.ci.manifest import REVIEW
from ops.sandbox import server
from ops.several.side_by_side import Done, Job, SideBySide
from ops.several.table import SKIPPED, Row, row, table
from ops.shared.checkout import settings_of
from ops.shared.environment_argument import matching
from ops.shared.errors import OpsError
from ops.shared.output_folder import output_folder_of
from ops.shared.provider_mirror import PROVIDER, find_mirror, user_cli_config
from ops.shared.sandbox_variable import sandbox_is_wanted
from ops.shared.toolchain import CACHE, PLUGIN_CACHE
from ops.state.emergency_copy import rescue_all
from review.command import AT_LEAST_THAT_BAD
from review.model import DANGEROUS, VERDICTS
from review.plan import parse_object

import click

AT_ONCE = 4
"""How many run at once where JOBS does not say."""

OPS = (sys.executable, "-m", "ops")
LOGS = CACHE / "several"
DEPLOY_OPTIONS = ("--auto-approve", "--no-preflight")


def run_several(command: str, pattern: str, options: Sequence[str]) -> int:
    """Run a command for each environment that a pattern matches, and print a table.

    Args:
        command: `preflight`, `plan`, `drift` or `deploy`.
        pattern: the ENV that was given.
        options: all other words of the command line.

    Returns:
        The exit status: the highest of all, or that of the signal that ended it.

    Raises:
        OpsError: no environment matches, or nobody can be asked, or the answer was no.
    """
    names = matching(pattern)
    side_by_side = SideBySide(jobs_at_once(os.environ))
    if sandbox_is_wanted():
        os.environ["CDKTF_OUTPUT"] = str(server.OUTPUT)
    # Here, as each process below looks only into a folder of its own.
    rescue_all()
    if command == "deploy":
        return _Deploy(names, options, side_by_side).run()
    title = "review" if "--review" in options else command
    done = _run(side_by_side, title, names, lambda name: [command, name, *options])
    return _end(side_by_side, [title], [row(title, one) for one in done], [one.status for one in done])


def jobs_at_once(environ: Mapping[str, str]) -> int:
    """Return how many processes JOBS allows at once.

    Raises:
        OpsError: it is no positive number.
    """
    given = environ.get("JOBS") or str(AT_ONCE)
    if not (given.isascii() and given.isdigit() and int(given) > 0):
        raise OpsError(f'JOBS must be how many environments run at once, such as {AT_ONCE}, not "{given}"')
    return int(given)


class _Deploy:
    """A deploy: plan and review all, ask once, and apply the plans that are not dangerous."""

    def __init__(self, names: Sequence[str], options: Sequence[str], side_by_side: SideBySide) -> None:
        self._names, self._options, self._side_by_side = names, options, side_by_side
        unknown = [one for one in options if one not in DEPLOY_OPTIONS]
        if unknown:
            allowed = " and ".join(DEPLOY_OPTIONS)
            raise OpsError(
                f"a deploy of several environments takes only {allowed}, not {' '.join(unknown)}", status=2
            )
        if "--auto-approve" not in options and not sys.stdin.isatty():
            raise OpsError("nobody can be asked here, nothing was changed", "--auto-approve does not ask")

    def run(self) -> int:
        # Only its owner can read it: the plans in it contain the states.
        with tempfile.TemporaryDirectory(prefix="secure-s3-several-") as temporary:
            return self._run(Path(temporary))

    def _run(self, folder: Path) -> int:
        options = [one for one in self._options if one != "--auto-approve"]

        def plan(name: str) -> list[str]:
            return ["reviewed", "plan", name, str(folder / name), *options]

        done = _run(self._side_by_side, "review", self._names, plan)
        rows = {one.job.environment: row("review", one) for one in done}
        statuses = [one.status for one in done]
        verdicts = {one.job.environment: _verdict(folder, one) for one in done if one.status == 0}
        for name, verdict in verdicts.items():
            said = f"{SKIPPED} {VERDICTS[verdict].lower()}"
            result = "✗ dangerous: left out" if verdict == DANGEROUS else said
            rows[name] = Row(name, result, rows[name].seconds, rows[name].line)
        if DANGEROUS in verdicts.values():
            statuses.append(AT_LEAST_THAT_BAD)
        wanted = [name for name, verdict in verdicts.items() if verdict not in (DANGEROUS, "no changes")]
        if wanted and self._side_by_side.signal is None:
            self._ask(wanted, [one for name, one in rows.items() if name not in wanted], rows)
            done = _run(
                self._side_by_side,
                "deploy",
                wanted,
                lambda name: ["reviewed", "deploy", name, str(folder / name)],
            )
            statuses += [one.status for one in done]
            rows |= {one.job.environment: _deployed(one, rows[one.job.environment]) for one in done}
        return _end(self._side_by_side, ["review", "deploy"], list(rows.values()), statuses)

    def _ask(self, wanted: Sequence[str], others: Sequence[Row], rows: Mapping[str, Row]) -> None:
        for title, listed in (("To deploy:", [rows[name] for name in wanted]), ("Left out:", others)):
            if listed:
                print("\n".join([title, *(f"  {one.environment}: {one.line}" for one in listed)]))
        question = f"Deploy {', '.join(wanted)}?"
        if "--auto-approve" in self._options:
            print(f"{question} yes (--auto-approve)", flush=True)
        elif not click.confirm(question):
            raise OpsError("aborted: not confirmed, nothing was changed")


def _verdict(folder: Path, done: Done) -> str:
    review = folder / done.job.environment / REVIEW
    return str(parse_object(review.read_bytes(), review.name)["verdict"])


def _deployed(done: Done, planned: Row) -> Row:
    made = row("deploy", done)
    if done.status == 0:
        return Row(made.environment, "✓ deployed", planned.seconds + made.seconds, planned.line)
    return Row(made.environment, made.result, planned.seconds + made.seconds, made.line)


def _run(
    side_by_side: SideBySide, title: str, names: Sequence[str], arguments: Callable[[str], list[str]]
) -> list[Done]:
    jobs = [
        Job(
            environment=name,
            command=[*OPS, *arguments(name)],
            env={**os.environ, "CDKTF_OUTPUT": str(output_folder_of(name)), "PYTHONUNBUFFERED": "1"},
            log=LOGS / title / f"{name}.log",
        )
        for name in names
    ]
    ended = 0

    def say(done: Done) -> None:
        nonlocal ended
        ended += 1
        one = row(title, done)
        print(
            f"[{ended}/{len(jobs)}] {title} of {one.environment}: {one.result}", file=sys.stderr, flush=True
        )

    # A preflight runs no `terraform init`.
    alone = [] if title == "preflight" else _filling_the_cache(names)
    return side_by_side.run(jobs, say, alone=alone)


def _filling_the_cache(names: Sequence[str]) -> list[str]:
    """Return an environment for each version of the provider that is in no cache yet, and in no mirror.

    Its `terraform init` fills the cache, which others must not use meanwhile.
    https://developer.hashicorp.com/terraform/cli/config/config-file#provider-plugin-cache
    """
    if user_cli_config(os.environ) is not None:
        return []
    first: dict[str, str] = {}
    for name in names:
        with contextlib.suppress(OpsError):  # the environment's own process says what is wrong
            version = settings_of(name).terraform.provider_version
            if find_mirror(os.environ, version) is None and not (PLUGIN_CACHE / PROVIDER / version).is_dir():
                first.setdefault(version, name)
    return list(first.values())


def _end(
    side_by_side: SideBySide, titles: Sequence[str], rows: Sequence[Row], statuses: Sequence[int | None]
) -> int:
    for line in table(rows):
        print(line)
    logs = " and ".join(f"{os.path.relpath(LOGS / title)}/ENV.log" for title in titles)
    print(f"What each printed is in {logs}")
    if side_by_side.signal is not None:
        return 128 + side_by_side.signal
    return max(status or 0 for status in statuses)
