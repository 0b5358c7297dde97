import CSpoolSystem
import Glibc

/// Which process it was, beyond its number: so that whoever shares a filesystem with it can tell
/// whether it is gone, where that can be told at all (R5, R7).
public struct ProcessIdentity: Sendable, Hashable, Codable {
  public var pid: Int32
  /// When it started, in clock ticks since boot: a pid that is used again has another.
  public var startTime: UInt64
  /// A random id that the kernel makes at each boot; empty where there is none.
  public var bootID: String
  /// The inode of the pid namespace, as containers on one host differ in it; 0 where unknown.
  public var pidNamespace: UInt64

  public init(pid: Int32, startTime: UInt64, bootID: String, pidNamespace: UInt64) {
    self.pid = pid
    self.startTime = startTime
    self.bootID = bootID
    self.pidNamespace = pidNamespace
  }

  /// This process.
  public static func current() -> ProcessIdentity {
    var process = spool_process()
    let isKnown = spool_process_read(getpid(), &process) == 0
    return ProcessIdentity(
      pid: getpid(), startTime: isKnown ? process.start : 0, bootID: currentBootID(),
      pidNamespace: currentPidNamespace())
  }

  /// Whether it has ended; nil where that cannot be known from here: it runs, or ran, on another
  /// host, before a boot, or in another pid namespace.
  public func isGone() -> Bool? {
    guard !bootID.isEmpty, bootID == Self.currentBootID() else { return nil }
    guard pidNamespace != 0, pidNamespace == Self.currentPidNamespace() else { return nil }
    guard pid > 0, startTime > 0 else { return nil }
    if kill(pid, 0) != 0, errno == ESRCH { return true }
    var process = spool_process()
    // /proc may be hidden from us although the process is there.
    guard spool_process_read(pid, &process) == 0 else { return nil }
    let isDead = process.state == CChar(UInt8(ascii: "Z"))
    return isDead || process.start != startTime
  }

  private static func currentPidNamespace() -> UInt64 {
    var status = stat()
    return stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : 0
  }

  /// The kernel's id of this boot; empty where there is none.
  public static func currentBootID() -> String {
    let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &bytes, bytes.count)
    let text = bytes.prefix(max(0, count)).prefix { $0 > UInt8(ascii: " ") }
    return String(decoding: text, as: UTF8.self)
  }
}
