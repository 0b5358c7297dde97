internal import SpoolModel
internal import SpoolStore

/// Jobs whose inputs are in groups: they are read from their task's list.
extension InputReader {
  /// Opens a task's list. A list that is lost or damaged is told, so that it is made again.
  func withList<Result>(
    of task: TaskEntry, _ turn: Turn, _ read: (ViewReader) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    do throws(FileError) {
      let replaced = try turn.placement.replaced(
        of: task.spec.inputDatasets, spool, turn.say)
      var list = try spool.open(.groups(task.name))
      list.replaced = replaced
      defer { list.close() }
      return try read(list)
    } catch {
      if error.isMissing || error.isDamage { turn.emit(.groupsLost(task.name)) }
      throw error
    }
  }

  /// Reads groups of a task's list, up to `limit` and no more files than a request may list.
  func listed(
    _ task: TaskEntry, _ groups: TaskEntry.Groups, _ offset: Int, _ limit: Int, _ turn: Turn
  ) throws(FileError) -> [Group] {
    var most = Int.max
    if case .files(let number) = task.spec.filesPerJob { most = number }
    return try withList(of: task, turn) { list throws(FileError) in
      var reader = list.lines(from: offset, to: groups.length)
      var found: [Group] = []
      var files: [InputFile] = []
      var group: Group?
      var last: String?
      var count = 0
      let add = {
        guard var whole = group else { return }
        whole.inputs = JobInputs(files)
        found.append(listed(whole, task, turn))
      }
      while let (file, line) = try list.nextFile(&reader, to: groups.length) {
        let key = task.spec.groupBy?.key(of: file.file.path)
        if group == nil || !GroupKey.isSame(key, last) || group?.count == most {
          add()
          guard found.count < limit, count < Limits.listEntries else { return found }
          group = Group(inputs: JobInputs(), offset: line.offset, count: 0, next: line.next)
          files = []
          last = key
        }
        if !file.isGone { files.append(file.file) }
        count += 1
        group?.count += 1
        group?.next = line.next
      }
      add()
      return found
    }
  }

  /// Reads the inputs of a job from its task's list.
  func listed(
    _ task: TaskEntry, _ job: JobEntry, _ turn: Turn
  ) throws(FileError) -> JobInputs {
    try withList(of: task, turn) { list throws(FileError) in
      var reader = list.lines(from: job.offset, to: job.end)
      guard let group = try Self.group(&reader, list, job.files, to: job.end) else {
        throw list.damage(at: job.offset)
      }
      return listed(group, task, turn).inputs
    }
  }

  /// Returns a group of many files as a stretch of its task's list.
  private func listed(_ group: Group, _ task: TaskEntry, _ turn: Turn) -> Group {
    var group = Self.shortened(group, of: .groups(task.name))
    guard !group.inputs.stretches.isEmpty else { return group }
    for dataset in task.spec.inputDatasets {
      group.inputs.replaced.merge(replaced(dataset, turn)) { $1 }
    }
    return group
  }
}
