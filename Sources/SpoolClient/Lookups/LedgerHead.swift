internal import SpoolModel

/// The head of a ledger's line, read from its bytes: a page over a million lines parses only those that
/// it shows. A line that is spelled in another way than the watcher spells it has none.
public struct LedgerHead: Equatable, Sendable {
  /// The number of the job in its task.
  public var index: Int
  /// The number of the attempt.
  public var attempt: Int
  /// The verdict: `ok`, or the cause.
  public var outcome: String
  /// True for the last attempt of a job, which succeeded, or failed for good.
  public var isLast: Bool

  /// True unless the attempt succeeded.
  public var isFailure: Bool { outcome != "ok" }

  private static let jobKey = Array(#"{"job":""#.utf8)
  private static let attemptKey = Array(#"","attempt":"#.utf8)
  private static let outcomeKey = Array(#","outcome":""#.utf8)
  private static let finalKey = Array(#"","final":true"#.utf8)

  /// Reads the head of a line of a task's ledger.
  @inlinable public init?(_ line: some RandomAccessCollection<UInt8>, of task: [UInt8]) {
    let parsed = line.withContiguousStorageIfAvailable { Self.parse($0, task) }
    guard let parsed = parsed ?? nil else { return nil }
    self = parsed
  }

  private init(index: Int, attempt: Int, outcome: String, isLast: Bool) {
    self.index = index
    self.attempt = attempt
    self.outcome = outcome
    self.isLast = isLast
  }

  @usableFromInline static func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ task: [UInt8]
  ) -> LedgerHead? {
    var at = 0
    guard skip(jobKey, line, &at), skip(task, line, &at), at < line.count,
      line[at] == UInt8(ascii: ".")
    else { return nil }
    at += 1
    guard let index = number(line, &at), skip(attemptKey, line, &at),
      let attempt = number(line, &at), skip(outcomeKey, line, &at)
    else { return nil }
    let start = at
    while at < line.count, line[at] != UInt8(ascii: "\"") { at += 1 }
    guard at < line.count, at - start < 40 else { return nil }
    let outcome = String(decoding: line[start..<at], as: UTF8.self)
    let isLast = outcome == "ok" || skip(finalKey, line, &at)
    return LedgerHead(index: index, attempt: attempt, outcome: outcome, isLast: isLast)
  }

  private static func skip(
    _ text: [UInt8], _ line: UnsafeBufferPointer<UInt8>, _ at: inout Int
  ) -> Bool {
    guard LineBytes.hold(text, line, at) else { return false }
    at += text.count
    return true
  }

  private static func number(_ line: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Int? {
    LineBytes.number(line, &at, digits: 10)
  }
}

/// Numbers in a line of JSON that is not parsed.
public enum LineNumbers {
  /// Returns the whole number behind a key, as `"ended":`; nil where there is none.
  public static func value(_ key: [UInt8], in line: [UInt8]) -> Int? {
    line.withUnsafeBufferPointer { line in
      guard line.count > key.count else { return nil }
      for start in 0...(line.count - key.count) where LineBytes.hold(key, line, start) {
        var at = start + key.count
        return LineBytes.number(line, &at, digits: 18)
      }
      return nil
    }
  }
}

/// Texts and numbers in the bytes of a line.
private enum LineBytes {
  /// Returns true if a text stands at this place.
  static func hold(_ text: [UInt8], _ line: UnsafeBufferPointer<UInt8>, _ at: Int) -> Bool {
    guard at + text.count <= line.count else { return false }
    for offset in text.indices where line[at + offset] != text[offset] { return false }
    return true
  }

  /// Reads a number of so many digits at the most, and goes behind it; nil where there is none.
  static func number(
    _ line: UnsafeBufferPointer<UInt8>, _ at: inout Int, digits: Int
  ) -> Int? {
    let start = at
    var value = 0
    while at < line.count, (48...57).contains(line[at]), at - start < digits {
      value = value * 10 + Int(line[at] - 48)
      at += 1
    }
    return at > start ? value : nil
  }
}
