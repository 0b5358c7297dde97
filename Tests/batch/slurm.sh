#!/usr/bin/env bash
# spool factory with a real Slurm: two pretended nodes on this machine, started and ended by this script.
#
#   Tests/batch/slurm.sh [--short] [SPOOL]
#
# SPOOL is the program, by default .build-test/release/spool. The short form leaves out the faults that take
# long. Where Slurm is not installed, it says so and does nothing.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/Tests/batch/slurm-cluster.sh"

short=
[ "${1:-}" = --short ] && { short=1; shift; }
spool=$(realpath "${1:-$root/.build-test/release/spool}")
missing=$(slurm_missing)
if [ -n "$missing" ]; then
  echo "slurm: SKIPPED, for lack of $missing (on Debian: apt-get install slurm-wlm munge)"
  exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/spool slurm.XXXXXX")
cluster=$(mktemp -d "${TMPDIR:-/tmp}/spool-slurm.XXXXXX")
pids=()
finish() {
  local code=$?
  if [ $code -ne 0 ]; then
    echo "slurm: FAILED in: ${what:-the start}" >&2
    "$spool" status >&2 || true
    squeue --states=all >&2 || true
    tail -n 20 "$work"/*.err >&2 || true
    tail -n 5 "$SPOOL_DIR"/logs/@factories/*/*.log >&2 || true
  fi
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  slurm_stop
  rm -rf "$work" "$cluster"
  exit $code
}
trap finish EXIT

export SPOOL_DIR="$work/the spool"
slurm_start "$cluster"
"$spool" init >/dev/null
"$spool" watch 2>"$work/watch.err" &
pids+=($!)

begin() { what=$1; echo "slurm: $what"; }

# Looks at a condition until it holds.
await() {
  local seconds=$1 deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || { echo "not within $seconds s: $*" >&2; return 1; }
    sleep 0.1
  done
}

jobs_in() { squeue --me --noheader --states="$1" --format=%A; }
count_in() { jobs_in "$1" | wc -l; }
is_empty() { [ "$(count_in PENDING,RUNNING,COMPLETING)" -eq 0 ]; }
pilots() { find "$SPOOL_DIR/running" -name pilot.json | wc -l; }
no_pilots() { [ "$(pilots)" -eq 0 ]; }
claims() { find "$SPOOL_DIR/running" -path '*/*/p[0-9]-*.json' | wc -l; }
has_claims() { [ "$(claims)" -ge "$1" ]; }

# In the foreground of a function that goes on: the factory, its number in $factory.
start_factory() {
  "$spool" factory slurm --max 4 --cpus 1 --memory 300MB --wall 2h --every 1s "$@" \
    2>>"$work/factory.err" &
  factory=$!
  pids+=($factory)
}
stop_factory() { kill "$factory"; wait "$factory" || true; }

count_of() { cat "$SPOOL_DIR/ledger/$1.jsonl" 2>/dev/null | grep -c "\"outcome\":\"$2\"" || true; }

begin "from no pilot to 200 jobs done, and to no pilot"
"$spool" submit --name many --count 200 --memory 50MB -- sh -c 'sleep 0.2' >/dev/null
start_factory -- --partition=cpu
most=0
while ! "$spool" wait many --timeout 1s >/dev/null 2>&1; do
  now=$(count_in PENDING,RUNNING)
  [ "$now" -gt $most ] && most=$now
  [ "$now" -le 4 ]
done
[ $most -ge 2 ]
[ "$(count_of many ok)" -eq 200 ]
await 60 is_empty
await 10 no_pilots
[ "$(squeue --me --noheader --states=COMPLETED --format=%A | wc -l)" -ge 1 ]
[ "$(squeue --me --noheader --states=FAILED,CANCELLED,TIMEOUT,NODE_FAIL --format=%A | wc -l)" -eq 0 ]
is_told() { "$spool" status | grep >/dev/null 'slurm  slurm on .*: 0 running, 0 queued of at most 4'; }
await 10 is_told

