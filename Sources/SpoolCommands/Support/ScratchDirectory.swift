internal import Glibc
internal import SpoolModel
internal import SpoolStore

/// Where payloads run: a directory of the pilot's own on local disk.
enum ScratchDirectory {
  /// Below `parent`, or `TMPDIR`, or the system's directory for what is temporary. A name is used
  /// once: pids come again, in containers at once, and a job must not find another's files.
  static func choose(_ parent: String?) -> String {
    let base = parent ?? Environment.value("TMPDIR") ?? "/var" + "/tmp"
    let number = String(UInt32.random(in: .min ... .max), radix: 16)
    return "\(WorkingDirectory.absolute(base))/\(prefix)\(number)"
  }

  private static var prefix: String { "spool-\(getuid())-" }
  private static let lockName = "/lock"

  /// Makes it, and locks it for as long as the returned file is open. Before that, removes what
  /// pilots left that were killed: what nobody has locked.
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

  /// One without a lock may be in the making: it stays.
  private static func removeIfLeft(_ path: String, _ files: any FileSystem) {
    guard let lock = try? files.open(path + lockName, .update) else { return }
    if (try? lock.tryLock()) == true { try? remove(path, files) }
    try? lock.close()
  }

  /// Removes what the pilot made; nothing that is not there is an error.
  static func remove(_ path: String, _ files: any FileSystem) throws(FileError) {
    guard let kind = try files.attributesIfPresent(path)?.kind else { return }
    guard kind == .directory else { return try files.remove(path) }
    for name in try files.list(path, fresh: false).names { try remove("\(path)/\(name)", files) }
    try files.removeDirectory(path)
  }
}

enum WorkingDirectory {
  static var current: String {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }

  /// The path, absolute and without `.` and `..`, by its spelling.
  static func absolute(_ path: String) -> String {
    var parts: [Substring] = []
    let whole = path.hasPrefix("/") ? path : current + "/" + path
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
