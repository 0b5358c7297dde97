internal import SpoolModel

/// The row of jobs that failed on a pilot one after another: where it is long, the node may be to
/// blame. A pure value (R10).
struct FailureRow {
  /// The number of failures in a row from which on the pilot pauses between claims. The watcher
  /// needs time to judge, and what a bad node takes meanwhile is lost to good ones.
  static let many = 8
  /// The pause between two claims.
  static let pause = Duration.milliseconds(20)
  /// The number of payloads in a row, that could not be started through the node's fault, after
  /// which the node is to blame.
  static let mostUnstarted = 3

  /// The number of jobs that failed since the last success, if the node may be to blame for each.
  private(set) var failed = 0
  private var unstarted = 0
  /// The end of the pause.
  private(set) var nextClaim = Instant.distantPast

  /// Takes in a success.
  mutating func noteSuccess() { failed = 0 }

  /// Takes in a failure.
  mutating func noteFailure(_ cause: Cause) {
    if cause.mayBeTheNodes { failed += 1 }
  }

  /// Takes in a claim, and begins a pause after it if the row is long.
  mutating func noteClaim(at now: Instant) {
    if failed >= Self.many { nextClaim = now + Self.pause }
  }

  /// Returns whether one more payload may be started while others are being started. No more starts
  /// are under way than it takes to blame the node, so a node that can start nothing costs few jobs.
  func mayStart(besides underWay: Int) -> Bool {
    underWay == 0 || underWay + unstarted < Self.mostUnstarted
  }

  /// Takes in that a payload was started.
  mutating func noteStart() { unstarted = 0 }

  /// Takes in that a payload could not be started through the node's fault. Returns true if the row
  /// of these is long enough to blame the node.
  mutating func noteNoStart() -> Bool {
    unstarted += 1
    return unstarted >= Self.mostUnstarted
  }
}
