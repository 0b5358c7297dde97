internal import SpoolModel
internal import SpoolStore

/// The metrics of a spool, made of the snapshot and of what the gateway has counted.
struct SpoolMetrics {
  private let snapshot: Snapshot
  private let values: Counters.Values
  private let now: Timestamp
  private let deadAfter: Duration
  private let viewers: Int
  private var out: MetricsText

  /// Tasks that have metrics of their own: those in work, the newest first. The set of labels is bounded.
  static let mostTasks = 100

  init(
    _ snapshot: Snapshot, _ values: Counters.Values, viewers: Int, deadAfter: Duration,
    at now: Timestamp, isOpen: Bool
  ) {
    self.snapshot = snapshot
    self.values = values
    self.viewers = viewers
    self.deadAfter = deadAfter
    self.now = now
    out = MetricsText(isOpen: isOpen)
  }

  /// Returns the text.
  mutating func text() -> String {
    watcher()
    tasks()
    jobs()
    attempts()
    pilots()
    data()
    gateway()
    out.end()
    return out.text
  }

  private mutating func watcher() {
    let isAlive = snapshot.watcher?.state(at: now, deadAfter: deadAfter) == .alive
    out.family("spool_watcher_up", .gauge, "1 while the watcher shows signs of life.")
    out.gauge("spool_watcher_up", [], isAlive ? 1 : 0)
    out.family(
      "spool_watcher_heartbeat_age_seconds", .gauge, "The time since the watcher's last heartbeat.")
    if let age = snapshot.watcher?.age(at: now) {
      out.gauge("spool_watcher_heartbeat_age_seconds", [], seconds(age))
    }
  }

  private mutating func tasks() {
    for (name, isChain) in [("spool_tasks", false), ("spool_chains", true)] {
      out.family(
        name, .gauge, "\(isChain ? "Chains" : "Tasks") that are not packed, by state.")
      for state in TaskState.allCases {
        let count = snapshot.tasks.values.count { $0.isChain == isChain && $0.state == state }
        out.gauge(name, [("state", state.rawValue)], Double(count))
      }
    }
    out.family("spool_datasets", .gauge, "Datasets.")
    out.gauge("spool_datasets", [], Double(snapshot.datasets.count))
  }

  private mutating func jobs() {
    out.family("spool_jobs", .gauge, "Jobs of all tasks that are not packed, by state.")
    for member in snapshot.jobsJSON.object?.members ?? [] {
      out.gauge("spool_jobs", [("state", member.key)], Double(member.value.integer ?? 0))
    }
    let running = snapshot.running().map(\.job)
    out.family("spool_queue_jobs", .gauge, "Jobs by queue, that wait for a pilot or run.")
    for queue in Queue.allCases {
      let ready = snapshot.ready[queue]?.count ?? 0
      let count = running.count { Snapshot.queue(of: $0) == queue }
      out.gauge("spool_queue_jobs", [("queue", queue.rawValue), ("state", "ready")], Double(ready))
      out.gauge(
        "spool_queue_jobs", [("queue", queue.rawValue), ("state", "running")], Double(count))
    }
    out.family(
      "spool_task_jobs", .gauge,
      "Jobs by task and state, of the \(Self.mostTasks) newest tasks in work.")
    let tasks = snapshot.tasks
    let inWork = snapshot.newest.lazy.compactMap { Name($0.name).flatMap { tasks[$0] } }
      .filter { !$0.isChain && !$0.state.hasEnded }.prefix(Self.mostTasks)
    for row in inWork {
      let states = [
        ("done", row.jobs.done), ("failed", row.jobs.failed),
        ("running", row.jobs.live?.running ?? 0), ("ready", row.jobs.live?.ready ?? 0),
        ("waiting", row.jobs.waiting),
      ]
      for (state, count) in states {
        out.gauge("spool_task_jobs", [("task", row.name.text), ("state", state)], Double(count))
      }
    }
    out.family("spool_jobs_rate", .gauge, "Jobs a second that ended well in the last half minute.")
    out.gauge("spool_jobs_rate", [], snapshot.history.rate(at: now))
  }

  private mutating func attempts() {
    out.family(
      "spool_attempts", .counter, "Attempts that were judged since the gateway started, by outcome."
    )
    for (outcome, count) in values.attempts.sorted(by: { $0.key < $1.key }) {
      out.counter("spool_attempts", [("outcome", outcome)], Double(count))
    }
    out.family("spool_attempt_run_seconds", .histogram, "The time that payloads ran.")
    out.histogram("spool_attempt_run_seconds", values.run)
    out.family(
      "spool_failure_verdict_seconds", .histogram,
      "The time from the end of a payload that failed to the watcher's verdict.")
    out.histogram("spool_failure_verdict_seconds", values.verdict)
  }

