internal import SpoolModel

/// Changes to tasks whose inputs are in groups, and to jobs that are split.
extension SpoolState {
  /// Notes the list of a task's groups.
  mutating func apply(_ grouped: InputsGrouped) throws(Contradiction) {
    try change(task: grouped.task) { task throws(Contradiction) in
      guard task.spec.groupBy != nil, task.spec.inputDatasets.count == grouped.lengths.count else {
        throw Contradiction("the inputs of \(task.name) are not in groups")
      }
      guard task.groups == nil, task.formed == 0 else {
        throw Contradiction("the groups of \(task.name) are known already")
      }
      guard !task.state.hasEnded else { throw Contradiction("the task \(task.name) has ended") }
      task.groups = TaskEntry.Groups(
        lengths: grouped.lengths, length: grouped.length, jobs: grouped.jobs)
    }
  }

  /// Notes that a task of groups has read all of its inputs with success. Only datasets with the
  /// retention `step` need this.
  mutating func consumeGroups(of task: TaskEntry) {
    guard let groups = task.groups, task.state == .done, task.failed == 0 else { return }
    for (dataset, length) in zip(task.spec.inputDatasets, groups.lengths) where length > 0 {
      guard datasets[dataset]?.retention == .step else { continue }
      datasets[dataset]?.consumed[task.name, default: RangeSet()].insert(contentsOf: 0..<length)
    }
  }

  /// Puts files of a job into jobs of their own, behind all jobs of the task, and leaves the rest to
  /// the job. It is due again after these.
  mutating func apply(_ split: JobSplit) throws(Contradiction) {
    guard var job = job(split.job), job.splits, case .waiting = job.phase else {
      throw Contradiction("\(split.job) is not to be split")
    }
    let first = try change(task: split.job.task) { task in
      defer { task.formed += split.parts.count }
      return task.formed
    }
    for (number, position) in split.parts.enumerated() {
      var part = JobEntry(position)
      part.root = job.root
      part.attempt = 0
      part.phase = .waiting(until: split.at)
      let id = JobID(task: split.job.task, index: first + number)
      set(part, id)
      effects.events.append(.retryDue(id, split.at))
    }
    job.source = split.rest.source
    job.offset = split.rest.offset
    job.files = split.rest.files
    job.end = split.rest.end
    job.splits = split.rest.files > 1
    job.phase = .waiting(until: split.at)
    set(job, split.job)
    effects.events.append(.retryDue(split.job, split.at))
  }
}
