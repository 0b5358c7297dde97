import CSpoolSystem
import Glibc

/// A payload that was started and is not yet reported as ended.
struct RunningPayload {
  /// The pilot's number for it.
  let id: Int
  /// The runner's own number for it, used once.
  let serial: UInt32
  /// Its first process, whose pid is also its session and its process group.
  let leader: pid_t
  /// Readable when the leader has ended; -1 where the kernel has no such thing, and afterwards.
  var descriptor: Int32
  /// The moments of its start, and at which its wall time is over, in monotonic nanoseconds.
  let started: UInt64
  let wallEnd: UInt64
  /// Bytes.
  let memoryLimit: Int64
  /// The files that take its output.
  let outputs: [String]
  /// The offset up to which the middle of each output has been freed.
  var freed: [Int64]
  var liveness: Liveness
  var gauge = MemoryGauge()
  /// The signal by which it is told to end; nil: by TERM alone.
  let stopSignal: Int32?
  /// The moment at which the signal comes of itself, and the one at which it came, in monotonic
  /// nanoseconds.
  let warnAt: UInt64
  var warned: UInt64?
  /// The moment at which TERM follows the signal, once that is decided, in monotonic nanoseconds.
  var termAt: UInt64?

  var reason = PayloadEnd.Reason.itself
  /// The moment at which all its processes get KILL, once that is decided, in monotonic nanoseconds;
  /// set on after each round.
  var killAt: UInt64?
  /// The end of the leader, if it has ended; other processes may be left.
  var status: PayloadEnd.Status?
  /// Its container, of a runtime that may leave something behind.
  let container: PayloadContainer?
  /// Its control group, where payloads have one each.
  var group: PayloadCgroups.Group?
  /// True if its processes got KILL: then its container is removed by name before it is reported.
  var isKilled = false
  var isRemovalAsked = false
  /// Seconds of processor time.
  var cpu = 0.0
  /// The largest sum of bytes of memory seen, and the largest that the kernel told of the dead.
  var sampledPeak: Int64 = 0
  var reportedPeak: Int64 = 0

  init(_ payload: Payload, serial: UInt32, leader: pid_t, descriptor: Int32, now: UInt64) {
    id = payload.id
    self.serial = serial
    self.leader = leader
    self.descriptor = descriptor
    started = now
    wallEnd = now + payload.wall.nanoseconds
    memoryLimit = payload.memory
    outputs =
      payload.output == payload.errorOutput
      ? [payload.output] : [payload.output, payload.errorOutput]
    freed = outputs.map { _ in 0 }
    liveness = Liveness(limit: payload.stuck, now: now)
    container = payload.container.flatMap { $0.runtime.leavesRemains ? $0 : nil }
    stopSignal = payload.stop?.signal
    warnAt = (payload.stop?.after).map { now + $0.nanoseconds } ?? .max
  }

  /// True until the runner has sent TERM or KILL.
  var isOnItsOwn: Bool { reason == .itself || reason == .stopped }

  /// The moment at which one of its limits in time is due, in monotonic nanoseconds.
  var nextDue: UInt64 {
    killAt ?? min(wallEnd, termAt ?? .max, warned == nil ? warnAt : .max)
  }

  /// Takes in what the kernel tells of one of its dead processes.
  mutating func add(_ exit: spool_exit) {
    cpu += exit.cpu
    reportedPeak = max(reportedPeak, exit.peak_bytes)
  }

  /// Keeps the outputs' first and last MiB on disk, whatever a payload writes. Returns how many
  /// bytes it has written.
  mutating func freeOutputs() -> Int64 {
    outputs.indices.reduce(0) { sum, index in
      sum + max(0, spool_punch_middle(outputs[index], 1 << 20, &freed[index]))
    }
  }

  /// Returns peak resident bytes. The kernel's number is no less than the pilot's own peak, because a
  /// process counts its parent's memory until it execs: such a number says nothing, and a sample is
  /// better.
  func peak(ownPeak: Int64) -> Int64 {
    if sampledPeak > 0, reportedPeak <= ownPeak { return sampledPeak }
    return max(sampledPeak, reportedPeak)
  }
}
