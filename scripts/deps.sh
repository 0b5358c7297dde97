#!/usr/bin/env bash
# Installs what is missing on a Debian machine; says what to do where it cannot.
# Usage: scripts/deps.sh [test]; with `test` also what the tests need alone.
set -euo pipefail

if ! command -v swift >/dev/null; then
  echo "deps: Swift 6.2 or later is not here: see https://www.swift.org/install/linux/" >&2
  exit 1
fi

packages=()
[ -e /usr/include/inotifytools/inotifytools.h ] || packages+=(libinotifytools0-dev)
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
# promtool, for the tests of the gateway's metrics.
[ "${1:-}" != test ] || command -v promtool >/dev/null || packages+=(prometheus)
# The server in front of the gateway's socket.
[ "${1:-}" != test ] || command -v nginx >/dev/null || packages+=(nginx-light)
# The browser of the page's tests.
[ "${1:-}" != test ] || command -v chromium >/dev/null || packages+=(chromium fonts-dejavu-core)
# Only the test of `spool factory` wants these, and says so where they are missing.
if [ "${SPOOL_BATCH:-}" = 1 ]; then
  command -v sbatch >/dev/null || packages+=(slurm-wlm munge)
  command -v qconf >/dev/null || packages+=(gridengine-master gridengine-exec gridengine-client)
fi
[ ${#packages[@]} -eq 0 ] && exit 0

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
if ! command -v apt-get >/dev/null; then
  echo "deps: please install: ${packages[*]}" >&2
  exit 1
fi
echo "deps: installing ${packages[*]}"
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
