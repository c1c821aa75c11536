"""Measure time and memory by the number of environments.

    python -m benchmarks.environments
    python -m benchmarks.environments --synthesize 10 --deploy 3 --jobs 2

Synthesizes environments like prod, with the proof of their promises; then deploys, plans and compares
environments like dev on the embedded AWS, as `make deploy|plan|drift ENV=all` does, with Terraform and
the AWS provider for each. Prints a table of each, and whether it grows linearly.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.processes import ROOT, CommandError, Usage, usage
from ops.demo.own_checkout import make_checkout
from ops.embedded.aws import EmbeddedAws, embedded_aws
from ops.shared.toolchain import SYNTHESIZE, tool_environment

import click

TARGET_ENVIRONMENTS, TARGET_SECONDS = 200, 16
MOST_GROWTH = 1.25
"""How much more the largest number may take for each environment than the smallest, to count as linear."""

RELAXED = "protect = false\nlogging.enabled = false\nlifecycle.enabled = false\n"
"""What dev has by its name; with a lifecycle, the provider would wait a minute for each."""

COMMANDS = {
    "deploy": ("deploy", "all", "--no-preflight", "--auto-approve"),
    "plan": ("plan", "all"),
    "drift": ("drift", "all", "--storage-only"),
}


def write_environments(folder: Path, like: str, count: int) -> list[str]:
    """Write so many environments that differ in their names, and no others; return the names."""
    text = (ROOT / "environments" / f"{like}.toml").read_text(encoding="utf-8")
    if like == "dev":
        text = RELAXED + text
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.toml"):
        file.unlink()
    names = [f"team-{number:03}" for number in range(1, count + 1)]
    for name in names:
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return names


def synthesized(count: int) -> Usage:
    """Synthesize so many environments with `main.py`, in a copy that has proven nothing before."""
    with tempfile.TemporaryDirectory(prefix="environments-") as temporary:
        checkout = Path(temporary)
        for name in ("constructs_lib", "proof", "settings", "stacks"):
            shutil.copytree(ROOT / name, checkout / name)
        shutil.copy(ROOT / "main.py", checkout)
        write_environments(checkout / "environments", "prod", count)
        env = {**os.environ, "CDKTF_OUTDIR": "cdktf.out"}
        env.pop("ENVIRONMENT_SUFFIX", None)
        return usage([*SYNTHESIZE[:-1], "main.py"], env, cwd=checkout)


def deployed(count: int, jobs: int, say: Callable[[str, Usage], None]) -> None:
    """Deploy, plan and compare so many environments; `say` gets each as soon as it is measured."""
    with (
        tempfile.TemporaryDirectory(prefix="environments-") as temporary,
        embedded_aws(Path(temporary, "aws.log")) as aws,
    ):
        checkout = make_checkout(Path(temporary, "checkout"))
        for name in write_environments(checkout / "environments", "dev", count):
            _state_bucket(aws, f"secure-{name}-terraform-state")
        env = {**aws.environment(tool_environment()), "JOBS": str(jobs)}
        for command, arguments in COMMANDS.items():
            try:
                say(command, usage([sys.executable, "-m", "ops", *arguments], env, cwd=checkout))
            except CommandError as error:
                raise CommandError(f"{error}\n{_errors(checkout / '.cache' / 'several')}") from error


def _errors(logs: Path) -> str:
    """Return the end of each log that has an error."""
    texts = {log: log.read_text(encoding="utf-8", errors="replace") for log in sorted(logs.rglob("*.log"))}
    return "\n".join(f"{log}:\n{text[-2_000:]}" for log, text in texts.items() if "Error" in text)


def _state_bucket(aws: EmbeddedAws, name: str) -> None:
    """Make the bucket of a state without what `make bootstrap` adds, which takes half a minute for each."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def header(what: str) -> str:
    """Return the first lines of a table."""
    return (
        f"\n| {what} | seconds | processor seconds | seconds for each | memory |\n|---:|---:|---:|---:|---:|"
    )


def line(count: int, used: Usage) -> str:
    """Return a line of a table."""
    each, memory = used.seconds / count, used.memory / 1_000_000
    return f"| {count} | {used.seconds:.1f} | {used.processor:.1f} | {each:.2f} | {memory:,.0f} MB |"


def growth(what: str, found: dict[int, Usage]) -> str:
    """Say whether the processor time for each environment stays the same with more of them."""
    if len(found) < 2:
        return f"{what}: one number alone says nothing about growth"
    few, many = min(found), max(found)
    ratio = found[many].processor / many / (found[few].processor / few)
    verdict = "linear" if ratio <= MOST_GROWTH else "MORE THAN LINEAR"
    return (
        f"{what}: {verdict}; with {many}, each takes {ratio:.2f} times the processor time that it takes "
        f"with {few}"
    )


def target(found: dict[int, Usage]) -> str | None:
    """Say whether the target of the synthesis is met; None where that number was not measured."""
    if TARGET_ENVIRONMENTS not in found:
        return None
    used = found[TARGET_ENVIRONMENTS]
    met = "met" if used.seconds < TARGET_SECONDS else "MISSED"
    return (
        f"{met}: {TARGET_ENVIRONMENTS} environments synthesized in {used.seconds:.1f} s (target: less than "
        f"{TARGET_SECONDS} s on two idle cores); processor time {used.processor:.1f} s"
    )


def numbers(_ctx: click.Context, _param: click.Parameter, value: str) -> list[int]:
    """Read numbers of environments; none where it is empty."""
    try:
        found = [int(one) for one in value.split(",") if one]
    except ValueError:
        found = [0]
    if any(not 0 < one < 1000 for one in found):
        raise click.BadParameter(f'must be numbers from 1 to 999 with commas between them, not "{value}"')
    return found


@click.command()
@click.option(
    "--synthesize", default="10,50,200", callback=numbers, help="How many, with commas between them."
)
@click.option("--deploy", default="10,25,50", callback=numbers, help="The same, for the embedded AWS.")
@click.option("--jobs", default=2, type=click.IntRange(min=1), help="How many run side by side.")
def main(synthesize: Sequence[int], deploy: Sequence[int], jobs: int) -> None:
    """Measure time and memory by the number of environments; an empty number leaves out that part."""
    try:
        _measure(synthesize, deploy, jobs)
    except CommandError as error:
        raise click.ClickException(str(error)) from error


def _measure(synthesize: Sequence[int], deploy: Sequence[int], jobs: int) -> None:
    notes = []
    if synthesize:
        click.echo(header("synthesized and proven"))
        found = {}
        for count in synthesize:
            found[count] = synthesized(count)
            click.echo(line(count, found[count]))
        notes += [growth("synthesis", found), target(found)]
    measured: dict[str, dict[int, Usage]] = {command: {} for command in COMMANDS}
    for count in deploy:
        click.echo(f"\n{count} environments on the embedded AWS, {jobs} at once", err=True)

        def say(command: str, used: Usage, count: int = count) -> None:
            measured[command][count] = used
            click.echo(f"{command}: {used.seconds:.1f} s", err=True)

        deployed(count, jobs, say)
    for command, results in measured.items():
        if results:
            click.echo(header(command))
            for count, used in results.items():
                click.echo(line(count, used))
            notes.append(growth(command, results))
    click.echo("")
    for note in filter(None, notes):
        click.echo(note)


if __name__ == "__main__":
    main()
