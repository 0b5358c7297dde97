internal import SpoolModel
internal import SpoolStore

/// What people ask of tasks that are there.
extension TaskManager {
  /// Does as ordered, or refuses with the reason.
  func obey(_ request: ControlRequest, owner: Int, key: String) throws(RequestError) {
    let meant = books.state.ordered(request.task)
    guard let first = meant.first else {
      if let packed = books.state.packed[request.task] {
        throw RequestError(Self.packed(request.task, packed))
      }
      let names = Array(books.state.tasks.keys) + Array(books.state.chains.keys)
      throw RequestError(key: "task", Self.unknown(request.task, among: names))
    }
    // As with files: what is whose, and who keeps the place.
    guard [first.accepted.owner, keeper, 0].contains(owner) else {
      throw RequestError(
        "uid \(owner) may not: \(request.task) is of uid \(first.accepted.owner)")
    }
    guard try changesAny(meant, request) else { return }
    books.record(
      .control(ControlAccepted(request: request, owner: owner, at: books.time.epoch, key: key)))
    books.say("\(request.kind) \(request.task), by uid \(owner)")
    for task in meant where !task.state.hasEnded {
      switch request.action {
      case .release, .retry: executor.scheduleWaiting(task)
      case .cancel, .hold, .priority: break
      }
      if request.changesReady { jobs.withdraw(task.name) }
    }
  }

  /// Of a chain, whether an order would change any of its steps; refused where it makes no sense
  /// for any.
  private func changesAny(
    _ meant: [TaskEntry], _ request: ControlRequest
  ) throws(RequestError) -> Bool {
    var fault: RequestError?
    var isAnyFine = false
    for task in meant {
      do throws(RequestError) {
        if try changes(task, request) { return true }
        isAnyFine = true
      } catch {
        fault = fault ?? error
      }
    }
    if let fault, !isAnyFine { throw fault }
    return false
  }

  private static func packed(_ name: Name, _ entry: PackedEntry) -> String {
    "\(name) is packed: it ended on \(Timestamp.text(entry.ended)) (\(entry.state.rawValue)), and "
      + "nothing more can be done with it"
  }

  static func unknown(_ name: Name, among names: some Sequence<Name>) -> String {
    let advice = Nearest.question(name.text, among: names.map(\.text))
    return "there is no task \(name)" + (advice.map { "; \($0)" } ?? "")
  }

  /// Whether an order would change anything; refused where it makes no sense.
  private func changes(
    _ task: TaskEntry, _ request: ControlRequest
  ) throws(RequestError) -> Bool {
    switch request.action {
    case .cancel:
      if task.state == .cancelled || task.cancelledBy != nil { return false }
      try expectAlive(task)
    case .hold:
      if task.state == .held { return false }
      try expectAlive(task)
    case .release:
      guard task.state == .held || task.lacking != nil else {
        throw RequestError("the task \(task.name) is not held (\(task.state.rawValue))")
      }
    case .priority(let priority):
      if task.spec.priority == priority { return false }
      try expectAlive(task)
    case .retry(let order): try checkRetry(task, order)
    }
    return true
  }

  private func expectAlive(_ task: TaskEntry) throws(RequestError) {
    guard task.state.hasEnded || task.cancelledBy != nil else { return }
    let state = task.state.hasEnded ? task.state : .cancelled
    throw RequestError("the task \(task.name) has ended already (\(state.rawValue))")
  }

  private func checkRetry(_ task: TaskEntry, _ order: RetryOrder) throws(RequestError) {
    if task.cancelledBy != nil || task.revival != nil {
      throw RequestError("an earlier order for \(task.name) is being carried out: try again")
    }
    if let deleted = books.state.deletedDataset(around: task) {
      throw RequestError("it cannot be tried again: the dataset \(deleted) is deleted")
    }
    let meant = task.finalCauses.filter { order.covers($0.key) }
    if meant.isEmpty {
      let causes = task.finalCauses.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      let failed = causes.isEmpty ? "no job of it failed" : "its jobs failed of other causes"
      let list = causes.isEmpty ? "" : ": " + causes.joined(separator: ", ")
      guard !order.failedOnly else {
        throw RequestError("there is nothing to try again in \(task.name): \(failed)\(list)")
      }
      guard task.state != .done || !task.leftover.isEmpty || !executor.isFormed(task) else {
        throw RequestError("there is nothing to try again in \(task.name): all of it is done")
      }
    }
    if task.state.hasEnded { try checkPaths(task.spec) }
  }
}

extension ControlRequest {
  /// Whether what lies in ready is not right any more.
  fileprivate var changesReady: Bool {
    switch action {
    case .hold, .priority: true
    case .retry(let order): order.memory != nil || order.wall != nil
    case .cancel, .release: false
    }
  }
}
