public import SpoolModel

/// Questions about files of datasets, and work on the directories that hold them.
extension Spool {
  /// Returns the attributes of a file of a dataset, of a part, or of an input; nil where it is not
  /// there. No link is followed.
  public func attributes(ofData path: String) throws(FileError) -> FileAttributes? {
    try files.attributesIfPresent(path)
  }

  /// Returns true where something certainly stands at a path.
  public func isPresent(data path: String) -> Bool { files.isPresent(path) }

  /// Opens a file of a dataset, to be read at offsets. The caller closes it.
  public func open(data path: String) throws(FileError) -> any OpenFile {
    try files.open(path, .read)
  }

  /// Returns true where somebody on this host has a file open for writing; nil where that cannot be
  /// known.
  public func isBeingWritten(data path: String) throws(FileError) -> Bool? {
    try files.isBeingWritten(path)
  }

  /// Hands over the names in a directory of data, name by name and afresh. Returns the count of
  /// names that are not UTF-8.
  public func visit(
    data directory: String, _ body: (String) -> Void
  ) throws(FileError) -> Int {
    try files.visit(directory, fresh: true, body)
  }

  /// Makes a directory for outputs, and those above it.
  public func ensureOutputDirectory(_ directory: String) throws(FileError) {
    try files.ensureDirectories(directory)
  }

  /// Makes the names in a directory of data durable.
  public func sync(data directory: String) throws(FileError) { try files.syncDirectory(directory) }

  /// Returns the size of the filesystem that a directory of data is on, and its free bytes.
  public func usage(ofData directory: String) throws(FileError) -> FileSystemUsage {
    try files.usage(of: directory)
  }

  /// Returns the real path of a directory of data, links followed.
  public func resolve(data directory: String) throws(FileError) -> String {
    try files.resolve(directory)
  }

  /// Returns the data roots with links followed. A root that cannot be looked at stays as it is
  /// written.
  public func resolvedDataRoots() -> DataRoots {
    dataRoots.resolved { (try? files.resolve($0)) ?? $0 }
  }

  /// Moves a file of nobody's into a directory beside it, of this name. Replaces nothing there: a
  /// name that is taken is numbered. Returns the new path.
  public func setAside(data path: String, into directory: String) throws(FileError) -> String {
    let aside = "\(FilePath.directory(path))/\(directory)"
    try files.ensureDirectory(aside)
    let target = "\(aside)/\(FilePath.base(path))"
    var number = 1
    var free = target
    while true {
      do throws(FileError) {
        try files.moveExclusively(path, to: free)
        return free
      } catch {
        guard error.isOccupied, number < 1000 else { throw error }
        number += 1
        free = "\(target).\(number)"
      }
    }
  }
}
