/// A process as `pilot.json` and `watcher.json` hold it, so that its host can tell whether it is gone
/// (R5, R7).
public struct ProcessRecord: Equatable, Sendable {
  /// The number of the process.
  public var pid: Int
  /// The start of the process, in clock ticks since boot.
  public var start: UInt64
  /// The kernel's random id of the boot.
  public var boot: String
  /// The inode of the pid namespace.
  public var namespace: UInt64

  /// Makes a record.
  public init(pid: Int, start: UInt64, boot: String, namespace: UInt64) {
    self.pid = pid
    self.start = start
    self.boot = boot
    self.namespace = namespace
  }
}

extension ProcessRecord {
  private enum Key: String { case pid, start, boot, namespace }

  /// The record as files hold it; numbers of 64 bits are strings.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.pid] = pid
    members[.start] = "\(start)"
    members[.boot] = boot
    members[.namespace] = "\(namespace)"
    return members.json
  }

  /// Reads a record; nil if the JSON is none.
  public init?(_ json: JSON) {
    guard let members = RecordMembers<Key>(json), let pid: Int = members[.pid],
      let start: String = members[.start], let ticks = UInt64(start),
      let boot: String = members[.boot], let namespace: String = members[.namespace],
      let inode = UInt64(namespace)
    else { return nil }
    self.init(pid: pid, start: ticks, boot: boot, namespace: inode)
  }
}
