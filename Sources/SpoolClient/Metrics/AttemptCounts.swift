/// What a reader that follows ledgers has counted of attempts since it began.
public struct AttemptCounts: Sendable {
  /// Attempts that ended, by their verdict.
  public private(set) var outcomes: [String: Int] = [:]
  /// The time from when a job was put into ready to when a pilot began it.
  public private(set) var wait = Histogram()
  /// The time from then to the end of the attempt.
  public private(set) var run = Histogram()
  /// The time that the pilot took, at the end of the attempt, to sync and checksum what is handed in.
  public private(set) var staging = Histogram()
  /// The time from the end of an attempt to the watcher's verdict, of those that failed.
  public private(set) var verdict = Histogram()

  private static let startedKey = Array(#""started":"#.utf8)
  private static let endedKey = Array(#""ended":"#.utf8)
  private static let readyKey = Array(#""readyAt":"#.utf8)
  private static let stagingKey = Array(#""stagingAt":"#.utf8)
  private static let registeredKey = Array(#""registered":"#.utf8)

  /// Makes counts of nothing.
  public init() {}

  /// Counts an attempt: a line of a ledger, and its head. A line that lacks a time, as one of an earlier
  /// version or of a pilot that died, is left out of the histograms that need it. Clocks that differ make
  /// no time negative.
  public mutating func count(_ head: LedgerHead, _ line: [UInt8]) {
    outcomes[head.outcome, default: 0] += 1
    let times = Self.beginning(line)
    guard let started = LineNumbers.value(Self.startedKey, in: times),
      let ended = LineNumbers.value(Self.endedKey, in: times)
    else { return }
    run.add(Self.seconds(from: started, to: ended))
    if let ready = LineNumbers.value(Self.readyKey, in: times) {
      wait.add(Self.seconds(from: ready, to: started))
    }
    if let staging = LineNumbers.value(Self.stagingKey, in: times) {
      self.staging.add(Self.seconds(from: staging, to: ended))
    }
    if head.isFailure, let registered = LineNumbers.value(Self.registeredKey, in: line) {
      verdict.add(Self.seconds(from: ended, to: registered))
    }
  }

  /// Returns the line as far as its times may stand there: up to the first list or object in it. A report
  /// behind that has keys of the user's own.
  private static func beginning(_ line: [UInt8]) -> [UInt8] {
    let end = line.dropFirst().firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }
    return Array(line[..<(end ?? line.endIndex)])
  }

  private static func seconds(from begin: Int, to end: Int) -> Double {
    Double(max(0, end - begin)) / 1000
  }
}
