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
    if case .forget = request.action { return try forget(request, owner: owner, key: key, turn) }
    let meant = turn.state.meant(by: request.task)
    guard let first = meant.first else {
      if let packed = turn.state.packed[request.task] {
        throw RequestError(Self.packed(request.task, packed))
      }
      let names = Array(turn.state.tasks.keys) + Array(turn.state.chains.keys)
      throw RequestError(key: "task", Self.unknown(request.task, among: names))
    }
    try checkOwner(owner, of: request.task, first.accepted.owner)
    if case .retry(let order) = request.action { try checkParts(request.task, order, meant, turn) }
    guard try changesAny(meant, request, turn) else { return }
    record(request, owner: owner, key: key, turn)
  }

  /// Throws unless the order is from the task's owner, from the owner of `spool.json`, or from root.
  private func checkOwner(_ owner: Int, of task: Name, _ own: Int?) throws(RequestError) {
    guard owner != own, owner != keeper, owner != 0 else { return }
    throw RequestError(
      "uid \(owner) may not: \(task) is of " + (own.map { "uid \($0)" } ?? "an unknown uid"))
  }

  private func record(_ request: ControlRequest, owner: Int, key: String, _ turn: Turn) {
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
    case .forget: return false
    }
    return true
  }

  /// Throws if the task has ended or is being cancelled.
  private func expectAlive(_ task: TaskEntry) throws(RequestError) {
    guard task.state.hasEnded || task.cancelledBy != nil else { return }
    let state = task.state.hasEnded ? task.state : .cancelled
    throw RequestError("the task \(task.name) has ended already (\(state.rawValue))")
  }

  /// Returns the message for numbers of jobs of which none failed.
  private static func notFailed(_ jobs: JobNumbers, _ task: TaskEntry) -> String {
    let failed = task.failedJobs.ranges.lazy.flatMap { $0 }.prefix(10).map(String.init)
    let numbers = failed.joined(separator: ", ")
    let list = failed.isEmpty ? "no job of it failed" : "failed are \(numbers)"
    let more = task.failed > failed.count && !failed.isEmpty ? ", …" : ""
    return "no job of \(task.name) with a number of \(jobs.text) failed for good: \(list)\(more)"
  }

  /// Throws if the parts of a retry that are for one task alone do not fit what is meant, or if a
  /// dataset that it reads is forgotten.
  private func checkParts(
    _ name: Name, _ order: RetryOrder, _ meant: [TaskEntry], _ turn: Turn
  ) throws(RequestError) {
    if let task = meant.first(where: { !$0.lacks.isEmpty }), let lost = task.lacks.min() {
      throw RequestError(
        "it cannot be tried again: the dataset \(lost), which \(task.name) read, is forgotten")
    }
    let keys = [
      ("jobs", order.jobs != nil), ("command", order.command != nil),
      ("evenDone", order.evenDone),
    ]
    for (key, isGiven) in keys where isGiven && turn.state.chains[name] != nil {
      let step = meant.first.map { ", as \($0.name)" } ?? ""
      throw RequestError(key: key, "\(name) is a chain: name one of its steps\(step)")
    }
    if order.splits { try checkSplit(meant) }
    guard let command = order.command, let task = meant.first else { return }
    var source = task.accepted.spec.source
    source["command"] = .array(command.map { .string($0.text) })
    // Throws where a placeholder has no value in this task.
    let changed = try TaskSpec(.object(source), root: "/")
    if let problem = try? InputReader(spool: spool).argumentProblem(changed, turn) {
      throw RequestError(key: "command", problem)
    }
  }

  /// Throws if no task has jobs of several files, or if the jobs of one file each would write one path.
  private func checkSplit(_ meant: [TaskEntry]) throws(RequestError) {
    let wide = meant.filter { !$0.failedJobs.isEmpty && $0.spec.hasWideJobs }
    guard !wide.isEmpty else {
      throw RequestError(key: "split", "the jobs that failed have one file each, or none")
    }
    for task in wide {
      for output in task.spec.outputs
      where !output.path.placeholders.contains(where: {
        $0.differsByFile && !output.isTakenName($0)
      }) {
        throw RequestError(
          key: "split",
          "the jobs of \(task.name), one for each file, would all write \(output.path.text): its path "
            + "has none of {index} {name} {stem} {base} {job}")
      }
    }
  }

  // MARK: Forgetting

  /// Accepts the order to forget an ended task or chain, or throws the reason against it. One that is
  /// being forgotten stays so.
  private func forget(
    _ request: ControlRequest, owner: Int, key: String, _ turn: Turn
  ) throws(RequestError) {
    let name = request.task
    let state = turn.state
    let meant = state.meant(by: name)
    if let packed = state.packed[name] {
      try checkOwner(owner, of: name, packed.owner)
      try checkWhole(name, chain: packed.isChain && packed.name != name ? packed.name : nil)
      if packed.phase == .removing { return }
    } else {
      guard let first = meant.first else {
        let names = Array(state.tasks.keys) + Array(state.chains.keys) + Array(state.packed.keys)
        throw RequestError(key: "task", Self.unknown(name, among: names))
      }
      try checkOwner(owner, of: name, first.accepted.owner)
      try checkWhole(name, chain: state.tasks[name]?.chain)
      if let task = meant.first(where: { !$0.state.hasEnded }) {
        throw RequestError(
          "the task \(task.name) is in work (\(turn.placement.status(of: task).rawValue)): cancel it "
            + "first")
      }
    }
    try checkNeeded(name, Set(state.packed[name]?.tasks ?? meant.map(\.name)).union([name]), turn)
    record(request, owner: owner, key: key, turn)
  }

  private func checkWhole(_ name: Name, chain: Name?) throws(RequestError) {
    guard let chain else { return }
    throw RequestError("\(name) is a step of the chain \(chain): forget \(chain) as a whole")
  }

  /// Throws if another task needs what would be forgotten.
  private func checkNeeded(_ name: Name, _ own: Set<Name>, _ turn: Turn) throws(RequestError) {
    for task in turn.state.liveTasks where !own.isDisjoint(with: task.spec.after) {
      throw RequestError("the task \(task.name), which comes after it, has not ended")
    }
    for dataset in turn.state.retirable(with: name).sorted(by: { $0.name < $1.name }) {
      if dataset.state == .deleting || !dataset.removal.left.isEmpty {
        throw RequestError("files of its dataset \(dataset.name) are being removed: try again then")
      }
      if turn.state.partial.keys.contains(where: { $0.hasPrefix("\(dataset.name) ") }) {
        throw RequestError(
          "a manifest is being added to its dataset \(dataset.name): try again then")
      }
      for reader in (turn.state.readers[dataset.name] ?? []).sorted() where !own.contains(reader) {
        guard let task = turn.state.tasks[reader] else { continue }
        guard task.state.hasEnded else {
          throw RequestError(
            "the task \(reader) reads its dataset \(dataset.name), and has not ended")
        }
        guard turn.state.mayBeRetried(task) else { continue }
        throw RequestError(
          "the task \(reader) reads its dataset \(dataset.name), and \(task.failed) jobs of it failed, "
            + "which could be tried again: retry them, or forget \(reader) first")
      }
    }
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
    if order.evenDone { return try checkEvenDone(task, order, turn) }
    if let jobs = order.jobs, jobs.all.intersection(task.failedJobs).isEmpty {
      throw RequestError(key: "jobs", Self.notFailed(jobs, task))
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

  /// Throws if the jobs of a task that are done cannot be tried again.
  private func checkEvenDone(
    _ task: TaskEntry, _ order: RetryOrder, _ turn: Turn
  ) throws(RequestError) {
    let name = task.name
    let jobs = turn.state.jobs(of: name)
    if jobs.values.contains(where: { $0.former != nil })
      || task.leftover.values.contains(where: { $0.former != nil })
    {
      throw RequestError(
        key: "evenDone",
        "jobs of \(name) that were done are being tried again, or were when it was "
          + "cancelled: let these end first, with `spool retry \(name)` if it has ended")
    }
    if task.placed < task.done {
      throw RequestError(
        key: "evenDone",
        "\(task.done - task.placed) jobs of \(name) were done with an earlier version "
          + "of spool, which did not keep where their inputs are")
    }
    let unended = jobs.merging(task.leftover) { $1 }
    if let meant = order.jobs {
      let ended = meant.all.ranges.contains { range in
        range.clamped(to: 0..<task.formed).contains { unended[$0] == nil }
      }
      guard ended else {
        throw RequestError(
          key: "jobs",
          "no job of \(name) with a number of \(meant.text) has ended: "
            + "\(task.formed) are formed")
      }
    }
    guard task.done + task.failed > 0 || task.state.hasEnded else {
      throw RequestError("there is nothing to try again in \(name): no job of it has ended")
    }
    try checkFiles(of: task, order, turn)
    if task.state.hasEnded { try registration.checkPaths(task.spec, turn) }
  }

  /// Throws if files that a task has read are gone, or if those that it has made cannot be replaced.
  private func checkFiles(
    of task: TaskEntry, _ order: RetryOrder, _ turn: Turn
  ) throws(RequestError) {
    for name in task.spec.datasets.sorted() {
      guard let removal = turn.state.datasets[name]?.removal,
        !removal.left.isEmpty || !removal.done.isEmpty
      else { continue }
      throw RequestError(
        key: "evenDone", "files of the dataset \(name) have been removed, by its retention")
    }
    if let output = task.spec.outputs.first(where: { $0.isDirectory && !$0.overwrites }) {
      throw RequestError(
        key: "evenDone",
        "the output \(output.path.text) is a directory, and nobody can tell if the one "
          + "that is there is the task's: only with \"overwrite\" is it replaced")
    }
    let jobs = order.jobs.map { $0.all.ranges.reduce(0) { $0 + $1.count } } ?? task.formed
    let files = min(task.outputs, jobs * max(1, most(task.spec)))
    for name in task.spec.producedDatasets.sorted() {
      let lines = turn.state.datasets[name]?.replaced.lines ?? 0
      guard lines + files > Limits.replacedFiles else { continue }
      throw RequestError(
        key: "evenDone",
        "\(files) files would be replaced, and \(lines) of the dataset \(name) are: "
          + "\(Limits.replacedFiles) files of a dataset may be; name jobs by their numbers, or run a new "
          + "task")
    }
  }

  /// Returns the most files that a job of a task makes.
  private func most(_ spec: TaskSpec) -> Int {
    spec.outputs.reduce(0) { $0 + ($1.count?.upperBound ?? 1) }
  }
}
