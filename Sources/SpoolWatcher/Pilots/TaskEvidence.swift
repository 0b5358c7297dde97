internal import SpoolModel

/// The evidence that the jobs of one task give about the pilots that they ran on. In come results;
/// out go pilots that are bad or doubtful. It is kept in memory alone: a new watcher begins without
/// any.
struct TaskEvidence {
  /// Failed attempts of a job on a pilot, by the budget that they were charged to.
  struct Charges {
    var payload = 0
    var infrastructure = 0
  }

  /// A pilot as the task's jobs show it.
  private struct Row {
    /// The pilot's row: jobs that failed there first, since its last success, and on no other pilot
    /// as far as is known. Only first failures count, because a job that failed once is likely to
    /// fail again on any pilot.
    var jobs: Set<Int> = []
    /// The number of jobs that were done there.
    var done = 0
    /// The number of jobs that failed there.
    var failed = 0
  }

  /// What is known about the start of a job's program.
  enum Starts {
    /// Other pilots have started the task's jobs.
    case elsewhere
    /// No pilot can start it, as far as pilots have tried.
    case nowhere
    /// There are pilots that have not tried.
    case unknown
  }

  /// The number of pilots that are enough to say that a program is nowhere.
  private static let enough = 3
  /// The number of failed starts after which a job is not tried on further pilots.
  static let mostStarts = 4

  /// The length at which a row stops growing. A longer one would tell nothing more.
  private static let longest = 64
  /// The least length of a row that counts.
  static let short = 3
  /// The least length of a row that is enough for a suspicion when nothing is known from elsewhere.
  static let long = 8
  /// The limit of probability. A pilot is bad if such a row would be less likely than this on any
  /// pilot of the task, were all pilots alike.
  private static let chance = 1e-3

  private var rows: [PilotName: Row] = [:]
  /// The failed jobs in work, with the pilots on which they failed.
  private var failures: [Int: [PilotName: Charges]] = [:]
  /// Sums over all pilots, including those that are gone.
  private var done = 0
  private var failed = 0
  /// The pilots that have started a payload, and those that could not at last.
  private var starters: Set<PilotName> = []
  private var refusers: Set<PilotName> = []
  /// The jobs in work whose program could not be started, with the pilots that tried.
  private var refusals: [Int: Set<PilotName>] = [:]

  // MARK: What happened

  /// Notes that a pilot could not start the program of a job.
  mutating func couldNotStart(_ job: Int, on pilot: PilotName) {
    starters.remove(pilot)
    refusers.insert(pilot)
    refusals[job, default: []].insert(pilot)
  }

  private mutating func started(on pilot: PilotName) {
    starters.insert(pilot)
    refusers.remove(pilot)
  }

  /// Notes that a job succeeded on a pilot. The pilot's row begins again.
  mutating func succeeded(_ job: Int, on pilot: PilotName) {
    started(on: pilot)
    failures[job] = nil
    refusals[job] = nil
    rows[pilot, default: Row()].jobs = []
    rows[pilot]?.done += 1
    done += 1
  }

  /// Notes that an attempt of a job failed on a pilot. `isLast` is true if the job is not tried
  /// again.
  mutating func failed(_ job: Int, on pilot: PilotName, _ cause: Cause, isLast: Bool) {
    if cause.kind == .payload, cause != .program { started(on: pilot) }
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
      // The job fails elsewhere, too. That tells about the job, not about a pilot.
      for other in before.keys { rows[other]?.jobs.remove(job) }
    }
    if isLast {
      failures[job] = nil
      refusals[job] = nil
    }
  }

  /// Clears a pilot's row and its failures, because the pilot is known to be bad or begins again.
  mutating func clear(_ pilot: PilotName) {
    guard let row = rows.removeValue(forKey: pilot) else { return }
    failed -= row.failed
    for job in failures.keys { failures[job]?[pilot] = nil }
    failures = failures.filter { !$0.value.isEmpty }
  }

  /// Removes the row of a pilot that is gone. The sums keep its results, which still tell about
  /// other pilots.
  mutating func remove(_ pilot: PilotName) {
    rows[pilot] = nil
    starters.remove(pilot)
    refusers.remove(pilot)
  }

  // MARK: What it tells

  /// Returns what is known about a job's program, which a pilot could not start just now. `others` are
  /// the other pilots that take such jobs.
  func starts(_ job: Int, on pilot: PilotName, others: [PilotName]) -> Starts {
    // The program may be another for each job, so what became of this one counts first: also that the
    // pilots that could not start it have started others since.
    let before = refusals[job] ?? []
    if !before.isEmpty, before.isSubset(of: starters) { return .nowhere }
    let tried = before.union([pilot])
    if tried.count >= Self.enough || others.allSatisfy(tried.contains) { return .nowhere }
    if starters.contains(where: others.contains) { return .elsewhere }
    let refusers = refusers.union([pilot])
    let isNowhere = refusers.count >= Self.enough || others.allSatisfy(refusers.contains)
    return isNowhere ? .nowhere : .unknown
  }

  /// The pilots whose rows are long enough to judge, by name.
  var suspects: [PilotName] {
    rows.filter { $0.value.jobs.count >= Self.short }.keys.sorted()
  }

  /// Returns the length of a pilot's row.
  func row(of pilot: PilotName) -> Int { rows[pilot]?.jobs.count ?? 0 }

  /// Returns the numbers of jobs that were done and that failed on other pilots.
  func elsewhere(than pilot: PilotName) -> (done: Int, failed: Int) {
    (done - (rows[pilot]?.done ?? 0), failed - (rows[pilot]?.failed ?? 0))
  }

  /// Returns true if a pilot's row is too long for chance, given the results elsewhere.
  func isBad(_ pilot: PilotName) -> Bool {
    let (done, failed) = elsewhere(than: pilot)
    let count = row(of: pilot)
    guard done >= 1, count >= Self.short else { return false }
    let risk = Double(failed + 1) / Double(done + failed + 2)
    // Each success begins another row. The more rows there were, the sooner one is long by chance.
    let tries = Double(rows.count * ((rows[pilot]?.done ?? 0) + 1))
    return (0..<count).reduce(tries) { product, _ in product * risk } < Self.chance
  }

  /// Returns true if a pilot's row is long, and nothing is known from elsewhere.
  func isDoubtful(_ pilot: PilotName) -> Bool {
    elsewhere(than: pilot) == (0, 0) && row(of: pilot) >= Self.long
  }

  /// Returns the failed attempts that jobs in work were charged for on a pilot.
  func charges(of pilot: PilotName) -> [(job: Int, charges: Charges)] {
    failures.compactMap { job, pilots in pilots[pilot].map { (job, $0) } }
      .sorted { $0.job < $1.job }
  }
}
