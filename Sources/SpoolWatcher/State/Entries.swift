internal import SpoolModel

/// A job that has been formed and has not ended. Of jobs that ended only sums are kept.
struct JobEntry {
  enum Phase: Equatable {
    /// Its attempt is journalled; its file is to be put into ready.
    case pending
    case ready
    /// No longer in ready: a pilot has it, or its result is on the way.
    case claimed
    /// After a failure, until the next attempt is due (epoch milliseconds).
    case waiting(until: Int)
    /// Accepted; its outputs are being given their final names.
    case publishing(JobResult)
    /// After a restart, until its file is found (R8).
    case unknown
  }

  /// The `source` of a job over everything.
  static let all = -1

  /// Which dataset of the task's its inputs are of, where they begin, how many they are.
  var source: Int
  var offset: Int
  var files: Int
  /// Where its inputs end, and the next job's begin.
  var end: Int
  var attempt = 1
  var phase = Phase.pending
  /// Attempts that failed, by whose fault; each has its own budget.
  var payloadFailures = 0
  var infrastructureFailures = 0
  var returns = 0
  /// Bytes, where it grew beyond the task's.
  var memory: Int?
  /// What an accepted result's inputs were, until it is published.
  var parents: [String] = []
}

/// An order to try failed jobs again, as far as it has not been carried out.
struct Revival: Equatable {
  var order: RetryOrder
  /// Bytes of the ledger that were written before it: what failed later is not meant.
  var until: Int
  /// Where in the ledger those begin that are yet to be tried again.
  var from = 0
}

/// A task, from its acceptance on.
final class TaskEntry {
  let accepted: TaskAccepted
  /// What holds now: as it was accepted, but for what orders have changed.
  var spec: TaskSpec
  /// The order of acceptance.
  let number: Int
  /// The chain that it is a step of.
  var chain: Name?
  var state: TaskState = .active
  /// Where the next job's inputs begin, in each of its datasets or in its list.
  var next: [Int]
  /// How many jobs were formed.
  var formed = 0
  var jobs: [Int: JobEntry] = [:]
  var done = 0
  var failed = 0
  /// Attempts that ended, and those that failed by cause; jobs that failed for good by cause.
  var attempts = 0
  var causes: [String: Int] = [:]
  var finalCauses: [String: Int] = [:]
  /// The jobs that failed for good, and of the first of them a file that they were to read.
  var failedJobs = RangeSet<Int>()
  var failedFiles: [Int: String] = [:]
  /// Jobs that were in work when the task was ended early.
  var leftover: [Int: JobEntry] = [:]
  var sums = ReportSums()
  /// Seconds of CPU; peak bytes of one job; milliseconds of running.
  var cpu = 0.0
  var peakMemory = 0
  var wall = 0
  var outputs = 0
  var outputBytes = 0
  /// Epoch milliseconds.
  var started: Int?
  var ended: Int?
  var reason: String?
  var ledgerLength = 0
  /// The dataset that it waits for, and since when (epoch milliseconds).
  var missing: Name?
  var waitsSince: Int
  /// The dataset of which it is to have everything, and that lacks files.
  var lacking: Name?
  /// The uid that cancelled it, from the order to the task's end.
  var cancelledBy: Int?
  var revival: Revival?
  /// Whether only jobs that had failed are in work: nothing else is formed.
  var isRepair = false

  init(_ accepted: TaskAccepted, number: Int) {
    self.accepted = accepted
    self.number = number
    spec = accepted.spec
    waitsSince = accepted.at
    next = Array(repeating: 0, count: accepted.spec.sources)
  }

  /// Whether an accepted result waits for its outputs' final names: it counts, whatever comes.
  var isPublishing: Bool {
    jobs.values.contains { job in
      if case .publishing = job.phase { true } else { false }
    }
  }

  var name: Name { accepted.spec.name }
}

/// A dataset: its catalogue is a file, here is how much of it counts.
final class DatasetEntry {
  enum State: String {
    case open
    case closed
    /// Closed, but lacking files that were to come.
    case incomplete
    /// Its files are being removed; it takes no more, and nothing may read it.
    case deleting
    case deleted
  }

  let name: Name
  var state = State.open
  var files = 0
  /// Of how many files the size is known, and the sum of these sizes.
  private(set) var sized = 0
  private(set) var bytes = 0
  /// Bytes of the catalogue that count.
  var length = 0
  /// Bytes that count and are written: a line counts once it is recorded, but is written only
  /// after the commit, and nobody may read before that.
  var readable = 0
  /// When a manifest closed it (epoch milliseconds), to take effect after one more scan; and the
  /// count it named.
  var closing: Int?
  var expected: Int?
  /// Tasks whose outputs join it, and those that have not ended.
  var producers: Set<Name> = []
  var activeProducers: Set<Name> = []
  /// Those that ended, and left something out.
  var failedProducers: Set<Name> = []
  /// Directories whose files join it.
  var watches: [WatchEntry] = []
  /// The uids whose manifests it is made of.
  var owners: Set<Int> = []
  /// What of its files is gone, or is to go.
  var removal = Removal()

  /// How long its files are kept: as the one of its producers says that keeps longest. Of files
  /// that nobody makes here, as a manifest of theirs asked.
  var retention: Retention?
  /// Bytes of the catalogue whose files a task has succeeded with, by task: where files go as soon as
  /// nobody needs them any more.
  var consumed: [Name: RangeSet<Int>] = [:]

  init(_ name: Name) { self.name = name }

  /// Counts files whose size is known.
  func count(_ files: Int, bytes more: Int) {
    sized += files
    bytes = bytes.saturatingSum(more)
  }

  var isDeleted: Bool { state == .deleting || state == .deleted }

  /// Whether fewer files came than were announced.
  var isShort: Bool { files < expected ?? 0 }

  /// Whether nothing can follow what may be read.
  var isWhole: Bool { state != .open && readable == length }
}

extension Int {
  /// The sum, or the largest number there is: sizes are what people say they are.
  func saturatingSum(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }
}
