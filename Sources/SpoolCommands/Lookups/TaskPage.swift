internal import SpoolModel

/// The page of a task or of a chain.
struct TaskPage {
  /// The page as its type reads it.
  enum Content {
    case task(TaskSummary)
    case chain(ChainSummary)
  }

  let content: Content
  /// The page as it was written: with keys, too, that this version does not know.
  let json: JSON

  /// Reads a page; nil if it is none of a task or a chain.
  init?(_ json: JSON) {
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
  var task: TaskSummary? {
    if case .task(let task) = content { task } else { nil }
  }

  /// The page of a chain; nil for a task.
  var chain: ChainSummary? {
    if case .chain(let chain) = content { chain } else { nil }
  }

  var name: Name {
    switch content {
    case .task(let task): task.task
    case .chain(let chain): chain.chain
    }
  }

  var state: TaskState {
    switch content {
    case .task(let task): task.state
    case .chain(let chain): chain.state
    }
  }

  /// True for a page in the archive.
  var isPacked: Bool {
    switch content {
    case .task(let task): task.isPacked
    case .chain(let chain): chain.isPacked
    }
  }

  /// The random id of the task's life under its name; nil for a chain.
  var incarnation: String? { task?.incarnation }

  /// The request as it was accepted.
  var request: JSONObject? {
    switch content {
    case .task(let task): task.request
    case .chain(let chain): chain.request
    }
  }

  var reason: String? {
    switch content {
    case .task(let task): task.reason
    case .chain(let chain): chain.reason
    }
  }

  var jobs: JobCounts {
    switch content {
    case .task(let task): task.jobs
    case .chain(let chain): chain.jobs
    }
  }

  /// The tasks of a chain's steps; a task alone.
  var tasks: [Name] { chain?.steps.map(\.task) ?? [name] }

  /// The state in words: `done, packed`.
  var stateText: String { state.rawValue + (isPacked ? ", packed" : "") }

  /// The reason after a colon; empty if there is none.
  var reasonText: String { reason.map { ": \($0)" } ?? "" }
}
