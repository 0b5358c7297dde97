#!/usr/bin/env bash
# The pilots of spool factory slurm over time against the backlog, drawn, with what they cost: 1,000 jobs
# in two tasks with a pause between, by a Slurm of this script's own.
#
#   Tests/batch/slurm-over-time.sh [SPOOL [PICTURE]]
#
# SPOOL is the program, by default .build-test/release/spool. Wants slurm-wlm, munge, and matplotlib in $PYTHON.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/Tests/batch/slurm-cluster.sh"
spool=$(realpath "${1:-$root/.build-test/release/spool}")
picture=$(realpath "${2:-pilots-over-time.png}")
missing=$(slurm_missing)
if [ -n "$missing" ]; then
  echo "slurm: please install slurm-wlm and munge: $missing is missing" >&2
  exit 1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/spool-slurm.XXXXXX")
pids=()
finish() {
  local code=$?
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  slurm_stop
  rm -rf "$work"
  exit $code
}
trap finish EXIT

export SPOOL_DIR="$work/spool"
SLURM_TEST_CPUS=8
slurm_start "$work/cluster"

# The session of a user with a bare cluster.
"$spool" init
"$spool" watch 2>"$work/watch.err" &
pids+=($!)
"$spool" factory slurm --max 8 --cpus 2 --memory 500MB --wall 2h --every 1s -- --partition=cpu \
  2>"$work/factory.err" &
pids+=($!)
"${PYTHON:-python3}" "$root/Tests/batch/over_time.py" "$work/samples" 2 "$picture" &
drawer=$!
pids+=($drawer)
"$spool" submit --name first --count 700 --memory 50MB -- sleep 1
"$spool" wait first >/dev/null
until [ -z "$(squeue --me --noheader)" ]; do sleep 0.2; done
"$spool" submit --name second --count 300 --memory 50MB -- sleep 1
"$spool" wait second >/dev/null
"$spool" status
until [ -z "$(squeue --me --noheader)" ]; do sleep 0.2; done
touch "$work/samples.end"
wait "$drawer"
"$spool" check >/dev/null
