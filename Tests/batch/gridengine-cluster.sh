# A Grid Engine of the test's own, for other scripts to source: a master and one node on this machine.
# Everything lies in a directory, and no process outlives the script.
#
#   sge_start DIR    starts it, and exports SGE_ROOT and what its programs want
#   sge_stop         ends it

sge_dir=

sge_missing() {
  local program
  for program in /usr/sbin/sge_qmaster /usr/sbin/sge_execd /usr/bin/qsub /usr/bin/qconf; do
    [ -x "$program" ] || { echo "$program"; return; }
  done
  [ "$(id -u)" -eq 0 ] || echo "root's rights"
}

sge_start() {
  local dir=$1 host
  sge_dir=$dir
  host=$(hostname)
  mkdir -p "$dir/default/common" "$dir/db" "$dir/qmaster/job_scripts" "$dir/execd" "$dir/tmp"
  chmod 755 "$dir"
  chmod 1777 "$dir/tmp"
  local name
  for name in bin lib util utilbin; do ln -s "$(realpath /var/lib/gridengine/$name)" "$dir/$name"; done
  cat >"$dir/default/common/bootstrap" <<CONF
Version: 6.2
admin_user              none
default_domain          none
ignore_fqdn             false
spooling_method         berkeleydb
spooling_lib            libspoolb
spooling_params         $dir/db
binary_path             /usr/sbin
qmaster_spool_dir       $dir/qmaster
security_mode           none
listener_threads        2
worker_threads          2
scheduler_threads       1
CONF
  echo "$host" >"$dir/default/common/act_qmaster"
  # Where the name of 127.0.0.1 is another one.
  echo "$host localhost" >"$dir/default/common/host_aliases"
  local ports
  ports=$(python3 -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])')
  export SGE_ROOT=$dir SGE_CELL=default SGE_QMASTER_PORT=${ports% *} SGE_EXECD_PORT=${ports#* }
  export SGE_CLUSTER_NAME=spooltest
  /usr/share/gridengine/scripts/init_cluster "$dir" default "$dir/db" root >"$dir/init.out" 2>&1
  sge_qmaster >"$dir/qmaster.out" 2>&1
  local try
  for try in $(seq 100); do
    qconf -sh >/dev/null 2>&1 && break
    sleep 0.2
  done
  sge_configure "$host"
  sge_execd >"$dir/execd.out" 2>&1
  for try in $(seq 150); do
    qstat -f 2>/dev/null | grep -q "all.q@.* lx-amd64 *$" && return 0
    sleep 0.2
  done
  echo "the node did not come up:" >&2
  qstat -f >&2 || true
  tail -n 5 "$dir"/*.out "$dir"/qmaster/messages "$dir"/execd/*/messages /tmp/execd_messages.* >&2 || true
  return 1
}

sge_configure() {
  local host=$1 dir=$sge_dir
  qconf -ah "$host" >/dev/null 2>&1 || true
  qconf -as "$host" >/dev/null
  qconf -sconf | sed -e "s#^execd_spool_dir .*#execd_spool_dir $dir/execd#" \
    -e 's/^min_uid .*/min_uid 0/' -e 's/^min_gid .*/min_gid 0/' \
    -e 's#^load_report_time .*#load_report_time 00:00:02#' >"$dir/conf"
  qconf -Mconf "$dir/conf" >/dev/null 2>&1 || cp "$dir/conf" "$dir/global"
  (cd "$dir" && cp conf global && qconf -Mconf "$dir/global" >/dev/null)
  cat >"$dir/host" <<CONF
hostname $host
load_scaling NONE
complex_values NONE
user_lists NONE
xuser_lists NONE
projects NONE
xprojects NONE
usage_scaling NONE
report_variables NONE
CONF
  qconf -Ae "$dir/host" >/dev/null 2>&1 || true
  cat >"$dir/pe" <<CONF
pe_name smp
slots 99
user_lists NONE
xuser_lists NONE
start_proc_args NONE
stop_proc_args NONE
allocation_rule \$pe_slots
control_slaves FALSE
job_is_first_task TRUE
urgency_slots min
accounting_summary FALSE
qsort_args NONE
CONF
  qconf -Ap "$dir/pe" >/dev/null
  qconf -sq 2>/dev/null | sed -e 's/^qname .*/qname all.q/' -e "s/^hostlist .*/hostlist $host/" \
    -e 's/^slots .*/slots 4/' -e 's/^pe_list .*/pe_list smp/' -e 's#^tmpdir .*#tmpdir /tmp#' -e 's#^notify .*#notify 00:00:10#' \
    -e 's#^shell .*#shell /bin/sh#' -e 's/^load_thresholds .*/load_thresholds NONE/' \
    -e 's/^shell_start_mode .*/shell_start_mode unix_behavior/' >"$dir/queue"
  qconf -Aq "$dir/queue" >/dev/null
  qconf -ssconf | sed -e 's/^schedule_interval .*/schedule_interval 0:0:1/' \
    -e 's/^flush_submit_sec .*/flush_submit_sec 1/' -e 's/^flush_finish_sec .*/flush_finish_sec 1/' \
    >"$dir/sched"
  qconf -Msconf "$dir/sched" >/dev/null
}

sge_stop() {
  [ -n "$sge_dir" ] || return 0
  qdel -f -u "$(id -un)" >/dev/null 2>&1 || true
  qconf -ke all >/dev/null 2>&1 || true
  qconf -km >/dev/null 2>&1 || true
  local file pid
  for file in "$sge_dir"/qmaster/qmaster.pid "$sge_dir"/execd/*/execd.pid; do
    pid=$(cat "$file" 2>/dev/null) || continue
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill "$pid" 2>/dev/null || true
  done
  sge_dir=
}
