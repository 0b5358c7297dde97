internal import SpoolModel

/// The mean run times of the tasks whose jobs a pilot runs. A pure value.
struct RunTimes {
  /// The mean run time up to which the jobs of a task are short.
  static let short = Duration.seconds(1)
  /// The number of tasks from which on all are forgotten.
  private static let manyTasks = 100
  /// The part that each job has in the mean.
  private static let newest = 4

  private var means: [Name: Duration] = [:]

  /// Takes in that a job of a task ran for so long.
  mutating func note(_ task: Name, _ ran: Duration) {
    if means.count >= Self.manyTasks, means[task] == nil { means = [:] }
    let mean = means[task] ?? ran
    means[task] = mean + (ran - mean) / Self.newest
  }

  /// Returns true if a task's jobs are short, as far as is known.
  func areShort(_ task: Name) -> Bool { means[task].map { $0 < Self.short } ?? false }
}
