internal import SpoolModel
internal import SpoolStore

/// Changes to tasks and chains: acceptance, end, packing; and questions about them.
extension SpoolState {
  // MARK: Questions

  /// Returns the tasks of a chain's steps, in the order of the request.
  func steps(of chain: ChainEntry) -> [TaskEntry] { chain.tasks.compactMap { tasks[$0] } }

  /// Returns the chain that a task is a step of.
  func chain(of task: TaskEntry) -> ChainEntry? { task.chain.flatMap { chains[$0] } }

  /// Returns a task alone, or all steps of its chain.
  func unit(of task: TaskEntry) -> [TaskEntry] { chain(of: task).map(steps) ?? [task] }

  /// Returns the tasks that a name stands for: a task, or all steps of a chain.
  func meant(by name: Name) -> [TaskEntry] {
    if let task = tasks[name] { return [task] }
    return chains[name].map(steps) ?? []
  }

  /// Returns the state of a chain: in work while one of its steps is; after that the worst state of
  /// its steps.
  func state(of chain: ChainEntry) -> TaskState {
    Self.state(of: Set(steps(of: chain).map(\.state)))
  }

  /// Returns the state of a chain whose steps have these states.
  static func state(of steps: Set<TaskState>) -> TaskState {
    let order: [TaskState] = [.active, .waiting, .held, .failed, .cancelled]
    return order.first(where: steps.contains) ?? .done
  }

  /// Returns the tasks of a task's own chain that read its outputs.
  func readers(of task: TaskEntry) -> [TaskEntry] {
    guard let chain = chain(of: task) else { return [] }
    let made = task.spec.producedDatasets
    return steps(of: chain).filter { !made.isDisjoint(with: $0.spec.inputDatasets) }
  }

  /// Returns the time at which a task outside any chain, or a chain, ended. Nil if it is in work,
  /// is a step, or does not exist.
  func end(ofUnit name: Name) -> Timestamp? {
    if let task = tasks[name] { return task.chain == nil ? task.ended : nil }
    guard let chain = chains[name] else { return nil }
    let ends = steps(of: chain).map(\.ended)
    return ends.contains(nil) ? nil : ends.compactMap(\.self).max()
  }

  /// All packed tasks and chains, each once.
  var packedUnits: [PackedTask] { packed.filter { $0.key == $0.value.name }.map(\.value) }

  /// Returns the views that a record ends. The caller asks before it applies the record.
  func viewsEnded(by record: Record) -> [Spool.View] {
    switch record {
    case .packed(let name, _): meant(by: name).map { .ledger($0.name) }
    case .forgotten(let dataset): [.catalogue(dataset), .replaced(dataset)]
    case .control(let control) where control.request.action == .forget:
      meant(by: control.request.task).map { .ledger($0.name) }
        + retirable(with: control.request.task).flatMap {
          [.catalogue($0.name), .replaced($0.name)]
        }
    default: []
    }
  }

  // MARK: Acceptance

  /// Fails where a name is taken: tasks, chains and what is packed share one name space.
  private func checkFree(_ name: Name) throws(Contradiction) {
    if tasks[name] != nil { throw Contradiction("there is a task \(name) already") }
    if chains[name] != nil { throw Contradiction("there is a chain \(name) already") }
    if packed[name] != nil { throw Contradiction("\(name) is packed") }
  }

  /// Takes an accepted task, and makes it a producer of its datasets.
  mutating func apply(_ task: TaskAccepted) throws(Contradiction) {
    try checkFree(task.spec.name)
    accepted += 1
    let entry = TaskEntry(task, number: accepted)
    tasks[entry.name] = entry
    enliven(entry.name)
    noteReader(entry)
    for name in task.spec.producedDatasets {
      var dataset = datasets[name] ?? DatasetEntry(name)
      dataset.producers.insert(entry.name)
      dataset.activeProducers.insert(entry.name)
      dataset.retention = dataset.retention?.longer(task.spec.retention) ?? task.spec.retention
      datasets[name] = dataset
    }
    touch(around: entry)
  }

  /// Takes an accepted chain, with a task for each step.
  mutating func apply(_ chain: ChainAccepted) throws(Contradiction) {
    try checkFree(chain.spec.name)
    for step in chain.spec.steps { try checkFree(step.task.name) }
    accepted += 1
    chains[chain.spec.name] = ChainEntry(chain, number: accepted)
    for step in chain.spec.steps {
      try apply(
        TaskAccepted(
          spec: step.task, incarnation: chain.incarnation, owner: chain.owner, at: chain.at,
          digest: chain.digest))
      try change(task: step.task.name) { $0.chain = chain.spec.name }
    }
  }

  /// Notes the datasets that a task reads.
  mutating func noteReader(_ task: TaskEntry) {
    for name in task.spec.inputDatasets where !task.lacks.contains(name) {
      readers[name, default: []].insert(task.name)
    }
  }

  // MARK: End

  /// Ends a task. Its jobs in work become leftovers, which a later retry can put back into work.
  mutating func end(
    _ name: Name, _ state: TaskState, _ at: Timestamp, _ reason: String?
  ) throws(Contradiction) {
    var left = jobs(of: name)
    // What its jobs were to go on from goes with its end.
    if tasks[name]?.spec.checkpoint != nil {
      left = left.mapValues { job in
        var job = job
        job.checkpoint = nil
        job.resumes = 0
        return job
      }
    }
    let entry = try change(task: name) { task throws(Contradiction) in
      guard !task.state.hasEnded else { throw Contradiction("the task \(name) has ended already") }
      guard state.hasEnded else { throw Contradiction("\(state.rawValue) is no end") }
      task.state = state
      task.ended = at
      task.reason = reason
      task.leftover.merge(left) { $1 }
      task.cancelledBy = nil
      task.revival = nil
      task.isAgain = false
      return task
    }
    setJobs([:], of: name)
    leaveLife(name)
    consumeGroups(of: entry)
    for other in unit(of: entry) { for dataset in other.spec.datasets { use(dataset) } }
    touch(around: entry)
    noteEnd(of: name)
    for produced in entry.spec.producedDatasets where datasets[produced] != nil {
      try change(dataset: produced) { dataset in
        dataset.activeProducers.remove(name)
        if entry.failed > 0 || state != .done { dataset.failedProducers.insert(name) }
      }
    }
    effects.events.append(.taskEnded(name))
  }

