internal import SpoolModel
internal import SpoolStore

/// Orders about tasks: drops each, waits for the watcher's answer, and tells the user the outcome.
struct TaskOrders {
  let spool: Spool
  private let delivery: RequestDelivery

  init(_ spool: Spool) throws {
    self.spool = spool
    delivery = try RequestDelivery(spool, rooms: [.done, .failed, .running, .archives])
  }

  /// Gives one order after the other. A refused order does not keep back the others; the last refusal
  /// is the failure, the earlier ones are told.
  func give(_ orders: [ControlRequest]) throws {
    var failure: Failure?
    for order in orders {
      do {
        try give(order)
      } catch let refused as Failure {
        if let earlier = failure { Terminal.note("spool: \(earlier.message)") }
        failure = refused
      }
    }
    if let failure { throw failure }
  }

  private func give(_ order: ControlRequest) throws {
    if case .unknown = try lookup.findDropped(order.task) {
      throw TaskArgument.missing(order.task, in: spool)
    }
    // A cancelled task ends when its last payload has; a forgotten one goes piece by piece.
    let isLong = order.action == .cancel || order.action == .forget
    let isForget = order.action == .forget
    try delivery.deliver(
      Submission(order), "\(order.kind) \(order.task)",
      effect: isLong ? RequestDelivery.patience : RequestDelivery.effectPatience
    ) {
      lookup.page(of: order.task).map { Self.isDone(order, $0) } ?? isForget
    }
    Terminal.print(Self.words(order, lookup.page(of: order.task)))
  }

  private var lookup: TaskLookup { TaskLookup(spool) }

  /// Returns true if a page shows what an order asks for. Of a chain the state alone tells.
  private static func isDone(_ order: ControlRequest, _ page: TaskPage) -> Bool {
    switch order.action {
    case .cancel: page.state.hasEnded
    case .hold: page.state == .held || page.state.hasEnded
    case .release: page.state != .held
    case .forget: false
    case .retry: !page.state.hasEnded
    case .limit(let most): page.task.map { $0.maxRunning == most } ?? true
    case .priority(let priority): page.task.map { $0.priority == priority } ?? true
    }
  }

  private static func words(_ order: ControlRequest, _ page: TaskPage?) -> String {
    let running = page?.jobs.live?.running ?? 0
    switch order.action {
    case .cancel:
      guard let page, page.state.hasEnded else { return "\(order.task) is being cancelled" }
      return "cancelled \(order.task): \(page.jobs.done) jobs are done, "
        + "\(page.jobs.failed) failed, of \(page.jobs.total)"
    case .hold:
      return "held \(order.task)" + (running > 0 ? "; what runs ends by itself" : "")
    case .release: return "released \(order.task)"
    case .forget:
      return page == nil
        ? "forgot \(order.task): its name is free, and the files that it made stay"
        : "\(order.task) is being forgotten"
    case .retry(let retry):
      return "\(order.task) goes on: what failed is tried again"
        + (retry.evenDone ? ", and what is done" : "")
    case .limit(let most):
      return most.map { "\(order.task) has the limit \($0) now" }
        ?? "\(order.task) has no limit now"
    case .priority(let priority): return "\(order.task) has priority \(priority) now"
    }
  }
}
