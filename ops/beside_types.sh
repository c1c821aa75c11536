#!/bin/sh
# Runs tests, and `make types` beside them: a second core has time for it. What is wrong with types comes last.
said=$(mktemp) || exit
trap 'kill "$types" 2>/dev/null; rm -f "$said"' EXIT
trap 'exit 130' INT
env -u MAKEFLAGS make --no-print-directory types >"$said" 2>&1 &
types=$!
"$@"
tests=$?
wait "$types" || { cat "$said" && exit 1; }
exit "$tests"
