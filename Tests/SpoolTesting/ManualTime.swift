public import SpoolStore
internal import Synchronization

/// Clocks that stand still until a test moves them.
public final class ManualTime: TimeSource {
  /// Where the epoch clock begins: far from zero, so that the two clocks are never taken for one
  /// another.
  public static let start = 1_796_000_000_000

  private let elapsed = Mutex(1000)

  public init() {}

  public var now: Int { elapsed.withLock { $0 } }
  public var epoch: Int { Self.start + now }

  /// Moves both clocks on by some milliseconds.
  public func advance(_ milliseconds: Int) {
    elapsed.withLock { $0 += max(0, milliseconds) }
  }
}
