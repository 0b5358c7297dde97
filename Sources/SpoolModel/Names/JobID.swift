/// The identity of a job: a task, and a number in it.
public struct JobID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The task.
  public var task: Name
  /// The number of the job in its task, from 0.
  public var index: Int

  /// Makes the identity of a job.
  public init(task: Name, index: Int) {
    self.task = task
    self.index = index
  }

  /// `run42.reco.00000017`.
  public var description: String { "\(task.text).\(JobName.pad(index))" }

  /// Orders jobs by their task, then by their number.
  public static func < (left: JobID, right: JobID) -> Bool {
    (left.task, left.index) < (right.task, right.index)
  }

  /// Reads `run42.reco.00000017`; nil for any other text.
  public init?(_ text: String) {
    guard let dot = text.lastIndex(of: "."), let task = Name(text[..<dot]),
      let index = JobName.index(text[text.index(after: dot)...])
    else { return nil }
    self.init(task: task, index: index)
  }
}
