public import SpoolModel
public import SpoolStore

/// The jobs of a task: every attempt that ended, then the jobs in work.
public struct JobListing {
  /// A line of the listing.
  public enum Entry {
    /// An attempt that ended, also as the ledger holds it.
    case ended(LedgerLine, JSON)
    /// A job in ready, or at a pilot; with the time since when its outputs are staged, if they are.
    case current(JobName, PilotName?, staged: Timestamp?)
  }

  let spool: Spool
  /// True if only failed attempts are listed.
  let onlyFailed: Bool

  /// Makes the listing of a spool.
  public init(spool: Spool, onlyFailed: Bool) {
    self.spool = spool
    self.onlyFailed = onlyFailed
  }

  /// Reads the ledger of a task, and the directories of its jobs.
  public func entries(of task: Name) throws -> [Entry] {
    var entries: [Entry] = []
    try LedgerReader(spool: spool, task: task).each { attempt, json in
      if !onlyFailed || attempt.failure != nil { entries.append(.ended(attempt, json)) }
    }
    return try onlyFailed ? entries : entries + current(task)
  }

  private func current(_ task: Name) throws -> [Entry] {
    let places = try JobPlaces(spool, task)
    let running = places.running.map { ($0.name, Optional($0.pilot)) }
    let ready = places.ready.map { ($0.name, PilotName?.none) }
    return (running + ready).sorted { $0.0.job < $1.0.job }.map {
      .current($0.0, $0.1, staged: places.staging[$0.0.job])
    }
  }
}

extension JobListing.Entry {
  /// The heading of the table.
  public static let columns = [
    "job", "attempt", "outcome", "pilot", "time", "cpu", "memory", "reason",
  ]

  /// The line as cells of a table.
  public var row: [String] {
    switch self {
    case .ended(let attempt, _): Self.row(attempt)
    case .current(let job, let pilot, let staged):
      [
        job.job.description, "\(job.attempt)", Self.outcome(pilot, staged), pilot?.text ?? "", "",
        "", "", staged.map { "its outputs are synced and checksummed since \($0)" } ?? "",
      ]
    }
  }

  private static func row(_ attempt: LedgerLine) -> [String] {
    let result = attempt.result
    return [
      attempt.job.description, "\(attempt.attempt)",
      attempt.verdict + (attempt.retryAt == nil ? "" : " (tried again)"),
      attempt.pilot?.text ?? "", result.map { Units.text($0.runTime) } ?? "",
      result.map { Units.fixed($0.cpu, 2) + " s" } ?? "",
      result.map { Units.text(bytes: $0.memory) } ?? "",
      AttemptText.lastLine(attempt.reason) ?? "",
    ]
  }

  /// The line as JSON: of an attempt that ended, the ledger's own.
  public var json: JSON {
    switch self {
    case .ended(_, let json): json
    case .current(let job, let pilot, let staged):
      LedgerLine.current(
        job.job, attempt: job.attempt, outcome: Self.outcome(pilot, staged), pilot: pilot)
    }
  }

  private static func outcome(_ pilot: PilotName?, _ staged: Timestamp?) -> String {
    if staged != nil { return "staging" }
    return pilot == nil ? "ready" : "running"
  }
}
