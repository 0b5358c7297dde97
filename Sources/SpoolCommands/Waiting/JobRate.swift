internal import SpoolModel

/// The rate at which a task's jobs end, over the last looks at its page.
struct JobRate {
  private var samples: [(at: Instant, ended: Int)] = []

  /// The looks over which the rate is taken.
  static let mostSamples = 40

  /// Takes in the number of jobs that have ended by now.
  mutating func note(_ jobs: JobCounts, at now: Instant) {
    samples.append((now, jobs.done + jobs.failed))
    if samples.count > Self.mostSamples { samples.removeFirst() }
  }

  /// Jobs per second, up to a moment; nil before that is known.
  func perSecond(at now: Instant) -> Double? {
    guard let first = samples.first, now > first.at, let last = samples.last else { return nil }
    return Double(last.ended - first.ended) / (now - first.at).inSeconds
  }
}
