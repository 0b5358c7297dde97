public import SpoolModel

/// The making of a task's list of groups: the lines of its datasets' catalogues, by group. In go lines
/// with their keys; out comes a file that is there whole or not at all. It holds a run of lines in
/// memory. The list can be made again from the catalogues, so it is never synced.
public final class GroupList {
  private let spool: Spool
  private let task: Name
  private var sorter: RunSorter
  private var writer: ListWriter?

  /// Begins the list of a task.
  init(_ spool: Spool, _ task: Name) throws(FileError) {
    self.spool = spool
    self.task = task
    sorter = RunSorter(prefix: spool.layout.unfinishedGroups(task) + ".", spool.files)
    try spool.files.ensureDirectory(spool.layout.groups)
  }

  /// Adds a line of a catalogue. Within its group it has its place by `order`. Neither key holds a NUL.
  public func add(_ line: [UInt8], group: String, order: [UInt8]) throws(FileError) {
    // A version that sealed no lines may have written the catalogue.
    let sealed = SealedJSON.check(line) == .unsealed ? SealedJSON.seal(line) : line
    try sorter.add(order + [0] + sealed, key: Array(group.utf8))
  }

  /// Writes the next line in the order of the groups. Returns the key of its group; nil where all
  /// lines are written.
  public func writeNext() throws(FileError) -> ArraySlice<UInt8>? {
    let writer = try open()
    guard let entry = try sorter.next(), let group = entry.firstIndex(of: 0),
      let order = entry[(group + 1)...].firstIndex(of: 0)
    else { return nil }
    try writer.add(Array(entry[(order + 1)...]))
    return entry[..<group]
  }

  private func open() throws(FileError) -> ListWriter {
    if let writer { return writer }
    let writer = try ListWriter(spool.layout.unfinishedGroups(task), end: 10, spool.files)
    self.writer = writer
    return writer
  }

  /// Puts the list in its place, once all lines are written. Returns its length in bytes.
  public func finish() throws(FileError) -> Int {
    let length = writer?.length ?? 0
    try writer?.close()
    writer = nil
    sorter.removeRuns()
    try spool.files.rename(spool.layout.unfinishedGroups(task), to: spool.layout.groups(task))
    return length
  }

  /// Removes what was begun, as far as the filesystem lets it.
  public func abandon() {
    sorter.removeRuns()
    try? writer?.close()
    writer = nil
    try? spool.files.removeIfPresent(spool.layout.unfinishedGroups(task))
  }
}

extension Spool {
  /// Begins the list of a task's groups.
  public func beginGroups(of task: Name) throws(FileError) -> GroupList {
    try GroupList(self, task)
  }

  /// Removes the list of a task's groups.
  public func removeGroups(of task: Name) throws(FileError) {
    try files.removeIfPresent(layout.groups(task))
  }

  /// Removes all lists of groups but those of these tasks, and what was begun of lists.
  public func removeGroups(but tasks: Set<Name>) throws(FileError) {
    let kept = Set(tasks.map { "\($0).jsonl" })
    for name in try listIfPresent(layout.groups)?.names ?? [] where !kept.contains(name) {
      try files.removeIfPresent("\(layout.groups)/\(name)")
    }
  }
}

extension Spool.View {
  /// The view of which a stretch is.
  public init(_ list: InputStretch.List) {
    switch list {
    case .dataset(let name): self = .catalogue(name)
    case .groups(let task): self = .groups(task)
    }
  }
}
