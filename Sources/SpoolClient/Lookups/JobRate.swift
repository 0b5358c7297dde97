package import SpoolModel

/// The rate at which a task's jobs end, over the last looks at its page.
package struct JobRate {
  private var samples: [(at: Instant, ended: Int)] = []

  /// The looks over which the rate is taken.
  package static let mostSamples = 40

  package init() {}

  /// Takes in the number of jobs that have ended by now.
  package mutating func note(_ jobs: JobCounts, at now: Instant) {
    samples.append((now, jobs.done + jobs.failed))
    if samples.count > Self.mostSamples { samples.removeFirst() }
  }

  /// Jobs per second, up to a moment; nil before that is known.
  package func perSecond(at now: Instant) -> Double? {
    guard let first = samples.first, now > first.at, let last = samples.last else { return nil }
    return Double(last.ended - first.ended) / (now - first.at).inSeconds
  }
}
