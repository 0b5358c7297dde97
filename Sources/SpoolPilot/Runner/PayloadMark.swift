import CSpoolSystem
import Glibc

/// The mark by which the processes of one runner's payloads are known again, wherever they have gone:
/// see `struct spool_mark`.
struct PayloadMark {
  /// The variable that every payload finds in its environment.
  static let variable = "SPOOL_PAYLOAD"

  private(set) var value = spool_mark()
  private let runner: String
  private let outer: String?

  /// Makes a mark that no other runner has. A runner that is itself within a payload of another keeps the
  /// `outer` mark, the value of its own variable, so that both know their own.
  init(outer: String? = getenv(variable).map { String(cString: $0) }) {
    self.outer = outer
    let bits = UInt64.random(in: .min ... .max)
    let digits = String(bits, radix: 16)
    runner = String(repeating: "0", count: 16 - digits.count) + digits
    value.bits = bits
    let text = Array(runner.utf8)
    withUnsafeMutableBytes(of: &value.runner) { $0.copyBytes(from: text) }
  }

  /// Returns the text of a payload's variable.
  func text(_ serial: UInt32) -> String {
    let own = "\(runner).\(serial)"
    guard let outer, !outer.isEmpty, outer.utf8.count < 1024 else { return own }
    return outer + "," + own
  }

  /// Returns the payload's resource limit by which it is known.
  func limit(_ serial: UInt32) -> UInt64 {
    withUnsafePointer(to: value) { spool_mark_value($0, serial) }
  }

  /// Reads the serial number of the payload of this runner that a process belongs to, dead or alive;
  /// nil where it belongs to none.
  func readSerial(of pid: pid_t) -> UInt32? {
    let serial = withUnsafePointer(to: value) { spool_payload_of(pid, $0) }
    return UInt32(exactly: serial)
  }
}
