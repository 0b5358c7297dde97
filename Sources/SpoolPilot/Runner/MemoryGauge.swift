import CSpoolSystem
import Glibc

/// The measurement of a payload's memory.
///
/// The sum of resident bytes, which a reading of the process table brings along, counts what processes
/// share once for each of them, and pages of files that the kernel would drop. The true sum is never
/// more, and costs up to milliseconds. So it is asked for only where the sum of resident bytes is more
/// than the largest true sum so far, and never for more than a twentieth of the time.
struct MemoryGauge {
  /// The share of the time that measuring may take, as its inverse.
  static let thrift: UInt64 = 20

  /// The moment of the next measurement, in monotonic nanoseconds.
  private var next: UInt64 = 0

  /// Returns the bytes of memory of the processes of a payload, if they can be more than `peak` and it
  /// is time to measure; else 0. `resident` is the sum of their resident bytes.
  mutating func measure(
    resident: Int64, of pids: some Sequence<pid_t>, peak: Int64, at now: UInt64
  ) -> Int64 {
    guard resident > peak, now >= next else { return 0 }
    let begin = spool_now()
    // One that has ended meanwhile has none.
    let sum = pids.reduce(0) { $0 + max(0, spool_process_memory($1)) }
    next = now + (spool_now() - begin) * Self.thrift
    return min(sum, resident)
  }
}
