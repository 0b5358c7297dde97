public import SpoolModel

/// What kind of thing a directory entry is.
public enum FileKind: Sendable, Equatable {
  case file
  case directory
  case link
  /// A FIFO, a socket, a device: never opened, never followed.
  case other
}

/// What `lstat` knows of a path.
public struct FileAttributes: Sendable, Equatable {
  public var kind: FileKind
  /// Bytes.
  public var size: Int
  /// Nanoseconds since the epoch, on the clock of whoever wrote the file.
  public var modified: Int64
  /// Numeric user id.
  public var owner: UInt32
  public var inode: UInt64
  /// How many names it has.
  public var links: Int

  public init(
    kind: FileKind, size: Int, modified: Int64, owner: UInt32, inode: UInt64, links: Int
  ) {
    self.kind = kind
    self.size = size
    self.modified = modified
    self.owner = owner
    self.inode = inode
    self.links = links
  }

  /// The time of the last change in whole milliseconds, on the clock of whoever wrote the file.
  public var modifiedAt: Timestamp { Timestamp(milliseconds: Int(modified / 1_000_000)) }
}

/// One reading of a directory: a hint of what is there, in no order (readdir may repeat or omit
/// entries of a directory that changes).
public struct Listing: Sendable, Equatable {
  /// Every entry whose name is UTF-8, without `.` and `..`.
  public var names: [String]
  /// How many entries had names that are not UTF-8: nobody's, only counted.
  public var unreadable: Int

  public init(names: [String], unreadable: Int) {
    self.names = names
    self.unreadable = unreadable
  }
}

/// How full a filesystem is, as those see it who write to it.
public struct FileSystemUsage: Sendable, Equatable {
  /// Bytes.
  public var size: Int
  public var free: Int

  public init(size: Int, free: Int) {
    self.size = size
    self.free = free
  }
}

/// How an existing or new file is opened. None follows a symbolic link or blocks on a FIFO.
public enum OpenMode: Sendable {
  /// Read only.
  case read
  /// Read and write a file that is there; never creates (R2).
  case update
  /// Read and write, created empty where it is not there.
  case create
  /// As `create`, but whoever may not write in its directory gets no right to what is created: not
  /// even to read it, which is enough to lock it.
  case createLock
}

/// The one door to the disk: the seam under everything (DESIGN, parts).
///
/// Production goes through ``PosixFileSystem``; tests and the simulator bring their own. Paths are
/// absolute, resolved from the root at every call, so a stale handle (`ESTALE`) heals by itself.
/// Every failure is a ``FileError`` that names the call, the path and `errno`.
public protocol FileSystem: AnyObject, Sendable {
  /// Reads a whole directory. `fresh` asks the server first (`AT_STATX_FORCE_SYNC`, R9).
  func list(_ directory: String, fresh: Bool) throws(FileError) -> Listing
  /// The same name by name, for directories of any size; returns how many are not UTF-8.
  func visit(
    _ directory: String, fresh: Bool, _ body: (String) -> Void
  ) throws(FileError) -> Int
  /// Whether anybody on this host has a file open for writing; nil where that cannot be known.
  func isBeingWritten(_ path: String) throws(FileError) -> Bool?
  /// `lstat`.
  func attributes(of path: String) throws(FileError) -> FileAttributes
  /// Reads a regular file: ``FileError/Reason/overLimit`` beyond `limit` bytes, `ELOOP` for a link, `EINVAL` for
  /// what is no file.
  func read(_ path: String, limit: Int) throws(FileError) -> [UInt8]
  /// Creates a file that must not be there (`EEXIST`) and writes it, with `fsync` if `durable`.
  /// A short write or a failed close is an error, and what was begun is removed.
  func create(_ path: String, _ contents: [UInt8], durable: Bool) throws(FileError)
  func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any OpenFile
  /// Atomic within the filesystem; replaces a file at `destination`.
  func rename(_ source: String, to destination: String) throws(FileError)
  /// As `rename`, but `EEXIST` where something stands at `destination`: atomically where the
  /// filesystem can (`RENAME_NOREPLACE`), else looked up first.
  func renameExclusively(_ source: String, to destination: String) throws(FileError)
  func remove(_ path: String) throws(FileError)
  /// `EEXIST` where it is there already.
  func createDirectory(_ path: String) throws(FileError)
  /// As `createDirectory`, for the user's own eyes.
  func createPrivateDirectory(_ path: String) throws(FileError)
  func removeDirectory(_ path: String) throws(FileError)
  /// Where a directory really is, links followed.
  func resolve(_ directory: String) throws(FileError) -> String
  /// How full the filesystem is that a path is on (`statvfs`).
  func usage(of path: String) throws(FileError) -> FileSystemUsage
  /// Makes the names in a directory durable.
  func syncDirectory(_ path: String) throws(FileError)
}

extension FileSystem {
  public func visit(
    _ directory: String, fresh: Bool, _ body: (String) -> Void
  ) throws(FileError) -> Int {
    let listing = try list(directory, fresh: fresh)
    for name in listing.names { body(name) }
    return listing.unreadable
  }
}

/// An open regular file, written and read at offsets.
public protocol OpenFile: AnyObject {
  func attributes() throws(FileError) -> FileAttributes
  /// Up to `count` bytes at `offset`; fewer only at the end of the file.
  func read(at offset: Int, count: Int) throws(FileError) -> [UInt8]
  /// Writes all of `bytes`; a short write is an error (`ENOSPC`).
  func write(_ bytes: [UInt8], at offset: Int) throws(FileError)
  func truncate(to size: Int) throws(FileError)
  /// `fsync`.
  func sync() throws(FileError)
  /// Tries for the exclusive OFD lock on the whole file; false where another holds it.
  func tryLock() throws(FileError) -> Bool
  /// Write errors may surface only here (NFS), so its error counts.
  func close() throws(FileError)
}
