import SpoolModel
import Testing

@testable import SpoolWatcher

/// Whether and when a job is tried again: two budgets, a limit on returns, and what each delay is.
struct RetryRuleTests {
  /// A rule of four payload attempts, three of the infrastructure, two returns.
  private func rule(_ change: (inout RetryPolicy) -> Void = { _ in }) -> RetryRule {
    var policy = RetryPolicy()
    policy.attempts = 4
    policy.backoff = .seconds(5)
    change(&policy)
    var config = SpoolConfig()
    config.infrastructureAttempts = 3
    config.lostPilots = 9
    config.returns = 2
    return RetryRule(policy: policy, config: config)
  }

  /// A job after so many failures of each kind.
  private func job(payload: Int = 0, infrastructure: Int = 0, returns: Int = 0) -> JobEntry {
    var job = JobEntry(source: 0, offset: 0, files: 1, end: 1)
    job.payloadFailures = payload
    job.infrastructureFailures = infrastructure
    job.returns = returns
    return job
  }

  // MARK: Budgets

  @Test(arguments: [Cause.exit(1), .signal(9), .wall, .memory, .stuck, .output])
  func thePayloadsBudget(_ cause: Cause) {
    #expect(rule().delay(after: cause, job(payload: 2)) != nil)
    #expect(rule().delay(after: cause, job(payload: 3)) == nil)
    // What else went wrong does not count.
    #expect(rule().delay(after: cause, job(payload: 2, infrastructure: 99, returns: 99)) != nil)
  }

  @Test(arguments: [Cause.lost, .spawn, .input, .staging, .torn])
  func theInfrastructuresBudget(_ cause: Cause) {
    #expect(rule().delay(after: cause, job(infrastructure: 1)) != nil)
    #expect(rule().delay(after: cause, job(infrastructure: 2)) == nil)
    #expect(rule().delay(after: cause, job(payload: 99, infrastructure: 1, returns: 99)) != nil)
  }

  @Test func theLimitOfReturns() {
    #expect(rule().delay(after: .returned, job(returns: 0)) == .zero)
    #expect(rule().delay(after: .returned, job(returns: 1)) == nil)
    #expect(rule().delay(after: .returned, job(payload: 99, infrastructure: 99)) == .zero)
  }

  @Test(arguments: [Cause.cancelled, .exists, .refused]) func whatIsFinal(_ cause: Cause) {
    #expect(rule().delay(after: cause, job()) == nil)
  }

  /// A budget of one is used up by the first failure.
  @Test func noSecondAttempt() {
    #expect(rule { $0.attempts = 1 }.delay(after: .exit(1), job()) == nil)
  }

  /// Codes that are not worth another attempt; other failures are, whatever their number.
  @Test func codesThatAreFinal() {
    let rule = rule { $0.never = [2, 9] }
    #expect(rule.delay(after: .exit(2), job()) == nil)
    #expect(rule.delay(after: .exit(9), job()) == nil)
    #expect(rule.delay(after: .exit(3), job()) != nil)
    #expect(rule.delay(after: .signal(9), job()) != nil)
  }

  // MARK: Delays

  /// Seconds of delay after so many payload failures before this one.
  @Test(arguments: [(0, 5), (1, 10), (2, 20), (6, 320), (7, 600), (20, 600), (63, 600)])
  func thePayloadsDelayDoubles(_ failures: Int, _ seconds: Int) {
    let rule = rule { $0.attempts = 10_000 }
    #expect(rule.delay(after: .exit(1), job(payload: failures)) == .seconds(seconds))
    // Failures of the other kind make it no longer.
    let other = job(payload: failures, infrastructure: 50)
    #expect(rule.delay(after: .exit(1), other) == .seconds(seconds))
  }

  @Test func theLongestBackoffIsTheLongestDelay() {
    let rule = rule {
      $0.attempts = 100
      $0.backoff = .seconds(600)
    }
    for failures in 0..<99 {
      #expect(rule.delay(after: .exit(1), job(payload: failures)) == RetryRule.longestDelay)
    }
  }

  @Test func noBackoffStaysNone() {
    let rule = rule {
      $0.attempts = 100
      $0.backoff = .zero
    }
    #expect(rule.delay(after: .exit(1), job(payload: 50)) == .zero)
  }

  /// Seconds of delay after so many failures of the infrastructure.
  @Test(arguments: [(0, 1), (1, 2), (5, 32), (6, 60), (40, 60)])
  func theInfrastructuresDelayDoubles(_ failures: Int, _ seconds: Int) {
    var config = SpoolConfig()
    config.infrastructureAttempts = 100
    let rule = RetryRule(policy: RetryPolicy(), config: config)
    let job = job(payload: 9, infrastructure: failures)
    #expect(rule.delay(after: .spawn, job) == .seconds(seconds))
    #expect(rule.delay(after: .torn, job) == .seconds(seconds))
  }

  /// A pilot that died says nothing of the next one; a third one that did may have died of the job. The
  /// last try is spread, so that the jobs that died together run apart.
  @Test func lostPilots() {
    let rule = RetryRule(policy: RetryPolicy(), config: SpoolConfig())
    var job = job(infrastructure: 6)
    #expect(rule.delay(after: .lost, job, 5) == .zero)
    job.lost = 1
    #expect(rule.delay(after: .lost, job, 0) == .zero)
    #expect(rule.delay(after: .lost, job, 5) == .seconds(5))
    #expect(rule.delay(after: .lost, job, 21) == .seconds(5))
    job.lost = 2
    #expect(rule.delay(after: .lost, job, 5) == nil)
    #expect(rule.delay(after: .spawn, job, 5) != nil)
  }

  // MARK: Memory

  @Test func memoryGrowsAfterTooMuchOfIt() {
    #expect(rule().memory(after: .memory, 2_000_000_000, most: nil) == .to(3_000_000_000))
    #expect(rule { $0.growMemory = 2 }.memory(after: .memory, 1000, most: nil) == .to(2000))
  }

  @Test func memoryGrowsAfterNothingElse() {
    for cause in [Cause.exit(1), .signal(9), .wall, .lost, .returned] {
      #expect(rule().memory(after: cause, 1000, most: 500) == .none)
    }
    #expect(rule { $0.growMemory = 1 }.memory(after: .memory, 1000, most: nil) == .none)
  }

  /// However often it grows, it stays a number.
  @Test func memoryHasALimit() {
    #expect(
      rule { $0.growMemory = 1000 }.memory(after: .memory, 1 << 49, most: nil) == .to(1 << 50))
    #expect(rule { $0.growMemory = 1e300 }.memory(after: .memory, .max, most: nil) == .to(1 << 50))
  }

  /// It grows no further than the largest pilot, where the job would wait for ever.
  @Test func memoryIsBoundedByThePilots() {
    #expect(rule().memory(after: .memory, 1000, most: 2000) == .to(1500))
    #expect(rule().memory(after: .memory, 1000, most: 1200) == .to(1200))
    #expect(rule().memory(after: .memory, 1200, most: 1200) == .impossible(1200))
    #expect(rule().memory(after: .memory, 1500, most: 1200) == .impossible(1200))
  }
}
