internal import SpoolModel
internal import SpoolStore

/// The decision if and when a job is tried again after a failure (DESIGN 3). In come the cause and
/// the failures so far; out goes a retry delay. Payload failures and infrastructure failures have
/// separate budgets.
struct RetryRule {
  let policy: RetryPolicy
  let config: SpoolConfig

  /// The longest retry delay.
  static let longestDelay = Duration.seconds(600)
  /// The first retry delay after an infrastructure failure.
  static let infrastructureDelay = Duration.seconds(1)
  /// The longest retry delay after an infrastructure failure.
  static let longestInfrastructureDelay = Duration.seconds(60)

  /// Returns the retry delay; nil if there is no next attempt. `job` counts the failures before
  /// this one.
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

  /// Returns a delay that doubles with every earlier failure.
  private static func doubled(_ first: Duration, _ failures: Int) -> Duration {
    Backoff(first: first, longest: longestDelay).delay(after: failures)
  }

  /// Returns the wall time of the next attempt, if the last one went over its own and the task lets it
  /// grow; else nil.
  func wall(after cause: Cause, _ current: Duration) -> Duration? {
    guard cause == .wall, policy.growWall > 1 else { return nil }
    let most = Double(Limits.wallSeconds) * 1000
    return .milliseconds(Int(min(Double(current.milliseconds) * policy.growWall, most)))
  }

  /// Returns the memory limit of the next attempt in bytes, if the last one exceeded its limit and
  /// the task lets it grow; else nil.
  func memory(after cause: Cause, _ current: Int) -> Int? {
    guard cause == .memory, policy.growMemory > 1 else { return nil }
    return Int(min(Double(current) * policy.growMemory, Double(1 << 50)))
  }
}
