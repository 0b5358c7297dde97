internal import SpoolModel

/// How a pilot's jobs have ended of late: where many fail in a row, the node may be to blame.
struct FailureRow {
  /// After so many failures in a row it pauses between claims: whoever judges needs time, and what
  /// a bad node takes meanwhile is lost to good ones.
  static let many = 8
  /// Milliseconds.
  static let pause = 20
  /// So many payloads in a row that could not be started, through the node's fault, are enough.
  static let mostUnstarted = 3

  /// Jobs that failed since the last success.
  private(set) var failed = 0
  private var unstarted = 0
  /// When the next job may be claimed, monotonic milliseconds.
  private(set) var nextClaim = 0

  mutating func noteSuccess() { failed = 0 }

  mutating func noteFailure(_ cause: Cause) {
    if cause.mayBeTheNodes { failed += 1 }
  }

  mutating func noteClaim(at now: Int) {
    if failed >= Self.many { nextClaim = now + Self.pause }
  }

  mutating func noteStart() { unstarted = 0 }

  /// A payload could not be started, and the node is to blame. True when that is enough.
  mutating func noteNoStart() -> Bool {
    unstarted += 1
    return unstarted >= Self.mostUnstarted
  }
}
