#!/bin/sh
# Renews Pipfile.lock and package-lock.json, and takes out of both where the
# packages came from: each user's own configuration says that.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
export PATH PIPENV_VERBOSITY=-1

pipenv lock
python - <<'EOF'
import json
from pathlib import Path

lock = Path("Pipfile.lock")
content = json.loads(lock.read_text())
content["_meta"]["sources"] = []
for section in ("default", "develop"):
    for package in content[section].values():
        package.pop("index", None)
lock.write_text(json.dumps(content, indent=4) + "\n")
EOF
npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
