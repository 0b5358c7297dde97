#!/usr/bin/env bash
# What claims cost among many pilots: PILOTS real pilots of one slot work off JOBS jobs of `sleep NAP`
# on one filesystem, while strace counts each pilot's calls on names in the spool. Shows lost races for
# each claim, calls for each job, and the part of the slots' time in which payloads ran.
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

"$bin" init "$work/spool" >/dev/null
"$bin" watch --spool "$work/spool" 2>"$work/watch.log" &
running+=($!)
calls=rename,renameat2,statx,newfstatat,open,openat,unlink,unlinkat,mkdir,mkdirat,link,linkat
for number in $(seq "$pilots"); do
  # With -D strace is the grandchild, and the pilot gets the signals.
  strace -D -f --seccomp-bpf -qq -e signal=none -e trace="$calls" -o "$work/calls.$number" \
    "$bin" pilot --spool "$work/spool" --cpus 1 --memory 4GB --scratch "$work/scratch$number" \
    2>"$work/pilot$number.log" &
  running+=($!)
done
until [ "$("$bin" pilots --spool "$work/spool" --format json 2>/dev/null | grep -o '"host"' | wc -l)" \
  -ge "$pilots" ]; do
  read -rt 0.5 <> <(:) || :
done

printf '{"kind":"task","name":"bench","input":{"count":%d},"command":["sleep","%s"]}\n' \
  "$jobs" "$nap" >"$work/bench.json"
begin=$(date +%s.%N)
mv "$work/bench.json" "$work/spool/incoming/"
"$bin" wait bench --spool "$work/spool" >/dev/null 2>&1
end=$(date +%s.%N)
kill -TERM "${running[@]}"
wait
running=()

# A call on a name is a line that names the spool; a claim is a rename out of ready.
cat "$work"/calls.* | awk -v root="$work/spool" -v jobs="$jobs" -v pilots="$pilots" -v nap="$nap" \
  -v seconds="$(awk -v a="$begin" -v b="$end" 'BEGIN { print b - a }')" '
  { pid = $1 }
  /<unfinished/ { head[pid] = $0; next }
  /<\.\.\. .* resumed>/ { $0 = head[pid] $0; delete head[pid] }
  index($0, root) == 0 { next }
  { calls++ }
  /rename/ && /\/ready-[cg]pu\// { if (/= -1 /) lost++; else claims++ }
  END {
    printf "%d pilots, %d jobs of %s s: %.1f s, %.2f of the slots%s time used\n", pilots, jobs, nap,
      seconds, jobs * nap / pilots / seconds, "\x27"
    printf "%d claims, %.2f lost races for each; %.1f calls on names of the spool for each job\n",
      claims, lost / claims, calls / jobs
  }'
