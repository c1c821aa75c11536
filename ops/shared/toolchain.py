"""The environment in which terraform, cdktf and pipenv are started."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ops.shared.provider_mirror import find_mirror, terraform_cli_config, user_cli_config
from settings.names.provider import TESTED

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
SYNTHESIZE = (sys.executable, "-O", str(ROOT / "main.py"))
"""As cdktf.json says it; -O halves the time, as the bindings leave types of arguments to mypy and jsii."""
PLUGIN_CACHE = CACHE / "terraform-plugins"
"""Where Terraform keeps the providers that it fetches from the public registry."""

FORK_CLI = CACHE / "cdktn" / "cli-bin"
"""Where ops.fork puts CDK Terrain's CLI, as `cdktf`, and its Node."""


def tool_environment(
    environ: Mapping[str, str] = os.environ, *, provider_version: str = TESTED
) -> dict[str, str]:
    """Return a copy of `environ` in which the locked tools are found and work offline.

    The user's own Terraform CLI configuration is left as it is; where there
    is none, one is written to `.cache/` that names a mirror on this machine
    with `provider_version` of the AWS provider, if any.
    """
    result = dict(environ)
    fork = [str(FORK_CLI)] if environ.get("CDK_CLI") == "cdktn" else []
    result["PATH"] = os.pathsep.join([*fork, str(ROOT / ".venv" / "bin"), environ.get("PATH") or os.defpath])
    result["CHECKPOINT_DISABLE"] = "1"  # neither terraform nor cdktf asks for newer versions of itself
    result["PIPENV_IGNORE_VIRTUALENVS"] = (
        "1"  # cdktf.json's `pipenv run` is for our .venv, whatever is active
    )
    result["PIPENV_VERBOSITY"] = "-1"
    # Terraform and its provider live for seconds, of which Go spends many on garbage: for a plan this takes
    # away 30 % of the CPU time, and needs 20 % more memory, 300 MB.
    result.setdefault("GOGC", "400")
    config = user_cli_config(environ)
    if config is None:
        mirror = find_mirror(environ, provider_version)
        text = terraform_cli_config(mirror, PLUGIN_CACHE)
        config = _write_cli_config(f"terraform-aws-{provider_version}.tfrc", text)
        if mirror is not None:
            # `terraform providers lock` asks the public registry even where a mirror has the provider.
            result.setdefault("CDKTF_SKIP_PROVIDER_LOCK", "true")
            result.setdefault("CDKTF_DISABLE_PLUGIN_CACHE_ENV", "true")
    result["TF_CLI_CONFIG_FILE"] = str(config)
    return result


def _write_cli_config(name: str, text: str) -> Path:
    path = CACHE / name
    PLUGIN_CACHE.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        # Replaced in one step: another terraform may be reading it.
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return path
