internal import SpoolModel

/// How orders change the state.
extension WatcherState {
  func apply(_ control: ControlAccepted) {
    remember(control.key)
    let meant = ordered(control.request.task)
    for task in meant { touch(around: task) }
    switch control.request.action {
    case .cancel: for task in meant where !task.state.hasEnded { task.cancelledBy = control.owner }
    case .hold: for task in meant where !task.state.hasEnded { task.state = .held }
    case .release: release(meant, at: control.at)
    case .priority(let priority):
      for task in meant { task.spec.priority = priority }
      reorder()
    case .retry(let order):
      for task in meant where task.isRetried(chosen: meant.count == 1) {
        retry(task, order, at: control.at)
        resumeReaders(of: task, at: control.at)
      }
    }
  }

  /// Held tasks go on; where none is held, those that want everything go on with what there is.
  private func release(_ meant: [TaskEntry], at now: Int) {
    let held = meant.filter { $0.state == .held }
    for task in held {
      task.state = .active
      task.waitsSince = now
    }
    guard held.isEmpty else { return }
    for task in meant where !task.state.hasEnded { task.spec.allowsIncomplete = true }
  }

  /// What reads the files that come of a retry has to go on, too.
  private func resumeReaders(of task: TaskEntry, at now: Int) {
    for reader in readers(of: task) where reader.state.hasEnded && reader.state != .cancelled {
      reopen(reader, at: now, isRepair: false)
      resumeReaders(of: reader, at: now)
    }
  }

  /// The task goes on from where it was: what had failed is revived bit by bit, what was in work
  /// when it ended is due at once, as is what waits.
  private func retry(_ task: TaskEntry, _ order: RetryOrder, at now: Int) {
    task.spec.resources.memory = order.memory ?? task.spec.resources.memory
    task.spec.resources.wall = order.wall ?? task.spec.resources.wall
    task.revival = Revival(order: order, until: task.ledgerLength)
    if task.state.hasEnded { reopen(task, at: now, isRepair: order.failedOnly) }
    if !order.failedOnly {
      task.jobs.merge(task.leftover) { $1 }
      task.leftover = [:]
    }
    for (index, job) in task.jobs {
      if case .publishing = job.phase { continue }
      task.jobs[index]?.renew(memory: order.memory)
      if case .waiting = job.phase { task.jobs[index]?.phase = .waiting(until: now) }
    }
  }

  private func reopen(_ task: TaskEntry, at now: Int, isRepair: Bool) {
    reorder()
    forgetEnd(of: task)
    task.state = .active
    task.ended = nil
    task.reason = nil
    task.waitsSince = now
    task.isRepair = isRepair
    for index in task.leftover.keys { task.leftover[index]?.phase = .waiting(until: now) }
    for name in task.spec.producedDatasets {
      datasets[name]?.activeProducers.insert(task.name)
      datasets[name]?.failedProducers.remove(task.name)
      datasets[name]?.state = .open
    }
    touch(around: task)
  }

  func apply(_ revived: JobsRevived) {
    guard let task = tasks[revived.task] else { return }
    for job in revived.jobs where task.failedJobs.contains(job.index) {
      task.failedJobs.remove(contentsOf: job.index..<job.index + 1)
      task.failedFiles[job.index] = nil
      task.failed -= 1
      let left = (task.finalCauses[job.cause] ?? 1) - 1
      task.finalCauses[job.cause] = left > 0 ? left : nil
      var entry = JobEntry(
        source: job.source, offset: job.offset, files: job.files, end: job.end)
      entry.attempt = job.attempt
      entry.memory = job.memory
      entry.phase = .waiting(until: revived.at)
      task.jobs[job.index] = entry
    }
    if let next = revived.next { task.revival?.from = next } else { task.revival = nil }
  }
}

extension TaskEntry {
  /// Whether an order to try again is for it: of a chain, for the steps that have something to do.
  fileprivate func isRetried(chosen: Bool) -> Bool {
    chosen || !failedJobs.isEmpty || !leftover.isEmpty || state == .cancelled || state == .failed
  }
}

extension JobEntry {
  /// Its budgets are whole again; with a limit of a person's own, what it had grown to is forgotten.
  mutating func renew(memory limit: Int?) {
    payloadFailures = 0
    infrastructureFailures = 0
    returns = 0
    if limit != nil { memory = nil }
  }
}
