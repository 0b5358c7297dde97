public import SpoolModel

/// The paths of a spool (DESIGN 1). No other code builds one.
public struct Layout: Sendable, Equatable {
  /// The spool's directory, absolute, without a final slash.
  public let root: String

  /// Makes the layout of a spool at an absolute path without a final slash.
  public init(root: String) { self.root = root }

  /// `spool.json`: the site's policy.
  public var config: String { root + "/spool.json" }
  /// `README.md`: the page that explains the spool.
  public var readme: String { root + "/README.md" }
  /// `STATUS`: the state of the spool, for people.
  public var status: String { root + "/STATUS" }
  /// `watcher.lock` (R7).
  public var lock: String { root + "/watcher.lock" }
  /// The file that is to become the lock.
  func newLock(_ id: String) -> String { root + "/.watcher.lock-\(id)" }
  /// The hidden file on which is tried what the filesystem can do.
  func probe(_ id: String) -> String { root + "/.watcher.probe-\(id)" }
  /// Returns true for the name of a hidden file that somebody who wants the spool makes and removes,
  /// or renames, at once.
  static func isLeasePart(_ name: String) -> Bool {
    [".watcher.lock-", ".watcher.json-", ".watcher.probe-"].contains { name.hasPrefix($0) }
  }
  /// `watcher.json`: the watcher that owns the spool, and its heartbeat (R7).
  public var watcher: String { root + "/watcher.json" }

  /// `backlog.json`: the jobs that need pilots.
  public var backlog: String { root + "/backlog.json" }

  /// `incoming/`: dropped requests.
  public var incoming: String { root + "/incoming" }
  /// `ready-cpu/` or `ready-gpu/`: jobs that wait for a pilot.
  public func ready(_ queue: Queue) -> String { ready(ReadyPlace(queue)) }
  /// The same, or a lane of it.
  func ready(_ place: ReadyPlace) -> String { root + "/" + place.directory }
  /// `running/`: pages of tasks in work, and pilots' directories.
  public var running: String { root + "/running" }
  /// `done/`: an inbox, pages of tasks that ended well, and their job files.
  public var done: String { root + "/done" }
  /// `failed/`: the same for tasks and jobs that failed.
  public var failed: String { root + "/failed" }
  /// `failed/@refused/`: refused requests and their reasons.
  public var refused: String { root + "/failed/@refused" }
  /// `journal/`: the one durable record.
  public var journal: String { root + "/journal" }
  /// `journal/taken/`: requests that the watcher is reading.
  public var taken: String { root + "/journal/taken" }
  /// `datasets/`: catalogues and pages of datasets.
  public var datasets: String { root + "/datasets" }
  /// `ledger/`: ledgers of tasks.
  public var ledgers: String { root + "/ledger" }
  /// `logs/`: output of payloads.
  public var logs: String { root + "/logs" }
  /// `checkpoints/`: what unfinished jobs go on from.
  public var checkpoints: String { root + "/checkpoints" }
  /// `archive/`: the records of tasks that ended long ago.
  public var archive: String { root + "/archive" }

  /// Returns true for a path into the spool at which nobody but its own parts may write.
  public func isPrivate(_ path: String) -> Bool {
    path.utf8.starts(with: (root + "/").utf8) && !path.utf8.starts(with: (incoming + "/").utf8)
  }

  /// Returns true for the path of the spool's directory, and for a path into it.
  public func holds(_ path: String) -> Bool { (path + "/").utf8.starts(with: (root + "/").utf8) }

  /// All directories of a spool, parents first.
  public var directories: [String] {
    [
      incoming, ready(.cpu), ready(.gpu), running, done, failed, refused, journal, taken, copies,
      datasets,
      ledgers, logs, checkpoints, archive,
    ]
  }

  /// The file of a job that waits for a pilot.
  public func ready(_ place: ReadyPlace, _ job: JobName) -> String {
    "\(ready(place))/\(job.fileName)"
  }
  /// The file of a job that is being put into ready.
  func unfinishedPut(_ place: ReadyPlace, _ job: JobName) -> String {
    "\(ready(place))/.\(job.fileName)"
  }

  /// `running/PILOT/`.
  public func pilot(_ pilot: PilotName) -> String { "\(running)/\(pilot)" }
  /// `running/PILOT/pilot.json`: the pilot's heartbeat (R5).
  public func heartbeat(_ pilot: PilotName) -> String { "\(running)/\(pilot)/pilot.json" }
  /// `running/PILOT/drain`: the order to leave.
  public func drain(_ pilot: PilotName) -> String { "\(running)/\(pilot)/drain" }
  /// `running/PILOT/quarantine`: the order to claim nothing, with the reason.
  public func quarantine(_ pilot: PilotName) -> String { "\(running)/\(pilot)/quarantine" }
  /// `running/PILOT/reserve`: the order to keep room for a job.
  public func reserve(_ pilot: PilotName) -> String { "\(running)/\(pilot)/reserve" }
  /// The file of a job that a pilot has claimed.
  public func claim(_ pilot: PilotName, _ job: JobName) -> String {
    "\(running)/\(pilot)/\(job.fileName)"
  }
  /// The log of a job that still runs, to be followed.
  public func liveLog(_ pilot: PilotName, _ job: JobName) -> String {
    "\(running)/\(pilot)/\(job.stem).log"
  }

