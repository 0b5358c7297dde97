public import SpoolModel

/// `checkpoints/TASK/`: what unfinished jobs go on from. Pilots write it; the watcher removes it.
extension Spool {
  /// Returns the path of a kept checkpoint.
  public func path(ofCheckpoint name: String, of task: Name) -> String {
    "\(layout.checkpoints(task))/\(name)"
  }

  /// Returns the same path relative to the spool, as the journal names what is to be removed.
  public static func place(ofCheckpoint name: String, of task: Name) -> String {
    "\(Layout(root: "").checkpoints(task).dropFirst())/\(name)"
  }

  /// Returns the copy by which a pilot keeps a file of its scratch: whole, durable, and under its name
  /// only then.
  public func copy(
    of source: String, on local: any FileSystem, toCheckpoint name: String, of task: Name,
    atMost limit: Int
  ) -> FileCopy {
    FileCopy(
      of: source, on: local,
      part: path(ofCheckpoint: KeptCheckpoint.partName(name), of: task),
      target: path(ofCheckpoint: name, of: task), on: files,
      durable: [layout.checkpoints(task), layout.checkpoints], limit: limit)
  }

  /// Returns the copy by which a pilot gets a kept checkpoint, as a file of its scratch.
  public func copy(
    ofCheckpoint kept: KeptCheckpoint, of task: Name, to part: String, on local: any FileSystem
  ) -> FileCopy {
    FileCopy(
      of: path(ofCheckpoint: kept.file, of: task), on: files, part: part, on: local,
      limit: kept.size)
  }

  /// Makes the directory of a task's checkpoints, and `checkpoints/` where it is not there. Never makes
  /// the spool's own directory.
  public func ensureCheckpointDirectory(of task: Name) throws(FileError) {
    do throws(FileError) {
      try files.ensureDirectory(layout.checkpoints(task))
    } catch {
      guard error.isMissing, isThere else { throw error }
      try files.ensureDirectory(layout.checkpoints)
      try files.ensureDirectory(layout.checkpoints(task))
    }
  }

  /// Returns the attributes of a kept checkpoint; nil where it is not there.
  public func attributes(
    ofCheckpoint name: String, of task: Name
  ) throws(FileError) -> FileAttributes? {
    try files.attributesIfPresent(path(ofCheckpoint: name, of: task))
  }

  /// Lists the tasks that have a directory of checkpoints, sorted.
  public func tasksWithCheckpoints() throws(FileError) -> [Name] {
    (try listIfPresent(layout.checkpoints)?.names ?? []).compactMap { Name($0) }.sorted()
  }

  /// Lists the kept checkpoints of a task and those that are being written, sorted.
  public func checkpoints(of task: Name) throws(FileError) -> [String] {
    (try listIfPresent(layout.checkpoints(task))?.names ?? []).filter(KeptCheckpoint.isName)
      .sorted()
  }
}
