internal import SpoolModel

/// Changes that people order, and the revival of jobs that ended.
extension SpoolState {
  /// Carries out an order on a task, or on all steps of a chain.
  mutating func apply(_ control: ControlAccepted) throws(Contradiction) {
    let request = control.request
    if case .forget = request.action { return try forget(control) }
    let meant = meant(by: request.task)
    guard !meant.isEmpty else { throw Contradiction("there is no task or chain \(request.task)") }
    remember(control.key)
    for task in meant { touch(around: task) }
    switch request.action {
    case .cancel:
      for task in meant where !task.state.hasEnded {
        try change(task: task.name) { $0.cancelledBy = control.owner }
      }
    case .hold:
      for task in meant where !task.state.hasEnded {
        try change(task: task.name) { $0.state = .held }
      }
    case .release: try release(meant, at: control.at)
    case .priority(let priority):
      for task in meant {
        try change(task: task.name) { $0.spec.priority = priority }
        guard !task.state.hasEnded else { continue }
        leaveLife(task.name)
        enliven(task.name)
      }
    case .limit(let most):
      for task in meant { try change(task: task.name) { $0.spec.maxRunning = most } }
    case .retry(let order):
      for task in meant where task.isRetried(chosen: meant.count == 1) {
        try retry(task, order, at: control.at)
        try resumeReaders(of: task, at: control.at)
      }
    case .forget: break
    }
    tell(request, meant.map(\.name))
  }

  /// Tells the consequences of an order for those of its tasks that are in work.
  private mutating func tell(_ request: ControlRequest, _ names: [Name]) {
    for name in names {
      guard let task = tasks[name], !task.state.hasEnded else { continue }
      switch request.action {
      case .release, .retry: effects.events.append(.taskResumed(name))
      case .cancel, .hold, .priority, .limit, .forget: break
      }
      if request.changesReady(inUse: jobsInUse(of: name)) { effects.events.append(.recall(name)) }
    }
    effects.events.append(.ordered(request.task))
  }

  /// Lets held tasks go on. If none is held, the tasks that wait for a complete input go on with
  /// the files that are there.
  private mutating func release(_ meant: [TaskEntry], at now: Timestamp) throws(Contradiction) {
    let held = meant.filter { $0.state == .held }
    for task in held {
      try change(task: task.name) {
        $0.state = .active
        $0.waitsSince = now
      }
    }
    guard held.isEmpty else { return }
    for task in meant where !task.state.hasEnded {
      try change(task: task.name) { $0.spec.allowsIncomplete = true }
    }
  }

  /// Reopens the ended steps that read the outputs of a retried task.
  private mutating func resumeReaders(
    of task: TaskEntry, at now: Timestamp
  ) throws(Contradiction) {
    for reader in readers(of: task) where reader.state.hasEnded && reader.state != .cancelled {
      try reopen(reader.name, at: now, isRepair: false)
      try resumeReaders(of: reader, at: now)
    }
  }

  /// Lets a task go on from where it was. Its failed jobs are revived a few at a time. Jobs that
  /// wait, and jobs that were in work when the task ended, are due at once.
  private mutating func retry(
    _ task: TaskEntry, _ order: RetryOrder, at now: Timestamp
  ) throws(Contradiction) {
    let name = task.name
    try change(task: name) { task in
      task.spec.resources.memory = order.memory ?? task.spec.resources.memory
      task.spec.resources.wall = order.wall ?? task.spec.resources.wall
      task.spec.command = order.command ?? task.spec.command
      task.revival = TaskEntry.Revival(order: order, until: task.ledgerLength)
      if order.evenDone { task.isAgain = true }
    }
    if task.state.hasEnded { try reopen(name, at: now, isRepair: order.failedOnly) }
    var jobs = jobs(of: name)
    if !order.failedOnly {
      try change(task: name) { task in
        jobs.merge(task.leftover) { $1 }
        task.leftover = [:]
      }
    }
    for (index, job) in jobs where !job.isPublishing {
      jobs[index]?.renew(order)
      if case .waiting = job.phase { jobs[index]?.phase = .waiting(until: now) }
    }
    setJobs(jobs, of: name)
  }

