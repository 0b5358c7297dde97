/// Where a task stands.
public enum TaskState: String, Sendable, Hashable, CaseIterable {
  /// For a dataset that is not there yet.
  case waiting
  case active
  case held
  case done
  case failed
  case cancelled

  public var hasEnded: Bool {
    switch self {
    case .done, .failed, .cancelled: true
    case .waiting, .active, .held: false
    }
  }
}
