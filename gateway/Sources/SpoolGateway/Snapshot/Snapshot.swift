internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The state of a spool as all viewers see it. One follower keeps it up to date; a copy costs nothing.
struct Snapshot: Sendable {
  var tasks: [Name: TaskRow] = [:]
  /// The tasks and chains, the newest first.
  var newest: [NameCursor] = []
  var pilots: [PilotName: PilotRow] = [:]
  var datasets: [Name: DatasetRow] = [:]
  /// The jobs that lie in the queues.
  var ready: [Queue: [JobName]] = [:]
  var watcher: WatcherRow?
  /// The filesystem that the spool lies on.
  var disk: FileSystemUsage?
  var history = History()
  /// The count of reads that the filesystem refused.
  var refused = 0
  /// The last of these, in words; nil while all is well.
  var trouble: String?
  /// True once the spool was read as a whole.
  var isComplete = false

  /// The watcher's heartbeat.
  struct WatcherRow: Sendable, Equatable {
    var record: WatcherRecord
    /// The time of the heartbeat, by the filesystem's clock.
    var beat: Timestamp

    /// The state of a watcher; one that has ended in good order is none.
    enum State: String { case none, silent, alive }

    /// Returns the time since the heartbeat.
    func age(at now: Timestamp) -> Duration { max(.zero, now - beat) }

    /// Returns the watcher's state.
    func state(at now: Timestamp, deadAfter: Duration) -> State {
      record.isClean ? .none : age(at: now) > deadAfter ? .silent : .alive
    }
  }

  /// A dataset: its page as text.
  struct DatasetRow: Sendable {
    var summary: DatasetSummary
    var text: [UInt8]
  }

  /// Returns the jobs that pilots have claimed, of a task or of all.
  func running(of task: Name? = nil) -> [(job: JobName, pilot: PilotName)] {
    pilots.values.sorted { $0.name < $1.name }.flatMap { pilot in
      pilot.claims.filter { task == nil || $0.job.task == task }.map { ($0, pilot.name) }
    }
  }

  /// Returns the jobs of a task that wait in the queues.
  func ready(of task: Name) -> [JobName] {
    Queue.allCases.flatMap { ready[$0] ?? [] }.filter { $0.job.task == task }
  }

  /// Returns the pilots that show signs of life.
  func alive(at now: Timestamp, deadAfter: Duration) -> [PilotRow] {
    pilots.values.filter { $0.state(at: now, deadAfter: deadAfter) != .lost }
  }

  /// Returns the queue of a job that a pilot has: by its GPUs, as the watcher chooses it.
  static func queue(of job: JobName) -> Queue { Queue(of: job) }
}

extension Snapshot {
  /// Returns the summary of the whole spool.
  func summary(_ spool: Spool, version: String, at now: Timestamp) -> JSON {
    let deadAfter = spool.config.deadAfter
    let running = running().map(\.job)
    var queues = JSONObject()
    for queue in Queue.allCases {
      let count = running.count { Self.queue(of: $0) == queue }
      queues[queue.rawValue] = [
        "ready": .integer(ready[queue]?.count ?? 0), "running": .integer(count),
      ]
    }
    var states = JSONObject()
    for state in TaskState.allCases {
      states[state.rawValue] = .integer(tasks.values.count { $0.state == state })
    }
    let alive = alive(at: now, deadAfter: deadAfter)
    return [
      "spool": .string(spool.layout.root), "version": .string(version),
      "watcher": watcherJSON(at: now, deadAfter: deadAfter), "queues": .object(queues),
      "tasks": .object(states), "jobs": jobsJSON,
      "pilots": [
        "alive": .integer(alive.count), "slots": .integer(alive.reduce(0) { $0 + $1.slots }),
        "busy": .integer(alive.reduce(0) { $0 + $1.busy }),
      ],
      "rate": ["perSecond": .number(history.rate(at: now))], "history": history.json(at: now),
    ]
  }

  private func watcherJSON(at now: Timestamp, deadAfter: Duration) -> JSON {
    guard let watcher else { return ["state": "none", "heartbeatAge": 0] }
    return [
      "state": .string(watcher.state(at: now, deadAfter: deadAfter).rawValue),
      "heartbeatAge": .integer(watcher.age(at: now).milliseconds),
    ]
  }

  /// The jobs of all tasks by their state; chains are the sum of their steps, and not counted.
  var jobsJSON: JSON {
    let counts = tasks.values.filter { !$0.isChain }.map(\.jobs)
    let sum = JobCounts.sum(counts, hasEnded: false)
    let (ready, running) = (sum.live?.ready ?? 0, sum.live?.running ?? 0)
    return [
      "waiting": .integer(counts.reduce(0) { $0 + $1.waiting }), "ready": .integer(ready),
      "running": .integer(running), "done": .integer(sum.done), "failed": .integer(sum.failed),
    ]
  }
}
