internal import SpoolClient
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
    Terminal.print(try delivery.give(order, patience: order.effectPatience))
  }

  private var lookup: TaskLookup { TaskLookup(spool) }
}
