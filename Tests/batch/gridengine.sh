#!/usr/bin/env bash
# spool factory with a real Grid Engine: a master and a node on this machine, started and ended by this
# script.
#
#   Tests/batch/gridengine.sh [SPOOL]
#
# SPOOL is the program, by default .build-test/release/spool. Where Grid Engine is not installed, it says so
# and does nothing.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/Tests/batch/gridengine-cluster.sh"
spool=$(realpath "${1:-$root/.build-test/release/spool}")
missing=$(sge_missing)
if [ -n "$missing" ]; then
  echo "gridengine: SKIPPED, for lack of $missing (on Debian: apt-get install gridengine-master" \
    "gridengine-exec gridengine-client)"
  exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/spool-sge.XXXXXX")
cluster=$(mktemp -d "${TMPDIR:-/tmp}/spool-sge.XXXXXX")
pids=()
finish() {
  local code=$?
  if [ $code -ne 0 ]; then
    echo "gridengine: FAILED in: ${what:-the start}" >&2
    "$spool" status >&2 || true
    qstat >&2 || true
    tail -n 20 "$work"/*.err "$SPOOL_DIR"/logs/@factories/*/*.log >&2 || true
  fi
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  sge_stop
  rm -rf "$work" "$cluster"
  exit $code
}
trap finish EXIT

export SPOOL_DIR="$work/spool"
sge_start "$cluster" >/dev/null
"$spool" init >/dev/null
"$spool" watch 2>"$work/watch.err" &
pids+=($!)

begin() { what=$1; echo "gridengine: $what"; }
await() {
  local seconds=$1 deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || { echo "not within $seconds s: $*" >&2; return 1; }
    sleep 0.2
  done
}
is_empty() { [ -z "$(qstat)" ]; }
has_claims() { [ "$(find "$SPOOL_DIR/running" -path '*/*/p[0-9]-*.json' | wc -l)" -ge "$1" ]; }
count_of() { cat "$SPOOL_DIR/ledger/$1.jsonl" 2>/dev/null | grep -c "\"outcome\":\"$2\"" || true; }

options=(--max 3 --cpus 1 --memory 300MB --wall 2h)

begin "from no pilot to 200 jobs done, and to no pilot"
"$spool" submit --name many --count 200 --memory 50MB -- sh -c 'sleep 0.2' >/dev/null
"$spool" factory gridengine "${options[@]}" --every 1s -- -q all.q 2>"$work/factory.err" &
factory=$!
pids+=($factory)
"$spool" wait many --timeout 120s >/dev/null
[ "$(count_of many ok)" -eq 200 ]
await 60 is_empty

begin "qdel: a notice first, and the job is given back"
line='if [ ! -e "$1" ]; then sleep 1000; fi'
"$spool" submit --name told --count 1 --memory 50MB --attempts 1 -- sh -c "$line" sh "$work/go" >/dev/null
await 60 has_claims 1
qdel "$(qstat | awk '$5 == "r" {print $1; exit}')" >/dev/null
returned() { [ "$(count_of told returned)" -ge 1 ]; }
touch "$work/go"
await 60 returned
"$spool" wait told --timeout 60s >/dev/null
await 60 is_empty
kill "$factory"
wait "$factory" || true

begin "a queue that does not exist is told in Grid Engine's words"
"$spool" submit --name last --count 4 --memory 50MB -- true >/dev/null
sleep 1.5
code=0
"$spool" factory gridengine "${options[@]}" -- -q nope 2>"$work/nope.err" || code=$?
[ $code -eq 69 ]
grep -q 'Job was rejected because job requests unknown queue "nope"' "$work/nope.err"

begin "a batch job in error is told, and holds up what would follow it"
"$spool" factory gridengine "${options[@]}" --every 1s -- -o /nowhere/log 2>"$work/held.err" &
factory=$!
pids+=($factory)
held() { grep -q "gridengine holds [0-9]* batch jobs: Eqw" "$work/held.err"; }
await 60 held
kill "$factory"
wait "$factory" || true

"$spool" check >/dev/null
echo "gridengine: passed in $SECONDS s"
