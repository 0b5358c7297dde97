public import SpoolModel

/// The marks by which a spool is known again at its path. That something of a spool is not there
/// proves nothing while the spool itself is not there.
public struct SpoolMark: Equatable, Sendable {
  /// The inode of `running/`.
  var running: UInt64
  /// The time of the last change of `spool.json`, and its size.
  var changed: Int64
  var size: Int

  /// Returns true where both are of one spool. One mark of two is enough: an administrator may
  /// change `spool.json`, and some filesystems give inodes other numbers after a mount.
  func isSame(as other: SpoolMark) -> Bool {
    running == other.running || (changed == other.changed && size == other.size)
  }
}

/// The finding of a pilot that misses something of its own, and looks for what holds it.
public enum SpoolLook: Equatable, Sendable {
  /// No spool is at the path, or another one, or the filesystem does not tell.
  case away
  /// The spool is there, and the pilot's directory is not.
  case withoutPilot(SpoolMark)
  /// The directory is there, and the pilot's heartbeat is not.
  case withoutHeartbeat(SpoolMark)
  /// All of that is there.
  case whole(SpoolMark)
}

extension Spool {
  /// Returns the marks of the spool that is at the path; nil where none is. Fails where the
  /// filesystem does not tell.
  public func mark() throws(FileError) -> SpoolMark? {
    guard let config = try files.attributesIfPresent(layout.config), config.kind == .file,
      let running = try files.attributesIfPresent(layout.running), running.kind != .file
    else { return nil }
    return SpoolMark(running: running.inode, changed: config.modified, size: config.size)
  }

  /// Looks for a pilot's heartbeat, its directory, and the spool: in this order, so that an outage
  /// that ends in between is taken for one. `known` are the marks of the spool that it is to be.
  public func look(for pilot: PilotName, known: SpoolMark?) -> SpoolLook {
    do throws(FileError) {
      let hasHeartbeat = try files.attributesIfPresent(layout.heartbeat(pilot)) != nil
      let hasDirectory = try files.attributesIfPresent(layout.pilot(pilot)) != nil
      guard let mark = try mark(), known?.isSame(as: mark) ?? true else { return .away }
      guard hasDirectory else { return hasHeartbeat ? .whole(mark) : .withoutPilot(mark) }
      return hasHeartbeat ? .whole(mark) : .withoutHeartbeat(mark)
    } catch {
      return .away
    }
  }
}
