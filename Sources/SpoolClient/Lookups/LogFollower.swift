public import SpoolModel
public import SpoolStore

/// The output of jobs as it comes: of those that run, from the logs that pilots keep beside them; of those
/// that ended, from the task's logs. Each look returns what was printed since the one before.
public struct LogFollower {
  private let spool: Spool
  private let task: Name
  private let job: JobID?
  private let isFailedOnly: Bool
  /// The place in the ledger behind the last attempt that was seen.
  private var ledgerAt = 0
  /// What was shown of attempts that run.
  private var shown: [String: [UInt8]] = [:]
  /// The attempt whose output was shown last.
  private var last = ""
  private var hasEnded = false

  /// Makes a follower of a task, or of one of its jobs. Of jobs that run nobody knows if they will fail: with
  /// `isFailedOnly` only attempts that ended are shown.
  public init(_ spool: Spool, _ task: Name, job: JobID? = nil, isFailedOnly: Bool = false) {
    self.spool = spool
    self.task = task
    self.job = job
    self.isFailedOnly = isFailedOnly
  }

  /// True once all that will be printed has been returned: the task has ended, or the job has.
  public private(set) var isOver = false

  /// Returns what was printed since the last look.
  public mutating func look() throws -> [UInt8] {
    // What ends after this is in the ledger at the next look.
    let wasOver = hasEnded || hasTaskEnded
    var text = try ended()
    if !isFailedOnly { text += try running() }
    isOver = wasOver || hasEnded
    return text
  }

  private var hasTaskEnded: Bool {
    switch TaskLookup(spool).find(task) {
    case .page(let page): page.state.hasEnded
    case .pending: false
    case .refused, .unknown: true
    }
  }

  private mutating func ended() throws -> [UInt8] {
    guard let ledger = try spool.openLedger(of: task) else { return [] }
    defer { ledger.close() }
    let logs = try LogReader(spool, task)
    defer { logs.close() }
    var text: [UInt8] = []
    var reader = ledger.lines(from: ledgerAt)
    while let line = try reader.next(), !line.isUnfinished {
      ledgerAt = line.next
      guard let json = try? JSON.parse(line.bytes), let attempt = LedgerLine(json),
        job == nil || attempt.job == job
      else { continue }
      if job != nil, attempt.retryAt == nil { hasEnded = true }
      guard !isFailedOnly || attempt.failure != nil, let whole = try logs.text(of: attempt) else {
        continue
      }
      let key = Self.key(attempt.job, attempt.attempt)
      guard let before = shown.removeValue(forKey: key) else {
        text += whole
        continue
      }
      let rest = Self.rest(of: whole, after: before)
      if !rest.isEmpty, last != key { text += Self.heading(attempt.job, attempt.attempt) }
      text += rest
      text += Array("==> \(attempt.job) attempt \(attempt.attempt): \(attempt.verdict)\n".utf8)
      last = ""
    }
    return text
  }

  private mutating func running() throws -> [UInt8] {
    var text: [UInt8] = []
    for pilot in try spool.running(fresh: true).pilots.sorted() {
      for claim in try spool.claims(of: pilot) ?? []
      where claim.job.task == task && (job == nil || claim.job == job) {
        guard let live = try spool.readLiveLog(of: claim, on: pilot) else { continue }
        let key = Self.key(claim.job, claim.attempt)
        let before = shown[key]?.count ?? 0
        guard live.count > before else { continue }
        if last != key { text += Self.heading(claim.job, claim.attempt, on: pilot) }
        text += live[before...]
        shown[key] = live
        last = key
      }
    }
    return text
  }

  private static func key(_ job: JobID, _ attempt: Int) -> String { "\(job) \(attempt)" }

  private static func heading(_ job: JobID, _ attempt: Int, on pilot: PilotName? = nil) -> [UInt8] {
    let place = pilot.map { " on \($0)" } ?? ""
    return Array("==> \(job) attempt \(attempt): running\(place)\n".utf8)
  }

  /// Returns what the log of an attempt that ended holds beyond what was shown while it ran. The log has one
  /// stream behind the other; what was shown has them as they came.
  static func rest(of log: [UInt8], after shown: [UInt8]) -> [UInt8] {
    let (out, err) = AttemptLog.streams(of: log)
    // How many bytes of the first stream may be among those shown so far: the others are of the second.
    var splits = [0]
    for (count, byte) in shown.enumerated() {
      var next: [Int] = []
      for split in splits {
        let other = count - split
        if other < err.count, err[err.startIndex + other] == byte, next.last != split {
          next.append(split)
        }
        if split < out.count, out[out.startIndex + split] == byte { next.append(split + 1) }
      }
      guard !next.isEmpty else { return log }
      splits = next.suffix(mostSplits)
    }
    let split = splits.last ?? 0
    return Array(out.dropFirst(split)) + Array(err.dropFirst(shown.count - split))
  }

  /// The most ways in which bytes are told apart. Streams that read the same for so long give the same rest.
  private static let mostSplits = 1000
}