  /// Puts an ended task back into work, and opens the datasets that it fills. With `isRepair` only
  /// jobs that had failed run again.
  private mutating func reopen(
    _ name: Name, at now: Timestamp, isRepair: Bool
  ) throws(Contradiction) {
    let task = try change(task: name) { task in
      task.state = .active
      task.ended = nil
      task.isUntold = false
      task.reason = nil
      task.waitsSince = now
      task.isRepair = isRepair
      for index in task.leftover.keys { task.leftover[index]?.phase = .waiting(until: now) }
      return task
    }
    if let chain = task.chain { chains[chain]?.isUntold = false }
    effects.events.append(.taskReopened(name))
    removeEnd(of: name)
    enliven(name)
    for name in task.spec.producedDatasets where datasets[name] != nil {
      try change(dataset: name) { dataset in
        dataset.activeProducers.insert(task.name)
        dataset.failedProducers.remove(task.name)
        dataset.state = .open
      }
    }
    touch(around: task)
  }

  /// Puts jobs that ended back into work, with the counts of their failures at zero.
  mutating func apply(_ revived: JobsRevived) throws(Contradiction) {
    let inWork = self.jobs(of: revived.task)
    let jobs = try change(task: revived.task) { task throws(Contradiction) in
      guard !task.state.hasEnded else { throw Contradiction("the task \(task.name) has ended") }
      let jobs = revived.jobs.filter { job in
        job.wasDone != task.failedJobs.contains(job.index) && inWork[job.index] == nil
      }
      for job in jobs where job.wasDone {
        task.done -= 1
        task.placed -= 1
        task.sums.subtract(job.report, leftOut: job.leftOut)
      }
      for job in jobs where !job.wasDone {
        task.failedJobs.remove(contentsOf: job.index..<job.index + 1)
        task.failedFiles[job.index] = nil
        task.failed -= 1
        let left = (task.finalCauses[job.cause] ?? 1) - 1
        task.finalCauses[job.cause] = left > 0 ? left : nil
      }
      if let next = revived.next { task.revival?.from = next } else { task.revival = nil }
      return jobs
    }
    for job in jobs {
      var entry = JobEntry(job.position)
      if job.wasDone { unconsume(entry, of: revived.task) }
      if revived.splits { markForSplit(&entry, of: revived.task) }
      entry.attempt = job.attempt
      entry.phase = .waiting(until: revived.at)
      let id = JobID(task: revived.task, index: job.index)
      set(entry, id)
      effects.events.append(.retryDue(id, revived.at))
    }
  }
}

extension SpoolState {
  /// Marks a job of several files to be split. One over all datasets begins with the first of them,
  /// and reads what they hold now.
  private func markForSplit(_ job: inout JobEntry, of task: Name) {
    if job.source == JobEntry.all {
      let names = tasks[task]?.spec.inputDatasets ?? []
      let files = names.reduce(0) { $0 + (datasets[$1]?.files ?? 0) }
      guard files > 1 else { return }
      job.source = 0
      job.offset = 0
      job.files = files
    }
    job.splits = job.files > 1
  }
}

extension TaskEntry {
  /// Returns true if a retry order applies to the task. It always does if the order names this task
  /// alone; of a chain it applies to the steps with something to do.
  fileprivate func isRetried(chosen: Bool) -> Bool {
    chosen || !failedJobs.isEmpty || !leftover.isEmpty || state == .cancelled || state == .failed
  }
}

extension ControlRequest {
  /// Returns true if files in ready no longer match a task once the order is applied. `inUse` are its
  /// jobs in ready, with pilots, or being published.
  fileprivate func changesReady(inUse: Int) -> Bool {
    switch action {
    case .hold, .priority: true
    case .limit(let most): most.map { $0 < inUse } ?? false
    case .retry(let order): order.memory != nil || order.wall != nil || order.command != nil
    case .cancel, .release, .forget: false
    }
  }
}
