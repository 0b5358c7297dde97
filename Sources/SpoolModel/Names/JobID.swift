/// Which job: the index-th of a task.
public struct JobID: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var task: Name
  public var index: Int

  public init(task: Name, index: Int) {
    self.task = task
    self.index = index
  }

  /// `run42.reco.00000017`.
  public var description: String { "\(task.text).\(JobName.pad(index))" }

  public static func < (left: JobID, right: JobID) -> Bool {
    (left.task, left.index) < (right.task, right.index)
  }

  public init?(_ text: String) {
    guard let dot = text.lastIndex(of: "."), let task = Name(text[..<dot]),
      let index = JobName.index(text[text.index(after: dot)...])
    else { return nil }
    self.init(task: task, index: index)
  }
}
