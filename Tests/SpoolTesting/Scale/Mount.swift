public import SpoolStore

/// A host's mount of a filesystem that lies on a ``FileServer``. Each call goes to the server and back,
/// while others run, and is done at the end of that time; so it meets what others did meanwhile.
///
/// 1. Calls on files that are open take as long as calls on names.
/// 2. A listing is one call, however many entries there are.
/// 3. Where several threads of a host work at once, its kernel makes changes in one directory one after
///    the other (``DirectoryLocks``).
/// 4. Nothing is synced, as no power cut is played: a sync takes its time alone.
public final class Mount: FileSystem {
  private let files: MemoryFileSystem
  private let server: FileServer
  private let tally: CallTally
  private let meter: WorkMeter?
  private let crew: MountCrew?
  private let locks: DirectoryLocks?

  /// Makes the mount of a host with one thread, or with a crew.
  init(
    _ files: MemoryFileSystem, _ server: FileServer, _ tally: CallTally, meter: WorkMeter? = nil,
    crew: MountCrew? = nil, locks: DirectoryLocks? = nil
  ) {
    self.files = files
    self.server = server
    self.tally = tally
    self.meter = meter
    self.crew = crew
    self.locks = locks
  }

  public func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Bool) -> Int {
    if let crew { return crew.together(count, body) }
    for number in 0..<count where !body(number) { return number + 1 }
    return count
  }

  /// Makes a call: lets its time pass, and does it.
  func call<Result>(
    _ operation: FileOperation, _ path: String, to destination: String? = nil,
    _ body: () throws(FileError) -> Result
  ) throws(FileError) -> Result {
    meter?.pause()
    defer { meter?.resume() }
    tally.note(operation)
    let needed = locksNeeded(operation, path, destination)
    locks?.take(needed)
    defer { locks?.give(needed) }
    if !isUnderLock(path) { server.serve() }
    return try body()
  }

  private func locksNeeded(
    _ operation: FileOperation, _ path: String, _ destination: String?
  ) -> [String] {
    guard crew?.isBusy == true else { return [] }
    switch operation {
    case .create, .remove, .rename, .renameExclusively, .link:
      return DirectoryLocks.names(path, destination)
    default: return []
    }
  }

  /// Threads of the watcher look at the lease one at a time, under a lock of production's. Whoever has
  /// it must not give way to another that waits for it, so these few calls take no time.
  private func isUnderLock(_ path: String) -> Bool {
    crew?.isBusy == true && path.hasSuffix("/watcher.json")
  }

  // MARK: Looking

  public func list(_ directory: String, fresh: Bool) throws(FileError) -> Listing {
    try call(.list, directory) { () throws(FileError) in
      try files.list(directory, fresh: fresh)
    }
  }

  public func isBeingWritten(_ path: String) throws(FileError) -> Bool? {
    try call(.askWriters, path) { () throws(FileError) in try files.isBeingWritten(path) }
  }

  public func attributes(of path: String) throws(FileError) -> FileAttributes {
    try call(.attributes, path) { () throws(FileError) in try files.attributes(of: path) }
  }

  public func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    try call(.read, path) { () throws(FileError) in try files.read(path, limit: limit) }
  }

  public func readSymbolicLink(_ path: String) throws(FileError) -> String? {
    try call(.readLink, path) { () throws(FileError) in try files.readSymbolicLink(path) }
  }

  public func resolve(_ directory: String) throws(FileError) -> String {
    try call(.attributes, directory) { () throws(FileError) in try files.resolve(directory) }
  }

  public func usage(of path: String) throws(FileError) -> FileSystemUsage {
    try call(.attributes, path) { () throws(FileError) in try files.usage(of: path) }
  }

  public func refresh(_ directory: String) { files.refresh(directory) }

  public func mark(of directory: String) throws(FileError) -> DirectoryMark {
    try call(.attributes, directory) { () throws(FileError) in try files.mark(of: directory) }
  }

  // MARK: Changing

  public func create(
    _ path: String, _ contents: [UInt8], durable: Bool
  ) throws(FileError) {
    try call(.create, path) { () throws(FileError) in
      try files.create(path, contents, durable: false)
    }
  }

  public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any OpenFile {
    let file = try call(.open, path) { () throws(FileError) in try files.open(path, mode) }
    return MountedFile(file, path, self)
  }

  public func rename(_ source: String, to destination: String) throws(FileError) {
    let isClaim = destination.contains("/running/")
    do throws(FileError) {
      try call(.rename, source, to: destination) { () throws(FileError) in
        try files.rename(source, to: destination)
      }
      if isClaim { tally.noteRace(isWon: true) }
    } catch {
      if isClaim, error.isMissing { tally.noteRace(isWon: false) }
      throw error
    }
  }

  public func renameExclusively(_ source: String, to destination: String) throws(FileError) {
    try call(.renameExclusively, source, to: destination) { () throws(FileError) in
      try files.renameExclusively(source, to: destination)
    }
  }

  public func link(_ source: String, to destination: String) throws(FileError) {
    try call(.link, source, to: destination) { () throws(FileError) in
      try files.link(source, to: destination)
    }
  }

  public func createSymbolicLink(_ path: String, to target: String) throws(FileError) {
    try call(.createLink, path) { () throws(FileError) in
      try files.createSymbolicLink(path, to: target)
    }
  }

  public func remove(_ path: String) throws(FileError) {
    try call(.remove, path) { () throws(FileError) in try files.remove(path) }
  }

  public func createDirectory(_ path: String) throws(FileError) {
    try call(.createDirectory, path) { () throws(FileError) in try files.createDirectory(path) }
  }

  public func createPrivateDirectory(_ path: String) throws(FileError) {
    try createDirectory(path)
  }

  public func makeWritable(_ directory: String) throws(FileError) {
    try files.makeWritable(directory)
  }

  public func removeDirectory(_ path: String) throws(FileError) {
    try call(.removeDirectory, path) { () throws(FileError) in try files.removeDirectory(path) }
  }

  public func syncDirectory(_ path: String) throws(FileError) {
    try call(.syncDirectory, path) { () throws(FileError) in try files.syncDirectory(path) }
  }
}

/// A file that is open on a ``Mount``.
private final class MountedFile: OpenFile {
  private let file: any OpenFile
  private let path: String
  private let mount: Mount

  init(_ file: any OpenFile, _ path: String, _ mount: Mount) {
    self.file = file
    self.path = path
    self.mount = mount
  }

  func attributes() throws(FileError) -> FileAttributes {
    try mount.call(.fileAttributes, path) { () throws(FileError) in try file.attributes() }
  }

  func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    try mount.call(.fileRead, path) { () throws(FileError) in
      try file.read(at: offset, count: count)
    }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    try mount.call(.write, path) { () throws(FileError) in try file.write(bytes, at: offset) }
  }

  func truncate(to size: Int) throws(FileError) {
    try mount.call(.truncate, path) { () throws(FileError) in try file.truncate(to: size) }
  }

  func sync() throws(FileError) {
    try mount.call(.sync, path) { () throws(FileError) in }
  }

  func tryLock() throws(FileError) -> Bool {
    try mount.call(.lock, path) { () throws(FileError) in try file.tryLock() }
  }

  func close() throws(FileError) {
    try mount.call(.close, path) { () throws(FileError) in try file.close() }
  }
}
