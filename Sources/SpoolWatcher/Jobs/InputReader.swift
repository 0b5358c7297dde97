internal import SpoolModel
internal import SpoolStore

/// Reads the inputs of jobs from a stretch of a catalogue, or from the task's own list. It holds
/// nothing longer than a turn, so a dataset may have millions of files.
struct InputReader {
  let spool: Spool
  /// The inputs of a job, with their place in the catalogue or list.
  struct Group {
    var inputs: JobInputs
    /// The beginning of the inputs: a byte of the catalogue, or an index of the list.
    var offset: Int
    /// The number of inputs, also of those that the dataset has no more.
    var count: Int
    /// The beginning of the next job's inputs.
    var next: Int
    /// The ``CatalogueLine/root`` of the first input; nil where that is its place.
    var root: Int?
  }

  /// Returns up to `limit` groups of a task's source, from `offset` on. A smaller last group comes
  /// only if no file can follow.
  func groups(
    _ task: TaskEntry, source: Int, from offset: Int, limit: Int, _ turn: Turn
  ) throws(FileError) -> [Group] {
    switch task.spec.input {
    case .count(let count): return Self.numbers(offset, limit, count)
    case .values(let values): return Self.numbers(offset, limit, values.count)
    case .files(let files): return Self.list(files, task.spec, offset, limit)
    case .datasets(let names):
      if let groups = task.groups { return try listed(task, groups, offset, limit, turn) }
      guard let dataset = turn.state.datasets[names[source]],
        case .files(let size) = task.spec.filesPerJob
      else { return [] }
      // A turn holds no more files in memory than a request may list.
      let most = min(limit, max(1, Limits.listEntries / size))
      let replaced = replaced(names[source], turn)
      return try catalogue(dataset, offset, size: size, limit: most, turn).map {
        var group = Self.shortened($0, of: .dataset(dataset.name))
        group.inputs.replaced = replaced
        return group
      }
    }
  }

  /// Returns a group of many files as a stretch of its catalogue or list.
  static func shortened(_ group: Group, of list: InputStretch.List) -> Group {
    guard group.inputs.count > Limits.listedInputs else { return group }
    var group = group
    group.inputs.files = []
    group.inputs.stretches = [
      InputStretch(list, from: group.offset, to: group.next, files: group.inputs.count)
    ]
    return group
  }

  private static func numbers(_ offset: Int, _ limit: Int, _ count: Int) -> [Group] {
    (offset..<max(offset, min(count, offset + limit))).map {
      Group(inputs: JobInputs(), offset: $0, count: 1, next: $0 + 1)
    }
  }

  private static func list(
    _ files: [InputFile], _ spec: TaskSpec, _ offset: Int, _ limit: Int
  ) -> [Group] {
    spec.jobs(of: files, from: offset).prefix(limit).map { job in
      Group(
        inputs: JobInputs(Array(files[job])), offset: job.lowerBound, count: job.count,
        next: job.upperBound)
    }
  }

  /// Reads groups of a catalogue, as far as it may be read. Damaged lines are made good from the
  /// catalogue's copy; where that is damaged, too, it throws an error that names the place.
  private func catalogue(
    _ dataset: DatasetEntry, _ offset: Int, size: Int, limit: Int, _ turn: Turn
  ) throws(FileError) -> [Group] {
    var groups: [Group] = []
    var offset = offset
    try withRepair(of: dataset, turn) { () throws(FileError) in
      try read(dataset, &offset, size: size, limit: limit, into: &groups, turn)
    }
    return groups
  }

  /// Reads a catalogue, and mends it from its copy where it is damaged, as often as that helps.
  private func withRepair(
    of dataset: DatasetEntry, _ turn: Turn, _ read: () throws(FileError) -> Void
  ) throws(FileError) {
    while true {
      do throws(FileError) {
        return try read()
      } catch {
        guard case .damaged(let place) = error.reason else { throw error }
        let end = turn.placement.readable(dataset.name)
        guard let good = try spool.repair(.catalogue(dataset.name), from: place, to: end) else {
          throw error
        }
        turn.say(spool.words(ofRepair: .catalogue(dataset.name), from: place, to: good))
      }
    }
  }

