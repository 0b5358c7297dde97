public import SpoolModel
public import SpoolStore

/// What explains a name, in words: a task, a chain, or a job.
public struct Explanation {
  private let spool: Spool

  /// Makes the explanations of a spool.
  public init(_ spool: Spool) { self.spool = spool }

  /// Returns the explanation of a name, line by line, by what a lookup has found. Fails for a name that
  /// nobody has.
  public func lines(of name: Name, _ found: TaskLookup.Answer) throws -> [String] {
    switch found {
    case .page(let page):
      let steps = try steps(of: page)
      guard page.chain != nil else { return steps.flatMap(\.self) }
      return ["the chain \(page.name) is \(page.stateText)"] + steps.flatMap { [""] + $0 }
    case .pending: return [TaskLookup.pendingWords(name)]
    case .refused(let request): return ["\(name) was refused: \(request.reason)"]
    case .unknown:
      guard let job = JobID(name.text), let page = TaskLookup(spool).page(of: job.task) else {
        throw TaskArgument.missing(name, in: spool)
      }
      return try JobExplanation(spool, job, page).lines()
    }
  }

  /// Returns the explanation of a task, or of each step of a chain that has a page.
  public func steps(of page: TaskPage) throws -> [[String]] {
    if let task = page.task { return [try TaskExplanation(spool, task, page).lines()] }
    return try page.tasks.compactMap { name in
      guard let page = TaskLookup(spool).page(of: name), let task = page.task else { return nil }
      return try TaskExplanation(spool, task, page).lines()
    }
  }
}
