"""`python main.py`, run as cdktf runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from ops.ci.paths import can_change_a_plan
from ops.shared.toolchain import SYNTHESIZE, tool_environment
from tests.conftest import ROOT
from tests.synthesis import synthesize_here
from tests.test_rooms import imports_of_ops

import pytest


def synthesize(
    outdir: Path, folder: Path = ROOT, script: Path = ROOT / "main.py", **variables: str
) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("AWS_REGION", "ENVIRONMENT_SUFFIX")}
    return subprocess.run(
        [sys.executable, "-O", script],
        cwd=folder,
        env=clean | {"CDKTF_OUTDIR": str(outdir)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_cdktf_and_our_commands_synthesize_alike() -> None:
    app = json.loads((ROOT / "cdktf.json").read_text())["app"]
    assert app.removeprefix("pipenv run python").split() == [*SYNTHESIZE[1:-1], "main.py"]


def contents(outdir: Path) -> dict[str, bytes]:
    return {str(path.relative_to(outdir)): path.read_bytes() for path in outdir.rglob("*") if path.is_file()}


@pytest.mark.real
def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    """One as cdktf runs it, and one in this process, which hashes in another order and has no `-O`."""
    done = synthesize(tmp_path / "one")
    assert (done.returncode, done.stderr) == (0, "")
    assert synthesize_here(tmp_path / "two").returncode == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert len(contents(tmp_path / "one")) == 7  # a manifest, and two stacks for each of three environments


@pytest.mark.real
def test_what_is_said_to_change_no_plan_is_not_read(tmp_path: Path) -> None:
    """So CI need not plan after a change of it."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines():
        if can_change_a_plan(name):
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).write_bytes((ROOT / name).read_bytes())
    assert not (checkout / "presign").exists()
    assert synthesize_here(tmp_path / "whole", ENVIRONMENT_SUFFIX="dev").returncode == 0
    main = checkout / "main.py"
    done = synthesize(tmp_path / "part", checkout, script=main, ENVIRONMENT_SUFFIX="dev")
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(tmp_path / "whole") == contents(tmp_path / "part")
    reviews = "ops.ci.plan, ops.ci.comment, ops.ci.deploy, ops.deploy.drift_report, ops.preflight.command"
    script = f"import {reviews}; {imports_of_ops()}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_lazy_bindings_change_no_byte(tmp_path: Path) -> None:
    assert synthesize(tmp_path / "lazy", ENVIRONMENT_SUFFIX="dev").returncode == 0
    assert synthesize(tmp_path / "eager", ENVIRONMENT_SUFFIX="dev", EAGER_BINDINGS="1").returncode == 0
    assert contents(tmp_path / "lazy") == contents(tmp_path / "eager")


def test_the_package_root_of_the_bindings_is_not_run() -> None:
    from constructs_lib import aws  # only here, as it starts the jsii child process

    assert not hasattr(sys.modules["cdktf_cdktf_provider_aws"], "__all__")
    assert aws.S3Bucket.__module__ == "cdktf_cdktf_provider_aws.s3_bucket"


