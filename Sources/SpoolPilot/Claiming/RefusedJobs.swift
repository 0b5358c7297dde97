internal import SpoolModel

/// The jobs in ready that the filesystem would not let a pilot claim lately. A pure value, and bounded
/// (R10).
struct RefusedJobs {
  /// The time for which such a job is left alone.
  static let time = Duration.seconds(5)
  /// The number of jobs that are remembered.
  static let most = 1000

  private var ends: [JobName: Instant] = [:]

  /// Takes in a refusal.
  mutating func note(_ name: JobName, at now: Instant) {
    if ends.count >= Self.most { ends = [:] }
    ends[name] = now + Self.time
  }

  /// Forgets those that were left alone for long enough.
  mutating func forget(at now: Instant) {
    guard !ends.isEmpty else { return }
    ends = ends.filter { $0.value > now }
  }

  /// Returns whether a job is to be left alone.
  func contains(_ name: JobName) -> Bool { ends[name] != nil }
}
