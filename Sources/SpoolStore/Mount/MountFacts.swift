/// The mount on which a directory lies: its description by the kernel, and what was tried on it.
public struct MountFacts: Equatable, Sendable {
  /// The type, as the kernel names it: `ext4`, `nfs4`, `fuse.glusterfs`; empty where it is unknown.
  public var type: String
  /// The options of the mount and of its filesystem; the value is empty for one that has none.
  public var options: [String: String]
  /// True where a rename can refuse to replace (`RENAME_NOREPLACE`); nil where that is unknown.
  public var hasExclusiveRename: Bool?
  /// True where a file can have two names; nil where that is unknown.
  public var hasHardLinks: Bool?
  /// True where locks of open file descriptions are granted; nil where that is unknown.
  public var hasLocks: Bool?

  /// Makes facts of a type and its options, with nothing tried.
  public init(type: String, options: [String: String] = [:]) {
    self.type = type
    self.options = options
  }

  /// True for a filesystem that other hosts may change, as far as the type tells.
  public var isShared: Bool { type.hasPrefix("fuse") || Self.shared.contains(type) }

  private static let shared: Set<String> = [
    "9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2",
    "pvfs2", "smb3", "virtiofs",
  ]

  /// Finds the mount of a path, links followed, in the text of `/proc/self/mountinfo`. The type is
  /// empty where there is none.
  init(mountinfo: [UInt8], path: String) {
    self.init(type: "")
    var longest = -1
    for line in String(decoding: mountinfo, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ").map(String.init)
      // Up to the dash there are fields of any number; after it type, source and options.
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else {
        continue
      }
      let point = Self.unescaped(fields[4])
      let isBelow = point == "/" || path == point || path.hasPrefix(point + "/")
      // Of two mounts on one directory the later one is seen.
      guard isBelow, point.utf8.count >= longest else { continue }
      longest = point.utf8.count
      type = fields[dash + 1]
      options = Self.options(fields[5] + "," + fields[dash + 3])
    }
  }

  private static func options(_ text: String) -> [String: String] {
    var options: [String: String] = [:]
    for option in text.split(separator: ",") {
      let parts = option.split(separator: "=", maxSplits: 1)
      options[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    return options
  }

  /// Returns a path in which blanks and the like are written as `\040`.
  private static func unescaped(_ text: String) -> String {
    guard text.contains("\\") else { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(3), as: UTF8.self)
      if byte == UInt8(ascii: "\\"), digits.utf8.count == 3, let code = UInt8(digits, radix: 8) {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