  /// Opens a catalogue, to read its files as they are now.
  private func open(_ dataset: DatasetEntry, _ turn: Turn) throws(FileError) -> ViewReader {
    let replaced = try turn.placement.replaced(of: [dataset.name], spool, turn.say)
    var catalogue = try spool.open(.catalogue(dataset.name))
    catalogue.replaced = replaced
    return catalogue
  }

  /// Returns how much of the list of replaced files a pilot is to read of a dataset, if there is one.
  func replaced(_ dataset: Name, _ turn: Turn) -> [Name: Int] {
    let length = turn.placement.readable(replaced: dataset)
    return length > 0 ? [dataset: length] : [:]
  }

  /// Adds groups from `offset` on, and moves it behind them.
  private func read(
    _ dataset: DatasetEntry, _ offset: inout Int, size: Int, limit: Int,
    into groups: inout [Group], _ turn: Turn
  ) throws(FileError) {
    let readable = turn.placement.readable(dataset.name)
    guard offset < readable else { return }
    let catalogue = try open(dataset, turn)
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
  static func group(
    _ reader: inout LineReader, _ catalogue: ViewReader, _ size: Int, to end: Int
  ) throws(FileError) -> Group? {
    var group: Group?
    var inputs: [InputFile] = []
    while group?.count ?? 0 < size, let (file, line) = try catalogue.nextFile(&reader, to: end) {
      var grown =
        group
        ?? Group(
          inputs: JobInputs(), offset: line.offset, count: 0, next: line.next, root: file.root)
      if !file.isGone { inputs.append(file.file) }
      grown.count += 1
      grown.next = line.next
      group = grown
    }
    group?.inputs = JobInputs(inputs)
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
  ) throws(FileError) -> JobInputs {
    var inputs = try inputs(task, job, turn)
    guard case .datasets(let names) = task.spec.input, job.source != JobEntry.all,
      job.infrastructureFailures > 0
    else { return inputs }
    let read = task.groups == nil ? [names[job.source]] : names
    let watches = read.flatMap { turn.state.datasets[$0]?.watches ?? [] }
    let directories = Set(watches.map(\.watch.directory))
    for (index, file) in inputs.files.enumerated() where file.size != nil && file.adler32 == nil {
      guard directories.contains(FilePath.directory(file.path)),
        let found = try spool.attributes(ofData: file.path), found.kind == .file
      else { continue }
      inputs.files[index].size = found.size
    }
    return inputs
  }

  /// Returns the paths of the first hundred inputs of a job, as its file tells them: a hundred of a
  /// stretch, as they stand in the catalogue.
  func parents(_ document: JobDocument) -> [String] {
    let most = 100
    guard let stretch = document.stretches.first else {
      return document.inputs.prefix(most).map(\.path)
    }
    guard let catalogue = try? spool.open(Spool.View(stretch.list)) else { return [] }
    defer { catalogue.close() }
    var reader = catalogue.lines(from: stretch.from, to: stretch.to)
    var paths: [String] = []
    while paths.count < most, let line = try? reader.next() {
      if let file = Self.file(line.bytes) { paths.append(file.path) }
    }
    return paths
  }

  /// Returns the inputs of a job that was formed before.
  func inputs(_ task: TaskEntry, _ job: JobEntry, _ turn: Turn) throws(FileError) -> JobInputs {
    switch task.spec.input {
    case .count, .values: return JobInputs()
    case .files(let files):
      return JobInputs(Array(files[job.offset..<min(job.offset + job.files, files.count)]))
    case .datasets(let names):
      if job.source == JobEntry.all { return try everything(of: task.spec, turn) }
      if task.groups != nil { return try listed(task, job, turn) }
      guard let dataset = turn.state.datasets[names[job.source]] else { return JobInputs() }
      try expectReadable(dataset, to: job.end, turn)
      let group = try catalogue(dataset, job.offset, size: job.files, limit: 1, turn).first
      guard let group else { return JobInputs() }
      var inputs = Self.shortened(group, of: .dataset(dataset.name)).inputs
      inputs.replaced = replaced(dataset.name, turn)
      return inputs
    }
  }

  /// Fails with `EBUSY` where a catalogue, or what has replaced files of it, is not yet written as far as the
  /// journal knows it: after a restart lines may wait for a filesystem that is full. A job that was read then
  /// would lack inputs.
  private func expectReadable(
    _ dataset: DatasetEntry, to end: Int, _ turn: Turn
  ) throws(FileError) {
    guard turn.placement.readable(dataset.name) >= end,
      turn.placement.readable(replaced: dataset.name) >= dataset.replaced.length
    else {
      throw FileError("read all of", spool.place(of: .catalogue(dataset.name)), Errno.busy)
    }
  }

  /// Returns all files of a task's datasets, in the task's order, for the one job that reads them all.
  func everything(of spec: TaskSpec, _ turn: Turn) throws(FileError) -> JobInputs {
    let datasets = spec.inputDatasets.compactMap { turn.state.datasets[$0] }
    for dataset in datasets { try expectReadable(dataset, to: dataset.length, turn) }
    let count = datasets.reduce(0) { $0 + $1.files }
    guard count <= Limits.listedInputs else { return try stretches(datasets, of: spec, turn) }
    var found: [(key: [UInt8], file: InputFile)] = []
    for dataset in datasets {
      try visit(dataset, turn) { line, _ in
        if !line.isGone {
          found.append((spec.order.key(of: line, number: found.count), line.file))
        }
        return true
      }
    }
    found.sort { $0.key.lexicographicallyPrecedes($1.key) }
    return JobInputs(found.map(\.file))
  }

  /// Returns the whole catalogues of datasets. Only as many lines are read as tell whether the paths
  /// fit an argument list.
  private func stretches(
    _ datasets: [DatasetEntry], of spec: TaskSpec, _ turn: Turn
  ) throws(FileError) -> JobInputs {
    var inputs = JobInputs()
    inputs.order = spec.order
    for dataset in datasets where dataset.files > 0 {
      inputs.count += dataset.files
      inputs.replaced.merge(replaced(dataset.name, turn)) { $1 }
      inputs.stretches.append(
        InputStretch(.dataset(dataset.name), from: 0, to: dataset.length, files: dataset.files))
    }
    try countArguments(datasets, of: spec, into: &inputs, turn)
    return inputs
  }

  /// Counts the bytes that all files of datasets take as arguments, up to what an argument list may
  /// have, and notes the first file.
  private func countArguments(
    _ datasets: [DatasetEntry], of spec: TaskSpec, into inputs: inout JobInputs, _ turn: Turn
  ) throws(FileError) {
    let needsBytes = spec.command.contains(where: \.isAllInputs)
    for dataset in datasets where inputs.argumentBytes <= Limits.argumentBytes {
      try visit(dataset, turn) { line, _ in
        guard !line.isGone else { return true }
        inputs.first = inputs.first ?? line.file.path
        inputs.argumentBytes += Limits.argumentBytes(of: line.file.path)
        return needsBytes && inputs.argumentBytes <= Limits.argumentBytes
      }
      if !needsBytes, inputs.first != nil { break }
    }
  }

  /// Returns what is wrong with a task whose one job would get too many arguments from the files that
  /// its datasets have already; nil if it may be good.
  func argumentProblem(_ spec: TaskSpec, _ turn: Turn) throws(FileError) -> String? {
    guard spec.isOneMerge, spec.command.contains(where: \.isAllInputs) else { return nil }
    let datasets = spec.inputDatasets.compactMap { turn.state.datasets[$0] }
    guard datasets.reduce(0, { $0 + $1.length }) > Limits.argumentBytes else { return nil }
    var inputs = JobInputs()
    try countArguments(datasets, of: spec, into: &inputs, turn)
    return Limits.argumentProblem(inputs.argumentBytes)
  }

  /// Hands over the files of a dataset, with their lines, between two bytes of its catalogue, as far as
  /// that may be read, until `body` returns false.
  func visit(
    _ dataset: DatasetEntry, from start: Int = 0, to limit: Int = .max, _ turn: Turn,
    _ body: (CatalogueLine, LineReader.Line) throws(FileError) -> Bool
  ) throws(FileError) {
    var offset = start
    var goesOn = true
    try withRepair(of: dataset, turn) { () throws(FileError) in
      let end = min(limit, turn.placement.readable(dataset.name))
      guard offset < end else { return }
      let catalogue = try open(dataset, turn)
      defer { catalogue.close() }
      var reader = catalogue.lines(from: offset, to: end)
      while goesOn, let (file, line) = try catalogue.nextFile(&reader, to: end) {
        goesOn = try body(file, line)
        offset = line.next
      }
    }
  }
}
