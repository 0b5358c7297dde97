/// The end of a payload, and what the payload used.
public struct PayloadEnd: Sendable, Equatable {
  /// The way in which the payload's first process ended.
  public enum Status: Sendable, Equatable {
    /// It exited with this code.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)
  }

  /// The reason of the end: the payload itself, or the runner ended it.
  public enum Reason: Sendable, Equatable {
    /// It ended by itself.
    case itself
    /// It was over its wall time.
    case wall
    /// It was over its memory.
    case memory
    /// The kernel killed it, because the host or its control group was out of memory.
    case outOfMemory
    /// It did nothing for too long.
    case stuck
    /// The pilot called ``PayloadRunner/end(_:grace:)``, or TERM came after
    /// ``PayloadRunner/stop(_:grace:)``.
    case ended
    /// It ended by itself after ``PayloadRunner/stop(_:grace:)``, before TERM came.
    case stopped
  }

  /// The payload's number, as ``Payload/id``.
  public var id: Int
  /// The way in which its first process ended.
  public var status: Status
  /// The reason of the end.
  public var reason: Reason
  /// User and system time of all its waited-for processes, in seconds.
  public var cpu: Double
  /// Peak bytes of memory: the largest sum seen over its processes, or the largest single process.
  public var memory: Int64

  /// True where TERM ended it, and the pilot had not sent that.
  var isByForeignTerm: Bool {
    // A shell whose program TERM ended exits with 128 and the signal.
    reason == .itself && (status == .signalled(15) || status == .exited(143))
  }

  /// Makes the end of a payload, as a runner reports it.
  public init(id: Int, status: Status, reason: Reason, cpu: Double, memory: Int64) {
    self.id = id
    self.status = status
    self.reason = reason
    self.cpu = cpu
    self.memory = memory
  }
}
