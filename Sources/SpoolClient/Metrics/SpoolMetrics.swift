public import SpoolModel
internal import SpoolStore

/// The metrics of a spool: its figures come in, and what was counted of attempts, and a text goes out.
/// The gateway serves it, and `spool metrics` writes it.
public struct SpoolMetrics {
  private let figures: SpoolFigures
  /// What was counted since a reader began; nil for one that looks once, and counts nothing.
  private let counts: AttemptCounts?
  private var out: MetricsText

  /// Tasks that have metrics of their own: those in work, the newest first. The set of labels is bounded.
  public static let mostTasks = 100

  /// Makes metrics; `isOpen` of OpenMetrics, else in the older format of Prometheus. Every value gets
  /// `labels` beside its own.
  public init(
    _ figures: SpoolFigures, _ counts: AttemptCounts?, isOpen: Bool,
    labels: [(String, String)] = []
  ) {
    self.figures = figures
    self.counts = counts
    out = MetricsText(isOpen: isOpen, labels: labels)
  }

  /// Returns the text. `more` adds families of the reader's own.
  public mutating func text(more: (inout MetricsText) -> Void = { _ in }) -> String {
    watcher()
    tasks()
    jobs()
    if let counts { attempts(counts) }
    pilots()
    data()
    disk()
    more(&out)
    out.end()
    return out.text
  }

  private mutating func watcher() {
    out.family("spool_watcher_up", .gauge, "1 while the watcher shows signs of life.")
    out.gauge("spool_watcher_up", [], figures.isWatched ? 1 : 0)
    if let age = figures.watcherAge {
      out.family(
        "spool_watcher_heartbeat_age_seconds", .gauge,
        "The time since the watcher's last heartbeat.")
      out.gauge("spool_watcher_heartbeat_age_seconds", [], seconds(age))
    }
    guard let turns = figures.turns else { return }
    out.family("spool_watcher_turns", .counter, "Turns of the watcher since it began.")
    out.counter("spool_watcher_turns", [], Double(turns.count))
    out.family("spool_watcher_turn_seconds", .counter, "The time that these took.")
    out.counter("spool_watcher_turn_seconds", [], seconds(turns.time))
    out.family(
      "spool_watcher_turn_seconds_max", .gauge, "The longest turn of about the last minute.")
    out.gauge("spool_watcher_turn_seconds_max", [], seconds(turns.longest))
  }

  private mutating func tasks() {
    for (name, isChain) in [("spool_tasks", false), ("spool_chains", true)] {
      out.family(
        name, .gauge, "\(isChain ? "Chains" : "Tasks") that are not packed, by state.")
      for state in TaskState.allCases {
        let count = figures.units.count { $0.isChain == isChain && $0.state == state }
        out.gauge(name, [("state", state.rawValue)], Double(count))
      }
    }
    out.family("spool_datasets", .gauge, "Datasets.")
    out.gauge("spool_datasets", [], Double(figures.datasets))
  }

  private mutating func jobs() {
    out.family("spool_jobs", .gauge, "Jobs of all tasks that are not packed, by state.")
    for (state, count) in Self.states(figures.units.filter { !$0.isChain }.map(\.jobs)) {
      out.gauge("spool_jobs", [("state", state)], Double(count))
    }
    out.family("spool_queue_jobs", .gauge, "Jobs by queue, that wait for a pilot or run.")
    for queue in Queue.allCases {
      for (state, jobs) in [("ready", figures.ready), ("running", figures.running)] {
        out.gauge(
          "spool_queue_jobs", [("queue", queue.rawValue), ("state", state)],
          Double(jobs[queue] ?? 0))
      }
    }
    out.family(
      "spool_task_jobs", .gauge,
      "Jobs by task and state, of the \(Self.mostTasks) newest tasks in work.")
    for unit in inWork.lazy.filter({ !$0.isChain }).prefix(Self.mostTasks) {
      for (state, count) in Self.states([unit.jobs]) {
        out.gauge("spool_task_jobs", [("task", unit.name.text), ("state", state)], Double(count))
      }
    }
    guard let rate = figures.rate else { return }
    out.family("spool_jobs_rate", .gauge, "Jobs a second that ended well in the last half minute.")
    out.gauge("spool_jobs_rate", [], rate)
  }

