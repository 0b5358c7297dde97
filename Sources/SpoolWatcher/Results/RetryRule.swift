internal import SpoolModel

/// The decision whether and when a job is tried again after a failure (DESIGN 3). The payload's
/// failures and those of the infrastructure have budgets of their own.
struct RetryRule {
  let policy: RetryPolicy
  let config: SpoolConfig

  /// The longest delay before an attempt.
  static let longestDelay = Duration.seconds(600)
  /// The first and the longest delay after a failure of the infrastructure.
  static let infrastructureDelay = Duration.seconds(1)
  static let longestInfrastructureDelay = Duration.seconds(60)

  /// Returns the delay before the next attempt; nil if there is none. `job` counts the failures
  /// before this one.
  func delay(after cause: Cause, _ job: JobEntry) -> Duration? {
    switch cause.kind {
    case .final: return nil
    case .returned: return job.returns + 1 < config.returns ? .zero : nil
    case .infrastructure:
      guard job.infrastructureFailures + 1 < config.infrastructureAttempts else { return nil }
      guard cause != .lost else { return .zero }
      let delay = Self.doubled(Self.infrastructureDelay, job.infrastructureFailures)
      return min(delay, Self.longestInfrastructureDelay)
    case .payload:
      if case .exit(let code) = cause, policy.never.contains(code) { return nil }
      guard job.payloadFailures + 1 < policy.attempts else { return nil }
      return Self.doubled(policy.backoff, job.payloadFailures)
    }
  }

  /// Returns a delay that is doubled with every failure before.
  private static func doubled(_ first: Duration, _ failures: Int) -> Duration {
    min(.milliseconds(first.milliseconds << min(failures, 20)), longestDelay)
  }

  /// Returns the memory limit of the next attempt in bytes, where the last one was over it.
  func memory(after cause: Cause, _ current: Int) -> Int? {
    guard cause == .memory, policy.growMemory > 1 else { return nil }
    return Int(min(Double(current) * policy.growMemory, Double(1 << 50)))
  }
}
