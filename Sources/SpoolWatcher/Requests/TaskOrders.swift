internal import SpoolModel
internal import SpoolStore

/// Decides on orders about tasks and chains. In comes an order that was read; out goes its
/// `control` record, or the error with which it is refused.
struct TaskOrders {
  let spool: Spool
  let registration: TaskRegistration
  /// The uid of the owner of `spool.json`, who may order about every task.
  let keeper: Int

  /// Accepts an order, or throws the reason against it. An order that would change nothing is
  /// dropped.
  func accept(
    _ request: ControlRequest, owner: Int, key: String, _ turn: Turn
  ) throws(RequestError) {
    let meant = turn.state.meant(by: request.task)
    guard let first = meant.first else {
      if let packed = turn.state.packed[request.task] {
        throw RequestError(Self.packed(request.task, packed))
      }
      let names = Array(turn.state.tasks.keys) + Array(turn.state.chains.keys)
      throw RequestError(key: "task", Self.unknown(request.task, among: names))
    }
    // Orders are accepted from the task's owner, from the owner of `spool.json`, and from root.
    guard [first.accepted.owner, keeper, 0].contains(owner) else {
      throw RequestError(
        "uid \(owner) may not: \(request.task) is of uid \(first.accepted.owner)")
    }
    guard try changesAny(meant, request, turn) else { return }
    turn.record(
      .control(ControlAccepted(request: request, owner: owner, at: turn.date, key: key)))
    turn.say("\(request.kind) \(request.task), by uid \(owner)")
  }

  /// Returns true if an order would change any of the tasks. Throws if it makes no sense for all of
  /// them.
  private func changesAny(
    _ meant: [TaskEntry], _ request: ControlRequest, _ turn: Turn
  ) throws(RequestError) -> Bool {
    var fault: RequestError?
    var isAnyFine = false
    for task in meant {
      do throws(RequestError) {
        if try changes(task, request, turn) { return true }
        isAnyFine = true
      } catch {
        fault = fault ?? error
      }
    }
    if let fault, !isAnyFine { throw fault }
    return false
  }

  private static func packed(_ name: Name, _ entry: PackedTask) -> String {
    "\(name) is packed: it ended on \(entry.ended) (\(entry.state.rawValue)), and "
      + "nothing more can be done with it"
  }

  /// Returns the message for an unknown task, with the nearest known name.
  static func unknown(_ name: Name, among names: some Sequence<Name>) -> String {
    let advice = Nearest.question(name.text, among: names.map(\.text))
    return "there is no task \(name)" + (advice.map { "; \($0)" } ?? "")
  }

  /// Returns true if an order would change the task. Throws if it makes no sense.
  private func changes(
    _ task: TaskEntry, _ request: ControlRequest, _ turn: Turn
  ) throws(RequestError) -> Bool {
    switch request.action {
    case .cancel:
      if task.state == .cancelled || task.cancelledBy != nil { return false }
      try expectAlive(task)
    case .hold:
      if task.state == .held { return false }
      try expectAlive(task)
    case .release:
      guard
        task.state == .held || turn.placement.incomplete(for: task.name) != nil
          || turn.placement.obstacle(to: task.name)?.awaitsDecision == true
      else {
        throw RequestError(
          "the task \(task.name) is not held (\(turn.placement.status(of: task).rawValue))")
      }
    case .priority(let priority):
      if task.spec.priority == priority { return false }
      try expectAlive(task)
    case .limit(let most):
      if task.spec.maxRunning == most { return false }
      try expectAlive(task)
    case .retry(let order): try checkRetry(task, order, turn)
    }
    return true
  }

  /// Throws if the task has ended or is being cancelled.
  private func expectAlive(_ task: TaskEntry) throws(RequestError) {
    guard task.state.hasEnded || task.cancelledBy != nil else { return }
    let state = task.state.hasEnded ? task.state : .cancelled
    throw RequestError("the task \(task.name) has ended already (\(state.rawValue))")
  }

  /// Throws if a retry is not possible now, or has nothing to do.
  private func checkRetry(
    _ task: TaskEntry, _ order: RetryOrder, _ turn: Turn
  ) throws(RequestError) {
    if task.cancelledBy != nil || task.revival != nil {
      throw RequestError("an earlier order for \(task.name) is being carried out: try again")
    }
    if let deleted = turn.state.deletedDataset(around: task) {
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
      guard task.state != .done || !task.leftover.isEmpty || !turn.state.isFormed(task) else {
        throw RequestError("there is nothing to try again in \(task.name): all of it is done")
      }
    }
    if task.state.hasEnded { try registration.checkPaths(task.spec, turn) }
  }
}
