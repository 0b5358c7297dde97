internal import SpoolModel
internal import SpoolStore

/// Reads the inputs of jobs from a stretch of a catalogue, or from the task's own list. It holds
/// nothing longer than a turn, so a dataset may have millions of files.
struct InputReader {
  let spool: Spool
  /// The inputs of a job, with their place in the catalogue or list.
  struct Group {
    var inputs: [InputFile]
    /// The beginning of the inputs: a byte of the catalogue, or an index of the list.
    var offset: Int
    /// The number of inputs.
    var count: Int
    /// The beginning of the next job's inputs.
    var next: Int
  }

  /// Returns up to `limit` groups of a task's source, from `offset` on. A smaller last group comes
  /// only if no file can follow.
  func groups(
    _ task: TaskEntry, source: Int, from offset: Int, limit: Int, _ turn: Turn
  ) throws(FileError) -> [Group] {
    switch task.spec.input {
    case .count(let count): return Self.numbers(offset, limit, count)
    case .values(let values): return Self.numbers(offset, limit, values.count)
    case .files(let files): return Self.list(files, task.spec.filesPerJob, offset, limit)
    case .datasets(let names):
      guard let dataset = turn.state.datasets[names[source]],
        case .files(let size) = task.spec.filesPerJob
      else { return [] }
      return try catalogue(dataset, offset, size: size, limit: limit, turn)
    }
  }

  private static func numbers(_ offset: Int, _ limit: Int, _ count: Int) -> [Group] {
    (offset..<max(offset, min(count, offset + limit))).map {
      Group(inputs: [], offset: $0, count: 1, next: $0 + 1)
    }
  }

  private static func list(
    _ files: [InputFile], _ grouping: Grouping, _ offset: Int, _ limit: Int
  ) -> [Group] {
    let size: Int
    switch grouping {
    case .files(let number): size = number
    case .all: size = max(1, files.count)
    }
    var groups: [Group] = []
    var at = offset
    while groups.count < limit, at < files.count {
      let end = min(at + size, files.count)
      groups.append(
        Group(inputs: Array(files[at..<end]), offset: at, count: end - at, next: end))
      at = end
    }
    return groups
  }

  /// Reads groups of a catalogue, as far as it may be read. Damaged lines are made good from the
  /// catalogue's copy; where that is damaged, too, it throws an error that names the place.
  private func catalogue(
    _ dataset: DatasetEntry, _ offset: Int, size: Int, limit: Int, _ turn: Turn
  ) throws(FileError) -> [Group] {
    var groups: [Group] = []
    var offset = offset
    while true {
      do throws(FileError) {
        try read(dataset, &offset, size: size, limit: limit, into: &groups, turn)
        return groups
      } catch {
        guard case .damaged(let place) = error.reason else { throw error }
        let end = turn.placement.readable(dataset.name)
        guard let good = try spool.repair(catalogue: dataset.name, from: place, to: end) else {
          throw error
        }
        turn.say(
          "\(spool.place(of: .catalogue(dataset.name))) was damaged at byte \(place): "
            + "\(good - place) bytes of it are written anew from its copy")
      }
    }
  }

  /// Adds groups from `offset` on, and moves it behind them.
  private func read(
    _ dataset: DatasetEntry, _ offset: inout Int, size: Int, limit: Int,
    into groups: inout [Group], _ turn: Turn
  ) throws(FileError) {
    let readable = turn.placement.readable(dataset.name)
    guard offset < readable else { return }
    let catalogue = try spool.open(.catalogue(dataset.name))
    defer { catalogue.close() }
    var reader = catalogue.lines(from: offset, to: readable)
    while groups.count < limit {
      guard let group = try Self.group(&reader, catalogue, size, to: readable) else { return }
      guard group.count == size || turn.placement.isClosedAndReadable(dataset) else { return }
      groups.append(group)
      offset = group.next
    }
  }

  /// Reads the next group of up to `size` files; nil at the end.
  private static func group(
    _ reader: inout LineReader, _ catalogue: ViewReader, _ size: Int, to end: Int
  ) throws(FileError) -> Group? {
    var group: Group?
    while group?.count ?? 0 < size, reader.offset < end {
      let place = reader.offset
      guard let line = try reader.next(), catalogue.isIntact(line) else {
        throw catalogue.damage(at: place)
      }
      guard let input = file(line.bytes) else {
        guard line.offset == 0 else { throw catalogue.damage(at: place) }
        continue
      }
      var grown = group ?? Group(inputs: [], offset: line.offset, count: 0, next: line.next)
      grown.inputs.append(input)
      grown.count += 1
      grown.next = line.next
      group = grown
    }
    return group
  }

  /// Returns a catalogue's line as an input; nil for the header.
  static func file(_ line: [UInt8]) -> InputFile? {
    (try? JSON.parse(line)).flatMap { InputFile(json: $0) }
  }

  /// Returns the inputs of a job that was formed before, for a further attempt. A file that a watch
  /// found, and that the job found changed, counts as it is now: nobody has said what it should be.
  func inputsAgain(
    _ task: TaskEntry, _ job: JobEntry, _ turn: Turn
  ) throws(FileError) -> [InputFile] {
    var inputs = try inputs(task, job, turn)
    guard case .datasets(let names) = task.spec.input, job.source != JobEntry.all,
      job.infrastructureFailures > 0, let dataset = turn.state.datasets[names[job.source]]
    else { return inputs }
    let directories = Set(dataset.watches.map(\.watch.directory))
    for index in inputs.indices where inputs[index].size != nil && inputs[index].adler32 == nil {
      guard directories.contains(FilePath.directory(inputs[index].path)),
        let found = try spool.attributes(ofData: inputs[index].path), found.kind == .file
      else { continue }
      inputs[index].size = found.size
    }
    return inputs
  }

  /// Returns the inputs of a job that was formed before.
  func inputs(_ task: TaskEntry, _ job: JobEntry, _ turn: Turn) throws(FileError) -> [InputFile] {
    switch task.spec.input {
    case .count, .values: return []
    case .files(let files):
      return Array(files[job.offset..<min(job.offset + job.files, files.count)])
    case .datasets(let names):
      if job.source == JobEntry.all { return try everything(names, turn) }
      guard let dataset = turn.state.datasets[names[job.source]] else { return [] }
      return try catalogue(dataset, job.offset, size: job.files, limit: 1, turn).first?.inputs ?? []
    }
  }

  /// Returns all files of several datasets, for a job that reads them all.
  func everything(_ names: [Name], _ turn: Turn) throws(FileError) -> [InputFile] {
    var inputs: [InputFile] = []
    for name in names {
      guard let dataset = turn.state.datasets[name] else { continue }
      let groups = try catalogue(dataset, 0, size: 1, limit: Int.max, turn)
      inputs += groups.flatMap(\.inputs)
    }
    return inputs
  }
}
