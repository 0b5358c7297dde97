internal import SpoolModel
internal import SpoolStore

/// The jobs of a task: every attempt that ended, then the jobs in work.
struct JobListing {
  /// A line of the listing.
  enum Entry {
    /// An attempt that ended, also as the ledger holds it.
    case ended(LedgerLine, JSON)
    /// A job in ready, or at a pilot.
    case current(JobName, PilotName?)
  }

  let spool: Spool
  /// True if only failed attempts are listed.
  let onlyFailed: Bool

  /// Reads the ledger of a task, and the directories of its jobs.
  func entries(of task: Name) throws -> [Entry] {
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
    return (running + ready).sorted { $0.0.job < $1.0.job }.map(Entry.current)
  }
}

extension JobListing.Entry {
  /// The heading of the table.
  static let columns = [
    "job", "attempt", "outcome", "pilot", "time", "cpu", "memory", "reason",
  ]

  /// The line as cells of a table.
  var row: [String] {
    switch self {
    case .ended(let attempt, _): Self.row(attempt)
    case .current(let job, let pilot):
      [
        job.job.description, "\(job.attempt)", Self.outcome(pilot), pilot?.text ?? "", "", "", "",
        "",
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
  var json: JSON {
    switch self {
    case .ended(_, let json): json
    case .current(let job, let pilot):
      LedgerLine.current(
        job.job, attempt: job.attempt, outcome: Self.outcome(pilot), pilot: pilot)
    }
  }

  private static func outcome(_ pilot: PilotName?) -> String { pilot == nil ? "ready" : "running" }
}
