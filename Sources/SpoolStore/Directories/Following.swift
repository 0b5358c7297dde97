public import SpoolModel

/// Questions by which a reader that follows a spool knows what has changed, before it reads anything.
extension Spool {
  /// Returns the attributes of a page; nil where it is not there.
  public func attributes(of page: Page) throws(FileError) -> FileAttributes? {
    switch page {
    case .active(let name): try files.attributesIfPresent(layout.activeTask(name))
    case .ended(let name, let failed):
      try files.attributesIfPresent(layout.endedTask(name, failed: failed))
    case .dataset(let name): try files.attributesIfPresent(layout.datasetPage(name))
    }
  }

  /// Returns the attributes of a pilot's heartbeat; nil where there is none.
  public func attributes(ofHeartbeat pilot: PilotName) throws(FileError) -> FileAttributes? {
    try files.attributesIfPresent(layout.heartbeat(pilot))
  }

  /// Returns the attributes of `watcher.json`; nil where it is not there.
  public func watcherAttributes() throws(FileError) -> FileAttributes? {
    try files.attributesIfPresent(layout.watcher)
  }

  /// Returns the mark of a room, as the server has it. A listing after it is fresh.
  public func mark(of room: Room) throws(FileError) -> DirectoryMark {
    try files.mark(of: path(of: room))
  }

  /// Reads the file of a job that ended, where it was kept: of the attempt, or of the last one; nil
  /// where it was not kept, or the task is packed.
  public func keptJobFile(_ job: JobID, attempt: Int? = nil) throws(FileError) -> JobFile? {
    var found: (name: InboxName, directory: String)?
    for failed in [false, true] {
      let directory = layout.registeredDirectory(job.task, failed: failed)
      for text in try listIfPresent(directory)?.names ?? [] {
        guard let name = InboxName(fileName: text, failed: failed), name.job == job,
          name.attempt == attempt ?? name.attempt, name.attempt > found?.name.attempt ?? 0
        else { continue }
        found = (name, directory)
      }
    }
    guard let found else { return nil }
    let path = "\(found.directory)/\(found.name.fileName)"
    return try files.readIfPresent(path, limit: Limits.jobFile).flatMap { try? JobFile($0) }
  }

  /// Reads the file of a job that a pilot has claimed; nil where it is not there any more.
  public func claimedJobFile(_ job: JobName, of pilot: PilotName) throws(FileError) -> JobFile? {
    try files.readIfPresent(layout.claim(pilot, job), limit: Limits.jobFile)
      .flatMap { try? JobFile($0) }
  }
}
