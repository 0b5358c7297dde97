internal import Glibc

/// The rights in a spool that one user serves and the members of a group submit to. That user alone
/// writes, except into `incoming/`. The group reads everything but the journal.
public struct SpoolRights {
  /// Directories that the group may read and enter. Everything made in them belongs to the group.
  private static let shared: mode_t = 0o2750
  /// Directories that the group may also write in. Its members cannot touch each other's files.
  private static let open: mode_t = 0o3770
  /// Directories of the serving user alone.
  private static let closed: mode_t = 0o2700

  private let layout: Layout
  private let group: gid_t
  private let files = PosixFileSystem()

  /// Makes the rights of a spool for a group, by its number.
  public init(_ layout: Layout, group: UInt32) {
    self.layout = layout
    self.group = group
  }

  /// Returns the number of a group, by its name or by the number itself; nil where no group has
  /// that name.
  public static func group(_ name: String) -> UInt32? {
    if let number = UInt32(name) { return number }
    var entry = Glibc.group()
    var found: UnsafeMutablePointer<Glibc.group>?
    var buffer = [CChar](repeating: 0, count: 1 << 16)
    let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
    return code == 0 && found != nil ? entry.gr_gid : nil
  }

  /// Gives everything that is there its rights. Files in `incoming/`, and files that came from
  /// there, stay their authors'. Fails with `EPERM` where the caller is not of the group.
  public func apply() throws(FileError) {
    try set(layout.root, Self.shared)
    for directory in layout.directories {
      switch directory {
      case layout.incoming: try set(directory, Self.open)
      case layout.journal, layout.taken: try set(directory, Self.closed)
      default: try set(directory, Self.shared)
      }
    }
    try applyBelow(layout.root)
    // The kernel drops the bit, and says nothing, where the caller is not of the group.
    guard try mode(layout.root) & S_ISGID != 0 else {
      throw FileError("give to the group \(group)", layout.root, EPERM)
    }
  }

  private func applyBelow(_ directory: String) throws(FileError) {
    for name in try files.list(directory, fresh: false).names {
      let path = "\(directory)/\(name)"
      guard let found = try files.attributesIfPresent(path) else { continue }
      switch found.kind {
      case .directory where path == layout.incoming: continue
      case .directory:
        if !layout.directories.contains(path) { try set(path, Self.shared) }
        try applyBelow(path)
      case .file where isAuthors(directory): continue
      case .file:
        let isOwn = directory == layout.journal || path == layout.lock
        try set(path, isOwn ? 0o600 : 0o640)
      case .link, .other: continue
      }
    }
  }

  private func isAuthors(_ directory: String) -> Bool {
    directory == layout.taken || directory == layout.refused
  }

  private func set(_ path: String, _ mode: mode_t) throws(FileError) {
    // In this order: a change of the group takes bits of the mode away.
    if lchown(path, uid_t.max, group) != 0 {
      throw FileError("give to the group \(group)", path, errno)
    }
    if chmod(path, mode) != 0 { throw FileError("set the rights of", path, errno) }
  }

  private func mode(_ path: String) throws(FileError) -> mode_t {
    var status = stat()
    if lstat(path, &status) != 0 { throw FileError("look up", path, errno) }
    return status.st_mode
  }

  /// Makes this process create files with the rights that group and others have to the spool's own
  /// directory, whatever its umask was. Others write nowhere. Returns the umask before.
  ///
  /// The caller has one thread only: the umask is the process's.
  public static func adopt(_ root: String) -> UInt32 {
    var status = stat()
    guard stat(root, &status) == 0 else {
      let before = umask(0)
      umask(before)
      return before
    }
    return umask((~status.st_mode & 0o077) | 0o002)
  }
}
