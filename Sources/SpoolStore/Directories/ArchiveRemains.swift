public import SpoolModel

/// The removal of records that a packed task has elsewhere, or of all its records; and the job
/// files that an archive is made of.
extension Spool {
  /// A record that is kept of a task or chain.
  public enum Kept: Hashable, Sendable {
    /// A page.
    case page(Page)
    /// The ledger of a task.
    case ledger(Name)
    /// `done/TASK/` or `failed/TASK/`.
    case jobFiles(Name, failed: Bool)
    /// `logs/TASK/`.
    case logs(Name)
    /// `checkpoints/TASK/`
    case checkpoints(Name)
    /// The page of a task in an archive.
    case packedPage(Name, unit: Name)
    /// `archive/UNIT/`, with the parts of these tasks and chains.
    case archive(unit: Name, names: [Name])
    /// The catalogue and the page of a dataset.
    case dataset(Name)

    /// True for a directory, which is emptied step by step.
    public var isDirectory: Bool {
      switch self {
      case .page, .ledger, .packedPage, .dataset: false
      case .jobFiles, .logs, .checkpoints, .archive: true
      }
    }
  }

  /// Removes a record. Of a directory it removes as many files of ours as are allowed, and with the
  /// last one the directory, unless somebody else has put something there. A record that is gone is
  /// fine.
  public func remove(_ kept: Kept, atMost limit: Int) throws(FileError) -> Emptied {
    switch kept {
    case .page(let page):
      try remove(page)
      return Emptied(count: 1, isThrough: true)
    case .ledger(let task): return try removeFile(layout.ledger(task))
    case .packedPage(let name, let unit): return try removeFile(archived(unit, name, .page))
    case .jobFiles(let task, let failed):
      return try empty(layout.registeredDirectory(task, failed: failed), atMost: limit) {
        InboxName(fileName: $0, failed: failed) != nil
      }
    case .logs(let task):
      return try empty(layout.logDirectory(task), atMost: limit) {
        Spool.pilot(ofLog: $0) != nil
      }
    case .checkpoints(let task):
      return try empty(layout.checkpoints(task), atMost: limit, of: KeptCheckpoint.isName)
    case .archive(let unit, let names):
      // The archive of a task that is forgotten may have been begun.
      try discardUnfinishedArchive(unit)
      let own = Set(names.flatMap { name in ArchivePart.allCases.map { $0.name(name) } })
      return try empty(layout.archive(unit), atMost: limit) { own.contains($0) }
    case .dataset(let name):
      try removeDataset(name)
      return Emptied(count: 1, isThrough: true)
    }
  }

  private func removeFile(_ path: String) throws(FileError) -> Emptied {
    try files.removeIfPresent(path)
    return Emptied(count: 1, isThrough: true)
  }

  /// Makes the removal of records durable: those of packed tasks, those of removed ones, and
  /// datasets.
  public func syncKept(hasRemoved: Bool, hasDatasets: Bool) throws(FileError) {
    let directories = [layout.done, layout.failed, layout.ledgers, layout.logs]
    let others = (hasRemoved ? [layout.archive] : []) + (hasDatasets ? [layout.datasets] : [])
    for directory in directories + others {
      try files.syncDirectory(directory)
    }
  }

  /// A registered job's file.
  public struct RegisteredFile: Hashable, Sendable {
    /// The place as an archive names it: `done/TASK/NAME`.
    public var place: String
    /// The cause of the attempt's failure; nil for a success.
    var cause: Cause?
  }

  /// Lists the registered job files of a task, those in `done/` first, each by name.
  public func registeredFiles(of task: Name) throws(FileError) -> [RegisteredFile] {
    var found: [RegisteredFile] = []
    for failed in [false, true] {
      let directory = layout.registeredDirectory(task, failed: failed)
      let names = try listIfPresent(directory)?.names ?? []
      for name in names.sorted() {
        guard let file = InboxName(fileName: name, failed: failed) else { continue }
        found.append(
          RegisteredFile(place: relative("\(directory)/\(name)"), cause: file.cause))
      }
    }
    return found
  }

  /// Reads a registered job's file; nil where somebody took it away, or put something else in its
  /// place.
  public func read(_ file: RegisteredFile) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try files.readIfPresent("\(layout.root)/\(file.place)", limit: Limits.jobFile)
    } catch {
      guard error.isNotAFile else { throw error }
      return nil
    }
  }
}