begin "a second factory of the name stands by"
"$spool" factory slurm --max 4 --cpus 1 --memory 300MB --wall 2h --once 2>"$work/second.err"
grep -q "another factory slurm is at work" "$work/second.err"

begin "a pilot that Slurm tells to leave gives its jobs back, and costs no attempt"
line='if [ ! -e "$1" ]; then sleep 1000; fi'
"$spool" submit --name told --count 2 --memory 50MB --attempts 1 -- sh -c "$line" sh "$work/go" >/dev/null
await 60 has_claims 2
job=$(jobs_in RUNNING | head -n 1)
scancel --signal=TERM --full "$job"
returned() { [ "$(count_of told returned)" -ge 1 ]; }
await 60 returned
if [ -z "$short" ]; then
  begin "so does one that Slurm cancels or kills: TERM goes to its payloads, too"
  for how in "" --signal=KILL; do
    await 60 has_claims 2
    job=$(jobs_in RUNNING | tail -n 1)
    before=$(count_of told returned)
    # shellcheck disable=SC2086
    scancel $how --full "$job"
    more() { [ "$(count_of told returned)" -gt "$before" ]; }
    await 60 more
  done
fi
begin "a pilot that dies loses its job, which runs again"
await 60 has_claims 2
kill -KILL "$(grep -ho '"pid":[0-9]*' "$SPOOL_DIR"/running/*/pilot.json | head -n 1 | cut -d: -f2)"
lost() { [ "$(count_of told lost)" -ge 1 ]; }
await 60 lost
await 60 has_claims 2
# What sleeps began before the file was there.
touch "$work/go"
for job in $(jobs_in RUNNING); do scancel --signal=TERM --full "$job"; done
"$spool" wait told --timeout 120s >/dev/null
[ "$(count_of told ok)" -eq 2 ]
await 60 is_empty

begin "what waits for nothing is taken back"
stop_factory
"$spool" submit --name dropped --count 9 --memory 50MB -- sleep 1000 >/dev/null
sleep 1.5
scontrol update PartitionName=cpu State=DOWN
start_factory
pending() { [ "$(count_in PENDING)" -ge 3 ]; }
await 30 pending
# Killed and started again, it finds its batch jobs in Slurm's list.
kill -KILL "$factory"
wait "$factory" || true
start_factory
sleep 3
[ "$(count_in PENDING)" -eq 3 ]
"$spool" cancel dropped >/dev/null
await 30 is_empty
scontrol update PartitionName=cpu State=UP
stop_factory

begin "a partition that does not exist is told in Slurm's words"
"$spool" submit --name last --count 4 --memory 50MB -- true >/dev/null
sleep 1.5
code=0
"$spool" factory slurm --max 4 --cpus 1 --memory 300MB --wall 2h -- --partition=nope \
  2>"$work/nope.err" || code=$?
[ $code -eq 69 ]
grep -q "sbatch: error: invalid partition specified: nope" "$work/nope.err"
"$spool" status | grep >/dev/null "stopped: .*invalid partition specified: nope"

begin "three pilots in a row that die are the end"
code=0
"$spool" factory slurm --max 4 --cpus 1 --memory 300MB --wall 2h --every 1s \
  --program /nowhere/spool 2>"$work/dead.err" || code=$?
[ $code -eq 69 ]
grep -q "3 pilots in a row died without a job" "$work/dead.err"
grep -q "/nowhere/spool: not found" "$work/dead.err"
"$spool" status | grep >/dev/null "stopped: 3 pilots in a row"

begin "single looks, as from cron"
once() {
  "$spool" factory slurm --name cron --max 4 --cpus 1 --memory 300MB --wall 2h --once 2>>"$work/once.err"
}
once
"$spool" wait last --timeout 60s >/dev/null
await 60 is_empty
once
is_empty

"$spool" check >/dev/null
echo "slurm: passed in $SECONDS s"
