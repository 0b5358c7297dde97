public import SpoolModel

/// `done/` and `failed/` as inboxes, and their lanes: jobs that just ended, not yet registered.
extension Spool {
  /// Lists the jobs' files in an inbox and its lanes, those of the lanes in turn, so that what is done
  /// with neighbours can be done at the same time. The other entries are tasks' pages and directories,
  /// or nobody's.
  public func inbox(failed: Bool, fresh: Bool) throws(FileError) -> [InboxName] {
    let own = try names(in: .outcome(failed: failed), fresh: fresh)
      .filter { $0.utf8.contains(UInt8(ascii: "@")) }
    let others = try names(
      in: own.compactMap { Lane(directory: $0) }, of: layout.outcome(failed: failed), fresh: fresh)
    var files = own.compactMap { InboxName(fileName: $0, failed: failed) }
    for row in 0..<(others.map(\.names.count).max() ?? 0) {
      for (lane, names) in others where row < names.count {
        guard var file = InboxName(fileName: names[row], failed: failed) else { continue }
        file.lane = lane
        files.append(file)
      }
    }
    return files
  }

  /// The contents of a file in an inbox.
  public enum InboxFile: Equatable, Sendable {
    /// A job's file.
    case file(JobFile)
    /// No job's file, with the reason in words.
    case unreadable(String)
    /// Nothing: the file is gone.
    case gone
  }

  /// Reads a file in an inbox. A file that is larger than a job's may be is an error that lasts
  /// (``FileError/isTooLarge``).
  public func read(_ name: InboxName) throws(FileError) -> InboxFile {
    guard let bytes = try files.readIfPresent(layout.inbox(name), limit: Limits.jobFile) else {
      return .gone
    }
    do throws(RequestError) {
      return .file(try JobFile(bytes))
    } catch {
      return .unreadable(error.description)
    }
  }

  /// Counts the registered job files of a task, of which there are never more than are kept.
  public func registered(_ task: Name, failed: Bool) throws(FileError) -> Int {
    try listIfPresent(layout.registeredDirectory(task, failed: failed))?.names.count ?? 0
  }

  /// Moves a job's file that is registered from the inbox to its task's directory, or removes it
  /// where it is not to be kept. Done again after a crash it changes nothing.
  public func register(_ name: InboxName, keep: Bool) throws(FileError) {
    guard keep else { return try files.removeIfPresent(layout.inbox(name)) }
    do throws(FileError) {
      try files.rename(layout.inbox(name), to: layout.registered(name))
    } catch {
      guard error.isMissing, files.isPresent(layout.inbox(name)) else {
        if error.isMissing { return }
        throw error
      }
      let directory = layout.registeredDirectory(name.job.task, failed: name.cause != nil)
      try files.ensureDirectory(directory)
      try files.rename(layout.inbox(name), to: layout.registered(name))
    }
  }
}
