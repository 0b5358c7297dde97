# A Slurm of the test's own, for other scripts to source: a controller and two pretended nodes on this
# machine. Everything lies in a directory, nothing listens but on the loopback, and no process outlives
# the script.
#
#   slurm_start DIR    starts it, and exports SLURM_CONF
#   slurm_stop         ends it

slurm_pids=()

slurm_missing() {
  local program
  for program in slurmctld slurmd munged sbatch squeue scancel; do
    command -v "$program" >/dev/null || PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || {
      echo "$program"
      return
    }
  done
  [ "$(id -u)" -eq 0 ] || echo "root's rights"
}

# Ports that are free now: Slurm cannot choose its own.
slurm_ports() {
  python3 - <<'PY'
import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])
PY
}

slurm_start() {
  local dir=$1 host ports
  PATH="$PATH:/usr/sbin"
  host=$(hostname -s)
  read -r -a ports <<<"$(slurm_ports)"
  mkdir -p "$dir/state" "$dir/munge"
  chmod 711 "$dir" "$dir/munge"
  head -c 128 /dev/urandom >"$dir/munge/key"
  chmod 600 "$dir/munge/key"
  cat >"$dir/slurm.conf" <<CONF
ClusterName=spooltest
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,bf_interval=1
MpiDefault=none
ReturnToService=2
KillWait=15
MinJobAge=300
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=${SLURM_TEST_CPUS:-2} RealMemory=8000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=${SLURM_TEST_CPUS:-2} RealMemory=8000
PartitionName=cpu Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF="$dir/slurm.conf"
  munged --foreground --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" \
    --pid-file="$dir/munge/pid" --log-file="$dir/munge/log" --seed-file="$dir/munge/seed" \
    >"$dir/munge/out" 2>&1 &
  slurm_pids+=($!)
  until [ -S "$dir/munge/socket" ]; do sleep 0.1; done
  slurmctld -D >"$dir/slurmctld.out" 2>&1 &
  slurm_pids+=($!)
  local node
  for node in n1 n2; do
    mkdir -p "$dir/spool.$node"
    slurmd -D -N "$node" >"$dir/slurmd.$node.out" 2>&1 &
    slurm_pids+=($!)
  done
  local try
  for try in $(seq 150); do
    [ "$(sinfo --noheader --format=%t%D 2>/dev/null)" = idle2 ] && return 0
    sleep 0.2
  done
  echo "the nodes did not come up:" >&2
  sinfo >&2 || true
  tail -n 5 "$dir"/*.log "$dir"/*.out >&2 || true
  return 1
}

slurm_stop() {
  local pid try
  # The batch jobs end first: a node waits for them.
  scancel --quiet --user="$(id -un)" 2>/dev/null || true
  for try in $(seq 100); do
    [ -z "$(squeue --noheader --states=RUNNING,COMPLETING 2>/dev/null)" ] && break
    sleep 0.2
  done
  for pid in $(printf '%s\n' "${slurm_pids[@]}" | tac); do kill "$pid" 2>/dev/null || true; done
  for try in $(seq 50); do
    kill -0 "${slurm_pids[@]}" 2>/dev/null || break
    sleep 0.1
  done
  for pid in "${slurm_pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  slurm_pids=()
}
