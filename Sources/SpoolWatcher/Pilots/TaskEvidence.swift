internal import SpoolModel

/// What the jobs of one task tell of the pilots that they ran on. Kept in memory alone: a new
/// watcher begins with nothing, and learns it again.
struct TaskEvidence {
  /// Failed attempts of a job on a pilot, by the budget that they were charged to.
  struct Charges {
    var payload = 0
    var infrastructure = 0
  }

  /// A pilot as the task sees it.
  private struct Row {
    /// Jobs that failed there for the first time since its last success and, as far as is known,
    /// nowhere else. What has failed before would fail on any pilot more likely than other jobs.
    var jobs: Set<Int> = []
    /// Jobs that were done there, and that failed there.
    var done = 0
    var failed = 0
  }

  /// Longer rows tell nothing more.
  private static let longest = 64
  /// How long a row must be to count at all, and when nothing is known from elsewhere.
  static let short = 3
  static let long = 8
  /// How unlikely it must be that any pilot of the task would have had such a row by now, if all
  /// were alike.
  private static let chance = 1e-3

  private var rows: [PilotName: Row] = [:]
  /// Of jobs in work that failed: where.
  private var failures: [Int: [PilotName: Charges]] = [:]
  /// Sums over all pilots, those that are gone included.
  private var done = 0
  private var failed = 0

  // MARK: What happened

  mutating func succeeded(_ job: Int, on pilot: PilotName) {
    failures[job] = nil
    rows[pilot, default: Row()].jobs = []
    rows[pilot]?.done += 1
    done += 1
  }

  /// `isLast`: it is not tried again.
  mutating func failed(_ job: Int, on pilot: PilotName, _ cause: Cause, isLast: Bool) {
    let before = failures[job] ?? [:]
    if before[pilot] == nil {
      rows[pilot, default: Row()].failed += 1
      failed += 1
    }
    var charges = before[pilot] ?? Charges()
    if cause.kind == .payload { charges.payload += 1 } else { charges.infrastructure += 1 }
    failures[job, default: [:]][pilot] = charges
    if before.isEmpty {
      if rows[pilot]?.jobs.count ?? 0 < Self.longest { rows[pilot]?.jobs.insert(job) }
    } else if before.keys.contains(where: { $0 != pilot }) {
      // It fails elsewhere, too: that tells of the job, of no pilot.
      for other in before.keys { rows[other]?.jobs.remove(job) }
    }
    if isLast { failures[job] = nil }
  }

  /// What a pilot did tells nothing any more: it is known to be bad, or begins anew.
  mutating func clear(_ pilot: PilotName) {
    guard let row = rows.removeValue(forKey: pilot) else { return }
    failed -= row.failed
    for job in failures.keys { failures[job]?[pilot] = nil }
    failures = failures.filter { !$0.value.isEmpty }
  }

  /// A pilot is gone; what it did still tells of the others.
  mutating func forget(_ pilot: PilotName) { rows[pilot] = nil }

  // MARK: What it tells

  /// The pilots with rows worth judging, in order.
  var suspects: [PilotName] {
    rows.filter { $0.value.jobs.count >= Self.short }.keys.sorted()
  }

  func row(of pilot: PilotName) -> Int { rows[pilot]?.jobs.count ?? 0 }

  /// How many jobs were done and failed on other pilots.
  func elsewhere(than pilot: PilotName) -> (done: Int, failed: Int) {
    (done - (rows[pilot]?.done ?? 0), failed - (rows[pilot]?.failed ?? 0))
  }

  /// Whether so many jobs in a row fail there that succeed elsewhere that it cannot be chance.
  func isBad(_ pilot: PilotName) -> Bool {
    let (done, failed) = elsewhere(than: pilot)
    let count = row(of: pilot)
    guard done >= 1, count >= Self.short else { return false }
    let risk = Double(failed + 1) / Double(done + failed + 2)
    // Each success begins another row: the more there were, the sooner one is long by chance.
    let tries = Double(rows.count * ((rows[pilot]?.done ?? 0) + 1))
    return (0..<count).reduce(tries) { product, _ in product * risk } < Self.chance
  }

  /// Whether many jobs in a row fail there, and nothing is known from elsewhere.
  func isDoubtful(_ pilot: PilotName) -> Bool {
    elsewhere(than: pilot) == (0, 0) && row(of: pilot) >= Self.long
  }

  /// What was charged to jobs in work for failing on a pilot.
  func charges(of pilot: PilotName) -> [(job: Int, charges: Charges)] {
    failures.compactMap { job, pilots in pilots[pilot].map { (job, $0) } }
      .sorted { $0.job < $1.job }
  }
}
