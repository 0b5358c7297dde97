/// When a pilot that is to leave when idle may leave.
struct IdleWatch {
  /// Milliseconds between two looks.
  static let interval = 1000
  /// For how long nothing must have been found to do: between a request and its task's page there
  /// may be nothing to see for a second.
  static let quiet = 3000
  /// After so long without a job it leaves, whatever others have to do.
  static let patience = 60_000

  private var idleSince: Int?
  private var quietSince: Int?
  private var lastLook: Int?

  /// When it wants to look again, monotonic milliseconds.
  var nextLook: Int { lastLook.map { $0 + Self.interval } ?? 0 }

  mutating func noteBusy() { self = IdleWatch() }

  /// A look of a pilot without a job: `hasWork` is whether there is anything to do in the spool.
  /// Why it may leave, or nil.
  mutating func look(at now: Int, hasWork: Bool) -> String? {
    lastLook = now
    let idle = idleSince ?? now
    idleSince = idle
    quietSince = hasWork ? nil : quietSince ?? now
    if let quietSince, now - quietSince >= Self.quiet { return "nothing is left to do" }
    return now - idle >= Self.patience ? "no job for it within a minute" : nil
  }
}
