/// The state of a task or a chain.
public enum TaskState: String, Sendable, Hashable, CaseIterable {
  /// Waits for a dataset that is not there yet, or that lacks files.
  case waiting
  /// Has jobs in work, or may get some.
  case active
  /// Held by an order, until it is released.
  case held
  /// Ended; no more jobs failed than may.
  case done
  /// Ended; more jobs failed than may.
  case failed
  /// Ended by an order.
  case cancelled

  /// True for a state in which the task has no jobs in work, and gets none.
  public var hasEnded: Bool {
    switch self {
    case .done, .failed, .cancelled: true
    case .waiting, .active, .held: false
    }
  }
}
