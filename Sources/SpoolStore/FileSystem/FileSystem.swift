public import SpoolModel

/// The kind of a directory entry.
public enum FileKind: Sendable, Equatable {
  /// A regular file.
  case file
  /// A directory.
  case directory
  /// A symbolic link.
  case link
  /// A FIFO, a socket or a device: never opened, never followed.
  case other
}

/// The attributes of a path, as `lstat` gives them.
public struct FileAttributes: Sendable, Equatable {
  /// The kind of the entry.
  public var kind: FileKind
  /// Bytes.
  public var size: Int
  /// The time of the last change in nanoseconds since 1970, on the clock of the file's writer.
  public var modified: Int64
  /// The numeric user id of the owner.
  public var owner: UInt32
  /// The number of the file on its filesystem.
  public var inode: UInt64
  /// The number of the filesystem, as this host has it.
  public var device: UInt64
  /// The number of names that the file has.
  public var links: Int

  /// Makes attributes from their parts.
  public init(
    kind: FileKind, size: Int, modified: Int64, owner: UInt32, inode: UInt64, device: UInt64,
    links: Int
  ) {
    self.kind = kind
    self.size = size
    self.modified = modified
    self.owner = owner
    self.inode = inode
    self.device = device
    self.links = links
  }

  /// The time of the last change in whole milliseconds, on the clock of the file's writer.
  public var modifiedAt: Timestamp { Timestamp(milliseconds: Int(modified / 1_000_000)) }
}

/// One reading of a directory, in no order. It is a hint: readdir may repeat or omit entries of a
/// directory that changes.
public struct Listing: Sendable, Equatable {
  /// The entries whose names are UTF-8, without `.` and `..`.
  public var names: [String]
  /// The number of entries whose names are not UTF-8: nobody's, and only counted.
  public var unreadable: Int

  /// Makes a listing from its parts.
  public init(names: [String], unreadable: Int) {
    self.names = names
    self.unreadable = unreadable
  }
}

/// The mark of a directory, which moves when an entry comes or goes. Changes within one tick of the
/// filesystem's clock, up to two seconds, leave the same mark.
public struct DirectoryMark: Sendable, Equatable {
  /// The number of the directory on its filesystem.
  public var inode: UInt64
  /// The time of its last change in nanoseconds since 1970, on the filesystem's clock.
  public var changed: Int64

  /// Makes a mark from its parts.
  public init(inode: UInt64, changed: Int64) {
    self.inode = inode
    self.changed = changed
  }
}

/// The size of a filesystem and its free room, as ordinary users have it.
public struct FileSystemUsage: Sendable, Equatable {
  /// Bytes in all.
  public var size: Int
  /// Bytes that are free.
  public var free: Int
  /// Files (inodes) in all; 0 where the filesystem has no such limit.
  public var files: Int
  /// Files that may still be made, where there is such a limit.
  public var freeFiles: Int

  /// Makes one from its parts.
  public init(size: Int, free: Int, files: Int = 0, freeFiles: Int = 0) {
    self.size = size
    self.free = free
    self.files = files
    self.freeFiles = freeFiles
  }
}

/// The ways to open a file. None follows a symbolic link or blocks on a FIFO.
public enum OpenMode: Sendable {
  /// Read only.
  case read
  /// Read and write a file that is there. Never creates one (R2).
  case update
  /// Read and write a file, which is created empty where it is not there.
  case create
  /// As `create`, but who may not write in the directory gets no right to the new file: not even to
  /// read it, which is enough to lock it.
  case createLock
}

