#!/usr/bin/env bash
# Speed as ratios in one run: a task of JOBS times /bin/true on `spool up --cpus 2`, from drop to
# done and durable, beside `xargs -P2` and, where YARDSTICK names a directory with fsbench.c, beside
# an ideal cycle in C (create, claim by rename, spawn, rename: no record, no fsync).
# Usage: scripts/bench.sh DIRECTORY-OF-THE-PROGRAMS [JOBS] [ROUNDS]
set -euo pipefail
bin=$(cd "$1" && pwd)
jobs=${2:-20000}
rounds=${3:-3}
. "$(dirname "$0")/ground.sh"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/spool-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
ground "$work"
# Creates slow down in a directory after a large removal; a top directory's children do not share
# its block group.
chattr +T "$work" 2>/dev/null || true

now() { date +%s.%N; }
rate() { awk -v n="$jobs" -v a="$1" -v b="$2" 'BEGIN { printf "%.0f", n / (b - a) }'; }

ideal() {
  [ -n "${YARDSTICK:-}" ] || return 0
  [ -x "$work/fsbench" ] || cc -O2 -o "$work/fsbench" "$YARDSTICK/fsbench.c" 2>/dev/null
  "$work/fsbench" cycle "$work/c$1" 2 "$jobs" 0 0 1 | sed -n 's/.*end-to-end \([0-9]*\).*/\1/p'
}

xargs_rate() {
  local begin
  begin=$(now)
  seq "$jobs" | xargs -P2 -n1 /bin/true
  rate "$begin" "$(now)"
}

spool_rate() {
  local dir="$work/s$1" begin end up
  mkdir "$dir"
  "$bin/spool" init "$dir/spool" >/dev/null
  "$bin/spool" up --spool "$dir/spool" --cpus 2 2>"$dir/log" &
  up=$!
  # The watcher's heartbeat says that it is there.
  until grep -q '"epoch":1' "$dir/spool/watcher.json" 2>/dev/null; do read -rt 0.05 <> <(:) || :; done
  printf '{"kind":"task","name":"bench","input":{"count":%d},"command":["/bin/true"]}\n' "$jobs" \
    >"$dir/bench.json"
  begin=$(now)
  cp "$dir/bench.json" "$dir/spool/incoming/"
  "$bin/spool" wait bench --spool "$dir/spool" >"$dir/summary" 2>/dev/null
  end=$(now)
  kill -TERM "$up"
  wait "$up" || true
  rate "$begin" "$end"
}

echo "$jobs jobs of /bin/true, two slots, jobs/s end to end; $rounds rounds"
printf '%-6s %8s %8s %8s %14s %14s\n' round ideal-C xargs spool spool/xargs spool/ideal
for round in $(seq "$rounds"); do
  c=$(ideal "$round")
  x=$(xargs_rate)
  s=$(spool_rate "$round")
  awk -v r="$round" -v c="${c:-0}" -v x="$x" -v s="$s" 'BEGIN {
    printf "%-6s %8s %8s %8s %14.2f %14s\n", r, c ? c : "-", x, s, s / x,
      c ? sprintf("%.2f", s / c) : "-" }'
done
