#!/usr/bin/env bash
# What test-vm.sh runs inside its machine, as a service of systemd.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin SPOOL_DIR=/srv/run/spool LANG=C.UTF-8
spool=$SPOOL_DIR
instance=$(systemd-escape --path "$spool")
watch=spool-watch@$instance.service
pilot=spool-pilot@$instance.service

say() { echo "inside-vm: $*"; }
fail() {
  say "$*"
  journalctl --no-pager -n 40 -u "$watch" -u "$pilot"
  exit 1
}
trap 'fail "line $LINENO failed"' ERR
as() { runuser -u alice -- "$@"; }
# Waits for what a command says, for two minutes.
await() { # WHAT COMMAND...
  local what=$1 end=$((SECONDS + 120))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || fail "waited in vain for $what"
    sleep 0.1
  done
}

useradd --create-home alice
install -d -o alice /srv/run
as spool init >/dev/null
for unit in "$watch" "$pilot"; do
  install -d "/etc/systemd/system/$unit.d"
  printf '[Service]\nUser=alice\nWatchdogSec=10s\nEnvironment="SPOOL_PILOT_OPTIONS=--cpus 2 --memory 1GB --drain 1s"\n' \
    >"/etc/systemd/system/$unit.d/site.conf"
done
systemctl daemon-reload
systemctl enable --quiet --now "$watch" "$pilot"
submit() { as spool submit --attempts 1 "$@" >/dev/null; }
finish() { as spool wait "$1" --timeout 300s >/dev/null 2>&1 || true; }
groups() { find "/sys/fs/cgroup$(systemctl show -P ControlGroup "$pilot")" -type d -name 'spool-*' "$@"; }

say "the pilot owns its control group"
journalctl --no-pager -u "$pilot" | grep -q "memory kept to by control groups"
[ "$(groups -name '*-pilot' | wc -l)" = 1 ]

say "a payload that takes 400 MB in a moment does not get over its 64 MB"
submit --name neighbour --count 300 --memory 64MB -- sleep 0.01
submit --name burst --count 4 --memory 64MB -- sh -c 'head -c 400000000 /dev/zero | tail >/dev/null'
finish burst
as spool explain burst | grep -q "4 jobs failed of memory"
as spool explain burst | grep -q "over its memory of 64.0 MB"
[ "$(journalctl -k --no-pager | grep -c 'oom-kill:constraint=CONSTRAINT_MEMCG.*/spool-')" -ge 4 ]
finish neighbour
as spool status neighbour | grep -q "300.*done"

say "what it writes to memory as files is its own, too"
submit --name files --count 1 --memory 64MB -- sh -c 'head -c 400000000 /dev/zero >/dev/shm/big; sleep 1'
finish files
as spool explain files | grep -q "1 jobs\? failed of memory"
rm -f /dev/shm/big

say "what it can have, it has"
submit --name fits --count 4 --memory 200MB -- sh -c 'head -c 100000000 /dev/zero | tail >/dev/null'
finish fits
as spool status fits | grep -q "4.*done"

say "one that forks without end, in sessions of their own, is gone after its wall time"
submit --name bomb --count 1 --memory 200MB --wall 3s -- \
  sh -c 'while :; do env -i setsid sh -c "setsid sleep 4711 & setsid sleep 4711" & sleep 0.01; done'
finish bomb
as spool explain bomb | grep -q "1 jobs\? failed of wall"
! pgrep -x sleep >/dev/null || fail "$(pgrep -xa sleep | wc -l) processes are left"

say "systemctl stop gives its jobs back, and start goes on with them"
as spool submit --name long --count 2 --attempts 1 --memory 64MB -- sleep 300 >/dev/null
await "two running jobs" sh -c "[ \$(find $spool/running -name '*.long.*' | wc -l) = 2 ]"
systemctl stop "$pilot"
[ "$(find "$spool/running" -name '*.long.*' | wc -l)" = 0 ]
systemctl start "$pilot"

say "a pilot that is killed comes again, and tidies up"
await "two running jobs again" sh -c "[ \$(find $spool/running -name '*.long.*' | wc -l) = 2 ]"
before=$(systemctl show -P MainPID "$pilot")
kill -KILL "$before"
await "another pilot" sh -c "p=\$(systemctl show -P MainPID $pilot); [ \$p != 0 ] && [ \$p != $before ]"
await "its start" systemctl is-active --quiet "$pilot"
[ "$(groups -name "spool-$before-*" | wc -l)" = 0 ]
as spool cancel long >/dev/null

say "a watcher that stands still is ended by its watchdog, and comes again"
before=$(systemctl show -P MainPID "$watch")
kill -STOP "$before"
await "another watcher" sh -c "p=\$(systemctl show -P MainPID $watch); [ \$p != 0 ] && [ \$p != $before ]"
submit --name after --count 3 --memory 64MB -- true
finish after
as spool status after | grep -q "3.*done"

say "nothing is damaged"
as spool check >/dev/null
systemctl stop "$pilot" "$watch"
[ "$(systemctl show -P Result "$pilot")" = success ]
say "all is well"
