public import SpoolModel

/// The effect of an order, as the page of its task shows it.
extension ControlRequest {
  /// Returns true if a page shows what an order asks for. Of a chain the state alone tells.
  public func isDone(_ page: TaskPage) -> Bool {
    switch action {
    case .cancel: page.state.hasEnded
    case .hold: page.state == .held || page.state.hasEnded
    case .release: page.state != .held
    case .forget: false
    case .retry: !page.state.hasEnded
    case .limit(let most): page.task.map { $0.maxRunning == most } ?? true
    case .priority(let priority): page.task.map { $0.priority == priority } ?? true
    }
  }

  /// The longest wait for a page that shows what the order did. A cancelled task ends when its last payload
  /// has; a forgotten one goes piece by piece.
  public var effectPatience: Duration {
    action == .cancel || action == .forget
      ? RequestDelivery.patience : RequestDelivery.effectPatience
  }

  /// Returns what the order did, in words, by the page after it; nil for a page that is gone.
  public func words(_ page: TaskPage?) -> String {
    let running = page?.jobs.live?.running ?? 0
    switch action {
    case .cancel:
      guard let page, page.state.hasEnded else { return "\(task) is being cancelled" }
      return "cancelled \(task): \(page.jobs.done) jobs are done, "
        + "\(page.jobs.failed) failed, of \(page.jobs.total)"
    case .hold:
      return "held \(task)" + (running > 0 ? "; what runs ends by itself" : "")
    case .release: return "released \(task)"
    case .forget:
      return page == nil
        ? "forgot \(task): its name is free, and the files that it made stay"
        : "\(task) is being forgotten"
    case .retry(let order):
      return "\(task) goes on: what failed is tried again"
        + (order.evenDone ? ", and what is done" : "")
    case .limit(let most):
      return most.map { "\(task) has the limit \($0) now" }
        ?? "\(task) has no limit now"
    case .priority(let priority): return "\(task) has priority \(priority) now"
    }
  }
}
