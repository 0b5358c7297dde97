public import SpoolModel

/// The page of a task or of a chain.
public struct TaskPage: Sendable {
  /// The page as its type reads it.
  public enum Content: Sendable {
    /// A task.
    case task(TaskSummary)
    /// A chain.
    case chain(ChainSummary)
  }

  /// The page by its kind.
  public let content: Content
  /// The page as it was written: with keys, too, that this version does not know.
  public let json: JSON

  /// Reads a page; nil if it is none of a task or a chain.
  public init?(_ json: JSON) {
    if let task = TaskSummary(json) {
      content = .task(task)
    } else if let chain = ChainSummary(json) {
      content = .chain(chain)
    } else {
      return nil
    }
    self.json = json
  }

  /// The page of a task; nil for a chain.
  public var task: TaskSummary? {
    if case .task(let task) = content { task } else { nil }
  }

  /// The page of a chain; nil for a task.
  public var chain: ChainSummary? {
    if case .chain(let chain) = content { chain } else { nil }
  }

  /// The name of the task or chain.
  public var name: Name {
    switch content {
    case .task(let task): task.task
    case .chain(let chain): chain.chain
    }
  }

  /// The state.
  public var state: TaskState {
    switch content {
    case .task(let task): task.state
    case .chain(let chain): chain.state
    }
  }

  /// True for a page in the archive.
  public var isPacked: Bool {
    switch content {
    case .task(let task): task.isPacked
    case .chain(let chain): chain.isPacked
    }
  }

  /// The random id of the task's life under its name; nil for a chain.
  public var incarnation: String? { task?.incarnation }

  /// The request as it was accepted.
  public var request: JSONObject? {
    switch content {
    case .task(let task): task.request
    case .chain(let chain): chain.request
    }
  }

  /// The reason for the state; nil if there is none.
  public var reason: String? {
    switch content {
    case .task(let task): task.reason
    case .chain(let chain): chain.reason
    }
  }

  /// The numbers of jobs.
  public var jobs: JobCounts {
    switch content {
    case .task(let task): task.jobs
    case .chain(let chain): chain.jobs
    }
  }

  /// The tasks of a chain's steps; a task alone.
  public var tasks: [Name] { chain?.steps.map(\.task) ?? [name] }

  /// The state in words: `done, packed`.
  public var stateText: String { state.rawValue + (isPacked ? ", packed" : "") }

  /// The reason after a colon; empty if there is none.
  public var reasonText: String { reason.map { ": \($0)" } ?? "" }
}