  /// `running/@factories/`: the records of factories of pilots.
  public var factories: String { running + "/@factories" }
  /// The record of a factory, its heartbeat.
  public func factory(_ name: Name) -> String { "\(factories)/\(name).json" }
  /// The lock of a factory.
  public func factoryLock(_ name: Name) -> String { "\(factories)/\(name).lock" }
  /// `logs/@factories/NAME/`: what the pilots of a factory say.
  public func factoryLogs(_ name: Name) -> String { "\(logs)/@factories/\(name)" }

  /// `done/` or `failed/`: an inbox, and the place of tasks' pages and job files.
  public func outcome(failed isFailed: Bool) -> String { isFailed ? failed : done }
  /// An inbox, or a lane of it.
  func inbox(failed isFailed: Bool, _ lane: Lane?) -> String {
    outcome(failed: isFailed) + (lane.map { "/\($0.directory)" } ?? "")
  }
  /// The file of a job that just ended.
  public func inbox(_ name: InboxName) -> String {
    "\(inbox(failed: name.cause != nil, name.lane))/\(name.fileName)"
  }
  /// The file of a job that is registered.
  public func registered(_ name: InboxName) -> String {
    "\(registeredDirectory(name.job.task, failed: name.cause != nil))/\(name.fileName)"
  }
  /// `done/TASK/` or `failed/TASK/`.
  public func registeredDirectory(_ task: Name, failed isFailed: Bool) -> String {
    "\(outcome(failed: isFailed))/\(task)"
  }

  /// The page of a task or chain in work.
  public func activeTask(_ task: Name) -> String { "\(running)/\(task).json" }
  /// The page of a task or chain that ended.
  public func endedTask(_ task: Name, failed isFailed: Bool) -> String {
    "\(outcome(failed: isFailed))/\(task).json"
  }

  /// A segment of the journal.
  public func segment(_ number: Int) -> String { "\(journal)/\(Self.digits(number)).log" }
  /// The state that all lines before a segment add up to. It bears the segment's number, which one
  /// watcher alone can have begun: so none can replace another's (R7).
  public func checkpoint(_ segment: Int) -> String {
    "\(journal)/\(Self.digits(segment)).checkpoint.json"
  }

  /// Returns the number in the name of a segment or checkpoint; nil for a name that is none. Such a
  /// name has at most 15 digits, so that it can be counted on.
  static func number(of name: String, suffix: String) -> Int? {
    guard name.hasSuffix(suffix) else { return nil }
    let digits = name.dropLast(suffix.count)
    guard 8...15 ~= digits.utf8.count, digits.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
    return Int(digits)
  }

  private static func digits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
  }

  /// `journal/catalogues/`: copies of catalogues.
  public var copies: String { journal + "/catalogues" }
  /// The copy of a dataset's catalogue, from which damage is made good.
  public func copy(_ dataset: Name) -> String { "\(copies)/\(dataset).jsonl" }
  /// The catalogue of a dataset: a file of it a line.
  public func catalogue(_ dataset: Name) -> String { "\(datasets)/\(dataset).jsonl" }
  /// `datasets/@groups/`: the lists of tasks whose inputs are in groups.
  public var groups: String { datasets + "/@groups" }
  /// The inputs of a task in the order of their groups: a file a line, as in catalogues.
  public func groups(_ task: Name) -> String { "\(groups)/\(task).jsonl" }
  /// The file in which such a list is made, before its rename.
  func unfinishedGroups(_ task: Name) -> String { "\(groups)/.\(task).jsonl" }
  /// `datasets/@replaced/`: the files of datasets that later attempts of their jobs have replaced.
  public var replaced: String { datasets + "/@replaced" }
  /// The replaced files of a dataset: a file a line, as in catalogues.
  public func replaced(_ dataset: Name) -> String { "\(replaced)/\(dataset).jsonl" }
  /// The copy of a dataset's list of replaced files. No dataset's name begins so.
  func copyOfReplaced(_ dataset: Name) -> String { "\(copies)/@\(dataset).jsonl" }
  /// The page of a dataset.
  public func datasetPage(_ dataset: Name) -> String { "\(datasets)/\(dataset).json" }
  /// The ledger of a task: an attempt of a job a line.
  public func ledger(_ task: Name) -> String { "\(ledgers)/\(task).jsonl" }

  /// The log of a task on a pilot, relative to the root, as results name it.
  public func logName(_ task: Name, _ pilot: PilotName) -> String { "logs/\(task)/\(pilot).log" }
  /// `logs/TASK/`.
  public func logDirectory(_ task: Name) -> String { "\(logs)/\(task)" }

  /// `checkpoints/TASK/`.
  public func checkpoints(_ task: Name) -> String { "\(checkpoints)/\(task)" }

  /// `archive/UNIT/`: the records of a packed task, or of a packed chain with all its steps.
  public func archive(_ unit: Name) -> String { "\(archive)/\(unit)" }
  /// The directory in which an archive is made, before its rename.
  public func unfinishedArchive(_ unit: Name) -> String { "\(archive)/.\(unit)" }
}
