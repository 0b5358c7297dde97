#!/usr/bin/env bash
# What claims cost among many pilots: PILOTS real pilots of one slot work off JOBS jobs of `sleep NAP`
# on one filesystem, first by themselves, for the part of the slots' time in which payloads ran, then
# with strace, which counts lost races and each pilot's calls on names in the spool.
# Usage: scripts/bench-claims.sh DIRECTORY-OF-THE-PROGRAM [PILOTS] [JOBS] [NAP]
set -euo pipefail
bin=$(cd "$1" && pwd)/spool
pilots=${2:-32}
jobs=${3:-6000}
nap=${4:-0.1}
command -v strace >/dev/null || { echo "bench-claims: please install strace" >&2; exit 1; }
. "$(dirname "$0")/ground.sh"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/spool-claims.XXXXXX")
running=()
finish() {
  [ ${#running[@]} -eq 0 ] || kill -TERM "${running[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap finish EXIT
ground "$work"

alive() { "$bin" pilots --spool "$1" --format json 2>/dev/null | grep -o '"host"' | wc -l; }
use() {
  awk -v a="$1" -v b="$2" -v jobs="$jobs" -v pilots="$pilots" -v nap="$nap" 'BEGIN {
    printf "%.1f s, %.2f of the time of the slots used\n", b - a, jobs * nap / pilots / (b - a)
  }'
}

# run NAME [TRACER...]: works off the jobs with pilots under that tracer; says how long it took.
run() {
  local spool="$work/$1" number begin end
  shift
  "$bin" init "$spool" >/dev/null
  "$bin" watch --spool "$spool" 2>"$spool.log" &
  running+=($!)
  for number in $(seq "$pilots"); do
    "$@" "$bin" pilot --spool "$spool" --cpus 1 --memory 4GB --scratch "$spool.scratch$number" \
      2>"$spool.pilot$number.log" &
    running+=($!)
  done
  until [ "$(alive "$spool")" -ge "$pilots" ]; do read -rt 0.5 <> <(:) || :; done
  printf '{"kind":"task","name":"bench","input":{"count":%d},"command":["sleep","%s"]}\n' \
    "$jobs" "$nap" >"$spool.json"
  begin=$(date +%s.%N)
  mv "$spool.json" "$spool/incoming/bench.json"
  "$bin" wait bench --spool "$spool" >/dev/null 2>&1
  end=$(date +%s.%N)
  kill -TERM "${running[@]}"
  wait
  running=()
  use "$begin" "$end"
}

# With -D strace is the grandchild, and the pilot gets the signals.
trace() {
  exec strace -D -f --seccomp-bpf -qq -e signal=none -o "$work/calls/$BASHPID" \
    -e trace=rename,renameat2,statx,newfstatat,open,openat,unlink,unlinkat,mkdir,mkdirat,link,linkat \
    "$@"
}

echo "$pilots pilots of one slot, $jobs jobs of $nap s"
echo "spool:  $(run plain)"
begin=$(date +%s.%N)
seq "$jobs" | xargs "-P$pilots" -I{} sleep "$nap"
echo "xargs:  $(use "$begin" "$(date +%s.%N)")"
mkdir "$work/calls"
echo "traced: $(run traced trace)"
# A call on a name is a line that names the spool; a claim is a rename out of ready.
cat "$work"/calls/* | awk -v root="$work/traced/" -v jobs="$jobs" '
  { pid = $1 }
  /<unfinished/ { head[pid] = $0; next }
  /<\.\.\. .* resumed>/ { $0 = head[pid] $0; delete head[pid] }
  index($0, root) == 0 { next }
  { calls++ }
  /rename/ && /\/ready-[cg]pu\// { if (/= -1 /) lost++; else claims++ }
  END {
    printf "%d claims, %.2f lost races for each; %.1f calls on names of the spool for each job\n",
      claims, lost / claims, calls / jobs
  }'
