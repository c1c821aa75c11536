"""Where Terraform gets the AWS provider: from a mirror on this machine, else from the public registry."""

import http.client
import json
import os
import platform
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.shared.errors import OpsError

PROVIDER = "registry.terraform.io/hashicorp/aws"
REGISTRY = "https://registry.terraform.io/v1/providers/hashicorp/aws"
REGISTRY_SECONDS = 5
MIRROR_VARIABLE = "TERRAFORM_PROVIDER_MIRROR"
MACHINE_FOLDERS = (Path("/usr/local/share"), Path("/usr/share"), Path("/opt"), Path("/srv"))


def _platform() -> str:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{machine}"


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    if named := environ.get(MIRROR_VARIABLE):
        yield Path(named)
    home = Path.home()
    yield home / ".terraform.d" / "plugins"
    yield home / ".local" / "share" / "terraform" / "plugins"
    for root in MACHINE_FOLDERS:
        yield root / "terraform" / "plugins"
        yield from sorted(root.glob("*"))


def find_mirror(environ: Mapping[str, str], version: str) -> Path | None:
    """Return the folder of a filesystem mirror that holds the provider for this machine, or None.

    Looks at $TERRAFORM_PROVIDER_MIRROR, then where mirrors are usually put; only
    the unpacked layout counts
    (https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror).

    Raises:
        OpsError: the variable names a folder that does not hold it.
    """
    named = environ.get(MIRROR_VARIABLE)
    for candidate in _candidates(environ):
        # Not Path.is_dir, which raises where we may not look: a folder in /opt that is not ours.
        if os.path.isdir(candidate / PROVIDER / version / _platform()):  # noqa: PTH112
            return candidate.absolute()  # terraform is started in other folders than we are
        if named:  # is the first candidate
            wanted = f"{PROVIDER}/{version}/{_platform()}"
            raise OpsError(f"{MIRROR_VARIABLE} names {named}, which has no folder {wanted}")
    return None


@dataclass(frozen=True)
class Missing:
    """A version of the provider that Terraform may not get.

    Attributes:
        problem: why.
        certain: whether it is nowhere; False where the public registry cannot be asked.
    """

    problem: str
    certain: bool


def is_installed(folder: Path, version: str) -> bool:
    """Return whether an earlier `terraform init` installed a version of the provider in a stack's folder."""
    return (folder / ".terraform" / "providers" / PROVIDER / version / _platform()).exists()


def missing_provider(environ: Mapping[str, str], version: str, folder: Path) -> Missing | None:
    """Say that Terraform may not get a version of the provider; None where nothing says so.

    What a Terraform CLI configuration of the user's says is not looked into.
    https://developer.hashicorp.com/terraform/internals/provider-registry-protocol#find-a-provider-package

    Args:
        environ: the variables that Terraform gets.
        version: the version.
        folder: the stack's folder, in which it may be installed already.

    Raises:
        OpsError: a variable names a mirror that does not have it.
    """
    if (
        user_cli_config(environ) is not None
        or is_installed(folder, version)
        or find_mirror(environ, version) is not None
    ):
        return None
    return not_in_registry(version)


def not_in_registry(version: str) -> Missing | None:
    """Say that the public registry, which is asked, may not have a version that no mirror here has."""
    nowhere = f"version {version} of the AWS provider is in no mirror on this machine"
    url = f"{REGISTRY}/{version}/download/{_platform().replace('_', '/')}"
    try:
        urllib.request.urlopen(url, timeout=REGISTRY_SECONDS).close()  # noqa: S310 (the URL is ours)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return Missing(f"{nowhere}, and not in the public Terraform registry", certain=True)
        problem = f"{nowhere}, and the public Terraform registry answers with status {error.code}"
        return Missing(problem, certain=False)
    except (OSError, http.client.HTTPException):  # the latter where a proxy answers with something else
        return Missing(f"{nowhere}, and the public Terraform registry cannot be reached", certain=False)
    return None


def terraform_cli_config(mirror: Path | None, plugin_cache: Path) -> str:
    """Return the text of a Terraform CLI configuration that uses `mirror`.

    Without one, providers come from the public registry and are kept in
    `plugin_cache`, so that each is fetched once.
    """
    if mirror is None:
        return f"plugin_cache_dir = {_quoted(plugin_cache)}\n"
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {_quoted(mirror)}\n"
        f'    include = ["{PROVIDER}"]\n'
        "  }\n"
        "  direct {\n"
        f'    exclude = ["{PROVIDER}"]\n'
        "  }\n"
        "}\n"
    )


def _quoted(path: Path) -> str:
    # Not in ASCII: HCL does not know JSON's pairs of \u escapes.
    return json.dumps(os.fspath(path), ensure_ascii=False)


def user_cli_config(environ: Mapping[str, str]) -> Path | None:
    """Return the Terraform CLI configuration that the user has already, or None."""
    named = environ.get("TF_CLI_CONFIG_FILE") or os.fspath(Path.home() / ".terraformrc")
    path = Path(named)
    return path.absolute() if path.is_file() else None
