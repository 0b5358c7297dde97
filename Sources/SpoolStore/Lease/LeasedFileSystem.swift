internal import Synchronization

/// The watcher's door to the disk. Before each change it makes certain that the spool is still the
/// watcher's own (R7): time passes between a look and the change that follows from it, and a
/// process may be stopped there for as long as anybody likes.
///
/// It is for one thread, as the watcher has no other, and for the threads that do pieces of work
/// together while that one waits. These look at the lease one at a time.
final class LeasedFileSystem: FileSystem, @unchecked Sendable {
  private let files: any FileSystem
  private let lease: WatcherLease
  /// Held by the thread that looks at the lease.
  private let looking = Mutex(())

  init(_ files: any FileSystem, _ lease: WatcherLease) {
    self.files = files
    self.lease = lease
  }

  func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Bool) -> Int {
    files.together(count, body)
  }

  /// Makes certain that the spool is still the watcher's own.
  fileprivate func beforeChange(_ path: String) throws(FileError) {
    try looking.withLock { _ throws(FileError) in try lease.beforeChange(path) }
  }

  // MARK: Looking

  func list(_ directory: String, fresh: Bool) throws(FileError) -> Listing {
    try files.list(directory, fresh: fresh)
  }

  func visit(
    _ directory: String, fresh: Bool, _ body: (String) -> Void
  ) throws(FileError) -> Int {
    try files.visit(directory, fresh: fresh, body)
  }

  func isBeingWritten(_ path: String) throws(FileError) -> Bool? {
    try files.isBeingWritten(path)
  }

  func attributes(of path: String) throws(FileError) -> FileAttributes {
    try files.attributes(of: path)
  }

  func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    try files.read(path, limit: limit)
  }

  func readSymbolicLink(_ path: String) throws(FileError) -> String? {
    try files.readSymbolicLink(path)
  }

  func resolve(_ directory: String) throws(FileError) -> String { try files.resolve(directory) }

  func usage(of path: String) throws(FileError) -> FileSystemUsage { try files.usage(of: path) }

  func refresh(_ directory: String) { files.refresh(directory) }

  func mark(of directory: String) throws(FileError) -> DirectoryMark {
    try files.mark(of: directory)
  }

  // MARK: Changing

  func create(_ path: String, _ contents: [UInt8], durable: Bool) throws(FileError) {
    try beforeChange(path)
    try files.create(path, contents, durable: durable)
  }

  func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any OpenFile {
    if mode == .create || mode == .createLock { try beforeChange(path) }
    let file = try files.open(path, mode)
    return mode == .read ? file : LeasedFile(file, path, self)
  }

  func rename(_ source: String, to destination: String) throws(FileError) {
    try beforeChange(destination)
    try files.rename(source, to: destination)
  }

  func renameExclusively(_ source: String, to destination: String) throws(FileError) {
    try beforeChange(destination)
    try files.renameExclusively(source, to: destination)
  }

  func link(_ source: String, to destination: String) throws(FileError) {
    try beforeChange(destination)
    try files.link(source, to: destination)
  }

  func createSymbolicLink(_ path: String, to target: String) throws(FileError) {
    try beforeChange(path)
    try files.createSymbolicLink(path, to: target)
  }

  func remove(_ path: String) throws(FileError) {
    try beforeChange(path)
    try files.remove(path)
  }

  func createDirectory(_ path: String) throws(FileError) {
    try beforeChange(path)
    try files.createDirectory(path)
  }

  func createPrivateDirectory(_ path: String) throws(FileError) {
    try beforeChange(path)
    try files.createPrivateDirectory(path)
  }

  func makeWritable(_ directory: String) throws(FileError) {
    try beforeChange(directory)
    try files.makeWritable(directory)
  }

  func removeDirectory(_ path: String) throws(FileError) {
    try beforeChange(path)
    try files.removeDirectory(path)
  }

  func syncDirectory(_ path: String) throws(FileError) { try files.syncDirectory(path) }
}

/// A file that is open to be changed, under the same rule.
private final class LeasedFile: OpenFile {
  private let file: any OpenFile
  private let path: String
  private let files: LeasedFileSystem

  init(_ file: any OpenFile, _ path: String, _ files: LeasedFileSystem) {
    self.file = file
    self.path = path
    self.files = files
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    try files.beforeChange(path)
    try file.write(bytes, at: offset)
  }

  func truncate(to size: Int) throws(FileError) {
    try files.beforeChange(path)
    try file.truncate(to: size)
  }

  func attributes() throws(FileError) -> FileAttributes { try file.attributes() }
  func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    try file.read(at: offset, count: count)
  }
  func sync() throws(FileError) { try file.sync() }
  func tryLock() throws(FileError) -> Bool { try file.tryLock() }
  func close() throws(FileError) { try file.close() }
}