def python(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("module", ["constructs_lib.policies.deploy_policy", "stacks.promises"])
def test_policies_and_promises_load_no_bindings(module: str) -> None:
    loaded = "{'cdktf', 'constructs', 'jsii', 'cdktf_cdktf_provider_aws'} & set(sys.modules)"
    done = python(f"import sys, {module}; print({loaded})")
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.real
@pytest.mark.parametrize("first", ["constructs_lib.policies.key_policy", "stacks.account", "stacks.ci"])
def test_the_bindings_stay_lazy_whichever_of_our_modules_comes_first(first: str) -> None:
    lazy = "not hasattr(sys.modules['cdktf_cdktf_provider_aws'], '__all__')"
    done = python(f"import sys, {first}, stacks.storage; print({lazy})")
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.real
def test_cdktf_before_the_bindings_is_refused_in_one_line() -> None:
    done = python("import cdktf, constructs_lib.aws")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr  # jsii's own warning about an old Node may come first
    assert done.stderr.splitlines()[-1] == (
        "Error: cdktf or constructs was imported before constructs_lib; import constructs_lib first, "
        "or set EAGER_BINDINGS=1, with which the bindings take about 20 seconds to load"
    )


@pytest.mark.parametrize("scope", ["@cdktf", "@cdktn"])
def test_the_preload_puts_off_what_the_index_requires(scope: str, tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / scope / "provider-aws" / "lib"
    package.mkdir(parents=True)
    (package / "index.js").write_text(
        "exports.used = require('./used'); exports.unused = require('./unused');"
    )
    (package / "used.js").write_text("console.log('used is loaded'); exports.Thing = class Thing {};")
    (package / "unused.js").write_text("console.log('unused is loaded');")
    script = (
        f"const p = require('{scope}/provider-aws/lib/index.js');"
        "console.log('index is loaded', p.unused.__esModule);"
        "console.log(new p.used.Thing().constructor.name, 'Thing' in p.used, Object.keys(p.used).join());"
    )
    command = ["node", "--require", str(ROOT / "constructs_lib" / "lazy_bindings.cjs"), "-e", script]
    done = subprocess.run(
        command, cwd=tmp_path, env=tool_environment(), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["index is loaded true", "used is loaded", "Thing true Thing"]


def test_other_node_programs_do_not_inherit_the_preload() -> None:
    assert "lazy_bindings" not in os.environ.get("NODE_OPTIONS", "")


def test_an_environment_suffix_without_a_file_is_made_from_dev(tmp_path: Path) -> None:
    assert synthesize_here(tmp_path, ENVIRONMENT_SUFFIX="pr-7").returncode == 0
    assert sorted(folder.name for folder in (tmp_path / "stacks").iterdir()) == [
        "secure-storage-pr-7",
        "secure-storage-pr-7-state",
    ]
    stack = json.loads((tmp_path / "stacks" / "secure-storage-pr-7" / "cdk.tf.json").read_bytes())
    (bucket,) = stack["resource"]["aws_s3_bucket"].values()
    assert (bucket["bucket"], bucket["force_destroy"]) == ("secure-pr-7-data-bucket", True)


def test_roles_for_ci_are_made_where_a_repository_is_named(tmp_path: Path) -> None:
    environments, outdir = tmp_path / "environments", tmp_path / "out"
    environments.mkdir()
    (environments / "dev.toml").write_text('[ci]\nrepository = "acme/storage"\n')
    (environments / "prod.toml").write_text("")
    assert synthesize_here(outdir, folder=tmp_path).returncode == 0
    assert sorted(folder.name for folder in (outdir / "stacks").iterdir()) == [
        "secure-storage-dev",
        "secure-storage-dev-ci",
        "secure-storage-dev-state",
        "secure-storage-prod",
        "secure-storage-prod-state",
    ]


def test_more_than_the_policies_of_ci_can_hold_is_refused_in_one_line(tmp_path: Path) -> None:
    environments, outdir = tmp_path / "environments", tmp_path / "out"
    environments.mkdir()
    roles = json.dumps([f"a-role-with-a-name-{number}" for number in range(1_000)])
    text = f'[access]\nattach_to_roles = {roles}\n[ci]\nrepository = "acme/storage"\n'
    (environments / "dev.toml").write_text(text)
    done = synthesize_here(outdir, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: environment dev: a policy that allows all it needs is too large: ")
    assert not outdir.exists()


def test_repository_and_author_become_tags(tmp_path: Path) -> None:
    synthesize_here(tmp_path, ENVIRONMENT_SUFFIX="dev", REPOSITORY="acme/storage", COMMIT_AUTHOR="Ada")
    stack = json.loads((tmp_path / "stacks" / "secure-storage-dev" / "cdk.tf.json").read_bytes())
    tags = stack["provider"]["aws"][0]["default_tags"][0]["tags"]
    assert (tags["Repository"], tags["Author"]) == ("acme/storage", "Ada")


@pytest.mark.real
@pytest.mark.parametrize("there_before", [True, False])
def test_bad_settings_are_named_and_nothing_is_written(tmp_path: Path, *, there_before: bool) -> None:
    environments, outdir = tmp_path / "environments", tmp_path / "out"
    environments.mkdir()
    (environments / "dev.toml").write_text('bucket_name = "Bad_Name"\n[encryption]\nmode = "none"\n')
    if there_before:
        outdir.mkdir()
        (outdir / "manifest.json").write_text("before")
    done = synthesize(outdir, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("Error: environments/dev.toml: bucket_name: ")
    assert second.startswith("Error: environments/dev.toml: encryption.mode: ")
    assert (contents(outdir) if outdir.exists() else {}) == (
        {"manifest.json": b"before"} if there_before else {}
    )
