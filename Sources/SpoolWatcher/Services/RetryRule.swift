internal import SpoolModel

/// Whether and when a job is tried again (DESIGN 3): the payload's failures and those of what is
/// around it have budgets of their own.
struct RetryRule {
  let policy: RetryPolicy
  let config: SpoolConfig

  static let longestBackoff = 600_000

  /// When the next attempt is due, in epoch milliseconds; nil if there is none.
  func due(_ cause: Cause, _ job: JobEntry, at now: Int) -> Int? {
    switch cause.kind {
    case .final: return nil
    case .returned: return job.returns + 1 < config.returns ? now : nil
    case .infrastructure:
      guard job.infrastructureFailures + 1 < config.infrastructureAttempts else { return nil }
      let delay = cause == .lost ? 0 : Self.delay(1000, job.infrastructureFailures)
      return now + min(delay, 60_000)
    case .payload:
      if case .exit(let code) = cause, policy.never.contains(code) { return nil }
      guard job.payloadFailures + 1 < policy.attempts else { return nil }
      return now + Self.delay(policy.backoff.milliseconds, job.payloadFailures)
    }
  }

  /// Doubled with every failure before.
  private static func delay(_ base: Int, _ failures: Int) -> Int {
    min(base << min(failures, 20), longestBackoff)
  }

  /// The memory limit of the next attempt, where the last one was over it.
  func memory(_ cause: Cause, _ current: Int) -> Int? {
    guard cause == .memory, policy.growMemory > 1 else { return nil }
    return Int(min(Double(current) * policy.growMemory, Double(1 << 50)))
  }
}