  private mutating func pilots() {
    out.family("spool_pilots", .gauge, "Pilots by state.")
    for state in PilotRow.State.allCases {
      let count = snapshot.pilots.values.count {
        $0.state(at: now, deadAfter: deadAfter) == state
      }
      out.gauge("spool_pilots", [("state", state.rawValue)], Double(count))
    }
    let alive = snapshot.alive(at: now, deadAfter: deadAfter)
    out.family("spool_slots", .gauge, "Cores of living pilots, by use.")
    let (all, busy) = (alive.reduce(0) { $0 + $1.slots }, alive.reduce(0) { $0 + $1.busy })
    out.gauge("spool_slots", [("use", "busy")], Double(busy))
    out.gauge("spool_slots", [("use", "free")], Double(max(0, all - busy)))
    out.family(
      "spool_pilot_heartbeat_age_seconds_max", .gauge, "The age of the oldest heartbeat of a pilot."
    )
    let oldest = snapshot.pilots.values.compactMap(\.beat).min().map { max(.zero, now - $0) }
    out.gauge("spool_pilot_heartbeat_age_seconds_max", [], seconds(oldest ?? .zero))
  }

  private mutating func data() {
    let tasks = snapshot.tasks.values.filter { !$0.isChain }
    out.family("spool_output_files", .gauge, "Files that the tasks have made.")
    out.gauge("spool_output_files", [], tasks.reduce(0) { $0 + Double($1.outputs.files) })
    out.family("spool_output_bytes", .gauge, "Bytes of these files.")
    out.gauge("spool_output_bytes", [], tasks.reduce(0) { $0 + Double($1.outputs.bytes) })
    out.family(
      "spool_events", .gauge, "Events that went into tasks and came out, as their jobs report.")
    let flows = tasks.compactMap(\.flow)
    out.gauge("spool_events", [("way", "in")], flows.reduce(0) { $0 + $1.eventsIn })
    out.gauge("spool_events", [("way", "out")], flows.reduce(0) { $0 + $1.eventsOut })
    out.family("spool_cpu_seconds", .gauge, "CPU time of the jobs.")
    out.gauge("spool_cpu_seconds", [], tasks.reduce(0) { $0 + seconds($1.cpu) })
    out.family("spool_chain_suppression", .gauge, "Events in for each event out, by chain in work.")
    for row in snapshot.tasks.values.filter({ $0.isChain && !$0.state.hasEnded })
      .sorted(by: { $0.name < $1.name }).prefix(Self.mostTasks)
    {
      guard let factor = row.flow?.suppression else { continue }
      out.gauge("spool_chain_suppression", [("chain", row.name.text)], factor)
    }
  }

  private mutating func gateway() {
    out.family("spool_gateway_looks", .counter, "Looks at the spool.")
    out.counter("spool_gateway_looks", [], Double(values.looks))
    out.family("spool_gateway_look_seconds", .counter, "The time that these took.")
    out.counter("spool_gateway_look_seconds", [], values.lookTime)
    out.family(
      "spool_gateway_calls_refused", .counter, "Looks that the filesystem refused in part.")
    out.counter("spool_gateway_calls_refused", [], Double(snapshot.refused))
    out.family("spool_gateway_viewers", .gauge, "Streams of events that are open.")
    out.gauge("spool_gateway_viewers", [], Double(viewers))
    out.family("spool_gateway_answers", .counter, "Answers, by the class of their status.")
    for (status, count) in values.answers.sorted(by: { $0.key < $1.key }) {
      out.counter("spool_gateway_answers", [("status", "\(status)xx")], Double(count))
    }
    out.family(
      "spool_gateway_requests_dropped", .counter, "Requests dropped into the spool, by kind.")
    for (kind, count) in values.dropped.sorted(by: { $0.key < $1.key }) {
      out.counter("spool_gateway_requests_dropped", [("kind", kind)], Double(count))
    }
    out.family("spool_gateway_throttled", .counter, "Requests refused for their rate.")
    out.counter("spool_gateway_throttled", [], Double(values.throttled))
  }

  private func seconds(_ duration: Duration) -> Double { Double(duration.milliseconds) / 1000 }
}
