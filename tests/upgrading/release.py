"""The last release: its settings and what its stacks promised, as released.json.gz keeps them.

`python -m tests.upgrading.release COMMIT` writes that file, and says of which commit it is; run it in a
checkout of the commit that is released, and begin a new changes.toml then.
"""

import gzip
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT, VARIANTS
from tests.upgrading.contract import Contract, contracts_of, written

FILE = Path(__file__).with_name("released.json.gz")
FOLDERS = (ROOT / "environments", VARIANTS, VARIANTS / "ci")


@dataclass(frozen=True)
class Release:
    """A release.

    Attributes:
        commit: which it is.
        settings: the text of each environment's file by its path.
        contracts: by the stack's name.
    """

    commit: str
    settings: dict[str, str]
    contracts: dict[str, Contract]


def last_release() -> Release:
    """Return the last release."""
    content = json.loads(gzip.decompress(FILE.read_bytes()))
    contracts = {name: Contract.parse(one) for name, one in content["stacks"].items()}
    return Release(content["commit"], content["settings"], contracts)


def main(commit: str) -> None:
    """Write what this checkout promises."""
    full = subprocess.check_output(["git", "rev-parse", "--verify", f"{commit}^{{commit}}"], text=True)
    settings = {
        str(file.relative_to(ROOT)): file.read_text(encoding="utf-8")
        for folder in FOLDERS
        for file in sorted(folder.glob("*.toml"))
    }
    content = {
        "commit": full.strip(),
        "settings": settings,
        "stacks": written(contracts_of(settings)),
    }
    # Without the time, so that the same release gives the same file.
    FILE.write_bytes(gzip.compress(json.dumps(content, sort_keys=True).encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
