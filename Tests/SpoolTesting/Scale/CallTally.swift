internal import SpoolStore
internal import Synchronization

/// What calls some hosts have made of a server, and which races they ran.
public final class CallTally: Sendable {
  /// Counts so far.
  public struct Counts: Sendable {
    public var calls = CallCounts()
    /// Tries for a job in ready: those that the caller won, and those that another was first at.
    public var claims = 0
    public var lost = 0

    /// What came in between: `after - before`.
    public static func - (after: Counts, before: Counts) -> Counts {
      Counts(
        calls: after.calls - before.calls, claims: after.claims - before.claims,
        lost: after.lost - before.lost)
    }
  }

  private let state = Mutex(Counts())

  public init() {}

  public var counts: Counts { state.withLock { $0 } }

  func note(_ operation: FileOperation) { state.withLock { $0.calls[operation] += 1 } }

  func noteRace(isWon: Bool) {
    state.withLock { if isWon { $0.claims += 1 } else { $0.lost += 1 } }
  }
}
