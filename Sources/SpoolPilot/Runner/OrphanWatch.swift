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
  /// Orphans without a mark, with the payloads that were there when they were first seen: they belong
  /// to one of these.
  private var nameless: [pid_t: Set<UInt32>] = [:]
  private let session = getsid(0)

  init(mark: PayloadMark) {
    self.mark = mark
    descriptor = spool_children_open()
    strangers = []
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Lets every child be looked at anew: a stranger may have been taken for one in the middle of
  /// an exec, while its environment could not be read.
  func forget() { strangers.removeAll(keepingCapacity: true) }

  /// True while an orphan is known whose payload is not.
  var hasNameless: Bool { !nameless.isEmpty }

  /// Reads the adopted children, dead or alive. Returns them with the serial numbers of their
  /// payloads. `leaders` maps the sessions of the payloads that are known; these are left out, as the
  /// guardian is.
  func findOrphans(
    leaders: [pid_t: UInt32], besides guardian: pid_t
  ) -> [(pid: pid_t, serial: UInt32)] {
    let children = readChildren()
    nameless = nameless.filter { children.contains($0.key) }
    let present = Set(leaders.values)
    var found: [(pid: pid_t, serial: UInt32)] = []
    var stillStrange: Set<pid_t> = []
    for pid in children where leaders[pid] == nil && pid != guardian {
      if strangers.contains(pid) {
        stillStrange.insert(pid)
      } else if let serial = findOwner(of: pid, leaders) {
        found.append((pid, serial))
      } else if let candidates = candidates(of: pid, present) {
        nameless[pid] = candidates
        // Where all but one are gone, it is the one's; where all are, it is anybody's who is gone.
        let left = candidates.intersection(present)
        if left.count < 2, let owner = left.first ?? candidates.first { found.append((pid, owner)) }
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

  /// Returns the payloads to one of which an orphan without a mark belongs; nil for a child that this
  /// process started itself. Those stay in its session, which nobody can join who has left it, and a
  /// payload is another. What a notice's command leaves behind is known by its variable.
  private func candidates(of pid: pid_t, _ present: Set<UInt32>) -> Set<UInt32>? {
    if let known = nameless[pid] { return known }
    var process = spool_process()
    guard spool_process_read(pid, &process) == 0, process.session != session, !present.isEmpty,
      HostResources.readText("/proc/\(pid)/environ")?.contains("SPOOL_EVENT=") != true
    else { return nil }
    return present
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
