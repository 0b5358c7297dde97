#!/usr/bin/env bash
# The main job on the embedded default: detector-like frames through one task on ./spool, with a
# watcher and a pilot on this machine. Usage: scripts/demo.sh DIRECTORY-OF-THE-PROGRAMS [FRAMES]
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(cd "$1" && pwd)
frames=${2:-120}
export PATH="$bin:$PATH"
export SPOOL_DIR="$PWD/spool"

run=$(date +%H%M%S)
data="$PWD/demo/run$run"

echo "== making $frames frames of a detector without a trigger, in demo/run$run/raw"
mkdir -p "$data"
frames generate --out "$data/raw" --frames "$frames" --seed 1 \
  --dataset "run$run.raw" --manifest "$data/manifest.json"

sed -e "s/\"frames.select\"/\"run$run.select\"/" -e "s/\"frames.raw\"/\"run$run.raw\"/" \
  -e "s/\"frames.selected\"/\"run$run.selected\"/" -e "s#data/selected#$data/selected#" \
  examples/frames/task.json >"$data/task.json"

echo "== watcher and pilot on ./spool; the task and the manifest are dropped with cp"
spool init >/dev/null
cp "$data/task.json" "spool/incoming/run$run.select.json"
cp "$data/manifest.json" "spool/incoming/run$run.raw.json"
spool up --exit-when-idle &
up=$!
trap 'kill -TERM $up 2>/dev/null || true' EXIT
status=0
spool wait "run$run.select" || status=$?
wait "$up" || true
trap - EXIT
[ "$status" -eq 0 ] || exit "$status"

echo
echo "== the masses of the selected pairs"
frames histogram "$data"/selected/*.frame
echo
echo "== the spool now: cat spool/STATUS"
cat spool/STATUS
echo
echo "   more: ls -R spool; $1/spool jobs run$run.select; $1/spool check"
