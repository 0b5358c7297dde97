internal import ArgumentParser
internal import SpoolModel
internal import SpoolStore

/// Orders about tasks: drops each, waits for the watcher's answer, and says what came of it.
struct TaskOrders {
  let spool: Spool
  private let waker: Waker

  /// Milliseconds to wait for an answer, and between two looks where no event comes.
  static let patience = 15_000
  static let interval = 100

  init(_ spool: Spool) throws {
    self.spool = spool
    waker = try Waker()
    let events = EventSources.make(poll: false)
    for directory in [spool.layout.done, spool.layout.failed, spool.layout.running] {
      events.watch(directory) { [waker] _ in waker.wake() }
    }
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
    let name: String
    do throws(FileError) {
      name = try Submission(order).drop(into: spool)
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
    guard WatcherProbe(spool).warning == nil else {
      return Terminal.print("\(order.kind) \(order.task): lies in incoming/ until a watcher comes")
    }
    guard try wait({ try isAnswered(name) }) else {
      return Terminal.print("\(order.kind) \(order.task): not yet taken by the watcher")
    }
    if let reason = try refusal(name) { throw Failure(.failed, reason) }
    if case .cancel = order.action { _ = try wait { page(order.task)?.state.hasEnded ?? false } }
    Terminal.print(Self.words(order, page(order.task)))
  }

  private func page(_ task: Name) -> TaskLookup.Page? {
    if case .page(let page) = TaskLookup(spool).find(task) { page } else { nil }
  }

  private func wait(_ isReached: () throws -> Bool) throws -> Bool {
    let time = SystemTime()
    let end = time.now + Self.patience
    while try !isReached() {
      guard time.now < end else { return false }
      waker.wait(until: Waker.now() + UInt64(Self.interval) * 1_000_000)
    }
    return true
  }

  /// It moves from `incoming/` to the taken ones, and from there away: so this order.
  private func isAnswered(_ name: String) throws -> Bool {
    if spool.files.isPresent("\(spool.layout.incoming)/\(name)") { return false }
    return try !spool.takenRequests().contains { $0.name == name }
  }

  private func refusal(_ name: String) throws -> String? {
    let path = "\(spool.layout.refused)/\(name).reason"
    guard let bytes = try spool.files.readIfPresent(path, limit: 1 << 20) else { return nil }
    return String(decoding: bytes, as: UTF8.self).trimmed
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
