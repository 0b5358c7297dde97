import CSpoolSystem
import Glibc
import SpoolModel

/// A way to end a sleep from another thread: an eventfd.
///
/// Any number of threads may `wake`. One thread waits. A `wake` before the wait is not lost, and
/// many of them count as one.
public final class Waker: Sendable {
  /// The descriptor, readable once woken: for a thread that sleeps on other descriptors as well.
  public let descriptor: Int32

  /// Makes a waker. Fails where the process is out of descriptors.
  public init() throws(FileError) {
    descriptor = spool_event_create()
    if descriptor < 0 { throw FileError("eventfd", "", errno) }
  }

  deinit { close(descriptor) }

  /// Returns the nanoseconds of the monotonic clock, by which deadlines are given.
  public static func now() -> UInt64 { spool_now() }

  /// Ends the present wait, or else the next one. A signal handler may call it.
  public func wake() {
    var one: UInt64 = 1
    // It fails only where the counter is full, and then the waiter is awake already.
    _ = write(descriptor, &one, 8)
  }

  /// Forgets earlier wakes. Returns true if there were any.
  @discardableResult
  public func drain() -> Bool {
    var count: UInt64 = 0
    return read(descriptor, &count, 8) == 8
  }

  /// Sleeps until woken, or for so long. Returns true if it was woken. It may come back early
  /// without either, after a signal.
  @discardableResult
  public func wait(atMost duration: Duration) -> Bool {
    wait(until: Self.now() + UInt64(max(0, min(duration.milliseconds, 1 << 40))) * 1_000_000)
  }

  /// Sleeps until woken or until `deadline` (``now()``). Returns true if it was woken. It may come
  /// back early without either, after a signal.
  @discardableResult
  public func wait(until deadline: UInt64) -> Bool {
    var ready: UInt8 = 0
    var descriptor = self.descriptor
    guard spool_wait_readable(&descriptor, &ready, 1, deadline) > 0 else { return false }
    return drain()
  }
}
