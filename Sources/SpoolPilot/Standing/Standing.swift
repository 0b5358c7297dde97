internal import SpoolModel

/// The standing of a pilot: active, draining or quarantined, and what is left of its lifetime.
///
/// A pure value: events come in, each returns whether it changed anything; the state comes out.
/// Every wait in it has an end (R10).
struct Standing {
  /// The longest wait for the filesystem of a pilot that gives back what it has (R10).
  static let longestFarewell = Duration.seconds(20)

  /// The end of the lifetime; nil: the pilot stays.
  let lifetimeEnd: Instant?
  /// The reason of the quarantine; nil: none.
  private(set) var quarantine: String?
  /// The pilot leaves for good.
  private(set) var isLeaving = false
  /// A file tells the pilot to leave, and may be taken back.
  private(set) var isDrained = false
  private var hasExpired = false
  private var farewellEnd: Instant?

  init(lifetimeEnd: Instant?) { self.lifetimeEnd = lifetimeEnd }

  /// True if the pilot takes no more jobs and leaves.
  var isDraining: Bool { isLeaving || isDrained }

  /// The state as the heartbeat tells it. Draining counts before quarantined.
  var state: PilotState {
    if isDraining { return .draining }
    return quarantine == nil ? .active : .quarantined
  }

  // MARK: Events

  /// Leaves for good.
  mutating func leave() { isLeaving = true }

  /// Leaves for good, and not later than the farewell allows, which begins when the payloads' grace is
  /// over. A second call does not prolong it.
  mutating func giveBack(at now: Instant, grace: Duration = .zero) {
    isLeaving = true
    farewellEnd = min(farewellEnd ?? .distantFuture, now + grace + Self.longestFarewell)
  }

  /// Takes in that the drain file is there. Returns true if that is new.
  mutating func noteDrain() -> Bool {
    defer { isDrained = true }
    return !isDrained
  }

  /// Takes in that the drain file is certainly gone.
  mutating func noteNoDrain() { isDrained = false }

  /// Takes in that the directory is gone, and the drain file with it: the order holds all the same.
  mutating func outliveDirectory() { if isDrained { isLeaving = true } }

  /// Goes into quarantine. Returns true if that, or the reason, is new.
  mutating func enterQuarantine(_ reason: String) -> Bool {
    defer { quarantine = reason }
    return reason != quarantine
  }

  /// Leaves quarantine: its file is certainly gone.
  mutating func leaveQuarantine() { quarantine = nil }

  /// Returns true once: at the end of the lifetime.
  mutating func expire(at now: Instant) -> Bool {
    guard let lifetimeEnd, now >= lifetimeEnd, !hasExpired else { return false }
    hasExpired = true
    return true
  }

  // MARK: Questions

  /// Returns whether a job with this wall time would end within the lifetime.
  func hasTime(for wall: Duration, at now: Instant) -> Bool {
    lifetimeEnd.map { wall <= $0 - now } ?? true
  }

  /// Returns the time until the end of the lifetime; a very long one if the pilot stays.
  func timeLeft(at now: Instant) -> Duration {
    lifetimeEnd.map { max(.zero, $0 - now) } ?? .seconds(Limits.wallSeconds)
  }

  /// Returns whether a pilot that gives back has waited for long enough.
  func isFarewellOver(at now: Instant) -> Bool { farewellEnd.map { now >= $0 } ?? false }

  /// Returns when the standing changes by itself.
  func nextDue(at now: Instant) -> Instant {
    var due = Instant.distantFuture
    // What the farewell waits for may come a little later.
    if let farewellEnd { due = max(farewellEnd, now + .milliseconds(100)) }
    if let lifetimeEnd, !hasExpired { due = min(due, lifetimeEnd) }
    return due
  }
}
