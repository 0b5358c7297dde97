internal import ArgumentParser
internal import SpoolModel
internal import SpoolStore

/// Orders about tasks: drops each, waits for the watcher's answer, and says what came of it.
struct TaskOrders {
  let spool: Spool
  private let delivery: RequestDelivery

  init(_ spool: Spool) throws {
    self.spool = spool
    delivery = try RequestDelivery(
      spool, directories: [spool.layout.done, spool.layout.failed, spool.layout.running])
  }

  /// Gives one order after the other; the first that is refused does not keep back the others.
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
    if case .unknown = TaskLookup(spool).find(order.task) {
      throw TaskArgument.missing(order.task, in: spool)
    }
    guard try delivery.deliver(Submission(order), "\(order.kind) \(order.task)") else { return }
    if case .cancel = order.action {
      _ = try delivery.wait { page(order.task)?.state.hasEnded ?? false }
    }
    Terminal.print(Self.words(order, page(order.task)))
  }

  private func page(_ task: Name) -> TaskLookup.Page? {
    if case .page(let page) = TaskLookup(spool).find(task) { page } else { nil }
  }

  private static func words(_ order: ControlRequest, _ page: TaskLookup.Page?) -> String {
    let running = page?.jobs("running") ?? 0
    switch order.action {
    case .cancel:
      guard let page, page.state.hasEnded else { return "\(order.task) is being cancelled" }
      return "cancelled \(order.task): \(page.jobs("done")) jobs are done, "
        + "\(page.jobs("failed")) failed, of \(page.jobs("total"))"
    case .hold: return "held \(order.task)" + (running > 0 ? "; what runs ends by itself" : "")
    case .release: return "released \(order.task)"
    case .retry: return "\(order.task) goes on: what failed is tried again"
    case .priority(let priority): return "\(order.task) has priority \(priority) now"
    }
  }
}

/// Tasks by name, as verbs that give orders take them.
struct OrderArguments: ParsableArguments {
  @OptionGroup var options: SpoolOptions
  @Argument(help: "The tasks.")
  var tasks: [String]

  func give(_ action: ControlRequest.Action) throws {
    let names = try tasks.map(TaskArgument.name)
    let spool = try options.openWatched()
    try TaskOrders(spool).give(names.map { ControlRequest(task: $0, action: action) })
  }
}
