public import SpoolModel

/// Every path of a spool (DESIGN 1). No other code builds one.
public struct Layout: Sendable, Equatable {
  /// Absolute, without a final slash.
  public let root: String

  public init(root: String) { self.root = root }

  public var config: String { root + "/spool.json" }
  public var readme: String { root + "/README.md" }
  public var status: String { root + "/STATUS" }
  public var lock: String { root + "/watcher.lock" }
  /// What is to become the lock.
  func newLock(_ id: String) -> String { root + "/.watcher.lock-\(id)" }
  /// Whether a name is what somebody who wants the spool writes before it is renamed.
  static func isLeasePart(_ name: String) -> Bool {
    name.hasPrefix(".watcher.lock-") || name.hasPrefix(".watcher.json-")
  }
  public var watcher: String { root + "/watcher.json" }

  public var incoming: String { root + "/incoming" }
  public func ready(_ queue: Queue) -> String { root + "/ready-\(queue.rawValue)" }
  public var running: String { root + "/running" }
  public var done: String { root + "/done" }
  public var failed: String { root + "/failed" }
  public var refused: String { root + "/failed/@refused" }
  public var journal: String { root + "/journal" }
  public var taken: String { root + "/journal/taken" }
  public var datasets: String { root + "/datasets" }
  public var ledgers: String { root + "/ledger" }
  public var logs: String { root + "/logs" }
  public var archive: String { root + "/archive" }

  /// Whether a path leads into the spool where nobody but its own parts may write.
  public func isPrivate(_ path: String) -> Bool {
    path.utf8.starts(with: (root + "/").utf8) && !path.utf8.starts(with: (incoming + "/").utf8)
  }

  /// Whether a path is the spool's directory, or leads into it.
  public func holds(_ path: String) -> Bool { (path + "/").utf8.starts(with: (root + "/").utf8) }

  /// All directories, parents first.
  public var directories: [String] {
    [
      incoming, ready(.cpu), ready(.gpu), running, done, failed, refused, journal, taken, datasets,
      ledgers, logs, archive,
    ]
  }

  public func ready(_ queue: Queue, _ job: JobName) -> String {
    "\(ready(queue))/\(job.fileName)"
  }

  public func pilot(_ pilot: PilotName) -> String { "\(running)/\(pilot)" }
  public func heartbeat(_ pilot: PilotName) -> String { "\(running)/\(pilot)/pilot.json" }
  public func drain(_ pilot: PilotName) -> String { "\(running)/\(pilot)/drain" }
  public func quarantine(_ pilot: PilotName) -> String { "\(running)/\(pilot)/quarantine" }
  public func claim(_ pilot: PilotName, _ job: JobName) -> String {
    "\(running)/\(pilot)/\(job.fileName)"
  }
  /// The log of a job that still runs, to be followed.
  public func liveLog(_ pilot: PilotName, _ job: JobName) -> String {
    "\(running)/\(pilot)/\(job.stem).log"
  }

  /// `done/` or `failed/`: an inbox, and where a task's summary and job files are.
  public func outcome(failed isFailed: Bool) -> String { isFailed ? failed : done }
  public func inbox(_ name: InboxName) -> String {
    "\(outcome(failed: name.cause != nil))/\(name.fileName)"
  }
  public func registered(_ name: InboxName) -> String {
    "\(registeredDirectory(name.job.job.task, failed: name.cause != nil))/\(name.fileName)"
  }
  public func registeredDirectory(_ task: Name, failed isFailed: Bool) -> String {
    "\(outcome(failed: isFailed))/\(task)"
  }

  public func activeTask(_ task: Name) -> String { "\(running)/\(task).json" }
  public func endedTask(_ task: Name, failed isFailed: Bool) -> String {
    "\(outcome(failed: isFailed))/\(task).json"
  }

  public func segment(_ number: Int) -> String { "\(journal)/\(Self.digits(number)).log" }
  /// The state that all before a segment adds up to. It bears the segment's number, which one
  /// watcher alone can have begun: so none can replace another's (R7).
  public func checkpoint(_ segment: Int) -> String {
    "\(journal)/\(Self.digits(segment)).checkpoint.json"
  }

  private static func digits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
  }

  public func catalogue(_ dataset: Name) -> String { "\(datasets)/\(dataset).jsonl" }
  /// How a dataset stands.
  public func datasetPage(_ dataset: Name) -> String { "\(datasets)/\(dataset).json" }
  public func ledger(_ task: Name) -> String { "\(ledgers)/\(task).jsonl" }

  /// Relative to the root, as results name it.
  public func logName(_ task: Name, _ pilot: PilotName) -> String { "logs/\(task)/\(pilot).log" }
  public func logDirectory(_ task: Name) -> String { "\(logs)/\(task)" }

  /// What is kept of a task that was packed, or of a chain with all its steps.
  public func archive(_ unit: Name) -> String { "\(archive)/\(unit)" }
  /// Where that is made, before it is renamed.
  public func unfinishedArchive(_ unit: Name) -> String { "\(archive)/.\(unit)" }
}
