import CSpoolSystem
import Glibc

/// The watch for orphans that payloads leave behind. The pilot is a subreaper, so they become its own
/// children. One small file lists these, and nothing else is read where there are none.
final class OrphanWatch {
  private let mark: PayloadMark
  private let descriptor: Int32
  private var text = [CChar](repeating: 0, count: 65_536)
  /// Children that are no payload's: never waited for, never killed.
  private var strangers: Set<pid_t>

  init(mark: PayloadMark) {
    self.mark = mark
    descriptor = spool_children_open()
    strangers = []
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Lets every child be looked at anew: a stranger may have been taken for one in the middle of
  /// an exec, while its environment could not be read.
  func forget() { strangers.removeAll(keepingCapacity: true) }

  /// Reads the adopted children, dead or alive. Returns them with the serial numbers of their
  /// payloads. `leaders` maps the sessions of the payloads that are known; these are left out.
  func findOrphans(leaders: [pid_t: UInt32]) -> [(pid: pid_t, serial: UInt32)] {
    let children = readChildren()
    var found: [(pid: pid_t, serial: UInt32)] = []
    var stillStrange: Set<pid_t> = []
    for pid in children where leaders[pid] == nil {
      if strangers.contains(pid) {
        stillStrange.insert(pid)
      } else if let serial = findOwner(of: pid, leaders) {
        found.append((pid, serial))
      } else {
        stillStrange.insert(pid)
      }
    }
    strangers = stillStrange
    return found
  }

  /// Finds the payload of a process by the mark, or by the session where the mark cannot be read
  /// (another user's by now).
  private func findOwner(of pid: pid_t, _ leaders: [pid_t: UInt32]) -> UInt32? {
    if let serial = mark.readSerial(of: pid) { return serial }
    var process = spool_process()
    guard spool_process_read(pid, &process) == 0 else { return nil }
    return leaders[process.session] ?? leaders[process.group]
  }

  private func readChildren() -> [pid_t] {
    guard descriptor >= 0 else { return ProcessTable.read().children(of: getpid()) }
    let length = spool_children_read(descriptor, &text, text.count)
    if length < 0 || length == text.count { return ProcessTable.read().children(of: getpid()) }
    var pids: [pid_t] = []
    var number: pid_t = 0
    for index in 0..<length {
      let digit = text[index] - 48
      if digit >= 0 {
        number = number &* 10 &+ pid_t(digit)
      } else if number > 0 {
        pids.append(number)
        number = 0
      }
    }
    return pids
  }
}
