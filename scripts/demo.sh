#!/usr/bin/env bash
# The main job on the embedded default: a run of a detector without a trigger fills a buffer directory,
# and meanwhile a chain on ./spool decodes, reconstructs, selects and merges what is there, with a
# watcher and a pilot on this machine.
# Usage: scripts/demo.sh DIRECTORY-OF-THE-PROGRAMS [FRAMES [MILLISECONDS-PER-FRAME]]
# VENV names the virtual environment, by default .venv. Where the gateway is built, the spool is shown in a
# browser meanwhile; with WEB=1 also after the end, until the user interrupts it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(cd "$1" && pwd)
frames=${2:-200}
pace=${3:-50}
python=${VENV:-.venv}/bin/python
export PATH="$bin:$PATH"
export SPOOL_DIR="$PWD/spool"

# With matplotlib, where `make` could install it: for the picture. The table needs none.
"$python" -c 'import matplotlib' 2>/dev/null || python=python3

run=$(date +%H%M%S)
data="$PWD/demo/run$run"
mkdir -p "$data/buffer"

generator='' up='' gateway=''
trap 'kill -TERM $generator $up $gateway 2>/dev/null || true' EXIT

echo "== a watcher and a pilot on ./spool; the buffer directory is made known, the chain is submitted"
spool init >/dev/null
spool up &
up=$!
for _ in {1..100}; do
  grep -qs '"clean":false' spool/watcher.json && break
  sleep 0.1
done
if [ -x gateway/.build/release/spool-gateway ]; then
  mkdir -p demo
  gateway/.build/release/spool-gateway --port 0 >demo/address 2>demo/gateway.log &
  gateway=$!
  for _ in {1..100}; do
    [ -s demo/address ] && break
    sleep 0.1
  done
  echo "== the spool in a browser: $(cat demo/address)"
fi
variables=(--set "run=$run" --set "input=run$run.raw" --set "buffer=$data/buffer"
  --set "data=$data/data")
spool submit examples/online-filter/buffer.json examples/online-filter/chain.json \
  "${variables[@]}"

echo "== run $run begins: $frames frames, one in $pace ms, into demo/run$run/buffer"
frames generate --out "$data/buffer" --frames "$frames" --seed 1 --run "$run" --pace "$pace" \
  --truth "$data/truth.txt" --end "run$run.end" &
generator=$!
status=0
wait "$generator" || status=$?
generator=''
[ "$status" -eq 0 ] || exit "$status"

echo "== the run has ended; the chain works off what is left"
spool wait "run$run" || status=$?
spool status "run$run" --format json >"$data/summary.json"
kill -TERM "$up"
wait "$up" || true
up=''
echo
echo "== the spool now: cat spool/STATUS"
cat spool/STATUS
[ "$status" -eq 0 ] || exit "$status"

echo
echo "== the masses of the selected pairs, in demo/run$run/data/run$run.pairs"
frames histogram "$data/data/run$run.pairs"
echo
echo "== what the generator had put in"
frames score --truth "$data/truth.txt" "$data/data/run$run.pairs"
echo
echo "== what each step did"
"$python" examples/online-filter/result.py "$data/summary.json" --plot "$data/run$run.png"
echo
echo "   more: ls -R spool; $1/spool status run$run; $1/spool jobs run$run.select; $1/spool check"
if [ -n "${WEB:-}" ] && [ -n "$gateway" ]; then
  echo "   the spool in a browser: $(cat demo/address) (until you press Ctrl-C)"
  wait "$gateway"
fi
