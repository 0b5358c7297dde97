internal import Glibc
internal import SpoolModel
internal import SpoolStore

/// The directory in which payloads run: the pilot's own, on local disk.
enum ScratchDirectory {
  /// Returns a new path below `parent`, or `TMPDIR`, or the system's directory for temporary files. A
  /// name is used once, because pids come again, in containers at once, and a job must not find the
  /// files of another.
  static func choose(_ parent: String?) -> String {
    let base = parent ?? Environment.value("TMPDIR") ?? "/var" + "/tmp"
    let number = String(UInt32.random(in: .min ... .max), radix: 16)
    return "\(WorkingDirectory.absolute(base))/\(prefix)\(number)"
  }

  /// Returns true for a path in a directory, also through links.
  static func isInside(_ path: String, _ directory: String) -> Bool {
    [(path, directory), (resolved(path), resolved(directory))].contains { path, directory in
      (path + "/").hasPrefix(directory + "/")
    }
  }

  /// Returns a path with the links in its part that is there followed.
  private static func resolved(_ path: String) -> String {
    if let found = realpath(path, nil) {
      defer { free(found) }
      return String(cString: found)
    }
    let parent = FilePath.directory(path)
    return parent == "/" || parent == "." ? path : resolved(parent) + "/" + FilePath.base(path)
  }

  private static var prefix: String { "spool-\(getuid())-" }
  private static let lockName = "/lock"

  /// Makes the directory, and locks it for as long as the returned file is open. Before that, removes
  /// the directories of pilots that were killed: those that nobody has locked.
  static func make(_ path: String, _ files: any FileSystem) throws(FileError) -> any OpenFile {
    let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    try files.ensureDirectories(String(parent))
    for name in try files.list(String(parent), fresh: false).names where name.hasPrefix(prefix) {
      removeIfLeft("\(parent)/\(name)", files)
    }
    try files.createPrivateDirectory(path)
    let lock = try files.open(path + lockName, .create)
    guard try lock.tryLock() else { throw FileError("lock", path + lockName, EAGAIN) }
    return lock
  }

  /// Removes a directory whose lock is free. One without a lock file may be in the making, and stays.
  private static func removeIfLeft(_ path: String, _ files: any FileSystem) {
    guard let lock = try? files.open(path + lockName, .update) else { return }
    if (try? lock.tryLock()) == true { try? files.removeTree(path) }
    try? lock.close()
  }
}