  private var inWork: [SpoolFigures.Unit] { figures.units.filter { !$0.state.hasEnded } }

  /// Returns the sum of counts, by state.
  private static func states(_ jobs: [JobCounts]) -> [(state: String, count: Int)] {
    let sum = JobCounts.sum(jobs, hasEnded: false)
    return [
      ("waiting", jobs.reduce(0) { $0 + $1.waiting }), ("ready", sum.live?.ready ?? 0),
      ("running", sum.live?.running ?? 0), ("done", sum.done), ("failed", sum.failed),
    ]
  }

  private mutating func attempts(_ counts: AttemptCounts) {
    out.family(
      "spool_attempts", .counter, "Attempts that were judged since this reader began, by outcome.")
    for (outcome, count) in counts.outcomes.sorted(by: { $0.key < $1.key }) {
      out.counter("spool_attempts", [("outcome", outcome)], Double(count))
    }
    let histograms = [
      (
        "spool_attempt_wait_seconds", "The time that jobs waited in ready for a pilot.", counts.wait
      ),
      ("spool_attempt_run_seconds", "The time that payloads ran, staging included.", counts.run),
      (
        "spool_attempt_staging_seconds",
        "The time that pilots took to sync and checksum what attempts hand in.", counts.staging
      ),
      (
        "spool_failure_verdict_seconds",
        "The time from the end of a payload that failed to the watcher's verdict.", counts.verdict
      ),
    ]
    for (name, help, histogram) in histograms {
      out.family(name, .histogram, help)
      out.histogram(name, histogram)
    }
  }

  private mutating func pilots() {
    out.family("spool_pilots", .gauge, "Pilots by state.")
    for state in PilotCondition.allCases {
      let count = figures.pilots.count { $0.state == state }
      out.gauge("spool_pilots", [("state", state.rawValue)], Double(count))
    }
    let alive = figures.pilots.filter { $0.state != .lost }
    out.family("spool_slots", .gauge, "Cores of living pilots, by use.")
    let (all, busy) = (alive.reduce(0) { $0 + $1.slots }, alive.reduce(0) { $0 + $1.busy })
    out.gauge("spool_slots", [("use", "busy")], Double(busy))
    out.gauge("spool_slots", [("use", "free")], Double(max(0, all - busy)))
    out.family(
      "spool_pilot_heartbeat_age_seconds_max", .gauge, "The age of the oldest heartbeat of a pilot."
    )
    let oldest = figures.pilots.compactMap(\.age).max() ?? .zero
    out.gauge("spool_pilot_heartbeat_age_seconds_max", [], seconds(oldest))
  }

  private mutating func data() {
    let tasks = figures.units.filter { !$0.isChain }
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
    for unit in inWork.filter(\.isChain).sorted(by: { $0.name < $1.name }).prefix(Self.mostTasks) {
      guard let factor = unit.flow?.suppression else { continue }
      out.gauge("spool_chain_suppression", [("chain", unit.name.text)], factor)
    }
  }

  private mutating func disk() {
    guard let disk = figures.disk else { return }
    out.family("spool_disk_size_bytes", .gauge, "The size of the filesystem of the spool.")
    out.gauge("spool_disk_size_bytes", [], Double(disk.size))
    out.family("spool_disk_free_bytes", .gauge, "What is free of it for ordinary users.")
    out.gauge("spool_disk_free_bytes", [], Double(disk.free))
    if let high = figures.highWater {
      out.family(
        "spool_disk_high_water_ratio", .gauge,
        "The fill, as highWater sets it, from which on tasks are held back.")
      out.gauge("spool_disk_high_water_ratio", [], Double(high) / 100)
    }
    guard disk.files > 0 else { return }
    out.family("spool_disk_files", .gauge, "Files (inodes) that the filesystem may have.")
    out.gauge("spool_disk_files", [], Double(disk.files))
    out.family("spool_disk_free_files", .gauge, "Files that may still be made on it.")
    out.gauge("spool_disk_free_files", [], Double(disk.freeFiles))
  }

  private func seconds(_ duration: Duration) -> Double { Double(duration.milliseconds) / 1000 }
}

extension JobCounts {
  /// Jobs that are in no directory: not yet formed, or waiting for the retry delay.
  public var waiting: Int {
    guard let live else { return 0 }
    return max(0, total - done - failed - live.ready - live.running)
  }
}
