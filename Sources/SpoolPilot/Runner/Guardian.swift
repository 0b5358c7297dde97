import CSpoolSystem
import Glibc

/// A tiny process that kills every process of a runner's payloads when the pilot is gone, in
/// whatever way that went: no orphan outlives the pilot. The kernel's own help for that
/// (`PR_SET_PDEATHSIG`) reaches a payload's first process alone.
final class Guardian {
  let pid: pid_t
  private var lifeline: Int32 = -1

  /// Starts it. Fails where no process can be made.
  init(_ mark: PayloadMark) throws(SpawnError) {
    var descriptor: Int32 = -1
    pid = withUnsafePointer(to: mark.value) { spool_guardian_start($0, &descriptor) }
    if pid < 0 { throw SpawnError(program: "spool-guardian", code: errno) }
    lifeline = descriptor
  }

  /// True where somebody has killed it: another one is wanted.
  var isGone: Bool { lifeline >= 0 && spool_guardian_reap(pid) != 0 }

  deinit { dismiss() }

  /// Lets it kill what is left and go. Waits for that up to a second: nobody else reaps it.
  func dismiss() {
    guard lifeline >= 0 else { return }
    close(lifeline)
    lifeline = -1
    let deadline = spool_now() + 1_000_000_000
    while spool_guardian_reap(pid) == 0, spool_now() < deadline { usleep(1000) }
  }
}