  /// Notes that the site is to be told of a task's end, and of that of its chain if it was the last step.
  mutating func noteEnd(of name: Name, tells: Bool) throws(Contradiction) {
    let task = try change(task: name) { task in
      task.isUntold = tells
      return task
    }
    guard let chain = task.chain, end(ofUnit: chain) != nil else { return }
    chains[chain]?.isUntold = tells
    effects.events.append(.chainEnded(chain))
  }

  /// Notes that the site has been told of an end.
  mutating func noteTold(_ name: Name) {
    if tasks[name] != nil { tasks[name]?.isUntold = false } else { chains[name]?.isUntold = false }
  }

  // MARK: Packing

  /// Replaces an ended task, or an ended chain with its steps, by a packed entry.
  mutating func pack(_ name: Name) throws(Contradiction) {
    let meant = meant(by: name)
    guard !meant.isEmpty, let ended = end(ofUnit: name) else {
      throw Contradiction("\(name) is no task or chain that has ended")
    }
    let entry = PackedTask(
      name, tasks: meant.map(\.name), isChain: chains[name] != nil,
      state: chains[name].map(state(of:)) ?? meant[0].state, ended: ended,
      done: meant.reduce(0) { $0 + $1.done }, failed: meant.reduce(0) { $0 + $1.failed },
      owner: meant[0].accepted.owner)
    for task in meant {
      tasks[task.name] = nil
      removeEnd(of: task.name)
      removeReader(task)
    }
    chains[name] = nil
    keep(entry)
  }

  /// Removes a packed task from the readers of its inputs. A later task may have the same name, and has read nothing
  /// yet.
  private mutating func removeReader(_ task: TaskEntry) {
    for name in task.spec.inputDatasets {
      readers[name]?.remove(task.name)
      if readers[name]?.isEmpty ?? false { readers[name] = nil }
      datasets[name]?.consumed[task.name] = nil
    }
    touch(around: task)
  }

  /// Notes a packed task or chain under each of its names.
  mutating func keep(_ entry: PackedTask) {
    for name in entry.names { packed[name] = entry }
    packedTasks += entry.tasks.count
    retiring.formUnion(entry.datasets)
  }

  /// Notes that a packed task or chain is to be removed, including its archive.
  mutating func expire(_ name: Name) throws(Contradiction) {
    try setPhase(.removing, ofPacked: name)
  }

  /// Notes that the originals are gone. If the archive was to be removed too, this frees the names.
  mutating func clear(_ name: Name) throws(Contradiction) {
    guard let entry = packed[name] else { throw Contradiction("\(name) is not packed") }
    guard entry.phase != .kept else { throw Contradiction("\(name) is cleared already") }
    guard entry.phase == .removing else { return try setPhase(.kept, ofPacked: name) }
    for name in entry.names { packed[name] = nil }
    packedTasks -= entry.tasks.count
    retiring.subtract(entry.datasets)
  }

  private mutating func setPhase(
    _ phase: PackedTask.Phase, ofPacked name: Name
  ) throws(Contradiction) {
    guard var entry = packed[name] else { throw Contradiction("\(name) is not packed") }
    entry.phase = phase
    for name in entry.names { packed[name] = entry }
  }
}

/// Forgetting: an ended task or chain goes at once, with the datasets that it alone filled.
extension SpoolState {
  /// Returns the names of the tasks that would go with a name, and the uid of their owner; of what is
  /// packed too.
  private func unit(_ name: Name) -> (tasks: [Name], owner: Int?) {
    if let entry = packed[name] { return (entry.tasks, entry.owner) }
    let meant = meant(by: name)
    return (meant.map(\.name), meant.first?.accepted.owner)
  }

  /// Returns the datasets that would go with a task or chain: those into which no other known task
  /// puts files, and no other person's manifest has.
  func retirable(with name: Name) -> [DatasetEntry] {
    let (own, owner) = unit(name)
    let isOurs = { (task: Name) in own.contains(task) }
    return datasets.values.filter { dataset in
      dataset.producers.contains(where: isOurs)
        && dataset.owners.allSatisfy { $0 == owner }
        && dataset.producers.allSatisfy { isOurs($0) || (tasks[$0] == nil && packed[$0] == nil) }
    }
  }

  /// Takes the order to forget a task or chain. Its names are free once all its files are removed.
  mutating func forget(_ control: ControlAccepted) throws(Contradiction) {
    let name = control.request.task
    let leaving = retirable(with: name).map(\.name)
    if packed[name] == nil { try pack(name) }
    guard var entry = packed[name], entry.name == name, entry.phase != .removing else {
      throw Contradiction("\(name) cannot be forgotten")
    }
    remember(control.key)
    entry.phase = .removing
    entry.datasets = Set(leaving)
    for name in entry.names { packed[name] = entry }
    retiring.formUnion(leaving)
    for dataset in leaving {
      for reader in readers[dataset] ?? [] {
        try change(task: reader) { _ = $0.lacks.insert(dataset) }
      }
      readers[dataset] = nil
      datasets[dataset] = nil
      removing.remove(dataset)
      watched.remove(dataset)
    }
    effects.events.append(.unitForgotten(name))
  }
}
