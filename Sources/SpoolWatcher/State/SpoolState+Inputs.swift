internal import SpoolModel

/// The rest of a task's inputs: the datasets that it lacks, and the jobs that are still to be
/// formed.
extension SpoolState {
  /// Returns a dataset that a task reads and that does not exist yet.
  func missingInput(of task: TaskEntry) -> Name? {
    guard case .datasets(let names) = task.spec.input else { return nil }
    return names.first { datasets[$0] == nil }
  }

  /// Returns the incomplete dataset that a task needs whole, unless it may go on without the
  /// missing files.
  func incompleteInput(of task: TaskEntry) -> Name? {
    guard case .datasets(let names) = task.spec.input, task.spec.needsWholeInput,
      task.formed == 0, task.groups == nil, !task.spec.allowsIncomplete
    else { return nil }
    return names.first { datasets[$0]?.state == .incomplete }
  }

  /// Returns true if all jobs of a task were formed.
  func isFormed(_ task: TaskEntry) -> Bool {
    switch task.spec.input {
    case .count(let count): return task.next[0] >= count
    case .values(let values): return task.next[0] >= values.count
    case .files(let files): return task.next[0] >= files.count
    case .datasets(let names):
      if incompleteInput(of: task) != nil { return false }
      if task.spec.groupBy != nil { return task.groups.map { task.next[0] >= $0.length } ?? false }
      return names.indices.allSatisfy { index in
        guard let dataset = datasets[names[index]], dataset.state != .open else { return false }
        return dataset.files == 0 || task.next[index] >= dataset.length
      }
    }
  }

  /// Returns true if no further job of a task will come into work.
  func isExhausted(_ task: TaskEntry) -> Bool {
    task.revival == nil && (task.isRepair || isFormed(task))
  }

  /// Returns true if a task that has ended has jobs that could be tried again. A cancelled task
  /// counts as given up.
  func mayBeRetried(_ task: TaskEntry) -> Bool {
    guard task.state != .cancelled else { return false }
    return task.failed > 0 || !task.leftover.isEmpty || (task.state == .failed && !isFormed(task))
  }
}
