public import SpoolModel
public import SpoolStore

/// The failures of several tasks, grouped by their cause.
public struct FailureDigest: Sendable {
  /// A cause.
  public struct Group: Sendable {
    /// The cause, as ledgers spell it.
    public var cause: String
    /// Jobs that failed of it for good, and attempts that did, whatever became of the jobs.
    public var jobs = 0
    public var attempts = 0
    /// The tasks, those with the most such attempts first.
    public var tasks: [Name] = []
    /// A late attempt that failed so; nil where the ends of the ledgers that are read have none.
    public var example: LedgerLine?
    /// The last lines that it printed.
    public var log: [String] = []
  }

  /// The causes, those of the most jobs first.
  public var groups: [Group] = []
  /// The causes that are left out.
  public var more = 0
}

/// Reads the failures of tasks, again and again. Of a ledger it reads the end, and that only when it has
/// grown.
public struct FailureReader {
  private struct Seen {
    var size: Int
    /// The last failed attempt of each cause.
    var last: [String: LedgerLine]
  }

  private let spool: Spool
  private var seen: [Name: Seen] = [:]

  /// Causes that are told.
  public static let mostCauses = 12
  /// Ledgers that are read, and bytes of each.
  private static let mostLedgers = 20
  private static let mostBytes = 512 << 10
  /// Lines of a log that are shown, and characters of each.
  private static let mostLines = 12
  private static let mostCharacters = 240

  /// Makes a reader that has read nothing.
  public init(_ spool: Spool) { self.spool = spool }

  /// Groups the failures of these tasks. `pages` has the newest first.
  public mutating func look(_ pages: [TaskSummary]) -> FailureDigest {
    let failing = pages.filter { !$0.failedAttempts.isEmpty || !$0.failures.isEmpty }
    var groups: [String: FailureDigest.Group] = [:]
    for page in failing.sorted(by: { Self.count($0) > Self.count($1) }) {
      let causes = Set(page.failedAttempts.keys).union(page.failures.keys)
      // What was given back, or goes on from a checkpoint, has not failed.
      for cause in causes where !Self.isHarmless(cause) || page.failures[cause] ?? 0 > 0 {
        var group = groups[cause] ?? FailureDigest.Group(cause: cause)
        group.jobs += page.failures[cause] ?? 0
        group.attempts += max(page.failedAttempts[cause] ?? 0, page.failures[cause] ?? 0)
        group.tasks.append(page.task)
        groups[cause] = group
      }
    }
    let sorted = groups.values.sorted {
      ($1.jobs, $1.attempts, $0.cause) < ($0.jobs, $0.attempts, $1.cause)
    }
    var digest = FailureDigest(groups: Array(sorted.prefix(Self.mostCauses)))
    digest.more = sorted.count - digest.groups.count
    addExamples(&digest, failing)
    return digest
  }

  private static func count(_ page: TaskSummary) -> Int {
    page.failedAttempts.values.reduce(0, +)
  }

  private static func isHarmless(_ cause: String) -> Bool {
    switch Cause(cause) {
    case .returned, .unfinished, .cancelled: true
    default: false
    }
  }

  private mutating func addExamples(_ digest: inout FailureDigest, _ failing: [TaskSummary]) {
    let read = failing.prefix(Self.mostLedgers).map(\.task)
    let names = Set(read)
    seen = seen.filter { names.contains($0.key) }
    for name in read { try? update(name) }
    for index in digest.groups.indices {
      let cause = digest.groups[index].cause
      let name = read.first { seen[$0]?.last[cause] != nil }
      guard let name, let line = seen[name]?.last[cause] else { continue }
      digest.groups[index].example = line
      digest.groups[index].log = (try? log(of: line, name)) ?? []
    }
  }

  /// Reads the end of a ledger, if it has changed. What cannot be read now stays as it was.
  private mutating func update(_ name: Name) throws(FileError) {
    guard let size = try spool.attributes(of: .ledger(name))?.size, seen[name]?.size != size,
      let ledger = try spool.openIfPresent(.ledger(name))
    else { return }
    defer { ledger.close() }
    var lines: [String: [UInt8]] = [:]
    var reader = ledger.lines(from: max(0, size - Self.mostBytes), to: size)
    let task = Array(name.text.utf8)
    while let line = try reader.next() {
      guard let head = LedgerHead(line.bytes, of: task), head.isFailure else { continue }
      lines[head.outcome] = line.bytes
    }
    let last = lines.compactMapValues { (try? JSON.parse($0)).flatMap { LedgerLine($0) } }
    seen[name] = Seen(size: size, last: last)
  }

  private func log(of line: LedgerLine, _ task: Name) throws(FileError) -> [String] {
    let reader = try LogReader(spool, task)
    defer { reader.close() }
    guard let text = try reader.text(of: line) else { return [] }
    // By scalars, since a carriage return and a line end are one character.
    let lines = String(decoding: text, as: UTF8.self).unicodeScalars.split { $0 == "\n" }
    return lines.suffix(Self.mostLines).map { String($0).printable(Self.mostCharacters) }
  }
}
