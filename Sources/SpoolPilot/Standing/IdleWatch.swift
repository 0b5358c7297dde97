internal import SpoolModel

/// The decision when a pilot that is to leave when idle may leave. A pure value: looks come in, a
/// reason to leave comes out (R10).
struct IdleWatch {
  /// The time between two looks.
  static let interval = Duration.seconds(1)
  /// The time for which nothing must have been found to do: between a request and its task's page
  /// there may be nothing to see for a second.
  static let quiet = Duration.seconds(3)
  /// The time without a job after which the pilot leaves, whatever others have to do.
  static let patience = Duration.seconds(60)

  private var idleSince: Instant?
  private var quietSince: Instant?
  private var lastLook: Instant?

  /// The moment of the next look.
  var nextLook: Instant { lastLook.map { $0 + Self.interval } ?? .distantPast }

  /// Takes in that the pilot has a job: all times count anew.
  mutating func noteBusy() { self = IdleWatch() }

  /// Takes in a look of a pilot without a job; `hasWork` tells whether the spool holds anything to
  /// do. Returns why the pilot may leave, or nil.
  mutating func look(at now: Instant, hasWork: Bool) -> String? {
    lastLook = now
    let idle = idleSince ?? now
    idleSince = idle
    quietSince = hasWork ? nil : quietSince ?? now
    if let quietSince, now - quietSince >= Self.quiet { return "nothing is left to do" }
    return now - idle >= Self.patience ? "no job for it within a minute" : nil
  }
}