/// The one door to the disk: the seam under everything (DESIGN 6).
///
/// Production goes through ``PosixFileSystem``. Tests and the simulator bring their own. Paths are
/// absolute, resolved from the root at every call, so a stale handle (`ESTALE`) heals by itself.
/// Every failure is a ``FileError`` that names the call, the path and `errno`.
public protocol FileSystem: AnyObject, Sendable {
  /// Reads a whole directory. `fresh` asks the server first (`AT_STATX_FORCE_SYNC`, R9).
  func list(_ directory: String, fresh: Bool) throws(FileError) -> Listing
  /// Reads a directory of any size, name by name. Returns the number of names that are not UTF-8.
  func visit(
    _ directory: String, fresh: Bool, _ body: (String) -> Void
  ) throws(FileError) -> Int
  /// Returns true where anybody on this host has a file open for writing; nil where that cannot be
  /// known.
  func isBeingWritten(_ path: String) throws(FileError) -> Bool?
  /// Returns the attributes of a path (`lstat`). No link is followed.
  func attributes(of path: String) throws(FileError) -> FileAttributes
  /// Reads a regular file: ``FileError/Reason/overLimit`` beyond `limit` bytes, `ELOOP` for a link,
  /// `EINVAL` for everything else that is no file.
  func read(_ path: String, limit: Int) throws(FileError) -> [UInt8]
  /// Creates a file that must not be there (`EEXIST`) and writes it, with `fsync` if `durable`.
  /// A short write or a failed close is an error, and the begun file is removed.
  func create(_ path: String, _ contents: [UInt8], durable: Bool) throws(FileError)
  /// Opens a regular file. The caller closes it.
  func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any OpenFile
  /// Renames, atomically within the filesystem. Replaces a file at `destination`.
  func rename(_ source: String, to destination: String) throws(FileError)
  /// Renames where nothing stands at `destination` (`RENAME_NOREPLACE`), and fails with `EEXIST`
  /// where something does. Fails with `EINVAL` or `ENOSYS` on a filesystem that does not know such a
  /// rename (NFS, GlusterFS): ``moveExclusively(_:to:)`` works on all.
  func renameExclusively(_ source: String, to destination: String) throws(FileError)
  /// Gives a file a second name. Fails with `EEXIST` where something stands at `destination`: the
  /// server decides, not a cache. Fails with `EPERM` on a filesystem without hard links, for a
  /// directory, and for a file that the user does not own and may not write.
  func link(_ source: String, to destination: String) throws(FileError)
  /// Makes a symbolic link. Fails with `EEXIST` where something stands there already.
  func createSymbolicLink(_ path: String, to target: String) throws(FileError)
  /// Returns the target of a symbolic link, as it is written in it; nil for one that is not UTF-8.
  /// Fails with `EINVAL` for what is no link.
  func readSymbolicLink(_ path: String) throws(FileError) -> String?
  /// Removes a file or a link.
  func remove(_ path: String) throws(FileError)
  /// Makes a directory. Fails with `EEXIST` where something stands there already.
  func createDirectory(_ path: String) throws(FileError)
  /// Makes a directory that the user alone may enter. Fails as ``createDirectory(_:)``.
  func createPrivateDirectory(_ path: String) throws(FileError)
  /// Gives the user all rights to a directory of the user's own (`chmod 700`).
  func makeWritable(_ directory: String) throws(FileError)
  /// Removes an empty directory.
  func removeDirectory(_ path: String) throws(FileError)
  /// Returns the real path of a directory, links followed.
  func resolve(_ directory: String) throws(FileError) -> String
  /// Returns the size and the free room of the filesystem that a path is on (`statvfs`).
  func usage(of path: String) throws(FileError) -> FileSystemUsage
  /// Makes the names in a directory durable.
  func syncDirectory(_ path: String) throws(FileError)
  /// Asks the server about a directory (`AT_STATX_FORCE_SYNC`). Names in it that this host has
  /// cached as missing are looked up afresh from then on, if the directory has changed.
  func refresh(_ directory: String)
  /// Asks the server about a directory, as ``refresh(_:)``, and returns its mark. Links are followed.
  func mark(of directory: String) throws(FileError) -> DirectoryMark
  /// Does independent pieces of work, numbered from 0, by calls on this filesystem: several at a
  /// time where calls take long, else one after the other. Begins them in order, until `body` has
  /// returned false for one or all are begun. Returns the number of those begun; each has ended.
  func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Bool) -> Int
}

extension FileSystem {
  /// Does the pieces one after the other.
  public func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Bool) -> Int {
    for number in 0..<count where !body(number) { return number + 1 }
    return count
  }

  /// Reads a directory at once, and hands over its names.
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
  /// Returns the attributes of the file, whatever its name is now.
  func attributes() throws(FileError) -> FileAttributes
  /// Reads up to `count` bytes at `offset`: fewer only at the end of the file.
  func read(at offset: Int, count: Int) throws(FileError) -> [UInt8]
  /// Writes all of `bytes`. A short write is an error (`ENOSPC`).
  func write(_ bytes: [UInt8], at offset: Int) throws(FileError)
  /// Cuts the file, or lengthens it with zeros.
  func truncate(to size: Int) throws(FileError)
  /// Makes the bytes of the file durable (`fsync`).
  func sync() throws(FileError)
  /// Tries for the exclusive OFD lock on the whole file. Returns false where another holds it.
  func tryLock() throws(FileError) -> Bool
  /// Closes the file. Its error counts, since errors of writing may show only here (NFS).
  func close() throws(FileError)
}
