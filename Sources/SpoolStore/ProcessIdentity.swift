import CSpoolSystem
import Glibc

/// The identity of a process beyond its number. With it others on the same filesystem can tell that
/// the process is gone, where that can be told at all (R5, R7).
public struct ProcessIdentity: Sendable, Hashable, Codable {
  /// The number of the process.
  public var pid: Int32
  /// The start of the process, in clock ticks since boot: a pid that is used again has another.
  public var startTime: UInt64
  /// The random id that the kernel makes at each boot; empty where there is none.
  public var bootID: String
  /// The inode of the pid namespace, in which containers on one host differ; 0 where unknown.
  public var pidNamespace: UInt64

  /// Makes an identity from its parts.
  public init(pid: Int32, startTime: UInt64, bootID: String, pidNamespace: UInt64) {
    self.pid = pid
    self.startTime = startTime
    self.bootID = bootID
    self.pidNamespace = pidNamespace
  }

  /// Returns the identity of this process.
  public static func current() -> ProcessIdentity {
    var process = spool_process()
    let isKnown = spool_process_read(getpid(), &process) == 0
    return ProcessIdentity(
      pid: getpid(), startTime: isKnown ? process.start : 0, bootID: currentBootID(),
      pidNamespace: currentPidNamespace())
  }

  /// Returns true where the process has ended; nil where that cannot be known from here, since it
  /// runs, or ran, on another host, before a boot, or in another pid namespace.
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

  /// Returns the kernel's id of this boot; empty where there is none.
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
