internal import SpoolModel
internal import SpoolStore

/// The decision if and when a job is tried again after a failure (DESIGN 3). In come the cause and
/// the failures so far; out goes a retry delay. Payload failures and infrastructure failures have
/// separate budgets.
struct RetryRule {
  let policy: RetryPolicy
  let config: SpoolConfig
  /// The number of times that a job may go on from its checkpoint.
  var resumes = 0

  /// The longest retry delay.
  static let longestDelay = Duration.seconds(600)
  /// The first retry delay after an infrastructure failure.
  static let infrastructureDelay = Duration.seconds(1)
  /// The longest retry delay after an infrastructure failure.
  static let longestInfrastructureDelay = Duration.seconds(60)

  /// The retry delay after the last but one lost pilot is up to so many seconds, by the job's index:
  /// one job may be what kills the pilots, and those that were lost with it are not to run beside it
  /// once more.
  static let spread = 16

  /// Returns the reason for a job that has cost so many pilots.
  static func words(lost count: Int) -> String {
    count == 1 ? "its pilot died" : "\(count) pilots died while they ran it"
  }

  /// Returns the reason for a job that may not go on once more.
  static func words(resumed count: Int) -> String {
    "it has gone on \(count) times, as many as checkpoint.resumes allows, and is not done"
  }

  /// Returns the retry delay; nil if there is no next attempt. `job` counts the failures before
  /// this one, `index` is its number in its task.
  func delay(after cause: Cause, _ job: JobEntry, _ index: Int = 0) -> Duration? {
    switch cause.kind {
    case .final: return nil
    case .returned where cause == .unfinished: return job.resumes < resumes ? .zero : nil
    case .returned: return job.returns + 1 < config.returns ? .zero : nil
    case .infrastructure:
      guard job.infrastructureFailures + 1 < config.infrastructureAttempts else { return nil }
      if cause == .lost {
        let left = config.lostPilots - job.lost - 1
        guard left > 0 else { return nil }
        return left > 1 ? .zero : .seconds(index % Self.spread)
      }
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

  /// What becomes of the memory limit after a failure.
  enum Growth: Equatable {
    /// It stays.
    case none
    /// The next attempt has so many bytes.
    case to(Int)
    /// It is to grow, and no pilot has more than these bytes.
    case impossible(Int)
  }

  /// Returns what becomes of the memory limit in bytes: it grows if the last attempt exceeded it and
  /// the task lets it grow, up to `most`, the memory of the largest pilot, beyond which the job would
  /// wait for ever. Nil if there is no pilot.
  func memory(after cause: Cause, _ current: Int, most: Int?) -> Growth {
    guard cause == .memory, policy.growMemory > 1 else { return .none }
    let grown = Int(min(Double(current) * policy.growMemory, Double(1 << 50)))
    guard let most else { return .to(grown) }
    return most > current ? .to(min(grown, most)) : .impossible(most)
  }

  /// Returns the wall time of the next attempt, if the last one went over its own and the task lets it
  /// grow; else nil.
  func wall(after cause: Cause, _ current: Duration) -> Duration? {
    guard cause == .wall, policy.growWall > 1 else { return nil }
    let most = Double(Limits.wallSeconds) * 1000
    return .milliseconds(Int(min(Double(current.milliseconds) * policy.growWall, most)))
  }
}
